//! A SHA-256 digest as a value. Owns its one textual form (64 lower-case hex digits); does not know what was hashed.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::SealError;

/// 32 bytes of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Digest {
    type Error = SealError;

    fn try_from(bytes: &[u8]) -> Result<Self, SealError> {
        fixed("хеш", bytes).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let bytes = hex::decode(text).map_err(|_| SealError::NonCanonical("шестнадцатеричный хеш"))?;
        let digest = Self::try_from(bytes.as_slice())?;
        // One value has one spelling: an upper-case digit would be a second one for the same signed thing.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(SealError::NonCanonical("шестнадцатеричный хеш"));
        }
        Ok(digest)
    }
}

/// Bytes of a value whose length never varies.
pub(crate) fn fixed<const N: usize>(what: &'static str, bytes: &[u8]) -> Result<[u8; N], SealError> {
    bytes.try_into().map_err(|_| SealError::BadLength {
        what,
        expected: N,
        got: bytes.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_from_its_own_text() {
        let digest = Digest::of(b"abc");
        assert_eq!(
            digest.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = Digest::of(b"abc").to_string();
        let cases = [
            (text.to_uppercase(), "NON_CANONICAL"),
            (text[..62].to_owned(), "BAD_LENGTH"),
            (format!("{text}00"), "BAD_LENGTH"),
            (text.replace('b', "g"), "NON_CANONICAL"),
            (String::new(), "BAD_LENGTH"),
        ];
        for (given, code) in cases {
            assert_eq!(given.parse::<Digest>().unwrap_err().code(), code, "{given}");
        }
    }
}
