//! One process per directory. The operating system drops the lock when the process ends, however it ends, so a lock
//! file that was left behind never blocks anybody.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The lock on a directory, held until it is dropped.
#[derive(Debug)]
pub struct DirLock {
    dir: PathBuf,
    _file: File,
}

/// Why a directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process (or another part of this one) holds it. Exit code 73.
    #[error("каталог {dir} занят другим процессом")]
    Held {
        /// The directory.
        dir: PathBuf,
    },
    /// The lock file cannot be opened or locked.
    #[error("не удалось запереть каталог {dir}: {source}")]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DirLock {
    /// Locks `dir` by its file `lock`, which is created and never removed: removing it would let two processes lock
    /// two files of the same name.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io {
            dir: dir.to_path_buf(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                dir: dir.to_path_buf(),
                _file: file,
            }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held { dir: dir.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The directory that is ours.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(dir.path()).unwrap();
        assert!(matches!(DirLock::acquire(dir.path()), Err(LockError::Held { .. })));
        drop(first);
        DirLock::acquire(dir.path()).expect("free again, though the file is still there");
        assert!(matches!(
            DirLock::acquire(&dir.path().join("absent")),
            Err(LockError::Io { .. })
        ));
    }
}
