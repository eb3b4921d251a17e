//! Coverage as the report shows it: expected and had, and every gap.

use domain::{Code, Day, NodeId};
use rollup::{Coverage, Gap, GapReason, Overlap, Share};
use serde::{Serialize, Serializer};

use crate::model::as_text;

/// How many should be there, and how many are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Should be there.
    pub expected: u64,
    /// Are there.
    pub had: u64,
}

impl Part {
    pub(crate) fn of(share: Share) -> Part {
        Part {
            expected: share.expected,
            had: share.had,
        }
    }

    /// In tenths of a percent, rounded down: 100 % is said only when nothing is missing.
    pub(crate) fn permille(self) -> Option<u64> {
        let had = u128::from(self.had) * 1000;
        had.checked_div(u128::from(self.expected))
            .map(|share| u64::try_from(share).unwrap_or(u64::MAX))
    }
}

/// What the figures include and what they lack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// Units of the reporting level.
    pub units: Part,
    /// Nodes that answer for them.
    pub nodes: Part,
    /// Pairs of node and source.
    pub sources: Part,
    /// Pairs of unit and day.
    pub days: Part,
    /// Days whose every source is declared complete.
    pub complete_days: u64,
    /// The last day on which anything is expected. Pictures need it; machines have the period and the gaps.
    #[serde(skip)]
    pub until: Option<Day>,
    /// Runs of days that are not here, or not complete.
    pub gaps: Vec<Hole>,
    /// What is left out, since another node answers for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overlap: Vec<LeftOut>,
}

/// What a node counts as received where another answers for the days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The node whose figure is left out.
    #[serde(serialize_with = "as_text")]
    pub node: NodeId,
    /// The node that counts there.
    #[serde(serialize_with = "as_text")]
    pub counted_by: NodeId,
    /// Root of the subtree that it answers for.
    #[serde(serialize_with = "as_text")]
    pub territory: Code,
    /// The first day.
    #[serde(serialize_with = "as_text")]
    pub from: Day,
    /// The last day, included.
    #[serde(serialize_with = "as_text")]
    pub to: Day,
    /// How many were received by the figure left out.
    pub amount: u64,
}

/// A run of days that the figures lack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hole {
    /// The unit.
    #[serde(serialize_with = "as_text")]
    pub territory: Code,
    /// The node that answers for it.
    #[serde(serialize_with = "as_optional_text")]
    pub node: Option<NodeId>,
    /// The source, when the rest is there.
    #[serde(serialize_with = "as_optional_text")]
    pub source: Option<Code>,
    /// The first day.
    #[serde(serialize_with = "as_text")]
    pub from: Day,
    /// The last day, included.
    #[serde(serialize_with = "as_text")]
    pub to: Day,
    /// Why.
    #[serde(serialize_with = "as_code")]
    pub reason: GapReason,
}

impl Cover {
    pub(crate) fn of(coverage: &Coverage) -> Cover {
        Cover {
            units: Part::of(coverage.units),
            nodes: Part::of(coverage.nodes),
            sources: Part::of(coverage.sources),
            days: Part::of(coverage.days),
            complete_days: coverage.complete_days,
            until: coverage.until,
            gaps: coverage.gaps.iter().map(Hole::of).collect(),
            overlap: coverage.overlap.iter().map(LeftOut::of).collect(),
        }
    }
}

impl LeftOut {
    fn of(overlap: &Overlap) -> LeftOut {
        LeftOut {
            node: overlap.node.clone(),
            counted_by: overlap.counted_by.clone(),
            territory: overlap.territory.clone(),
            from: overlap.from,
            to: overlap.to,
            amount: overlap.amount,
        }
    }
}

impl Hole {
    fn of(gap: &Gap) -> Hole {
        let (territory, node, source) = (gap.territory.clone(), gap.node.clone(), gap.source.clone());
        Hole {
            territory,
            node,
            source,
            from: gap.from,
            to: gap.to,
            reason: gap.reason,
        }
    }
}

/// The code that machines read.
pub(crate) const fn reason_code(reason: GapReason) -> &'static str {
    match reason {
        GapReason::NoNode => "no_node",
        GapReason::NoSheet => "no_sheet",
        GapReason::NotDeclared => "not_declared",
        GapReason::NotCollected => "not_collected",
        GapReason::Withdrawn => "withdrawn",
        GapReason::Refused => "refused",
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_code<S: Serializer>(reason: &GapReason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason_code(*reason))
}

#[allow(clippy::ref_option, reason = "serde hands over a reference")]
fn as_optional_text<T: std::fmt::Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completeness_is_rounded_down() {
        for (had, expected, permille) in [
            (2_189, 2_190, Some(999)),
            (2_190, 2_190, Some(1000)),
            (1, 3, Some(333)),
            (0, 0, None),
            (0, 5, Some(0)),
        ] {
            assert_eq!(Part { expected, had }.permille(), permille);
        }
    }
}
