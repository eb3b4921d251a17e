//! The directory of a journal: its lock, its names, and the sync that makes a name durable.
//!
//! It owns which file is which segment. It promises one writer at a time (the lock is the kernel's and dies with the
//! process). It does not look inside the files.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Damage, JournalError};

pub(crate) const SEGMENT: &str = "seg";
/// A segment that has not got its name yet; a crash may leave one, and it holds nothing.
const UNNAMED: &str = "new";

/// A journal's directory, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Directory {
    path: Arc<Path>,
    handle: File,
}

impl Directory {
    /// Creates the directory if it is not there, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        if !path.is_dir() {
            create(path)?;
        }
        let handle = File::open(path).map_err(|source| JournalError::io(path, source))?;
        match handle.try_lock() {
            Ok(()) => Ok(Self {
                path: path.into(),
                handle,
            }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse {
                directory: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(JournalError::io(path, source)),
        }
    }

    pub(crate) fn path(&self) -> &Arc<Path> {
        &self.path
    }

    /// Makes the names of the directory durable.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        self.handle
            .sync_all()
            .map_err(|source| JournalError::sync(&self.path, source))
    }

    /// First sequences of the segments, ascending. Removes what a crash left without a name; leaves foreign files be.
    pub(crate) fn segments(&self) -> Result<Vec<u64>, JournalError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(|source| JournalError::io(&self.path, source))? {
            let path = entry.map_err(|source| JournalError::io(&self.path, source))?.path();
            match path.extension().and_then(OsStr::to_str) {
                Some(SEGMENT) => {
                    found.push(parse_name(&path).ok_or_else(|| JournalError::damaged(&path, 0, Damage::Name))?);
                }
                Some(UNNAMED) => fs::remove_file(&path).map_err(|source| JournalError::io(&path, source))?,
                _ => {}
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Closing alone is not enough: a process forked meanwhile on another thread holds a copy of the handle until it
        // executes its program, and with it the lock. Nobody can act on a failure here; the close still follows.
        let _ = self.handle.unlock();
    }
}

/// The file of the segment whose first sequence is `first`: twenty digits, so that names sort as numbers.
pub(crate) fn segment_path(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.{SEGMENT}"))
}

/// Where that segment is made before it gets its name.
pub(crate) fn unnamed_path(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.{UNNAMED}"))
}

pub(crate) fn parse_name(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let exact = stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit());
    if exact { stem.parse().ok() } else { None }
}

/// Creates the directory, and those above it that are missing, each name made durable in its parent.
fn create(path: &Path) -> Result<(), JournalError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !parent.is_dir() {
        create(parent)?;
    }
    fs::create_dir(path).map_err(|source| JournalError::io(path, source))?;
    let handle = File::open(parent).map_err(|source| JournalError::io(parent, source))?;
    handle.sync_all().map_err(|source| JournalError::sync(parent, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_numbers_and_only_exact_names_count() {
        let name = segment_path(Path::new("j"), 42);
        assert_eq!(name, Path::new("j/00000000000000000042.seg"));
        assert_eq!(parse_name(&name), Some(42));
        for other in [
            "42.seg",
            "0000000000000000004x.seg",
            "+0000000000000000042.seg",
            "99999999999999999999.seg",
        ] {
            assert_eq!(parse_name(Path::new(other)), None, "{other}");
        }
    }
}
