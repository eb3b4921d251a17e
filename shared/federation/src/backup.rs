//! A copy of a node that works: made while it works, checked without restoring, restored into a new directory.
//!
//! Files that only grow are copied in the order in which each needs the next: what is remembered of the parent, entries,
//! their bodies and evidence, the intake journal. So the copy is the node at one moment, less a torn tail, which is cut
//! in the copy as a start would cut it; and the copy is proved from its anchor before it bears its name. Stores that are
//! rebuilt are left out. Keys are in: the archive is a secret. The root key of a hub is not: it lies elsewhere.

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, iter};

use jiff::Timestamp;
use journal::{Journal, JournalError, OpenError};
use ledger::{Anchor, Author, Ledger, LedgerError, Options, Verification};
use runtime::Exit;
use runtime::archive::{self, ArchiveError, Listed, Scratch, parent_of};
use runtime::files::create_private_dir;
use seal::Checkpoint;
use serde::{Deserialize, Serialize};

/// The schema of the list.
const SCHEMA: &str = "svodka.backup/1";
/// Directories of frames, in the order in which they are copied.
const ORDER: [&str; 6] = [
    "uplink/verdicts",
    "uplink/down",
    "ledger/entries",
    "ledger/bodies",
    "ledger/evidence",
    "journal",
];
/// Files beside directories that belong to a node; an operator's own files stay where they are.
const KINDS: [&str; 3] = [".toml", ".json", ".txt"];

/// Why there is no copy, or none that counts.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory has no node that could be copied, or the copy has none.
    #[error("{0}")]
    Identity(String),
    /// The target is there already.
    #[error("{0}: уже есть; восстановление ничего не затирает, укажите новый каталог")]
    Taken(String),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Files.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A journal beside the ledger.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger in the copy is another one than the list says.
    #[error("копия повреждена или подменена: {0}")]
    Wrong(String),
}

impl BackupError {
    /// The code that a command ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Identity(_) => Exit::Configuration,
            Self::Taken(_) => Exit::Refused,
            Self::Archive(ArchiveError::Wrong(_)) | Self::Wrong(_) => Exit::Unverified,
            Self::Ledger(error) => exit_of(error),
            Self::Archive(ArchiveError::Io { .. }) | Self::Io { .. } | Self::Journal(_) => Exit::Damaged,
        }
    }
}

/// What a failed look at a ledger means: files that the disk spoiled, or entries that do not prove themselves.
pub fn exit_of(error: &LedgerError) -> Exit {
    match error {
        LedgerError::Store(_) => Exit::Damaged,
        _ => Exit::Unverified,
    }
}

fn at(file: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let file = file.to_owned();
    move |source| BackupError::Io { file, source }
}

/// The list of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `svodka.backup/1`.
    pub schema: String,
    /// The program whose directory it is.
    pub program: String,
    /// Its version.
    pub version: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Origin of the ledger: federation, node, key epoch.
    pub origin: String,
    /// Entries in the ledger.
    pub ledger_size: u64,
    /// Root over them, hexadecimal.
    pub ledger_root: String,
    /// The same, signed by the node.
    pub checkpoint: String,
    /// Last position of the intake journal; 0 where there is none.
    pub journal_position: u64,
    /// Every file.
    pub files: Vec<Listed>,
}

/// Whose directory it is: read from its identity.
pub type Whose<'a> = &'a dyn Fn(&Path) -> Result<(Author, Anchor), String>;

/// What makes a copy.
pub struct Backup<'a> {
    /// The program.
    pub program: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How to read whose directory it is.
    pub whose: Whose<'a>,
}

