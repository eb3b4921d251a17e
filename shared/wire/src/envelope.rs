//! The canonical encoding of an envelope: the bytes that every ledger hashes and replicates.

use prost::Message;
use seal::{Digest, Envelope, KeyId, Signature};

use crate::canonical::{self, WireError, bytes32};
use crate::pb;

/// Largest envelope, bytes: a statement of 4 KiB, its type, key id and signature, with room to spare.
pub const MAX_ENVELOPE_BYTES: usize = 5 * 1024;

/// The canonical bytes of an envelope.
pub fn encode(envelope: &Envelope) -> Vec<u8> {
    pb::Envelope {
        payload_type: envelope.payload_type.clone(),
        payload: envelope.payload.clone(),
        key_id: envelope.key_id.0.as_bytes().to_vec(),
        signature: envelope.signature.as_bytes().to_vec(),
    }
    .encode_to_vec()
}

/// Reads an envelope; nothing of its payload is looked at, and nothing is verified yet.
pub fn decode(bytes: &[u8]) -> Result<Envelope, WireError> {
    canonical::at_most("конверт", bytes, MAX_ENVELOPE_BYTES)?;
    let message: pb::Envelope = canonical::decode("конверт", bytes)?;
    let signature = message.signature.as_slice().try_into().map_err(|_| {
        WireError::field(
            "signature",
            format!("нужно 64 байта, получено {}", message.signature.len()),
        )
    })?;
    Ok(Envelope {
        payload_type: message.payload_type,
        payload: message.payload,
        key_id: KeyId(Digest(bytes32("key_id", &message.key_id)?)),
        signature: Signature(signature),
    })
}
