//! What should be there: the units of the reporting level in each stretch, and the members that answer for them.
//!
//! The tree comes first and the members second, so that a region without a node is missing and not absent. A member
//! answers for a unit when it covers the unit, something above it, or a part of it.

use std::collections::{BTreeSet, HashMap};

use domain::member::Member;
use domain::territory::Tree;
use domain::{Code, Day};

use crate::place::{Place, Places};
use crate::stretch::Stretch;

/// A unit from which sheets are expected, and positions of the members that answer for it.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedUnit<'a> {
    pub(crate) code: &'a Code,
    pub(crate) place: Place,
    pub(crate) members: Vec<usize>,
}

/// What a question expects, by stretch; nothing is expected of the future.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) units: Vec<Vec<ExpectedUnit<'a>>>,
    /// Positions of all members that answer for anything in the scope.
    pub(crate) members: BTreeSet<usize>,
    /// For each child of the scope: the stretches in which it is one, and who answers for it there.
    rows: Vec<Vec<(usize, Vec<usize>)>>,
}

/// Who answers where, in one stretch.
#[derive(Debug, Default)]
struct Answering<'a> {
    /// Members with a cover of exactly this unit.
    at: HashMap<&'a Code, Vec<usize>>,
    /// Members with a cover of this unit or of something in it.
    within: HashMap<&'a Code, Vec<usize>>,
}

impl<'a> Expected<'a> {
    /// What the scope of `places` should have in each stretch.
    pub(crate) fn new(
        tree: &'a Tree,
        members: &'a [Member],
        scope: &'a Code,
        places: &Places<'a>,
        stretches: &[Stretch],
    ) -> Self {
        let mut rows = vec![Vec::new(); places.children().len()];
        let mut involved = BTreeSet::new();
        let mut units = Vec::new();
        for (at, stretch) in stretches.iter().enumerate() {
            if !stretch.expected {
                units.push(Vec::new());
                continue;
            }
            let answering = Answering::on(tree, members, stretch.first);
            involved.extend(answering.of(tree, scope, stretch.first));
            let here = reporting_units(tree, scope, stretch.first)
                .into_iter()
                .map(|code| ExpectedUnit {
                    code,
                    place: places.find(at, code),
                    members: answering.of(tree, code, stretch.first),
                });
            let here: Vec<_> = here.collect();
            for (row, &child) in rows.iter_mut().zip(places.children()) {
                if tree
                    .parent(child, stretch.first)
                    .is_some_and(|parent| parent.code == *scope)
                    && !above_reporting(tree, child)
                {
                    row.push((at, answering.of(tree, child, stretch.first)));
                }
            }
            units.push(here);
        }
        Self {
            units,
            members: involved,
            rows,
        }
    }

    /// Each expected unit of each stretch as the stretch and the members that answer.
    pub(crate) fn of_scope(&self) -> impl Iterator<Item = (usize, &[usize])> {
        self.units
            .iter()
            .enumerate()
            .flat_map(|(at, units)| units.iter().map(move |unit| (at, &unit.members[..])))
    }

    /// The same for one child of the scope: its units when it stands above the reporting level, otherwise itself.
    pub(crate) fn of_child(&self, child: usize) -> Vec<(usize, &[usize])> {
        let own = self.rows[child].iter().map(|(at, members)| (*at, &members[..]));
        let units = self
            .units
            .iter()
            .enumerate()
            .flat_map(|(at, units)| units.iter().map(move |unit| (at, unit)));
        let inside = units.filter(|(_, unit)| unit.place == Place::Child(child) && self.rows[child].is_empty());
        own.chain(inside.map(|(at, unit)| (at, &unit.members[..]))).collect()
    }
}

impl<'a> Answering<'a> {
    fn on(tree: &'a Tree, members: &'a [Member], day: Day) -> Self {
        let mut found = Self::default();
        for (at, member) in members.iter().enumerate() {
            for cover in member.covers.iter().filter(|cover| cover.holds_on(day)) {
                found.at.entry(&cover.territory).or_default().push(at);
                found.within.entry(&cover.territory).or_default().push(at);
                for above in tree.ancestors(&cover.territory, day) {
                    found.within.entry(&above.code).or_default().push(at);
                }
            }
        }
        found
    }

    fn of(&self, tree: &Tree, unit: &Code, day: Day) -> Vec<usize> {
        let above = tree.ancestors(unit, day).filter_map(|above| self.at.get(&above.code));
        let all: BTreeSet<usize> = self
            .within
            .get(unit)
            .into_iter()
            .chain(above)
            .flatten()
            .copied()
            .collect();
        all.into_iter().collect()
    }
}

/// Whether a unit stands above the reporting level: the first level whose units have centres.
fn above_reporting(tree: &Tree, unit: &Code) -> bool {
    let level = tree
        .level_of(unit)
        .and_then(|own| tree.levels().iter().position(|level| level.code == own.code));
    let reporting = tree.levels().iter().position(|level| level.centre.is_some());
    level.zip(reporting).is_some_and(|(level, reporting)| level < reporting)
}

fn reporting_units<'a>(tree: &'a Tree, scope: &'a Code, day: Day) -> Vec<&'a Code> {
    let reporting = tree.levels().iter().find(|level| level.centre.is_some());
    match reporting.filter(|_| above_reporting(tree, scope)) {
        Some(level) => tree
            .units_at_level_within(scope, &level.code, day)
            .into_iter()
            .map(|unit| &unit.code)
            .collect(),
        None => tree
            .unit(scope)
            .filter(|unit| unit.life.contains(day))
            .map(|unit| &unit.code)
            .into_iter()
            .collect(),
    }
}
