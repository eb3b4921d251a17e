//! The type that says "these bytes were checked". Owns the only door to it: [`Envelope::verify`].
//!
//! The field is private to this file and the file holds nothing but that door, so whoever holds a `Verified` value knows
//! that a signature was checked over exactly the bytes it came from. Does not know whether the signer was allowed to say
//! what it said.

use crate::{Envelope, SealError, VerifyingKey};

/// A value read from an envelope whose signature has been verified.
///
/// It cannot be written down:
///
/// ```compile_fail,E0423
/// let forged = seal::Verified(5);
/// ```
///
/// ```compile_fail,E0451
/// let forged = seal::Verified { value: 5 };
/// ```
///
/// nor converted into, nor defaulted:
///
/// ```compile_fail,E0277
/// let forged: seal::Verified<u8> = 5_u8.into();
/// ```
///
/// ```compile_fail,E0277
/// fn any<T: Default>() -> T { T::default() }
/// let forged: seal::Verified<u8> = any();
/// ```
///
/// and what was verified cannot be changed afterwards:
///
/// ```compile_fail,E0616
/// fn swap(mut verified: seal::Verified<u8>) { verified.value = 6; }
/// ```
///
/// The one way in, and a decoder that sees exactly the verified bytes:
///
/// ```
/// use seal::{Envelope, SigningKey, Verified};
///
/// let key = SigningKey::from_seed([1; 32]);
/// let envelope = Envelope::seal("text/plain", "hello", &key);
/// let verified: Verified<Envelope> = envelope.verify(&key.verifying_key())?;
/// let text = verified.try_map(|envelope| String::from_utf8(envelope.payload.clone()))?;
/// assert_eq!(text.get(), "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
}

impl Envelope {
    /// Checks that this key, and no other, signed exactly these bytes under this payload type.
    ///
    /// The key id is compared as well, although the signature does not cover it: it is part of the leaf, and the same
    /// statement must not have two leaves.
    pub fn verify(self, key: &VerifyingKey) -> Result<Verified<Envelope>, SealError> {
        let expected = key.id();
        if self.key_id != expected {
            return Err(SealError::UnknownKey {
                expected: expected.to_string(),
                got: self.key_id.to_string(),
            });
        }
        key.verify(&self.pae(), &self.signature)?;
        Ok(Verified { value: self })
    }
}

impl<T> Verified<T> {
    /// The verified value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Reads something out of the verified value; what comes out is as verified as what went in.
    pub fn try_map<U, E>(self, read: impl FnOnce(&T) -> Result<U, E>) -> Result<Verified<U>, E> {
        read(&self.value).map(|value| Verified { value })
    }

    /// Gives the value up, and the knowledge that it was verified with it.
    pub fn into_inner(self) -> T {
        self.value
    }
}
