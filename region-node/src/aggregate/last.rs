//! What the node's own ledger says last of a day: enough to tell when to look again, and whether the next sheet would
//! say anything new.

use domain::Code;
use domain::sheet::{Closure, SheetFacts};

/// The node's own sheet of one day that counts in its own ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSheet {
    /// Position of its statement.
    pub position: u64,
    /// Open or closed.
    pub closure: Closure,
    /// Whether it counts for nothing above: it took the day back, or the parent refused it.
    pub void_above: bool,
    /// When it was sealed, Unix milliseconds.
    pub sealed_at_ms: i64,
}

impl LastSheet {
    /// The sheet with these facts at a position, refused by the parent or not.
    pub fn new(position: u64, facts: &SheetFacts, refused: Option<&Code>) -> Self {
        Self {
            position,
            closure: facts.closure,
            void_above: facts.withdrawn.is_some() || refused.is_some(),
            sealed_at_ms: facts.sealed_at_ms,
        }
    }
}
