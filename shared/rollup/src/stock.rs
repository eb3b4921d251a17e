//! Stocks: the latest snapshot of each source and territory, whichever node and sheet it came in.
//!
//! A snapshot is all cells of one source, measure and territory with one day. A later one replaces an earlier one whole,
//! so a cell that is gone from the later one is gone. Of two with the same day the one with the larger cells stands
//! (sorted by set and values, compared by code), so that the order of arrival never decides. A snapshot after the end of
//! the period, or older at that end than the measure allows, does not count. Territories stand where the tree of that
//! end puts them, since that is the day the snapshot speaks for.

use std::collections::HashMap;
use std::convert::Infallible;

use domain::dictionary::Dictionary;
use domain::{Code, Day, NodeId, Period};

use crate::fold::{FoldError, Origin, Sink};
use crate::packed::Figure;
use crate::place::{Place, Places};
use crate::plan::{Plan, Reading};
use crate::store::{NodeSheets, Rollup, Sheet};
use crate::stretch::{Stretch, stretch_of};

/// Position of the measure, numbers of the source and of the territory.
type Subject = (usize, u32, u32);

#[derive(Clone, Copy, Debug)]
struct StockCell<'p> {
    reading: &'p Reading,
    set: u32,
    key: u32,
    value: u64,
}

#[derive(Debug)]
struct Snapshot<'p, 'a> {
    origin: Origin<'a>,
    day: Day,
    cells: Vec<StockCell<'p>>,
}

/// The end of a period as far as today knows it, and which snapshots still speak for it.
#[derive(Clone, Copy, Debug)]
struct Limits<'a> {
    dictionary: &'a Dictionary,
    last: Day,
    end: Day,
}

impl Limits<'_> {
    fn admit(&self, measure: usize, snapshot: Day) -> bool {
        let age = (self.end - snapshot).max(0).unsigned_abs();
        let most = self.dictionary.measures()[measure].max_age_days;
        snapshot <= self.last && most.is_none_or(|most| age <= most)
    }
}

/// Brings the latest snapshots to the sink.
pub(crate) fn fold_stocks<'a>(
    rollup: &'a Rollup,
    (dictionary, plan): (&Dictionary, &Plan),
    places: &mut Places<'_>,
    stretches: &[Stretch],
    (period, today): (Period, Day),
    sink: &mut impl Sink<'a>,
) -> Result<(), FoldError> {
    if !plan.has_stocks() {
        return Ok(());
    }
    let end = period.last().min(today).max(period.first());
    let stretch = stretch_of(stretches, end);
    let limits = Limits {
        dictionary,
        last: period.last(),
        end,
    };
    for ((_, _, territory), snapshot) in latest(rollup, plan, limits) {
        let place = places.of(stretch, territory);
        if place == Place::Outside {
            continue;
        }
        for cell in snapshot.cells {
            let figure = Figure::Stock(cell.value, snapshot.day);
            sink.take(
                snapshot.origin,
                cell.reading,
                place,
                rollup.keys.values(cell.key),
                &figure,
            )?;
        }
    }
    Ok(())
}

fn latest<'p, 'a>(rollup: &'a Rollup, plan: &'p Plan, limits: Limits<'_>) -> HashMap<Subject, Snapshot<'p, 'a>> {
    let mut latest: HashMap<Subject, Snapshot<'p, 'a>> = HashMap::new();
    let origin = |(node, sheets): (&'a NodeId, &'a NodeSheets)| {
        let sheets = sheets.by_period.values();
        sheets.map(move |sheet| Origin { node, sheet })
    };
    let origins = rollup.nodes.iter().flat_map(origin);
    for origin in origins.filter(|origin| origin.sheet.last <= limits.last) {
        for ((subject, day), cells) in snapshots(rollup, plan, limits, origin.sheet) {
            let arriving = Snapshot { origin, day, cells };
            match latest.get(&subject) {
                Some(standing) if !replaces(rollup, &arriving, standing) => {}
                _ => {
                    latest.insert(subject, arriving);
                }
            }
        }
    }
    latest
}

fn snapshots<'p>(
    rollup: &Rollup,
    plan: &'p Plan,
    limits: Limits<'_>,
    sheet: &Sheet,
) -> HashMap<(Subject, Day), Vec<StockCell<'p>>> {
    let mut found: HashMap<(Subject, Day), Vec<StockCell<'p>>> = HashMap::new();
    for column in &sheet.columns {
        let Some(reading) = plan.reading(column.measure, column.set).filter(|reading| reading.stock) else {
            continue;
        };
        let Ok(()) = column.each(|key, figure| {
            if let Figure::Stock(value, day) = figure
                && limits.admit(reading.measure, day)
            {
                let values = rollup.keys.values(key);
                let subject = (reading.measure, values[reading.source], values[reading.territory]);
                found.entry((subject, day)).or_default().push(StockCell {
                    reading,
                    set: column.set,
                    key,
                    value,
                });
            }
            Ok::<(), Infallible>(())
        });
    }
    found
}

fn replaces(rollup: &Rollup, arriving: &Snapshot<'_, '_>, standing: &Snapshot<'_, '_>) -> bool {
    if arriving.day != standing.day {
        return arriving.day > standing.day;
    }
    cells_by_code(rollup, arriving) > cells_by_code(rollup, standing)
}

fn cells_by_code<'r>(rollup: &'r Rollup, snapshot: &Snapshot<'_, '_>) -> Vec<(&'r Code, Vec<&'r Code>, u64)> {
    let by_code = |cell: &StockCell<'_>| {
        let values = rollup
            .keys
            .values(cell.key)
            .iter()
            .map(|&value| rollup.codes.code(value))
            .collect();
        (rollup.codes.code(cell.set), values, cell.value)
    };
    let mut cells: Vec<_> = snapshot.cells.iter().map(by_code).collect();
    cells.sort_unstable();
    cells
}
