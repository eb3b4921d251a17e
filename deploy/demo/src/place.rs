//! The demo's directory: where everything is put, and what it is called.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The directory, made and empty at the start.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// The directory that was asked for, or a new one among the system's temporary files.
    pub fn make(wanted: Option<&Path>) -> Result<Self> {
        let dir = match wanted {
            Some(dir) => std::path::absolute(dir)?,
            None => std::env::temp_dir().join(format!("svodka-demo-{}", std::process::id())),
        };
        let made = || format!("не удалось создать {}", dir.display());
        fs::create_dir_all(&dir).with_context(made)?;
        if fs::read_dir(&dir)?.next().is_some() {
            bail!(
                "каталог {} не пуст: назовите новый (--dir) или удалите этот",
                dir.display()
            );
        }
        let place = Self(dir);
        for part in [place.logs(), place.data()] {
            fs::create_dir(&part).with_context(|| format!("не удалось создать {}", part.display()))?;
        }
        Ok(place)
    }

    /// The whole.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the processes say.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// Files that are imported.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The hub's own directory.
    pub fn hub(&self) -> PathBuf {
        self.0.join("hub")
    }

    /// A node's own directory.
    pub fn node(&self, node: &str) -> PathBuf {
        self.0.join(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_something_in_it_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::make(Some(&dir.path().join("new"))).unwrap();
        assert!(place.logs().is_dir() && place.data().is_dir());
        let error = Place::make(Some(place.path())).unwrap_err();
        assert!(error.to_string().contains("не пуст"), "{error}");
    }
}
