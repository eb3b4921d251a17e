//! What can go wrong in a ledger, and what its owner may do next. Codes are stable; messages are for people.

use std::path::PathBuf;

use domain::federation::FederationError;
use journal::JournalError;
use seal::{Digest, SealError};
use wire::WireError;

/// A store that could not answer or append.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file of frames: damaged, full, failed or in use.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An entry that was committed cannot be read as what was written.
    #[error("запись {position} журнала повреждена: {reason}")]
    Damaged {
        /// Position of the entry.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// The index failed. It is rebuilt at the next start.
    #[error("сбой указателя журнала")]
    Index(#[source] sled::Error),
    /// A file beside the frames could not be written or read.
    #[error("сбой ввода-вывода: {file}", file = file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Journal(error) => error.code(),
            Self::Damaged { .. } => "LEDGER_DAMAGED",
            Self::Index(_) | Self::Io { .. } => "STORAGE_FAILED",
        }
    }

    /// Whether a write that failed so leaves the files as they were, and may be tried again.
    pub(crate) fn leaves_usable(&self) -> bool {
        matches!(
            self,
            Self::Journal(JournalError::DiskFull { .. } | JournalError::FrameTooLarge { .. })
        )
    }
}

/// A call on the ledger that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A statement or body cannot be written or read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A proof or signature.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// An earlier append ended in doubt: only a restart, which reads the files again, may go on.
    #[error("журнал остановлен после сбоя записи; нужен перезапуск")]
    Stopped,
    /// The node was brought back from an older copy, and its parent was not asked yet what it has of this ledger.
    #[error("узел восстановлен из копии: новых записей не будет, пока родительский узел не отдаст то, что уже принял")]
    RestorePending,
    /// Somebody else appended in between, which the lock on the directory forbids.
    #[error("журнал изменён другим процессом")]
    Conflict,
    /// The ledger does not begin as its anchor says.
    #[error("журнал начинается не с того: {0}")]
    Anchor(&'static str),
    /// The body is not the one that the statement names, or there is one too many or too few.
    #[error("содержание не подходит к записи")]
    BodyMismatch,
    /// A revision of a sheet is used once.
    #[error("редакция {revision} листа уже использована")]
    RevisionUsed {
        /// The revision.
        revision: u32,
    },
    /// A statement that contradicts what stands: another's key or id, or a kind that is written in another way.
    #[error("запись не может быть добавлена: {0}")]
    NotAllowed(&'static str),
    /// No federation file.
    #[error("файл федерации не принят: {0}")]
    Federation(#[from] FederationError),
    /// The federation file is of another federation, or no text.
    #[error("файл федерации не принят: {0}")]
    Dictionary(&'static str),
    /// A sheet names a federation file that is not here.
    #[error("файл федерации {0} неизвестен")]
    DictionaryUnknown(Digest),
    /// A full check found an entry that does not follow from what stands before it.
    #[error("проверка журнала не прошла на записи {position}: {reason}")]
    Unproven {
        /// Position of the entry.
        position: u64,
        /// What is wrong.
        reason: String,
    },
}

impl LedgerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Wire(error) => error.code(),
            Self::Seal(error) => error.code(),
            Self::Stopped => "STORAGE_FAILED",
            Self::RestorePending => "RESTORE_PENDING",
            Self::Conflict => "LEDGER_CONFLICT",
            Self::Anchor(_) => "ANCHOR_MISMATCH",
            Self::BodyMismatch => "BODY_MISMATCH",
            Self::RevisionUsed { .. } => "REVISION_REUSED",
            Self::NotAllowed(_) => "NOT_ALLOWED",
            Self::Federation(_) | Self::Dictionary(_) => "DICTIONARY_INVALID",
            Self::DictionaryUnknown(_) => "DICTIONARY_UNKNOWN",
            Self::Unproven { .. } => "LEDGER_UNPROVEN",
        }
    }
}

/// Why a batch of a child ends its stream. Nothing was appended, and the cursor stands where it stood.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The batch begins behind the cursor: entries between are missing.
    #[error("ожидается позиция {expected}")]
    PositionExpected {
        /// Where to go on from.
        expected: u64,
    },
    /// The entries do not lead to the child's own checkpoint, or are not those that stood there before.
    #[error("записи не приводят к контрольной точке участника")]
    CheckpointMismatch,
    /// The checkpoint is not the child's.
    #[error("контрольная точка участника не принята: {0}")]
    BadCheckpoint(SealError),
    /// A sheet names a federation file that is not here yet.
    #[error("файл федерации {0} неизвестен")]
    DictionaryUnknown(Digest),
    /// The child is no member of this node.
    #[error("узел не зарегистрирован")]
    NotAMember,
    /// The child's keys hold no longer.
    #[error("узел отозван: {reason}")]
    MemberRevoked {
        /// Code of the reason.
        reason: String,
    },
    /// An envelope, a body or the batch is larger than allowed.
    #[error("{what}: {got}, больше {limit}")]
    MessageTooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// The ledger itself: a full disk, failed storage.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl TakeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PositionExpected { .. } => "POSITION_EXPECTED",
            Self::CheckpointMismatch => "CHECKPOINT_MISMATCH",
            Self::BadCheckpoint(_) => "BAD_CHECKPOINT",
            Self::DictionaryUnknown(_) => "DICTIONARY_UNKNOWN",
            Self::NotAMember => "NOT_A_MEMBER",
            Self::MemberRevoked { .. } => "MEMBER_REVOKED",
            Self::MessageTooLarge { .. } => "MESSAGE_TOO_LARGE",
            Self::Ledger(error) => error.code(),
        }
    }
}

impl From<StoreError> for TakeError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}
