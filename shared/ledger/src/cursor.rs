//! How far a child's ledger has been taken.
//!
//! Owns the record of it: position, right edge of the child's tree there, and the child's checkpoint that says so. The
//! record is durable before any verdict leaves. Entries delivered behind the last record carry it on, so a group torn by a
//! crash is taken up where it ended.

use domain::NodeId;
use seal::Digest;
use seal::merkle::{Frontier, leaf_hash};
use wire::Statement;

use crate::store::StoredEntry;

/// How far a child's ledger has been taken, for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Entries of the child's ledger that have their verdict.
    pub position: u64,
    /// Root of the child's tree of that size.
    pub root: Digest,
}

/// The cursor as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRecord {
    /// The child.
    pub child: NodeId,
    /// Origin of its checkpoints.
    pub origin: String,
    /// The right edge of its tree; its size is the position.
    pub frontier: Frontier,
    /// The child's signed checkpoint of that position; empty before the first.
    pub checkpoint: String,
}

impl CursorRecord {
    /// The cursor of a ledger nothing was taken of.
    pub fn start(child: NodeId, origin: String) -> Self {
        Self {
            child,
            origin,
            frontier: Frontier::new(),
            checkpoint: String::new(),
        }
    }

    /// Position and root.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            position: self.frontier.size(),
            root: self.frontier.root(),
        }
    }

    /// Carries the cursor over an entry that stands behind it: the child's own bytes, or our refusal of them.
    pub(crate) fn follow(&mut self, entry: &StoredEntry, statement: &Statement) {
        let (by, position, leaf) = match (&entry.delivered_by, statement) {
            (Some(child), _) => (child, entry.delivered_position, leaf_hash(&entry.envelope)),
            (None, Statement::Refusal(refusal)) => (&refusal.delivered_by, refusal.position, refusal.leaf),
            _ => return,
        };
        if *by == self.child && position == self.frontier.size() {
            self.frontier.append(leaf);
        }
    }
}
