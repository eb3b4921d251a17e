//! A member's sheets beside what this node counts of the same incidents: `region-node.compare/1`.
//!
//! What belongs to a member is left out of the node's own sheets and counted aside, here and only here: from the same
//! store, by the member's own days. A day is compared by the totals that the member signed.

use std::collections::{BTreeMap, BTreeSet};

use domain::sheet::{MeasureTotal, SheetBody, totals};
use domain::{Code, Day, NodeId, Period, SheetPeriod};
use federation::held;
use serde::{Deserialize, Serialize};

use crate::intake::IntakeError;
use crate::node::Node;

/// The schema's name and version.
const SCHEMA: &str = "region-node.compare/1";
/// Days of one comparison: their cells are in memory together.
const DAYS_MAX: i32 = 400;

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// `region-node.compare/1`.
    pub schema: String,
    /// The member.
    pub node: String,
    /// First day compared.
    pub from: String,
    /// Last day compared.
    pub to: String,
    /// Days compared: those that the member answers for or has spoken of.
    pub days: u64,
    /// Days of which there is no sheet of the member.
    pub without_sheet: Vec<String>,
    /// What differs, by day and measure.
    pub differences: Vec<Difference>,
}

/// One measure of one day that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The day, in the member's zone.
    pub day: String,
    /// Code of the measure.
    pub measure: String,
    /// What the member signed; nothing when its sheet has no such cell, or is not there.
    pub member: Option<Figures>,
    /// What this node counts; nothing when it knows of none.
    pub own: Option<Figures>,
}

/// A total without its histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many; of a share, the whole.
    pub n: u64,
    /// Of durations, their sum in seconds; of a share, the part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sum: Option<u64>,
}

impl From<&MeasureTotal> for Figures {
    fn from(total: &MeasureTotal) -> Self {
        let (n, sum) = match *total {
            MeasureTotal::Flow(n) | MeasureTotal::Stock(n) => (n, None),
            MeasureTotal::Duration { n, sum_s, .. } => (n, Some(sum_s)),
            MeasureTotal::Ratio { num, den } => (den, Some(num)),
        };
        Self { n, sum }
    }
}

/// Why nothing is compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Nobody below has this id.
    #[error("участника {0} у этого узла нет; список: region-node members list")]
    Unknown(NodeId),
    /// More days than are held in memory at once.
    #[error("в периоде {got} дней, сравнить можно не больше {DAYS_MAX}: возьмите период короче")]
    TooLong {
        /// As asked.
        got: i32,
    },
    /// The store.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The node's own count left the range of 64 bits.
    #[error("свой подсчёт за {0} не складывается")]
    Unaddable(Day),
}

impl Node {
    /// Compares a member's sheets with the count aside. Blocks on the disk.
    pub fn compare(&self, member: &NodeId, period: Period) -> Result<Comparison, CompareError> {
        let got = period.last() - period.first() + 1;
        if got > DAYS_MAX {
            return Err(CompareError::TooLong { got });
        }
        let unknown = || CompareError::Unknown(member.clone());
        let (zone, covers, signed) = {
            let ledger = held(&self.ledger);
            let membership = &ledger.member(member).ok_or_else(unknown)?.membership;
            let sheet = |day: Day| ledger.sheet(member, SheetPeriod::day(day));
            let signed: BTreeMap<Day, BTreeMap<Code, MeasureTotal>> = days(period)
                .filter_map(|day| Some((day, sheet(day)?.facts.totals.clone())))
                .collect();
            (membership.zone.clone(), membership.covers.clone(), signed)
        };
        let today = zone.day_of(self.clock.now().as_second());
        let is_due = |day: &Day| *day <= today && covers.iter().any(|cover| cover.holds_on(*day));
        let wanted: BTreeSet<Day> = days(period)
            .filter(|day| is_due(day) || signed.contains_key(day))
            .collect();
        let aside = self.intake.cells_aside(member, &zone, &wanted)?;
        let terms = self.aggregator.terms();
        let mut differences = Vec::new();
        for (day, cells) in aside {
            let body = SheetBody {
                cells,
                ..SheetBody::default()
            };
            let own = totals(&body, terms.federation.dictionary()).map_err(|_| CompareError::Unaddable(day))?;
            let theirs = signed.get(&day).cloned().unwrap_or_default();
            differences.extend(differing(day, &theirs, &own));
        }
        let without = wanted.iter().filter(|day| !signed.contains_key(day));
        Ok(Comparison {
            schema: SCHEMA.to_owned(),
            node: member.to_string(),
            from: period.first().to_string(),
            to: period.last().to_string(),
            days: wanted.len() as u64,
            without_sheet: without.map(ToString::to_string).collect(),
            differences,
        })
    }
}

fn days(period: Period) -> impl Iterator<Item = Day> {
    (0..=period.last() - period.first()).map(move |offset| period.first() + offset)
}

fn differing(day: Day, member: &BTreeMap<Code, MeasureTotal>, own: &BTreeMap<Code, MeasureTotal>) -> Vec<Difference> {
    let measures: BTreeSet<&Code> = member.keys().chain(own.keys()).collect();
    let differs = measures
        .into_iter()
        .filter(|measure| member.get(*measure) != own.get(*measure));
    differs
        .map(|measure| Difference {
            day: day.to_string(),
            measure: measure.to_string(),
            member: member.get(measure).map(Figures::from),
            own: own.get(measure).map(Figures::from),
        })
        .collect()
}
