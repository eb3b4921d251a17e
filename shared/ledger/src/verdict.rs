//! What a child delivers, and what it is told of it.

use domain::{Code, NodeId, SheetPeriod};

/// An entry as a child delivers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The canonical envelope.
    pub envelope: Vec<u8>,
    /// The body, when the statement names one and it is still kept.
    pub body: Option<Vec<u8>>,
    /// The body was dropped: a later revision stands in the child's ledger.
    pub body_dropped: bool,
}

/// What became of a batch. Everything in it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// One for each entry, in order.
    pub verdicts: Vec<Verdict>,
    /// Entries of the child's ledger that have their verdict now.
    pub cursor: u64,
    /// Nodes and periods whose sheet in force is another one now; sorted.
    pub changed: Vec<(NodeId, SheetPeriod)>,
}

/// What became of an entry, for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Position in the child's ledger.
    pub position: u64,
    /// Taken or refused.
    pub outcome: Outcome,
}

/// Taken or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands in this ledger.
    Taken {
        /// Where.
        position: u64,
        /// It stood there before.
        repeated: bool,
    },
    /// It does not; a refusal does.
    Refused {
        /// Stable code of the reason.
        reason: Code,
        /// Where the refusal stands.
        position: u64,
        /// The refusal in its envelope.
        refusal: Vec<u8>,
    },
}
