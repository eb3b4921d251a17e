//! What can go wrong with a journal, and what its owner may do next.
//!
//! Three answers matter to a caller: *refused, go on* (the frame was too large, the disk is full), *stop* (a sync
//! failed; nothing more is promised until a restart has replayed the files) and *a person must look* (damage). The
//! code of each is stable and meant for machines; the message is meant for people.

use std::io;
use std::path::{Path, PathBuf};

/// An operation on a journal that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file of the journal is not what was written. Nothing was changed; the process should stop with exit code 74.
    #[error("журнал повреждён: файл {file}, смещение {offset}: {reason}", file = file.display())]
    Damaged {
        /// The segment file; for a missing one, the name it should have.
        file: PathBuf,
        /// Where in the file the first bad frame or header starts, in bytes.
        offset: u64,
        /// What is wrong there.
        reason: Damage,
    },
    /// There was no room for the frame. No part of it is left, and the journal stays usable.
    #[error("нет места на диске для записи в {file}", file = file.display())]
    DiskFull {
        /// The file that could not grow.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The payload is longer than a frame may be. Nothing was written, and the journal stays usable.
    #[error("запись журнала слишком велика: {length} байт при пределе {limit}")]
    FrameTooLarge {
        /// Length of the payload, in bytes.
        length: usize,
        /// The longest payload allowed, in bytes.
        limit: u32,
    },
    /// A sync failed, so nobody knows what is on the disk. The journal is poisoned.
    #[error("не удалось сбросить на диск {file}", file = file.display())]
    SyncFailed {
        /// The file or directory that was being synced.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An earlier write or sync failed. A sync is never tried again: the kernel reports a lost page once and then calls
    /// it clean. Only a restart, which reads the files again, may go on.
    #[error("журнал остановлен после сбоя записи; нужен перезапуск")]
    Poisoned,
    /// Another process, or another handle of this one, has the journal open.
    #[error("журнал {directory} уже открыт другим процессом", directory = directory.display())]
    InUse {
        /// The directory of the journal.
        directory: PathBuf,
    },
    /// Any other failure of the operating system. A failed write poisons the journal; a failed read does not.
    #[error("сбой ввода-вывода: {file}", file = file.display())]
    Io {
        /// The file or directory concerned.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Why bytes of a segment are not the frame or header that should stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file ends inside a frame.
    #[error("запись обрывается")]
    Short,
    /// The length field is above [`crate::MAX_FRAME_BYTES`], or not the one the location names.
    #[error("недопустимая длина записи {length}")]
    Length {
        /// The length found.
        length: u32,
    },
    /// The frame, or the segment's first frame, carries another sequence than the one due.
    #[error("ожидался номер {expected}, найден {found}")]
    Sequence {
        /// The sequence due here.
        expected: u64,
        /// The sequence found.
        found: u64,
    },
    /// The checksum does not fit the numbers and the payload.
    #[error("контрольная сумма не сходится")]
    Checksum,
    /// The segment does not begin with the header of a segment.
    #[error("нет заголовка сегмента")]
    Header,
    /// The segment file is not there, although frames that belong after it, or a location inside it, are.
    #[error("файл сегмента отсутствует")]
    Missing,
    /// A file ends in `.seg` but is not named after a sequence.
    #[error("имя файла не является именем сегмента")]
    Name,
}

/// A journal that could not be opened: its own failure, or the visitor's.
#[derive(Debug, thiserror::Error)]
pub enum OpenError<E> {
    /// The journal could not be read or made ready for writing.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The visitor refused a frame; the replay stopped there and nothing was cut.
    #[error("запись журнала не применена")]
    Visit(#[source] E),
}

impl JournalError {
    /// The stable code of this failure for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "JOURNAL_DAMAGED",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::FrameTooLarge { .. } => "FRAME_TOO_LARGE",
            Self::SyncFailed { .. } | Self::Poisoned | Self::Io { .. } => "STORAGE_FAILED",
            Self::InUse { .. } => "JOURNAL_IN_USE",
        }
    }

    /// Whether the journal may be written again after this failure of a write.
    pub(crate) fn leaves_usable(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::FrameTooLarge { .. })
    }

    pub(crate) fn damaged(file: &Path, offset: u64, reason: Damage) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            offset,
            reason,
        }
    }

    pub(crate) fn io(file: &Path, source: io::Error) -> Self {
        Self::Io {
            file: file.to_owned(),
            source,
        }
    }

    pub(crate) fn sync(file: &Path, source: io::Error) -> Self {
        Self::SyncFailed {
            file: file.to_owned(),
            source,
        }
    }

    /// A failed write: a full disk, a quota and a file size limit all mean "no room", and pass when room is made.
    pub(crate) fn write(file: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull {
                file: file.to_owned(),
                source,
            },
            _ => Self::io(file, source),
        }
    }
}
