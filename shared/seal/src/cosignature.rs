//! The cosignature of a witness (C2SP tlog-cosignature, `cosignature/v1`): "at this second, the largest consistent head
//! that I had seen of this log was this one".
//!
//! Owns the line's key id, its 72 bytes (seconds, then signature) and the message under it. The type byte is the only
//! place to change when witnesses move to another algorithm. Does not know whether the witness checked anything, nor
//! whether the log itself signed the note.

use signed_note::{Signer, Verifier};

use crate::checkpoint::Checkpoint;
use crate::note;
use crate::{SealError, Signature, SigningKey, VerifyingKey};

/// The type byte of an Ed25519 cosignature with a time.
const COSIGNATURE_V1: u8 = 0x04;

/// C2SP: a time must not exceed 2^63 - 1.
const SECONDS_MAX: u64 = i64::MAX.cast_unsigned();

/// Adds a witness's cosignature to a checkpoint's note and returns the whole note.
///
/// An earlier cosignature of the same witness is replaced. `unix_seconds` is the witness's time. The message does not
/// contain the witness's name, so a witness needs a key of its own for each name.
pub fn cosign(note: &str, witness_name: &str, key: &SigningKey, unix_seconds: u64) -> Result<String, SealError> {
    if unix_seconds > SECONDS_MAX {
        return Err(SealError::BadCosignature(format!(
            "время {unix_seconds} больше наибольшего допустимого"
        )));
    }
    let mut note = note::parse(note)?;
    Checkpoint::parse(note.text())?;
    note.add_sigs(&[&Cosigner {
        name: witness_name,
        key,
        unix_seconds,
    }])
    .map_err(|error| SealError::BadCosignature(format!("{witness_name:?}: {error}")))?;
    Ok(note::render(&note))
}

/// Checks that the witness cosigned this checkpoint and returns when, in seconds of Unix time by the witness's clock.
///
/// The log's own signature is [`Checkpoint::open`]'s matter.
pub fn verify_cosignature(note: &str, witness_name: &str, key: &VerifyingKey) -> Result<u64, SealError> {
    let opened = note::open(
        note,
        CosignatureVerifier {
            name: witness_name.to_owned(),
            key: *key,
        },
    )?;
    Checkpoint::parse(&opened.text)?;
    split(&opened.signature)
        .map(|(unix_seconds, _)| unix_seconds)
        .ok_or(SealError::BadSignature)
}

struct Cosigner<'a> {
    name: &'a str,
    key: &'a SigningKey,
    unix_seconds: u64,
}

impl Signer for Cosigner<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn key_id(&self) -> u32 {
        note::key_id(self.name, COSIGNATURE_V1, &self.key.verifying_key())
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let signature = self.key.sign(&message(self.unix_seconds, text));
        Ok([self.unix_seconds.to_be_bytes().as_slice(), signature.as_bytes()].concat())
    }
}

struct CosignatureVerifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier for CosignatureVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        note::key_id(&self.name, COSIGNATURE_V1, &self.key)
    }

    fn verify(&self, text: &[u8], bytes: &[u8]) -> bool {
        split(bytes).is_some_and(|(unix_seconds, signature)| {
            unix_seconds <= SECONDS_MAX && self.key.verify(&message(unix_seconds, text), &signature).is_ok()
        })
    }
}

fn message(unix_seconds: u64, text: &[u8]) -> Vec<u8> {
    let mut message = format!("cosignature/v1\ntime {unix_seconds}\n").into_bytes();
    message.extend_from_slice(text);
    message
}

fn split(bytes: &[u8]) -> Option<(u64, Signature)> {
    let (seconds, signature) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*seconds), Signature::try_from(signature).ok()?))
}
