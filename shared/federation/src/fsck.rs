//! A full look at a ledger: every segment read, every leaf, signature, chain and body proved again from the anchor, the
//! cursors of children and the receipts of the parent compared with what stands.
//!
//! It looks at a copy made as a backup is made, so a node at work goes on working and nothing of it is changed.

use std::path::Path;

use ledger::{Ledger, LedgerError, Options};
use runtime::archive::Scratch;
use serde::Serialize;

use crate::backup::{BackupError, Whose, copy};
use crate::identity::NodeIdentity;
use crate::uplink::{Memory, Trust};

/// What was found right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// `svodka.fsck/1`.
    pub schema: &'static str,
    /// Origin of the ledger.
    pub origin: String,
    /// Entries with a good signature in an unbroken chain.
    pub entries: u64,
    /// Root over them, hexadecimal.
    pub root: String,
    /// Bodies that are the ones signed.
    pub bodies: u64,
    /// Children whose cursor says what their own signed checkpoint says.
    pub cursors: u64,
    /// Entries that the parent has given its verdict on; nothing at a hub.
    pub acknowledged: u64,
    /// Refusals of the parent that are its own and name the entries that stand here.
    pub refusals: u64,
    /// Torn tails that a start would cut: what was being written.
    pub torn: usize,
}

/// Looks at the ledger in `dir`; the receipts of a parent too, where `identity` says that there is one. Works in a
/// folder inside it, gone at the end.
pub fn check(dir: &Path, whose: Whose<'_>, identity: Option<&NodeIdentity>) -> Result<Checked, BackupError> {
    let here = |source| BackupError::Io {
        file: dir.to_owned(),
        source,
    };
    let scratch = Scratch::below(dir).map_err(here)?;
    let root = scratch.path();
    copy(dir, root)?;
    let (author, anchor) = whose(root).map_err(BackupError::Identity)?;
    let (ledger, opening) = Ledger::open(&root.join("ledger"), author, anchor, Options::default())?;
    let proven = ledger.verify_all()?;
    let cursors = ledger.verify_cursors()?;
    let (acknowledged, refusals) = match identity {
        Some(identity) => receipts(root, &ledger, identity)?,
        None => (0, 0),
    };
    Ok(Checked {
        schema: "svodka.fsck/1",
        origin: ledger.origin(),
        entries: proven.entries,
        root: proven.root.to_string(),
        bodies: proven.bodies,
        cursors,
        acknowledged,
        refusals,
        torn: opening.truncated.len(),
    })
}

/// What the parent said of this ledger: how far it came, and that each refusal is of the entry that stands there.
fn receipts(root: &Path, ledger: &Ledger, identity: &NodeIdentity) -> Result<(u64, u64), BackupError> {
    let memory = Memory::open(root, &identity.parent_origin, identity.parent_ledger_key);
    let memory = memory.map_err(|error| BackupError::Wrong(error.to_string()))?;
    if memory.cursor > ledger.size() {
        let (cursor, size) = (memory.cursor, ledger.size());
        return Err(BackupError::Wrong(format!(
            "родительский узел ответил о {cursor} записях, а в журнале их {size}"
        )));
    }
    let trust = Trust {
        origin: identity.parent_origin.clone(),
        ledger_key: identity.parent_ledger_key,
        signing_key: identity.parent_signing_key,
    };
    for (&position, refused) in &memory.refused {
        let entry = ledger.entries(position..position + 1)?.pop();
        let entry = entry.ok_or(LedgerError::Unproven {
            position,
            reason: "отказ о записи, которой нет".to_owned(),
        })?;
        trust
            .refusal(&refused.refusal, &entry.envelope, position)
            .map_err(|error| BackupError::Wrong(error.to_string()))?;
    }
    Ok((memory.cursor, memory.refused.len() as u64))
}
