//! The signed envelope: exactly what DSSE signs, and its JSON form for other people's verifiers.
//!
//! Owns the pre-authentication encoding, the statement hash over it, and the reading and writing of DSSE JSON. Promises
//! that payload and payload type are bound together by the signature and that an envelope has exactly one signature.
//!
//! Does not know what a payload means, and does not verify: an envelope is a claim until `verify` has turned it into
//! [`Verified`](crate::Verified).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use crate::{Digest, KeyId, SealError, Signature, SigningKey};

/// A payload with its type, signed by one key. All fields are as received; none has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Media type of the payload, with its version.
    pub payload_type: String,
    /// The signed bytes.
    pub payload: Vec<u8>,
    /// The key that the author claims to have used.
    pub key_id: KeyId,
    /// The signature over [`Envelope::pae`].
    pub signature: Signature,
}

impl Envelope {
    /// Signs a payload.
    #[must_use]
    pub fn seal(payload_type: impl Into<String>, payload: impl Into<Vec<u8>>, key: &SigningKey) -> Self {
        let (payload_type, payload) = (payload_type.into(), payload.into());
        let signature = key.sign(&pae(&payload_type, &payload));
        Self {
            payload_type,
            payload,
            key_id: key.verifying_key().id(),
            signature,
        }
    }

    /// The bytes that are signed: DSSE v1 pre-authentication encoding.
    pub fn pae(&self) -> Vec<u8> {
        pae(&self.payload_type, &self.payload)
    }

    /// The statement's hash: SHA-256 of [`Envelope::pae`], so the same for every signature over the same statement.
    pub fn statement_hash(&self) -> Digest {
        Digest::of(&self.pae())
    }

    /// The envelope as DSSE JSON in one line, base64 in the standard alphabet.
    pub fn to_dsse_json(&self) -> String {
        let json = DsseJson {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: vec![DsseSignature {
                keyid: self.key_id.to_string(),
                sig: STANDARD.encode(self.signature.as_bytes()),
            }],
        };
        serde_json::to_string(&json).expect("strings always have a JSON form")
    }

    /// Reads DSSE JSON with exactly one signature, named by a key id, and no fields that DSSE does not have.
    pub fn from_dsse_json(json: &str) -> Result<Self, SealError> {
        let json: DsseJson = serde_json::from_str(json).map_err(|error| SealError::BadEnvelope(error.to_string()))?;
        let [only] = json.signatures.as_slice() else {
            return Err(SealError::BadEnvelope(format!(
                "подписей {}, а нужна одна",
                json.signatures.len()
            )));
        };
        Ok(Self {
            key_id: only.keyid.parse()?,
            signature: Signature::try_from(decode("подпись", &only.sig)?.as_slice())?,
            payload: decode("содержимое", &json.payload)?,
            payload_type: json.payload_type,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DsseJson {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<DsseSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DsseSignature {
    keyid: String,
    sig: String,
}

fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {} {} ", payload_type.len(), payload_type, payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// DSSE lets a writer choose between the two base64 alphabets, so a reader takes both.
fn decode(what: &'static str, text: &str) -> Result<Vec<u8>, SealError> {
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .map_err(|error| SealError::BadEnvelope(format!("{what} не в base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Envelope {
        // Bytes whose base64 uses both letters that differ between the alphabets.
        Envelope::seal("application/x", [0xfb, 0xff, 0xbf], &SigningKey::from_seed([1; 32]))
    }

    #[test]
    fn json_reads_back_to_the_same_envelope_in_both_alphabets() {
        let json = sample().to_dsse_json();
        assert_eq!(Envelope::from_dsse_json(&json), Ok(sample()));
        let url_safe = json.replace("+/+/", "-_-_");
        assert_ne!(url_safe, json);
        assert_eq!(Envelope::from_dsse_json(&url_safe), Ok(sample()));
    }

    #[test]
    fn json_of_another_shape_is_refused() {
        let good = sample().to_dsse_json();
        let entry = good[good.find("[{").unwrap() + 1..good.len() - 2].to_owned();
        let keyid = sample().key_id.to_string();
        let cases = [
            (good.replace(&entry, ""), "BAD_ENVELOPE"),
            (good.replace(&entry, &format!("{entry},{entry}")), "BAD_ENVELOPE"),
            (good.replace("\"payload\":", "\"extra\":1,\"payload\":"), "BAD_ENVELOPE"),
            (good.replace("\"keyid\"", "\"cert\":\"\",\"keyid\""), "BAD_ENVELOPE"),
            (
                good.replace("\"payload\":", "\"payload\":\"\",\"payload\":"),
                "BAD_ENVELOPE",
            ),
            (good.replace(&format!("\"keyid\":\"{keyid}\","), ""), "BAD_ENVELOPE"),
            (good.replace(&keyid, &keyid.to_uppercase()), "NON_CANONICAL"),
            (good.replace(&keyid, ""), "BAD_LENGTH"),
            (good.replace("\"sig\":\"", "\"sig\":\"AAAA"), "BAD_LENGTH"),
            (good.replace("+/+/", "+/+"), "BAD_ENVELOPE"),
            (format!("{good}x"), "BAD_ENVELOPE"),
            (String::new(), "BAD_ENVELOPE"),
        ];
        for (json, code) in cases {
            assert_eq!(
                Envelope::from_dsse_json(&json).map_err(|error| error.code()),
                Err(code),
                "{json}"
            );
        }
    }
}
