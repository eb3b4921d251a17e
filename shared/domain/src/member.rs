//! Members: who answers for which territories and sources, since when. Order in the ledger decides validity, not here.

use crate::code::Code;
use crate::day::Day;
use crate::node::NodeId;
use crate::zone::Zone;

/// A subtree of territories and a source that a member answers for, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Root of the subtree.
    pub territory: Code,
    /// One source, or any.
    pub source: Option<Code>,
    /// First day.
    pub from: Day,
    /// First day no longer covered.
    pub until: Option<Day>,
    /// From this day on sheets are daily.
    pub daily_from: Day,
}

impl Cover {
    /// Whether the cover holds on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// A participant as its parent registered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub node: NodeId,
    /// Its parent.
    pub parent: NodeId,
    /// The member that runs this node for it, if another does.
    pub hosted_by: Option<NodeId>,
    /// Zone whose civil days its sheets are.
    pub zone: Zone,
    /// What it answers for; at least one.
    pub covers: Vec<Cover>,
    /// Day on which it joined, in its own zone.
    pub joined: Day,
}
