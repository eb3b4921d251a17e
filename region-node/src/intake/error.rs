//! Why a whole call, or the whole intake, fails. What is wrong with one item is a rejection in its answer instead.

use journal::JournalError;

use crate::store::StoreError;

/// What went wrong, by what the caller can do: mend the call, come again later, or have the process restarted.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A field of the call that must be there or must be otherwise.
    #[error("{field}: {reason}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// Path of the field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The caller speaks for another source.
    #[error("сертификат выдан для источника «{own}», а не «{got}»")]
    ForeignSource {
        /// The caller's source.
        own: String,
        /// The source in the call.
        got: String,
    },
    /// The id of an earlier call with other content.
    #[error("номер запроса «{0}» уже использован с другим содержанием")]
    RequestIdReused(String),
    /// No batch of this id.
    #[error("загрузки «{0}» нет; список: region-node batches list")]
    UnknownBatch(String),
    /// The batch is undone: nothing is added to it, and it is not undone again.
    #[error("загрузка «{0}» отменена; чтобы данные учитывались, загрузите их снова под новым номером")]
    AlreadyUndone(String),
    /// More is coming in than the disk takes.
    #[error("очередь приёма заполнена, повторите позже")]
    Busy,
    /// No room for the journal; nothing of the call was taken.
    #[error("нет места на диске для журнала приёма")]
    DiskFull,
    /// The disk failed under the journal or the store: nothing is acknowledged until the process starts again.
    #[error("хранилище отказало, приём остановлен до перезапуска: {0}")]
    Failed(String),
    /// The journal could not be opened.
    #[error(transparent)]
    Journal(JournalError),
    /// A journal frame with a good checksum that this program cannot read.
    #[error("кадр {sequence} журнала приёма не читается: {reason}")]
    Frame {
        /// Its sequence.
        sequence: u64,
        /// What the decoder says.
        reason: String,
    },
    /// The store failed while it was read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntakeError {
    /// The stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { code, .. } => code,
            Self::ForeignSource { .. } => "SOURCE_NOT_YOURS",
            Self::RequestIdReused(_) => "REQUEST_ID_REUSED",
            Self::UnknownBatch(_) => "UNKNOWN_BATCH",
            Self::AlreadyUndone(_) => "BATCH_UNDONE",
            Self::Busy => "INTAKE_BUSY",
            Self::DiskFull => "DISK_FULL",
            Self::Failed(_) | Self::Store(_) => "STORAGE_FAILED",
            Self::Journal(error) => error.code(),
            Self::Frame { .. } => "JOURNAL_UNREADABLE",
        }
    }

    pub(crate) fn invalid(code: &'static str, field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            code,
            field,
            reason: reason.into(),
        }
    }
}
