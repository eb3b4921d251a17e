//! One file out of many and many out of one: a compressed tar whose first entry lists every other with its SHA-256.
//!
//! Promises that what is unpacked is exactly what the list says, that no name leads out of the directory, and that a
//! half-written archive never bears its name. Knows no file by name and not what the list's other fields mean.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use crate::files::{create_private_dir, sync_dir};

/// Name of the first entry.
const MANIFEST: &str = "manifest.json";
/// A list of a hundred thousand files is shorter; a longer one is no list.
const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its path below the directory, with `/`.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// Why an archive is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The files.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its content.
    #[error("копия повреждена или подменена: {0}")]
    Wrong(String),
}

fn at(file: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let file = file.to_owned();
    move |source| ArchiveError::Io { file, source }
}

/// A directory for work in between, gone when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new private directory below `parent`.
    pub fn below(parent: &Path) -> io::Result<Self> {
        static TAKEN: AtomicU64 = AtomicU64::new(0);
        let number = TAKEN.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!(".svodka-{}-{number}", std::process::id()));
        // A leftover of an earlier process with our number.
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        create_private_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Its content becomes that of `to`: the whole directory takes that name, or, where `to` stands already, everything
    /// moves up into it, `last` at the end.
    pub fn become_dir(self, to: &Path, last: &str) -> io::Result<()> {
        if !to.exists() {
            fs::rename(&self.0, to)?;
            return sync_dir(parent_of(to));
        }
        let mut names: Vec<_> = fs::read_dir(&self.0)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<Result<_, _>>()?;
        names.sort_by_key(|name| name.to_str() == Some(last));
        for name in names {
            fs::rename(self.0.join(&name), to.join(&name))?;
        }
        sync_dir(to)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may have become a directory of its own; what cannot be removed is private and says whose it was.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The directory that a path stands in.
pub fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Every regular file below `root`, sorted, as long as `wanted` (asked by path below the root) holds for it and for the
/// directories above it.
pub fn files_below(root: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    walk(root, "", wanted, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(dir: &Path, prefix: &str, wanted: &dyn Fn(&str) -> bool, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if !wanted(&path) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), wanted, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Lengths and digests of files below `root`.
pub fn digests(root: &Path, paths: Vec<String>) -> Result<Vec<Listed>, ArchiveError> {
    let digest = |path: String| {
        let file = root.join(&path);
        let mut hasher = Sha256::new();
        let size = File::open(&file)
            .and_then(|mut opened| copy_hashed(&mut opened, &mut io::sink(), &mut hasher))
            .map_err(at(&file))?;
        let sha256 = hex::encode(hasher.finalize());
        Ok(Listed { path, size, sha256 })
    };
    paths.into_iter().map(digest).collect()
}

/// Writes the archive `out`, which is the owner's alone: the list first, then the files below `root` in its order. An
/// archive of that name is replaced whole.
pub fn pack(root: &Path, list: &[u8], files: &[Listed], out: &Path) -> Result<(), ArchiveError> {
    let begun = out.with_extension(format!("part-{}", std::process::id()));
    let written = write(root, list, files, &begun);
    if written.is_err() {
        // The first error is the one to report; the leftover does no harm.
        let _ = fs::remove_file(&begun);
    }
    written?;
    fs::rename(&begun, out).map_err(at(out))?;
    sync_dir(parent_of(out)).map_err(at(out))
}

fn write(root: &Path, list: &[u8], files: &[Listed], begun: &Path) -> Result<(), ArchiveError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(begun)
        .map_err(at(begun))?;
    let mut archive = Builder::new(GzEncoder::new(file, Compression::default()));
    append(&mut archive, MANIFEST, list.len() as u64, list).map_err(at(begun))?;
    for listed in files {
        let path = root.join(&listed.path);
        let opened = File::open(&path).map_err(at(&path))?;
        append(&mut archive, &listed.path, listed.size, opened).map_err(at(begun))?;
    }
    let finished = archive.into_inner().and_then(GzEncoder::finish).map_err(at(begun))?;
    finished.sync_all().map_err(at(begun))
}

fn append(archive: &mut Builder<GzEncoder<File>>, path: &str, size: u64, content: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    archive.append_data(&mut header, path, content)
}

/// The list of an archive, as it was packed.
pub fn list_of(file: &Path) -> Result<Vec<u8>, ArchiveError> {
    let mut archive = open(file)?;
    let entries = archive.entries().map_err(at(file))?;
    let first = entries.into_iter().next();
    let Some(mut entry) = first.transpose().map_err(damaged)? else {
        return Err(ArchiveError::Wrong("в ней ничего нет".to_owned()));
    };
    if entry.path().map_err(damaged)?.as_ref() != Path::new(MANIFEST) || entry.size() > MANIFEST_BYTES_MAX {
        return Err(ArchiveError::Wrong("это не копия: первой стоит не опись".to_owned()));
    }
    let mut list = Vec::new();
    entry.read_to_end(&mut list).map_err(damaged)?;
    Ok(list)
}

/// Unpacks everything listed into `root`, each file compared with the list while it is written.
pub fn unpack(file: &Path, files: &[Listed], root: &Path) -> Result<(), ArchiveError> {
    let mut expected: BTreeMap<&str, &Listed> = files.iter().map(|listed| (listed.path.as_str(), listed)).collect();
    let mut archive = open(file)?;
    for entry in archive.entries().map_err(at(file))?.skip(1) {
        let mut entry = entry.map_err(damaged)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let listed = expected
            .remove(path.as_str())
            .ok_or_else(|| ArchiveError::Wrong(format!("{path}: нет в описи")))?;
        if entry.header().entry_type() != EntryType::Regular || !stays_below(&path) || entry.size() != listed.size {
            return Err(ArchiveError::Wrong(format!("{path}: не тот файл, что в описи")));
        }
        let to = root.join(&path);
        create_private_dir(parent_of(&to)).map_err(at(&to))?;
        unpack_file(&mut entry, listed, &to)?;
    }
    match expected.into_keys().next() {
        None => Ok(()),
        Some(missing) => Err(ArchiveError::Wrong(format!("{missing}: нет в копии"))),
    }
}

fn unpack_file(content: &mut impl Read, listed: &Listed, to: &Path) -> Result<(), ArchiveError> {
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(at(to))?;
    let mut hasher = Sha256::new();
    copy_hashed(content, &mut out, &mut hasher).map_err(damaged)?;
    out.sync_all().map_err(at(to))?;
    sync_dir(parent_of(to)).map_err(at(to))?;
    if hex::encode(hasher.finalize()) == listed.sha256 {
        Ok(())
    } else {
        Err(ArchiveError::Wrong(format!("{}: SHA-256 не тот", listed.path)))
    }
}

fn open(file: &Path) -> Result<Archive<GzDecoder<File>>, ArchiveError> {
    Ok(Archive::new(GzDecoder::new(File::open(file).map_err(at(file))?)))
}

#[expect(clippy::needless_pass_by_value, reason = "it is the shape that `map_err` asks for")]
fn damaged(error: io::Error) -> ArchiveError {
    ArchiveError::Wrong(error.to_string())
}

/// Whether a listed path is made of plain names only.
fn stays_below(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
}

fn copy_hashed(from: &mut impl Read, to: &mut impl Write, hasher: &mut Sha256) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(copied);
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        copied += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(dir: &Path) -> (Vec<Listed>, PathBuf) {
        let root = dir.join("from");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/one.seg"), vec![7; 200_000]).unwrap();
        fs::write(root.join("two"), b"").unwrap();
        fs::write(root.join("skipped"), b"x").unwrap();
        let paths = files_below(&root, &|path| path != "skipped").unwrap();
        assert_eq!(paths, ["a/one.seg", "two"]);
        let files = digests(&root, paths).unwrap();
        let out = dir.join("copy.tar.gz");
        pack(&root, b"{}", &files, &out).unwrap();
        (files, out)
    }

    #[test]
    fn what_was_packed_comes_out_again_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (files, out) = packed(dir.path());
        assert_eq!(list_of(&out).unwrap(), b"{}");
        let to = dir.path().join("to");
        unpack(&out, &files, &to).unwrap();
        assert_eq!(fs::read(to.join("a/one.seg")).unwrap(), vec![7; 200_000]);
        assert_eq!(files_below(&to, &|_| true).unwrap(), ["a/one.seg", "two"]);
    }

    #[test]
    fn another_list_a_flipped_byte_and_a_cut_file_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let (files, out) = packed(dir.path());
        let refused = |files: &[Listed], name: &str| {
            let error = unpack(&out, files, &dir.path().join(name)).unwrap_err();
            assert!(matches!(error, ArchiveError::Wrong(_)), "{name}: {error}");
        };
        refused(&files[..1], "unlisted");
        let mut more = files.clone();
        more.push(Listed {
            path: "three".to_owned(),
            ..files[1].clone()
        });
        refused(&more, "missing");
        let mut other = files.clone();
        other[0].sha256 = files[1].sha256.clone();
        refused(&other, "digest");
        let mut bytes = fs::read(&out).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&out, &bytes).unwrap();
        refused(&files, "flipped");
        fs::write(&out, &bytes[..middle]).unwrap();
        refused(&files, "cut");
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        for (path, stays) in [
            ("a/b.seg", true),
            ("../b", false),
            ("/etc/passwd", false),
            ("a/../../b", false),
        ] {
            assert_eq!(stays_below(path), stays, "{path}");
        }
    }
}
