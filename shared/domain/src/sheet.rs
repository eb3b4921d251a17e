//! A sheet: everything one node says of one local day (or of a longer period before its daily reporting began).
//!
//! It is a whole snapshot with a revision, never a difference. Its body carries the cells with what was collected; the
//! few facts that a statement signs stand in [`SheetFacts`]. How either is encoded is not known here.

use std::collections::BTreeMap;

use crate::cell::{Cells, Origin};
use crate::code::Code;
use crate::dictionary::Dictionary;
use crate::period::SheetPeriod;
use crate::tally::{Tally, TallyError};
use crate::zone::Zone;

/// Most cells that one sheet may hold.
pub const MAX_CELLS: usize = 20_000;

/// Largest number that one tally may hold, be it a count or seconds: 2^44, half a million years of seconds.
///
/// The same holds for the sum of a sheet's cells in one measure and set. A real year stays far below it, and every day
/// since 2000 of fifty members at the limit still adds up within 64 bits: no member alone, and no few, can make the
/// reports above it fail.
pub const MAX_COUNT: u64 = 1 << 44;

/// What a node says about one measure of one source in one sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Completeness {
    /// Everything the source had is in the cells: an absent cell is a zero.
    Complete,
    /// What came is in the cells; more may come.
    Begun,
    /// The node does not take this measure from this source.
    NotCollected,
}

/// The document that stands behind totals entered without rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Basis {
    /// Kind of document, by its code.
    pub document: Code,
    /// Its number.
    pub number: Code,
    /// Its date.
    pub date: crate::day::Day,
}

/// The cells of a sheet and what was collected for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetBody {
    /// For each source and measure, how complete the cells are.
    pub completeness: BTreeMap<(Code, Code), Completeness>,
    /// Documents behind totals, referred to by [`Origin::Totals`].
    pub basis: Vec<Basis>,
    /// The figures.
    pub cells: Cells,
}

/// Whether the day may still gain events by the clock alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closure {
    /// Sealed before local midnight and the grace after it.
    Open,
    /// Sealed after them; late data makes another revision, closed as well.
    Closed,
}

/// A measure's total as a statement gives it: everything but the histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureTotal {
    /// Sum of flows.
    Flow(u64),
    /// Sum of stocks across territories.
    Stock(u64),
    /// Durations without their histogram.
    Duration {
        /// How many.
        n: u64,
        /// Their sum, seconds.
        sum_s: u64,
        /// For how many of them a histogram stands in the body.
        n_hist: u64,
        /// Ends before their starts.
        negative: u64,
    },
    /// A share.
    Ratio {
        /// The part.
        num: u64,
        /// The whole.
        den: u64,
    },
}

impl From<&Tally> for MeasureTotal {
    fn from(tally: &Tally) -> Self {
        match tally {
            Tally::Flow(n) => Self::Flow(*n),
            Tally::Stock(value) => Self::Stock(*value),
            Tally::Duration(d) => Self::Duration {
                n: d.n(),
                sum_s: d.sum_s(),
                n_hist: d.n_hist(),
                negative: d.negative(),
            },
            Tally::Ratio { num, den } => Self::Ratio { num: *num, den: *den },
        }
    }
}

/// Reason of a withdrawn revision after which the node says nothing of the period any more, as if it never had: what it
/// counted was taken back, and nobody expects the period.
const NOTHING_ATTESTED: &str = "NOTHING_ATTESTED";

/// What a statement says of a sheet beside the hash of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetFacts {
    /// The day, or the longer period.
    pub period: SheetPeriod,
    /// UTC bounds of the period in `zone`: first second inside, first second after; Unix seconds.
    pub bounds: (i64, i64),
    /// Open or closed.
    pub closure: Closure,
    /// From 1; the highest that is neither refused nor void counts.
    pub revision: u32,
    /// Code of the reason when this revision takes the sheet back; its body then holds no cells.
    pub withdrawn: Option<Code>,
    /// The zone whose days these are.
    pub zone: Zone,
    /// Version of the time zone database the bounds were computed with.
    pub tzdb: String,
    /// SHA-256 of the dictionary the cells were counted by.
    pub dictionary: [u8; 32],
    /// Last sequence of the intake journal that is counted in.
    pub journal_position: u64,
    /// When it was sealed, Unix milliseconds.
    pub sealed_at_ms: i64,
    /// Number of cells in the body.
    pub cell_count: u32,
    /// Total of each measure that has a cell, from the measure's total set.
    pub totals: BTreeMap<Code, MeasureTotal>,
}

impl SheetFacts {
    /// The reason of a revision that unsays the period.
    pub fn nothing_attested() -> Code {
        Code::literal(NOTHING_ATTESTED)
    }

