//! The fencing number: raised at every open, durable before the first append, and never lost with the index.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::error::StoreError;

/// Raises the number kept in a file of `directory` and returns it. A missing or unreadable number counts as 0.
pub(crate) fn raise(directory: &Path) -> Result<u64, StoreError> {
    let path = directory.join("fence");
    let failed = |source| StoreError::Io {
        file: path.clone(),
        source,
    };
    let old = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().unwrap_or(0),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(error)),
    };
    let next: u64 = old + 1;
    let fresh = directory.join("fence.new");
    let write = || {
        let mut file = File::create(&fresh)?;
        writeln!(file, "{next}")?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(failed)?;
    Ok(next)
}
