//! The seam between the ledger and the place its frames are kept in.
//!
//! Owns the trait and the values that cross it. Whoever implements it promises that `Committed` means durable, that a
//! group is appended whole, in order and only onto the head that was expected, and that look-ups see every committed
//! entry. Knows no rules: what may be appended was decided before.

use std::ops::Range;

use domain::{NodeId, SheetPeriod};
use seal::Digest;

use crate::cursor::CursorRecord;
use crate::error::StoreError;

/// Where a ledger ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Digest,
    /// Raised at every open: a writer of an earlier open appends nothing any more.
    pub fence: u64,
}

/// What became of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is durable; this is the head now.
    Committed(Head),
    /// The head was not the expected one; nothing was appended.
    Conflict,
    /// Part of it may stand. Only opening the store again tells; until then nothing more is appended.
    Unknown,
}

/// An entry to append. Its position follows from its place in the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Unix milliseconds.
    pub received_at_ms: i64,
    /// Child whose ledger brought it, and the position there; nothing for the node's own.
    pub delivered: Option<(NodeId, u64)>,
    /// The canonical envelope.
    pub envelope: Vec<u8>,
    /// The body, when the statement names one and it is here.
    pub body: Option<Vec<u8>>,
}

/// One frame of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewFrame {
    /// An entry.
    Entry(NewEntry),
    /// How far a child's ledger has been taken with the group.
    Cursor(CursorRecord),
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Position in the ledger, from 0.
    pub position: u64,
    /// Unix milliseconds.
    pub received_at_ms: i64,
    /// Child whose ledger brought it; nothing for the node's own.
    pub delivered_by: Option<NodeId>,
    /// Position in that child's ledger; 0 for the node's own.
    pub delivered_position: u64,
    /// The canonical envelope.
    pub envelope: Vec<u8>,
    /// Whether its body is here.
    pub has_body: bool,
}

/// Where frames are kept.
pub trait Store: Send {
    /// The head of what is committed.
    fn head(&self) -> Head;

    /// Appends a group onto the expected head: bodies first, then entries and cursors, then the index.
    fn append(&mut self, expected: &Head, frames: &[NewFrame]) -> Result<Appended, StoreError>;

    /// The sheet of a node for a period under a revision.
    fn by_period(&self, node: &NodeId, period: SheetPeriod, revision: u32) -> Result<Option<u64>, StoreError>;

    /// The statement of a node's key epoch with this author sequence.
    fn by_sequence(&self, node: &NodeId, epoch: u32, sequence: u64) -> Result<Option<u64>, StoreError>;

    /// The statement with this hash.
    fn by_statement(&self, statement: &Digest) -> Result<Option<u64>, StoreError>;

    /// The latest refusal by `author` of what `child` brought at this position of its ledger.
    fn refusal_of(&self, author: &NodeId, child: &NodeId, position: u64) -> Result<Option<u64>, StoreError>;

    /// Entries of a range; its end may lie beyond the head.
    fn read(&self, range: Range<u64>) -> Result<Vec<StoredEntry>, StoreError>;

    /// Entries from a position on, at most as many as one look should cost; none at the end.
    fn tail(&self, from: u64) -> Result<Vec<StoredEntry>, StoreError>;

    /// The latest cursor of each child, with the size of the ledger that it stands for.
    fn cursors(&self) -> Vec<(u64, CursorRecord)>;

    /// The body of an entry, if it is here.
    fn body(&self, position: u64) -> Result<Option<Vec<u8>>, StoreError>;
}
