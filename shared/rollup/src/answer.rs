//! What a fold answers: values with their states, rows, breakdowns, and the coverage that goes before all of them.

use std::collections::BTreeMap;

use domain::{Code, Day, NodeId, Period, Tally};

/// How a value stands. A number stands only beside the first two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Something was counted.
    Known(Tally),
    /// Nothing was counted, and that is known: every expected source declared its days complete.
    Zero(Tally),
    /// Expected, and not here.
    Missing,
    /// The nodes do not take it.
    NotCollected,
    /// There can be none: nobody answers for the scope in the period.
    CannotExist,
    /// Held back.
    Suppressed,
}

/// The values of one territory, topic, source or network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Code of the territory, topic, source or network.
    pub code: Code,
    /// Attached to the scope itself and to none of its children (only in rows by territory).
    pub attached: bool,
    /// By code of the measure.
    pub values: BTreeMap<Code, Value>,
}

/// Why a part of what was expected is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapReason {
    /// Nobody answers for the territory.
    NoNode,
    /// The node sent no sheet for the days.
    NoSheet,
    /// The sheet is there, but its source has not declared the days complete.
    NotDeclared,
    /// The node does not take the source.
    NotCollected,
    /// The sheet was taken back and not replaced.
    Withdrawn,
    /// The sheet was refused by the parent (seen in the node's own report).
    Refused,
}

/// A run of days that a figure lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The unit of the reporting level.
    pub territory: Code,
    /// The node that answers for it, if one does.
    pub node: Option<NodeId>,
    /// The source, when the gap is of one source only.
    pub source: Option<Code>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Why.
    pub reason: GapReason,
}

/// Expected and had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many should be there.
    pub expected: u64,
    /// How many are.
    pub had: u64,
}

/// Which (unit, node, source, day) a figure includes, and which it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Units of the reporting level inside the scope (the scope itself when it lies at or below that level).
    pub units: Share,
    /// Nodes that answer for something in the scope in the period.
    pub nodes: Share,
    /// Pairs of node and source: expected are the sources the nodes have ever named, had are those with a cell or a declaration.
    pub sources: Share,
    /// Pairs of unit and day: had are those with a sheet in force of every node that covers the unit.
    pub days: Share,
    /// Of those days, the ones whose every source is declared complete.
    pub complete_days: u64,
    /// The last day of the period on which anything is expected; nothing when all of it is still to come.
    pub until: Option<Day>,
    /// What is not here, as runs of days, sorted.
    pub gaps: Vec<Gap>,
    /// What was left out of the figures, since another node answers for it.
    pub overlap: Vec<Overlap>,
}

/// Incidents that a node counts as received where another answers for the days: left out of every figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The node whose figure is left out.
    pub node: NodeId,
    /// The node that counts there.
    pub counted_by: NodeId,
    /// Root of the subtree that it answers for.
    pub territory: Code,
    /// First day with such a figure.
    pub from: Day,
    /// Last day with such a figure.
    pub to: Day,
    /// How many were received by the figure left out.
    pub amount: u64,
}

/// The fold of everything in force for a scope and a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Code of the scope.
    pub scope: Code,
    /// The period.
    pub period: Period,
    /// Coverage first.
    pub coverage: Coverage,
    /// Totals by measure, each from its total set.
    pub totals: BTreeMap<Code, Value>,
    /// Child territories, and what is attached to the scope itself.
    pub rows: Vec<Row>,
    /// By `topic`, `source` and `network`: lists of rows, the code lists' order by value.
    pub breakdowns: BTreeMap<String, Vec<Row>>,
}
