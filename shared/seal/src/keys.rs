//! Ed25519 keys and signatures. Owns how a key is stored, named and trusted.
//!
//! Promises one strict rule everywhere: a public key of small order or in a non-canonical encoding never becomes a
//! [`VerifyingKey`], and every check is dalek's `verify_strict`, so two verifiers cannot disagree on an edge case. Secrets
//! are wiped on drop and never printed.
//!
//! Does not know where a seed comes from, in which file a key lies or to whom it belongs.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use zeroize::Zeroizing;

use crate::digest::{Digest, fixed};
use crate::error::SealError;

/// The name of a public key: SHA-256 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(pub Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for KeyId {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        text.parse().map(Self)
    }
}

/// 64 bytes that claim to be an Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = SealError;

    fn try_from(bytes: &[u8]) -> Result<Self, SealError> {
        fixed("подпись", bytes).map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}

/// A private key. It cannot be copied, and its debug form is the name of its public half.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that follows from 32 bytes of chance.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The key as a PKCS#8 PEM document.
    ///
    /// Version 1, without the public half: OpenSSL does not read the second version.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        }
        .to_pkcs8_pem(LineEnding::LF)
        .expect("a 32-byte seed always has a PKCS#8 form")
    }

    /// Reads a PKCS#8 PEM document, with or without the public half.
    pub fn from_pem(pem: &str) -> Result<Self, SealError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(|_| SealError::BadKey("это не ключ Ed25519 в PKCS#8 PEM"))
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs the bytes as they are. Domain separation is the caller's: an envelope and a note each have a prefix.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.verifying_key().id())
    }
}

/// A public key that is fit to be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Takes 32 bytes that are the canonical encoding of a point that is not of small order.
    ///
    /// A key of small order accepts one signature for many messages, and a second encoding of the same point would give
    /// the same signer a second [`KeyId`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let bytes: [u8; 32] = fixed("открытый ключ", bytes)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes)
            .map_err(|_| SealError::BadKey("эти байты не точка кривой"))?;
        if key.is_weak() {
            return Err(SealError::BadKey("точка малого порядка"));
        }
        if key.to_edwards().compress().to_bytes() != bytes {
            return Err(SealError::NonCanonical("открытый ключ"));
        }
        Ok(Self(key))
    }

    /// The canonical 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The key's name.
    pub fn id(&self) -> KeyId {
        KeyId(Digest::of(self.0.as_bytes()))
    }

    /// Checks the signature strictly over exactly these bytes.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SealError> {
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0))
            .map_err(|_| SealError::BadSignature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", hex::encode(self.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// p = 2^255 - 19, little-endian: every y from here to 2^255 - 1 is a second spelling of y - p.
    const P: [u8; 32] = {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed;
        bytes[31] = 0x7f;
        bytes
    };

    fn plus(mut bytes: [u8; 32], n: u8) -> [u8; 32] {
        bytes[0] += n;
        bytes
    }

    #[test]
    fn a_key_survives_its_pem_and_the_pem_is_version_one() {
        let key = SigningKey::from_seed([7; 32]);
        let pem = key.to_pem();
        // 48 bytes of DER: the 16-byte prefix of RFC 8410 and the seed, without a public half.
        assert_eq!(pem.lines().nth(1).map(str::len), Some(64));
        assert_eq!(SigningKey::from_pem(&pem).unwrap().verifying_key(), key.verifying_key());
        assert_eq!(SigningKey::from_pem("-----BEGIN").unwrap_err().code(), "BAD_KEY");
    }

    #[test]
    fn a_secret_is_not_printed() {
        let shown = format!("{:?}", SigningKey::from_seed([0xab; 32]));
        assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        let cases = [
            ("identity", one.to_vec(), "BAD_KEY"),
            ("order four", vec![0; 32], "BAD_KEY"),
            ("y = p + 1, the identity again", plus(P, 1).to_vec(), "BAD_KEY"),
            ("too short", vec![1; 31], "BAD_LENGTH"),
            ("too long", vec![1; 33], "BAD_LENGTH"),
        ];
        for (name, bytes, code) in cases {
            assert_eq!(VerifyingKey::from_bytes(&bytes).unwrap_err().code(), code, "{name}");
        }
    }

    #[test]
    fn a_second_spelling_of_a_point_is_never_a_key() {
        let codes: Vec<_> = (0..=18)
            .map(|n| VerifyingKey::from_bytes(&plus(P, n)).unwrap_err().code())
            .collect();
        assert!(codes.contains(&"NON_CANONICAL"), "{codes:?}");
    }
}
