//! Which blocks hold events of which day.
//!
//! Kept in memory only, counted per record, so that a day whose last event is gone is gone too. Only live records
//! count: a tombstone has no events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Day;

/// Event day → block → records of the block with an event on that day.
#[derive(Debug, Default)]
pub(super) struct Days(BTreeMap<Day, HashMap<u32, u32>>);

impl Days {
    pub(super) fn insert(&mut self, day: Day, block: u32) {
        *self.0.entry(day).or_default().entry(block).or_default() += 1;
    }

    pub(super) fn remove(&mut self, day: Day, block: u32) {
        let Some(blocks) = self.0.get_mut(&day) else { return };
        if let Some(records) = blocks.get_mut(&block) {
            *records -= 1;
            if *records == 0 {
                blocks.remove(&block);
            }
        }
        if blocks.is_empty() {
            self.0.remove(&day);
        }
    }

    /// Blocks with an event on any of the days.
    pub(super) fn blocks(&self, days: &BTreeSet<Day>) -> BTreeSet<u32> {
        days.iter()
            .filter_map(|day| self.0.get(day))
            .flat_map(HashMap::keys)
            .copied()
            .collect()
    }

    pub(super) fn days(&self) -> BTreeSet<Day> {
        self.0.keys().copied().collect()
    }
}
