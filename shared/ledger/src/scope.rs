//! What a member answers for, judged by the tree of its federation and by day.

use domain::member::Cover;
use domain::territory::{Tree, Unit};
use domain::{Code, Day, Granularity, SheetPeriod};

/// How a cell lies to the covers of its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Some cover holds over the whole period.
    Inside,
    /// One would, but its sheets are daily by then.
    TooLong,
    /// None.
    Outside,
}

/// What a cell counts, as far as its author's covers are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Registrations and snapshots: on covered days alone.
    Covered,
    /// What became of incidents: also after the cover's end, for those that were received under it.
    Afterwards,
}

/// How a source, in a territory if one is named, lies to the covers over a period.
pub(crate) fn fit(
    tree: &Tree,
    covers: &[Cover],
    period: SheetPeriod,
    (territory, source): (Option<&Code>, Option<&Code>),
    reach: Reach,
) -> Fit {
    let (first, last) = (period.first(), period.last());
    let of_source = |cover: &Cover| source.is_none() || cover.source.is_none() || cover.source.as_ref() == source;
    let of_territory =
        |cover: &Cover| territory.is_none_or(|territory| is_within(tree, territory, &cover.territory, last));
    let mut found = Fit::Outside;
    for cover in covers {
        let in_time = match reach {
            Reach::Covered => cover.holds_on(first) && cover.holds_on(last),
            Reach::Afterwards => cover.from <= first,
        };
        if in_time && of_source(cover) && of_territory(cover) {
            if period.granularity() == Granularity::Day || last < cover.daily_from {
                return Fit::Inside;
            }
            found = Fit::TooLong;
        }
    }
    found
}

/// Whether everything that `covers` grant lies inside what `outer` grants.
pub fn lies_inside(tree: &Tree, covers: &[Cover], outer: &[Cover]) -> bool {
    covers.iter().all(|cover| {
        outer.iter().any(|outer| {
            let until = outer
                .until
                .is_none_or(|end| cover.until.is_some_and(|until| until <= end));
            let source = outer.source.is_none() || outer.source == cover.source;
            // The last day that can be named: a unit that was merged since still lies where it lay.
            let on = cover.until.map_or(Day::MAX, Day::previous);
            until && source && outer.from <= cover.from && is_within(tree, &cover.territory, &outer.territory, on)
        })
    })
}

/// Whether a unit is the scope or lies below it on a day; on a day it does not live, on the nearest on which it did.
///
/// An incident keeps the unit it was registered for, and may be resolved after that unit was merged into another.
fn is_within(tree: &Tree, code: &Code, scope: &Code, on: Day) -> bool {
    tree.unit(code)
        .is_some_and(|unit| tree.is_within(code, scope, nearest_day(unit, on)))
}

fn nearest_day(unit: &Unit, on: Day) -> Day {
    if unit.life.contains(on) {
        return on;
    }
    let intervals = unit.life.intervals();
    let before = intervals
        .iter()
        .rev()
        .filter_map(|interval| interval.until)
        .find(|until| *until <= on);
    let after = intervals
        .iter()
        .filter_map(|interval| interval.from)
        .find(|from| *from > on);
    before.map(Day::previous).or(after).unwrap_or(on)
}
