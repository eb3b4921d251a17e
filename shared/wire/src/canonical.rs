//! Strict decoding: one value has one encoding, and any other bytes are refused.
//!
//! A decoder of ours may refuse bytes that its own encoder would not write. That settles unknown and repeated fields,
//! overlong varints, explicit defaults and unsorted tables at once, without a second parser.

use prost::Message;

/// Why bytes or a message are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not protobuf, or not of this type.
    #[error("не удалось разобрать {what}: {reason}")]
    Malformed {
        /// What was being read.
        what: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// Readable, but not as our encoder writes it.
    #[error("{what}: не каноническая запись")]
    NonCanonical {
        /// What was being read.
        what: &'static str,
    },
    /// A field that must be there or must be otherwise.
    #[error("поле {field}: {reason}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Larger than allowed.
    #[error("{what}: {got} байт, больше {limit}")]
    TooLarge {
        /// What was being read.
        what: &'static str,
        /// Its size.
        got: usize,
        /// The limit.
        limit: usize,
    },
}

impl WireError {
    /// The stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "MALFORMED",
            Self::NonCanonical { .. } => "NON_CANONICAL",
            Self::Field { .. } => "FIELD_INVALID",
            Self::TooLarge { .. } => "MESSAGE_TOO_LARGE",
        }
    }

    /// An error about one field.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass the error they have just met, and are done with it"
    )]
    pub(crate) fn field(field: &'static str, reason: impl ToString) -> Self {
        Self::Field {
            field,
            reason: reason.to_string(),
        }
    }
}

/// Decodes a message and refuses bytes that encoding it again would not give.
pub(crate) fn decode<M: Message + Default>(what: &'static str, bytes: &[u8]) -> Result<M, WireError> {
    let message = M::decode(bytes).map_err(|e| WireError::Malformed {
        what,
        reason: e.to_string(),
    })?;
    if message.encoded_len() != bytes.len() || message.encode_to_vec() != bytes {
        return Err(WireError::NonCanonical { what });
    }
    Ok(message)
}

/// Refuses what is larger than its limit before it is decoded.
pub(crate) fn at_most(what: &'static str, bytes: &[u8], limit: usize) -> Result<(), WireError> {
    if bytes.len() > limit {
        Err(WireError::TooLarge {
            what,
            got: bytes.len(),
            limit,
        })
    } else {
        Ok(())
    }
}

/// The 32 bytes of a key or hash.
pub(crate) fn bytes32(field: &'static str, bytes: &[u8]) -> Result<[u8; 32], WireError> {
    bytes
        .try_into()
        .map_err(|_| WireError::field(field, format!("нужно 32 байта, получено {}", bytes.len())))
}
