//! The seam to signed notes (C2SP signed-note). Owns our keys as note keys and what opening a note means here.
//!
//! The note format is `signed_note`'s; its own verifier is not strict, so ours stands in its place. Does not know what
//! the text of a note says.

use signed_note::{Note, NoteError, Signer, Verifier, VerifierList};

use crate::{SealError, Signature, SigningKey, VerifyingKey};

/// The type byte of a plain Ed25519 signature over a note's text.
const ED25519: u8 = 0x01;

/// The first four bytes of a hash over name, type byte and public key: which key a signature line means.
pub(crate) fn key_id(name: &str, algorithm: u8, key: &VerifyingKey) -> u32 {
    signed_note::key_id(name, &[&[algorithm], key.to_bytes().as_slice()].concat())
}

/// A signing key under a name.
pub(crate) struct NoteSigner<'a> {
    name: &'a str,
    key: &'a SigningKey,
}

impl<'a> NoteSigner<'a> {
    pub(crate) fn new(name: &'a str, key: &'a SigningKey) -> Self {
        Self { name, key }
    }
}

impl Signer for NoteSigner<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn key_id(&self) -> u32 {
        key_id(self.name, ED25519, &self.key.verifying_key())
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.key.sign(text).as_bytes().to_vec())
    }
}

/// A public key under a name.
pub(crate) struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

impl NoteVerifier {
    pub(crate) fn new(name: &str, key: &VerifyingKey) -> Self {
        Self {
            name: name.to_owned(),
            key: *key,
        }
    }
}

impl Verifier for NoteVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        key_id(&self.name, ED25519, &self.key)
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::try_from(signature).is_ok_and(|signature| self.key.verify(text, &signature).is_ok())
    }
}

/// A note's text and the signature on it that the verifier accepted. Lines of other keys are ignored, as C2SP asks.
pub(crate) struct Opened {
    pub(crate) text: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Reads a note that this verifier must have signed.
pub(crate) fn open(note: &str, verifier: impl Verifier + 'static) -> Result<Opened, SealError> {
    let note = parse(note)?;
    let expected = format!("{}+{:08x}", verifier.name(), verifier.key_id());
    let (accepted, _) = note
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .map_err(|error| match error {
            NoteError::InvalidSignature { .. } => SealError::BadSignature,
            NoteError::UnverifiedNote => SealError::UnknownKey {
                expected,
                got: "другие ключи".to_owned(),
            },
            other => SealError::BadCheckpoint(other.to_string()),
        })?;
    let signature = accepted.first().ok_or(SealError::BadSignature)?.signature().to_vec();
    Ok(Opened {
        text: note.text().to_vec(),
        signature,
    })
}

/// Reads a note's form without trusting any of its signatures.
pub(crate) fn parse(note: &str) -> Result<Note, SealError> {
    Note::from_bytes(note.as_bytes()).map_err(|error| SealError::BadCheckpoint(error.to_string()))
}

/// A note as the text it travels in.
pub(crate) fn render(note: &Note) -> String {
    String::from_utf8(note.to_bytes()).expect("a note is made of UTF-8 text and base64")
}