impl Backup<'_> {
    /// Copies the node in `dir`, which may be at work, into the archive `out`.
    pub fn create(&self, dir: &Path, out: &Path, now: Timestamp) -> Result<Manifest, BackupError> {
        (self.whose)(dir).map_err(BackupError::Identity)?;
        let scratch = Scratch::below(parent_of(out)).map_err(at(out))?;
        let root = scratch.path();
        copy(dir, root)?;
        let (ledger, _) = self.prove(root)?;
        let (size, tree_root, checkpoint) = (ledger.size(), ledger.root(), ledger.checkpoint());
        let origin = ledger.origin();
        drop(ledger);
        let journal_position = journals(root)?;
        let files = archive::digests(root, archive::files_below(root, &belongs).map_err(at(root))?)?;
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            program: self.program.to_owned(),
            version: self.version.to_owned(),
            created: now.to_string(),
            origin,
            ledger_size: size,
            ledger_root: tree_root.to_string(),
            checkpoint,
            journal_position,
            files,
        };
        let list = serde_json::to_vec_pretty(&manifest).expect("a list is text and numbers");
        archive::pack(root, &list, &manifest.files, out)?;
        Ok(manifest)
    }

    /// Checks an archive without restoring it: every byte, every frame, every signature, the root.
    pub fn verify(&self, file: &Path) -> Result<(Manifest, Verification), BackupError> {
        let scratch = Scratch::below(parent_of(file)).map_err(at(file))?;
        self.unpack(file, scratch.path())
    }

    /// Restores an archive into `to`, which must not be there or be empty. `mark` says in the new directory what its
    /// owner must know.
    pub fn restore(
        &self,
        file: &Path,
        to: &Path,
        mark: &dyn Fn(&Path) -> io::Result<()>,
    ) -> Result<(Manifest, Verification), BackupError> {
        let free = match fs::read_dir(to) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if !free {
            return Err(BackupError::Taken(to.display().to_string()));
        }
        // Whoever owns an empty directory need not own the one above it.
        let beside = if to.exists() { to } else { parent_of(to) };
        create_private_dir(beside).map_err(at(to))?;
        let scratch = Scratch::below(beside).map_err(at(to))?;
        let restored = self.unpack(file, scratch.path())?;
        mark(scratch.path()).map_err(at(to))?;
        // The identity is what makes the directory a node's, so it comes last.
        scratch.become_dir(to, "identity").map_err(at(to))?;
        Ok(restored)
    }

    fn unpack(&self, file: &Path, root: &Path) -> Result<(Manifest, Verification), BackupError> {
        let list = archive::list_of(file)?;
        let manifest: Manifest =
            serde_json::from_slice(&list).map_err(|error| BackupError::Wrong(error.to_string()))?;
        if manifest.schema != SCHEMA || manifest.program != self.program {
            let (schema, program) = (&manifest.schema, &manifest.program);
            let found = format!("это копия другой программы или версии: {program}, {schema}");
            return Err(BackupError::Wrong(found));
        }
        archive::unpack(file, &manifest.files, root)?;
        let (ledger, proven) = self.prove(root)?;
        let said = Checkpoint::open(&manifest.checkpoint, &ledger.origin(), &ledger.ledger_key());
        let said = said.map_err(|error| BackupError::Wrong(error.to_string()))?;
        let same = said.size == proven.entries && said.root == proven.root && manifest.ledger_size == said.size;
        if !same || manifest.ledger_root != said.root.to_string() || manifest.origin != ledger.origin() {
            return Err(BackupError::Wrong("журнал не тот, что в описи".to_owned()));
        }
        drop(ledger);
        if journals(root)? != manifest.journal_position {
            return Err(BackupError::Wrong("журнал приёма не тот, что в описи".to_owned()));
        }
        // Made by looking; a start makes it again.
        let index = root.join("ledger/index");
        fs::remove_dir_all(&index).map_err(at(&index))?;
        Ok((manifest, proven))
    }

    /// Opens the ledger below `root` and proves it from its anchor.
    fn prove(&self, root: &Path) -> Result<(Ledger, Verification), BackupError> {
        let (author, anchor) = (self.whose)(root).map_err(BackupError::Identity)?;
        let (ledger, _) = Ledger::open(&root.join("ledger"), author, anchor, Options::default())?;
        let proven = ledger.verify_all()?;
        Ok((ledger, proven))
    }
}

/// Copies what belongs to the node, in order.
pub(crate) fn copy(dir: &Path, root: &Path) -> Result<(), BackupError> {
    let grows = |path: &str| ORDER.iter().any(|journal| is_within(path, journal));
    let still = |path: &str| belongs(path) && !grows(path);
    copy_files(dir, root, &still)?;
    for journal in ORDER {
        // Looked through only now: a segment begun since the last step is copied, and what it needs follows.
        let within = |path: &str| belongs(path) && (is_within(path, journal) || is_within(journal, path));
        copy_files(dir, root, &within)?;
    }
    create_private_dir(&root.join("ledger")).map_err(at(root))
}

fn copy_files(dir: &Path, root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<(), BackupError> {
    for path in archive::files_below(dir, wanted).map_err(at(dir))? {
        let (from, to) = (dir.join(&path), root.join(&path));
        create_private_dir(parent_of(&to)).map_err(at(&to))?;
        match fs::copy(&from, &to) {
            Ok(_) => {}
            // Named until a moment ago: replaced whole by another, or given its name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(&from)(error)),
        }
    }
    Ok(())
}

/// Whether a path is `above` or lies below it.
fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a file or directory belongs into a copy.
fn belongs(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let top = !path.contains('/');
    let rebuilt = name.starts_with("store") || name.starts_with("index");
    let passing = name.starts_with('.') || name == "restored.json" || name == "root.key";
    // Directories have no dot in their names; files beside them are the node's only if they are of its kinds.
    let foreign = top && name.contains('.') && !KINDS.iter().any(|kind| name.ends_with(kind));
    !(rebuilt || passing || foreign || (top && name == "lock"))
}

/// Reads every frame of the journals beside the ledger, cutting torn tails; the last position of the intake's.
fn journals(root: &Path) -> Result<u64, BackupError> {
    let mut position = 0;
    let beside = ORDER.into_iter().filter(|journal| !journal.starts_with("ledger/"));
    for (name, path) in beside
        .zip(iter::repeat(root))
        .map(|(name, root)| (name, root.join(name)))
    {
        if !path.is_dir() {
            continue;
        }
        let opened = Journal::open(&path, journal::Options::default(), &mut |_| Ok::<(), JournalError>(()));
        let (journal, _) = opened.map_err(|error| match error {
            OpenError::Journal(error) | OpenError::Visit(error) => error,
        })?;
        if name == "journal" {
            position = journal.next_sequence() - 1;
        }
    }
    Ok(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rebuilt_passing_or_the_operators_own_is_left_out() {
        for (path, copied) in [
            ("identity", true),
            ("identity/signing.key", true),
            ("identity/root.key", false),
            ("region-node.toml", true),
            ("sources.json", true),
            ("fork-7-shown.txt", true),
            ("restored.json", false),
            ("november.csv.rejected.csv", false),
            ("lock", false),
            ("admin.sock", false),
            ("store", false),
            ("ledger", true),
            ("ledger/index", false),
            ("ledger/entries/00000000000000000001.seg", true),
            ("ledger/fence", true),
            (".svodka-1-0", false),
        ] {
            assert_eq!(belongs(path), copied, "{path}");
        }
    }
}
