//! Why the incident store cannot be believed. Every case has one cure: rebuild it from the journal at the next start.

use std::any::Any;
use std::io::{self, ErrorKind};

/// A failure of the store. The journal is not touched by any of them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The embedded database failed.
    #[error("хранилище обращений отказало: {0}")]
    Sled(#[from] sled::Error),
    /// The embedded database panicked, as it does on some damaged files.
    #[error("хранилище обращений аварийно остановилось: {0}")]
    Panicked(String),
    /// What was read is not what was written.
    #[error("хранилище обращений повреждено: {0}")]
    Damaged(String),
    /// The store has seen frames that the journal does not have.
    #[error("хранилище обращений опережает журнал: {store} против {journal}")]
    Ahead {
        /// Last sequence the store has applied.
        store: u64,
        /// Last sequence of the journal.
        journal: u64,
    },
    /// Another process, or another handle of this one, has the store open.
    #[error("хранилище обращений уже открыто другим процессом")]
    InUse,
    /// Cells do not add up: a count went over 64 bits.
    #[error("показатели не складываются: {0}")]
    Tally(#[from] domain::tally::TallyError),
    /// The directory could not be made or moved.
    #[error("каталог хранилища: {0}")]
    Io(#[from] io::Error),
}

impl StoreError {
    /// Not when another process holds the store, and not when the disk or the arithmetic would fail again.
    pub(crate) fn is_cured_by_rebuilding(&self) -> bool {
        match self {
            Self::Sled(sled::Error::Io(error)) => !matches!(
                error.kind(),
                ErrorKind::StorageFull
                    | ErrorKind::QuotaExceeded
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
            ),
            Self::Sled(_) | Self::Panicked(_) | Self::Damaged(_) | Self::Ahead { .. } => true,
            Self::InUse | Self::Tally(_) | Self::Io(_) => false,
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "so that it can be named where an error is mapped"
    )]
    pub(crate) fn damaged(reason: impl ToString) -> Self {
        Self::Damaged(reason.to_string())
    }

    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied().map(str::to_owned);
        Self::Panicked(
            text.or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default(),
        )
    }
}

/// Runs a step that may panic inside the database; the caller drops everything the step touched when it did.
pub(crate) fn guarded<T, E: From<StoreError>>(step: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step))
        .unwrap_or_else(|payload| Err(StoreError::panicked(payload.as_ref()).into()))
}