    /// Whether this revision unsays the period: a fold takes it for no sheet at all.
    pub fn unsays(&self) -> bool {
        self.withdrawn
            .as_ref()
            .is_some_and(|reason| reason.as_str() == NOTHING_ATTESTED)
    }
}

/// Sums each measure over its total set: what the statement must say of this body.
pub fn totals(body: &SheetBody, dictionary: &Dictionary) -> Result<BTreeMap<Code, MeasureTotal>, TallyError> {
    let mut sums: BTreeMap<Code, Tally> = BTreeMap::new();
    for (key, cell) in &body.cells {
        let Some(measure) = dictionary
            .measure(key.measure.as_str())
            .filter(|measure| measure.total_set == key.set)
        else {
            continue;
        };
        sums.entry(measure.code.clone())
            .or_insert_with(|| measure.kind.zero())
            .merge(&cell.tally)?;
    }
    Ok(sums
        .into_iter()
        .map(|(code, tally)| (code, MeasureTotal::from(&tally)))
        .collect())
}

/// Why a body does not fit the dictionary it is counted by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A measure the dictionary does not have.
    #[error("показателя {0} нет в словаре")]
    UnknownMeasure(Code),
    /// A set that is not declared for the measure, or with another number of values.
    #[error("показатель {measure}: набор измерений {set} не объявлен или заполнен неверно")]
    WrongSet {
        /// The measure.
        measure: Code,
        /// The set that was named.
        set: Code,
    },
    /// A tally of another kind than the measure's.
    #[error("показатель {0}: итог не того вида")]
    WrongKind(Code),
    /// A number above [`MAX_COUNT`].
    #[error("показатель {0}: число больше {MAX_COUNT}")]
    NumberTooLarge(Code),
    /// A basis number without a basis, or a snapshot day where none belongs.
    #[error("показатель {0}: нет основания или даты снимка")]
    WrongOrigin(Code),
    /// More than [`MAX_CELLS`].
    #[error("ячеек {0}, больше {MAX_CELLS}")]
    TooManyCells(usize),
    /// A source without a word of what was collected from it.
    #[error("источник {source_code}, показатель {measure}: не сказано, что собрано")]
    NoCompleteness {
        /// The source of the cell.
        source_code: Code,
        /// Its measure.
        measure: Code,
    },
}

/// Checks that every cell fits the dictionary: known measure, declared set, right kind, numbers within
/// [`MAX_COUNT`], stated completeness.
pub fn check_body(body: &SheetBody, dictionary: &Dictionary) -> Result<(), BodyError> {
    if body.cells.len() > MAX_CELLS {
        return Err(BodyError::TooManyCells(body.cells.len()));
    }
    let mut sums: BTreeMap<(&Code, &Code), u64> = BTreeMap::new();
    for (key, cell) in &body.cells {
        let sum = sums.entry((&key.measure, &key.set)).or_default();
        *sum = sum.saturating_add(largest(&cell.tally));
        if *sum > MAX_COUNT {
            return Err(BodyError::NumberTooLarge(key.measure.clone()));
        }
    }
    body.cells.iter().try_for_each(|(key, cell)| {
        let measure = dictionary
            .measure(key.measure.as_str())
            .ok_or_else(|| BodyError::UnknownMeasure(key.measure.clone()))?;
        let set = dictionary
            .set(&key.set)
            .filter(|set| measure.sets.contains(&key.set) && set.dimensions.len() == key.values.len());
        let Some(set) = set else {
            return Err(BodyError::WrongSet {
                measure: key.measure.clone(),
                set: key.set.clone(),
            });
        };
        if cell.tally.kind() != measure.kind {
            return Err(BodyError::WrongKind(key.measure.clone()));
        }
        let based = match cell.origin {
            Origin::Incidents => true,
            Origin::Totals(at) => (at as usize) < body.basis.len(),
        };
        if !based || cell.snapshot.is_some() != matches!(cell.tally, Tally::Stock(_)) {
            return Err(BodyError::WrongOrigin(key.measure.clone()));
        }
        let source = set
            .position(crate::dictionary::Dimension::Source)
            .map(|at| &key.values[at]);
        match source {
            Some(code) if !body.completeness.contains_key(&(code.clone(), key.measure.clone())) => {
                Err(BodyError::NoCompleteness {
                    source_code: code.clone(),
                    measure: key.measure.clone(),
                })
            }
            _ => Ok(()),
        }
    })
}

/// The largest of a tally's numbers.
fn largest(tally: &Tally) -> u64 {
    match tally {
        Tally::Flow(n) | Tally::Stock(n) => *n,
        Tally::Duration(d) => d.n().max(d.sum_s()).max(d.negative()).max(d.n_hist()),
        Tally::Ratio { num, den } => *num.max(den),
    }
}

#[cfg(test)]
mod tests;
