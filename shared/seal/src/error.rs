//! The ways in which a proof can fail. Owns the codes that machines match on; knows nothing of who asks or what follows.

use thiserror::Error;

/// Why bytes, a proof or a signed note were refused. Every variant is the fault of the input, so none is worth a retry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// The signature does not belong to these bytes and this key.
    #[error("подпись не подходит к подписанным байтам")]
    BadSignature,
    /// Nothing here was signed by the key that was asked for.
    #[error("нет подписи ключа {expected}, подписано: {got}")]
    UnknownKey {
        /// The key that the verifier holds.
        expected: String,
        /// The key that the input names.
        got: String,
    },
    /// The bytes are no Ed25519 key that may be trusted.
    #[error("негодный ключ: {0}")]
    BadKey(&'static str),
    /// The value is right, but not written in the only form that is accepted.
    #[error("запись не в единственно допустимом виде: {0}")]
    NonCanonical(&'static str),
    /// A fixed-size value has another length.
    #[error("{what}: нужно байт {expected}, пришло {got}")]
    BadLength {
        /// Which value.
        what: &'static str,
        /// Its length in bytes.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A DSSE document could not be read.
    #[error("конверт не читается: {0}")]
    BadEnvelope(String),
    /// An inclusion or consistency proof does not lead to the root.
    #[error("доказательство не принято: {0}")]
    BadProof(&'static str),
    /// The hashes cannot be the right edge of a tree of this size.
    #[error("у дерева из {size} листьев правый край не из {hashes} хешей")]
    BadFrontier {
        /// Number of leaves that was claimed.
        size: u64,
        /// Number of hashes that came.
        hashes: usize,
    },
    /// A checkpoint is malformed, carries extra lines, or belongs to another log.
    #[error("контрольная точка не принята: {0}")]
    BadCheckpoint(String),
    /// A cosignature cannot be made or read.
    #[error("подпись свидетеля не принята: {0}")]
    BadCosignature(String),
}

impl SealError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadSignature => "BAD_SIGNATURE",
            Self::UnknownKey { .. } => "UNKNOWN_KEY",
            Self::BadKey(_) => "BAD_KEY",
            Self::NonCanonical(_) => "NON_CANONICAL",
            Self::BadLength { .. } => "BAD_LENGTH",
            Self::BadEnvelope(_) => "BAD_ENVELOPE",
            Self::BadProof(_) => "BAD_PROOF",
            Self::BadFrontier { .. } => "BAD_FRONTIER",
            Self::BadCheckpoint(_) => "BAD_CHECKPOINT",
            Self::BadCosignature(_) => "BAD_COSIGNATURE",
        }
    }
}
