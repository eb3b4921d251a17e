//! Where in the scope a territory stands: the scope itself, one of its children, or outside.
//!
//! The tree is that of the stretch. A unit that no longer lives then counts under its successor; without one it counts
//! where it last stood, since an incident may be answered after its municipality was closed and must not vanish.

use domain::territory::{Tree, Unit};
use domain::{Code, Day};

use crate::intern::Codes;
use crate::stretch::Stretch;

/// Where a territory stands in the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not in the scope.
    Outside,
    /// The scope itself, or something in it that none of its children holds.
    Scope,
    /// Inside the child with this position in [`Places::children`].
    Child(usize),
}

/// Places of territories, found once for each stretch.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    tree: &'a Tree,
    codes: &'a Codes,
    scope: &'a Code,
    starts: Vec<Day>,
    /// Every child of the scope on any day of the period, in the order of the tree.
    children: Vec<&'a Code>,
    known: Vec<Vec<Option<Place>>>,
}

impl<'a> Places<'a> {
    /// Nothing looked up yet.
    pub(crate) fn new(tree: &'a Tree, codes: &'a Codes, scope: &'a Code, stretches: &[Stretch]) -> Self {
        let starts: Vec<Day> = stretches.iter().map(|stretch| stretch.first).collect();
        let child = |unit: &&Unit| starts.iter().any(|&day| unit.parent_on(day) == Some(scope));
        let children = tree.units().iter().filter(child).map(|unit| &unit.code).collect();
        let known = vec![vec![None; codes.len()]; starts.len()];
        Self {
            tree,
            codes,
            scope,
            starts,
            children,
            known,
        }
    }

    /// Every child of the scope on any day of the period, in the order of the tree.
    pub(crate) fn children(&self) -> &[&'a Code] {
        &self.children
    }

    /// The place of a territory, by the number of its code.
    pub(crate) fn of(&mut self, stretch: usize, territory: u32) -> Place {
        if let Some(place) = self.known[stretch][territory as usize] {
            return place;
        }
        let place = self.find(stretch, self.codes.code(territory));
        self.known[stretch][territory as usize] = Some(place);
        place
    }

    /// The place of a territory, by its code.
    pub(crate) fn find(&self, stretch: usize, territory: &Code) -> Place {
        let day = self.starts[stretch];
        let mut below = None;
        let mut unit = home(self.tree, territory, day);
        while let Some(current) = unit {
            if current.code == *self.scope {
                let child = below.and_then(|code| self.children.iter().position(|child| *child == code));
                return child.map_or(Place::Scope, Place::Child);
            }
            below = Some(&current.code);
            unit = current
                .parent_on(lived(current, day))
                .and_then(|parent| home(self.tree, parent, day));
        }
        Place::Outside
    }
}

/// The unit that stands for a code on a day: the unit itself, or the successor of one that has ended.
fn home<'t>(tree: &'t Tree, code: &Code, day: Day) -> Option<&'t Unit> {
    let mut unit = tree.unit(code)?;
    // Successors may not run in a circle for longer than there are units.
    for _ in tree.units() {
        let ended = unit
            .life
            .intervals()
            .iter()
            .all(|interval| interval.until.is_some_and(|until| until <= day));
        match unit
            .successor
            .as_ref()
            .filter(|_| ended)
            .and_then(|successor| tree.unit(successor))
        {
            Some(successor) => unit = successor,
            None => break,
        }
    }
    Some(unit)
}

/// The day itself while the unit lives, otherwise the nearest day before it, or the first of all.
fn lived(unit: &Unit, day: Day) -> Day {
    if unit.life.contains(day) {
        return day;
    }
    let ends = unit
        .life
        .intervals()
        .iter()
        .filter_map(|interval| interval.until)
        .filter(|until| *until <= day);
    let begin = unit.life.intervals().first().and_then(|interval| interval.from);
    ends.max().map(Day::previous).or(begin).unwrap_or(day)
}
