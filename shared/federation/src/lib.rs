//! The conversation between a child and its parent, both ends side by side: join, renew, replicate, fetch what comes
//! down.
//!
//! It promises that a child never loses an entry and never believes an unproven answer, and that a parent gives a verdict
//! only after the entry, or its refusal, is on the disk. It knows no incident, no cell and no report: what an entry means
//! is the ledger's business.

pub mod backup;
pub mod files;
pub mod fsck;
pub mod identity;
pub mod invitation;
pub mod join;
pub mod parent;
pub mod proof;
mod skew;
pub mod uplink;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use identity::NodeIdentity;
pub use invitation::Invitation;
pub use parent::Parent;
pub use uplink::Uplink;

/// A ledger that intake, uplink and services share. Its owner holds it for one call at a time.
pub type SharedLedger = Arc<Mutex<ledger::Ledger>>;

/// The ledger for one call. A panic of another holder leaves it as the last finished append left it.
pub fn held(ledger: &SharedLedger) -> MutexGuard<'_, ledger::Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Largest message either end decodes: one batch of at most [`BATCH_BYTES`], or one entry with the largest body.
pub const MESSAGE_BYTES: usize = wire::body::MAX_BODY_BYTES + 1024 * 1024;
/// Entries in one batch.
pub const BATCH_ENTRIES: u64 = 128;
/// Bytes of envelopes and bodies in one batch, unless a single entry is larger.
pub const BATCH_BYTES: usize = 1024 * 1024;
/// Batches on their way without an acknowledgement: together they fill the link, and at most 4 MiB wait in memory.
pub const BATCHES_IN_FLIGHT: usize = 4;
