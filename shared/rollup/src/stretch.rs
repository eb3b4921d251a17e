//! Stretches: runs of days inside a period on which neither the tree nor the membership changes.
//!
//! Whatever is asked of the tree or of the members holds for a whole stretch when it holds for its first day.

use std::collections::BTreeSet;

use domain::member::Member;
use domain::territory::Tree;
use domain::{Day, Period};

/// Days from `first` to `last`, both included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) first: Day,
    pub(crate) last: Day,
    /// Not in the future: sheets are expected.
    pub(crate) expected: bool,
}

impl Stretch {
    /// Its days in order.
    pub(crate) fn days(&self) -> impl Iterator<Item = Day> + use<> {
        let first = self.first;
        (0..=self.last - first).map(move |offset| first + offset)
    }
}

/// The stretches of a period in order; at least one.
pub(crate) fn stretches(period: Period, today: Day, tree: &Tree, members: &[Member]) -> Vec<Stretch> {
    let (first, last) = (period.first(), period.last());
    let units = tree.units().iter().flat_map(|unit| {
        unit.life
            .intervals()
            .iter()
            .chain(unit.parents.iter().map(|parent| &parent.during))
    });
    let changes = units.flat_map(|interval| [interval.from, interval.until]);
    let covers = members
        .iter()
        .flat_map(|member| &member.covers)
        .flat_map(|cover| [Some(cover.from), cover.until]);
    let starts: BTreeSet<Day> = changes
        .chain(covers)
        .flatten()
        .chain([first, today.next()])
        .filter(|day| (first..=last).contains(day))
        .collect();
    let ends = starts.iter().skip(1).map(|start| start.previous()).chain([last]);
    starts
        .iter()
        .zip(ends)
        .map(|(&first, last)| Stretch {
            first,
            last,
            expected: last <= today,
        })
        .collect()
}

/// The place of the stretch that a day of the period lies in.
pub(crate) fn stretch_of(stretches: &[Stretch], day: Day) -> usize {
    stretches
        .partition_point(|stretch| stretch.last < day)
        .min(stretches.len() - 1)
}
