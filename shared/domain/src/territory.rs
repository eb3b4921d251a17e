//! The territorial tree: units of any federation, keyed by string codes.
//!
//! Owns [`Tree`] and the answers it gives on a day: who is the parent, what lies within, which unit a raw value means.
//! Promises, once built, that there is one root, that every other living unit has exactly one living parent of a higher
//! level on every day, and that no value means two units at once. Knows no country: levels, codes and names are data.
//!
//! Every question takes a day, because districts are founded, regions change districts and municipalities are merged,
//! and a report on a past year must use the tree of that year.

mod check;
mod resolve;
mod unit;

use std::collections::HashMap;

use crate::code::Code;
use crate::day::Day;
use crate::zone::Zone;
pub use check::TerritoryError;
pub use resolve::{Matching, Resolution};
pub use unit::{Level, Parent, Unit};

/// The checked tree of one federation.
#[derive(Clone, Debug)]
pub struct Tree {
    levels: Vec<Level>,
    matching: Matching,
    /// Sorted by sort key, then code, so that any selection in this order is sorted.
    units: Vec<Unit>,
    by_code: HashMap<Code, usize>,
    /// Codes, ISO codes and aliases; several units may share one at different times.
    by_value: HashMap<String, Vec<usize>>,
    /// All units that ever had this one as their parent, by the position of both, in sorted order.
    children: Vec<Vec<usize>>,
    root: usize,
}

impl Tree {
    /// Checks levels (top first) and units and indexes them.
    pub fn new(levels: Vec<Level>, matching: Matching, mut units: Vec<Unit>) -> Result<Tree, TerritoryError> {
        units.sort_by(|a, b| (a.names.sort_key(), &a.code).cmp(&(b.names.sort_key(), &b.code)));
        let by_code = check::index_codes(&units)?;
        let root = check::shape(&levels, &units, &by_code)?;
        let by_value = check::index_values(&units)?;
        let children = children(&units, &by_code);
        Ok(Tree {
            levels,
            matching,
            units,
            by_code,
            by_value,
            children,
            root,
        })
    }

    /// The levels, top first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The level with this code.
    pub fn level(&self, code: &Code) -> Option<&Level> {
        self.levels.iter().find(|level| level.code == *code)
    }

    /// The level that a unit belongs to.
    pub fn level_of(&self, unit: &Code) -> Option<&Level> {
        self.level(&self.unit(unit)?.level)
    }

    /// Every unit of any time, in sorted order.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit with this code, living or not.
    pub fn unit(&self, code: &Code) -> Option<&Unit> {
        self.by_code.get(code).map(|&at| &self.units[at])
    }

    /// The unit that everything lies within.
    pub fn root(&self) -> &Unit {
        &self.units[self.root]
    }

    /// The parent of a unit on the day; none for the root, for an unknown unit and for one that does not live then.
    pub fn parent(&self, code: &Code, on: Day) -> Option<&Unit> {
        self.unit(code)?.parent_on(on).and_then(|parent| self.unit(parent))
    }

    /// The chain above a unit on the day, from its parent to the root.
    pub fn ancestors(&self, code: &Code, on: Day) -> impl Iterator<Item = &Unit> {
        std::iter::successors(self.parent(code, on), move |unit| self.parent(&unit.code, on))
    }

    /// The units directly below on the day, sorted by name.
    pub fn children(&self, code: &Code, on: Day) -> Vec<&Unit> {
        let ever = self.by_code.get(code).map_or(&[][..], |&at| &self.children[at]);
        ever.iter()
            .map(|&at| &self.units[at])
            .filter(|unit| unit.parent_on(on) == Some(code))
            .collect()
    }

    /// Whether a unit is the scope or lies below it on the day. An unknown unit lies within nothing.
    pub fn is_within(&self, code: &Code, scope: &Code, on: Day) -> bool {
        let Some(unit) = self.unit(code) else { return false };
        unit.code == *scope || self.ancestors(code, on).any(|ancestor| ancestor.code == *scope)
    }

    /// The living units of a level that are the scope or lie below it on the day, sorted by name.
    pub fn units_at_level_within(&self, scope: &Code, level: &Code, on: Day) -> Vec<&Unit> {
        let wanted =
            |unit: &&Unit| unit.level == *level && unit.life.contains(on) && self.is_within(&unit.code, scope, on);
        self.units.iter().filter(wanted).collect()
    }

    /// The zone of a unit on the day: its own, or that of the nearest unit above it that has one.
    pub fn zone(&self, code: &Code, on: Day) -> Option<&Zone> {
        let unit = self.unit(code)?;
        unit.zone
            .as_ref()
            .or_else(|| self.ancestors(code, on).find_map(|ancestor| ancestor.zone.as_ref()))
    }
}

fn children(units: &[Unit], by_code: &HashMap<Code, usize>) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); units.len()];
    for (at, unit) in units.iter().enumerate() {
        for parent in &unit.parents {
            let below: &mut Vec<usize> = &mut children[by_code[&parent.code]];
            if below.last() != Some(&at) {
                below.push(at);
            }
        }
    }
    children
}

#[cfg(test)]
mod tests;
