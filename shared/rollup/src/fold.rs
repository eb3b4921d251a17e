//! Sheets folded along time and across territories, into the lanes that an answer is made of.
//!
//! A sheet is taken whole when all its days lie inside the period, otherwise not at all. Its cells stand where the tree
//! of its day puts their territory; a longer sheet stands where the tree of its last day puts it. Stocks are not added
//! along time: they come from [`crate::stock`] into the same lanes.

use std::collections::HashMap;

use domain::tally::TallyError;
use domain::{NodeId, Period};

use crate::overlap::{Contest, Spot};
use crate::packed::Figure;
use crate::place::{Place, Places};
use crate::plan::{BREAKDOWNS, Plan, Reading};
use crate::store::{NodeSheets, Rollup, Sheet};
use crate::stretch::{Stretch, stretch_of};
use crate::sum::Sum;

/// A sum that cannot be: the position of the measure, and why.
pub(crate) type FoldError = (usize, TallyError);

/// One sum for each measure, in the order of the dictionary.
pub(crate) type Sums = Vec<Sum>;

/// A sheet that a cell comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) node: &'a NodeId,
    pub(crate) sheet: &'a Sheet,
}

/// What every cell that counts is brought to. One walk over the sheets serves an answer and its explanation, so the two
/// cannot disagree about which cells count.
pub(crate) trait Sink<'a> {
    /// Takes a cell that stands in the scope.
    fn take(
        &mut self,
        origin: Origin<'a>,
        reading: &Reading,
        place: Place,
        values: &[u32],
        figure: &Figure<'_>,
    ) -> Result<(), FoldError>;
}

/// The sums of an answer.
#[derive(Debug)]
pub(crate) struct Lanes {
    measures: usize,
    /// The children of the scope in order, and last the scope itself.
    pub(crate) territories: Vec<Sums>,
    /// For each breakdown, by the number of the code; empty for a code without a cell.
    pub(crate) breakdowns: [Vec<Sums>; BREAKDOWNS.len()],
}

impl Lanes {
    pub(crate) fn new(measures: usize, children: usize, codes: usize) -> Self {
        let territories = vec![vec![Sum::Empty; measures]; children + 1];
        Self {
            measures,
            territories,
            breakdowns: BREAKDOWNS.map(|_| vec![Sums::new(); codes]),
        }
    }

    /// The totals: every cell of the scope is in exactly one row.
    pub(crate) fn totals(&self) -> Result<Sums, FoldError> {
        let mut totals = vec![Sum::Empty; self.measures];
        for row in &self.territories {
            join(&mut totals, row)?;
        }
        Ok(totals)
    }
}

impl<'a> Sink<'a> for Lanes {
    /// Adds the cell to every lane it belongs to.
    fn take(
        &mut self,
        _: Origin<'a>,
        reading: &Reading,
        place: Place,
        values: &[u32],
        figure: &Figure<'_>,
    ) -> Result<(), FoldError> {
        let because = |error| (reading.measure, error);
        let row = match place {
            Place::Outside => return Ok(()),
            Place::Scope => self.territories.len() - 1,
            Place::Child(at) => at,
        };
        if reading.total {
            self.territories[row][reading.measure].add(figure).map_err(because)?;
        }
        for &(lane, position) in &reading.breakdowns {
            let sums = &mut self.breakdowns[lane][values[position] as usize];
            if sums.is_empty() {
                sums.resize(self.measures, Sum::Empty);
            }
            sums[reading.measure].add(figure).map_err(because)?;
        }
        Ok(())
    }
}

/// Adds sums measure by measure.
pub(crate) fn join(into: &mut Sums, from: &Sums) -> Result<(), FoldError> {
    into.iter_mut()
        .zip(from)
        .enumerate()
        .try_for_each(|(at, (sum, more))| sum.join(more).map_err(|error| (at, error)))
}

/// For each node, by the number of the source's code, whether the source had a cell in the scope.
pub(crate) type Heard<'a> = HashMap<&'a NodeId, Vec<bool>>;

/// Brings the cells of every sheet that lies wholly inside the period to the sink.
pub(crate) fn fold<'a>(
    rollup: &'a Rollup,
    plan: &Plan,
    places: &mut Places<'_>,
    (stretches, period): (&[Stretch], Period),
    sink: &mut impl Sink<'a>,
    left_out: &mut Contest<'a>,
) -> Result<Heard<'a>, FoldError> {
    let mut heard = HashMap::new();
    for (node, sheets) in &rollup.nodes {
        if !touches(sheets, places, stretches.len()) {
            continue;
        }
        let heard: &mut Vec<bool> = heard.entry(node).or_insert_with(|| vec![false; rollup.codes.len()]);
        for sheet in sheets.inside(period.first(), period.last()) {
            let stretch = stretch_of(stretches, sheet.last);
            let at = (stretch, Origin { node, sheet });
            fold_sheet(rollup, plan, places, at, sink, heard, left_out)?;
        }
    }
    Ok(heard)
}

/// Whether a node ever had a cell of a territory inside the scope.
fn touches(sheets: &NodeSheets, places: &mut Places<'_>, stretches: usize) -> bool {
    sheets
        .values
        .iter()
        .any(|&value| (0..stretches).any(|stretch| places.of(stretch, value) != Place::Outside))
}

fn fold_sheet<'a>(
    rollup: &Rollup,
    plan: &Plan,
    places: &mut Places<'_>,
    (stretch, origin): (usize, Origin<'a>),
    sink: &mut impl Sink<'a>,
    heard: &mut [bool],
    left_out: &mut Contest<'a>,
) -> Result<(), FoldError> {
    let (node, sheet) = (origin.node, origin.sheet);
    let is_contested = left_out.concerns(node);
    for column in &sheet.columns {
        let Some(reading) = plan.reading(column.measure, column.set) else {
            continue;
        };
        column.each(|key, figure| {
            let values = rollup.keys.values(key);
            let place = places.of(stretch, values[reading.territory]);
            if place == Place::Outside {
                return Ok(());
            }
            heard[values[reading.source] as usize] = true;
            if reading.stock {
                return Ok(());
            }
            if is_contested && reading.received {
                let spot = Spot {
                    days: (sheet.first, sheet.last),
                    stretch,
                    territory: values[reading.territory],
                    source: values[reading.source],
                };
                if left_out.leaves_out(node, spot, amount(reading, &figure)) {
                    return Ok(());
                }
            }
            sink.take(origin, reading, place, values, &figure)
        })?;
    }
    Ok(())
}

/// How many a cell of the total set says were received; the other sets say the same again.
fn amount(reading: &Reading, figure: &Figure<'_>) -> Option<u64> {
    match figure {
        Figure::Flow(n) if reading.total => Some(*n),
        _ => None,
    }
}
