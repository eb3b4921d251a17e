//! Files written whole: a reader, and a start-up after a crash, sees the old content or the new, never a part.
//!
//! Knows nothing of what is in them. Append-only files are somebody else's.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The owner alone (0600): keys, secrets.
    Private,
    /// Anybody (0644, less the process's umask).
    Public,
}

impl Mode {
    fn bits(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Public => 0o644,
        }
    }
}

/// Puts `bytes` at `path`, replacing what was there.
///
/// Before the rename the old content stands; after it the new one does, and both it and its name are on disk when
/// this returns. A crash in between leaves a file `.<name>.<process>.<n>.tmp` that nobody reads.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let (Some(name), Some(parent)) = (path.file_name(), path.parent()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a file"));
    };
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let temporary = parent.join(format!(
        ".{}.{}.{number}.tmp",
        name.to_string_lossy(),
        std::process::id()
    ));
    // A leftover of an earlier process with our number may be readable by others: never write into it.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_new(&temporary, bytes, mode).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report; the leftover does no harm.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_dir(parent)
}

fn write_new(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode.bits())
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in `dir` durable: a new file's own fsync does not.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Creates `dir` and the directories above it as needed, those it creates open to the owner alone (0700). The mode of
/// a directory that already stands is the operator's choice and stays.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_and_no_leftover() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        write_atomic(&path, b"public", Mode::Public).unwrap();
        write_atomic(&path, b"private", Mode::Private).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"private");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["key.pem"]);
    }

    #[test]
    fn a_failure_leaves_the_old_content_and_no_leftover() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("content"), b"old").unwrap();
        write_atomic(&path, b"new", Mode::Public).expect_err("a directory is not replaced by a file");
        assert_eq!(fs::read(path.join("content")).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_private_directory_is_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        create_private_dir(&path).unwrap();
        create_private_dir(&path).expect("again is no error");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
