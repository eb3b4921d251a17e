//! The ledger: signed statements in order, and what they say.
//!
//! It owns the append-only entries of one node, their Merkle tree and bodies, and what follows from their order alone:
//! members and keys, authors' chains, sheets in force, how far each child's ledger has been taken. It promises that an
//! entry stands only after its signature and every rule were checked, that nothing leaves before it is on the disk, and
//! that the same bytes brought again change nothing and get the same answer.
//!
//! It reads no clock (the present moment is an argument), knows no network and waits for nobody: one owner calls it, one
//! call at a time. Where frames are kept is behind [`Store`]; sled is an index that may be deleted at any time.

mod admit;
mod author;
mod cursor;
mod dictionaries;
mod error;
mod evidence;
mod fence;
mod frames;
mod group;
mod index;
mod keys;
mod ledger;
mod open;
mod own;
mod reason;
mod recover;
mod replay;
mod scope;
mod segments;
mod sheets;
mod standing;
mod store;
mod take;
mod trail;
mod verdict;
mod verify;

pub use author::{Anchor, Author};
pub use cursor::{Cursor, CursorRecord};
pub use error::{LedgerError, StoreError, TakeError};
pub use evidence::{Kept, RefusedItem};
pub use ledger::Ledger;
pub use open::{Opening, Options};
pub use reason::Reason;
pub use recover::Recovered;
pub use scope::lies_inside;
pub use segments::{SegmentOptions, Segments, SegmentsOpening};
pub use sheets::SheetInForce;
pub use standing::MemberKeys;
pub use store::{Appended, Head, NewEntry, NewFrame, Store, StoredEntry};
pub use trail::{NotCounting, Trail, Uncounted};
pub use verdict::{Incoming, Outcome, Taking, Verdict};
pub use verify::Verification;

/// The places where a crash meets a durable step half done, in the order an append passes them.
///
/// Under the feature `failpoints` each of them aborts the process when it is configured with `return`. What is true
/// before and after, and what a crash leaves for start-up, stands at each place in the code.
pub const COMMIT_POINTS: &[&str] = &[
    "ledger.before_bodies",
    "ledger.bodies_synced",
    "ledger.entries_synced",
    "ledger.indexed",
];
