//! What a group of changes does to blocks and indexes, worked out before anything is written.
//!
//! A new incident goes into the open block of its registration day, a known one is rewritten where it stands, and a
//! block that grew too long is split. Reads the store and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::count::Counter;
use domain::version::Record;
use domain::{Code, Day};
use wire::pb;

use super::apply::{Change, Removal};
use super::tallied::early_by;
use super::{Store, StoreError, block, counted_days, is};
use crate::intake::Context;

/// A block being rewritten.
#[derive(Debug)]
pub(super) struct Working {
    pub(super) day: Day,
    pub(super) records: Vec<pb::IncidentRecord>,
}

/// What a group does to blocks and indexes, before anything is written.
pub(super) struct Plan<'a> {
    store: &'a Store,
    counter: Counter<'a>,
    pub(super) working: BTreeMap<u32, Working>,
    pub(super) open: BTreeMap<Day, (u32, usize)>,
    pub(super) next_block: u32,
    pub(super) steps: Steps,
}

/// What memory has to follow once the batch is written.
#[derive(Default)]
pub(super) struct Steps {
    /// Source, external id, block: slots that come (true) and go, in this order.
    pub(super) slots: Vec<(bool, String, String, u32)>,
    /// Event days that come and go.
    pub(super) days: Vec<(bool, Day, u32)>,
    /// Days whose events changed.
    pub(super) dirty: BTreeSet<Day>,
    /// Source and seconds of answers before their registration that come and go.
    pub(super) early: Vec<(bool, Code, u64)>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(store: &'a Store, context: &'a Context) -> Self {
        Self {
            store,
            counter: Counter::new(context.federation.dictionary(), &context.zone),
            working: BTreeMap::new(),
            open: store.open.clone(),
            next_block: store.head.next_block,
            steps: Steps::default(),
        }
    }

    pub(super) fn change(&mut self, change: &Change, context: &Context) -> Result<(), StoreError> {
        let stored = wire::record::to_pb(&change.after);
        let number = match change.place {
            Some(number) => self.replace(number, stored)?,
            None => self.append(context.zone.day_of(change.after.incident.stamps.registered()), stored)?,
        };
        let before = change
            .before
            .as_ref()
            .map(|record| counted_days(&self.counter, record))
            .unwrap_or_default();
        let after = counted_days(&self.counter, &change.after);
        self.early(change.before.as_ref(), false);
        self.early(Some(&change.after), true);
        self.steps.days.extend(before.iter().map(|&day| (false, day, number)));
        self.steps.days.extend(after.iter().map(|&day| (true, day, number)));
        let same =
            |before: &Record| before.standing == change.after.standing && before.incident == change.after.incident;
        if !change.before.as_ref().is_some_and(same) {
            self.steps.dirty.extend(before);
            self.steps.dirty.extend(after);
        }
        Ok(())
    }

    /// Takes a record out of its block.
    pub(super) fn remove(&mut self, removal: &Removal) -> Result<(), StoreError> {
        let (number, incident) = (removal.place, &removal.before.incident);
        let (source, id) = (incident.source.to_string(), incident.external_id.to_string());
        let working = self.working(number)?;
        let held = working.records.len();
        working.records.retain(|record| !is(record, &source, &id));
        if working.records.len() + 1 != held {
            return Err(StoreError::damaged(format!("в блоке {number} нет обращения")));
        }
        let before = counted_days(&self.counter, &removal.before);
        self.early(Some(&removal.before), false);
        self.steps.slots.push((false, source, id, number));
        self.steps.days.extend(before.iter().map(|&day| (false, day, number)));
        self.steps.dirty.extend(before);
        Ok(())
    }

    fn early(&mut self, record: Option<&Record>, comes: bool) {
        let by = record.and_then(|record| Some((record.incident.source.clone(), early_by(record)?)));
        self.steps
            .early
            .extend(by.map(|(source, seconds)| (comes, source, seconds)));
    }

    fn replace(&mut self, number: u32, stored: pb::IncidentRecord) -> Result<u32, StoreError> {
        let working = self.working(number)?;
        let place = working
            .records
            .iter_mut()
            .find(|record| is(record, &stored.source, &stored.external_id));
        *place.ok_or_else(|| StoreError::damaged(format!("в блоке {number} нет обращения")))? = stored;
        Ok(number)
    }

    fn append(&mut self, day: Day, stored: pb::IncidentRecord) -> Result<u32, StoreError> {
        let (number, length) = self.open.get(&day).copied().unwrap_or((self.next_block, 0));
        if number == self.next_block {
            self.working.insert(
                number,
                Working {
                    day,
                    records: Vec::new(),
                },
            );
            self.next_block = number
                .checked_add(1)
                .ok_or_else(|| StoreError::damaged("номера блоков кончились"))?;
        }
        let length = length + block::weight(&stored);
        if length < block::CLOSED_AT {
            self.open.insert(day, (number, length));
        } else {
            self.open.remove(&day);
        }
        self.steps
            .slots
            .push((true, stored.source.clone(), stored.external_id.clone(), number));
        self.working(number)?.records.push(stored);
        Ok(number)
    }

    fn working(&mut self, number: u32) -> Result<&mut Working, StoreError> {
        if !self.working.contains_key(&number) {
            let info = self
                .store
                .blocks
                .get(&number)
                .ok_or_else(|| StoreError::damaged("нет блока"))?;
            let records = self.store.records(number)?.as_ref().clone();
            self.working.insert(number, Working { day: info.day, records });
        }
        Ok(self.working.get_mut(&number).expect("put there above"))
    }

    /// Splits what grew too large: the first run stays, the others become blocks of the same day.
    pub(super) fn split(&mut self) -> Result<(), StoreError> {
        let mut halves = BTreeMap::new();
        for (&number, working) in &mut self.working {
            let mut runs = block::split(std::mem::take(&mut working.records)).into_iter();
            working.records = runs.next().unwrap_or_default();
            for records in runs {
                let fresh = self.next_block;
                self.next_block = fresh
                    .checked_add(1)
                    .ok_or_else(|| StoreError::damaged("номера блоков кончились"))?;
                for stored in &records {
                    let (source, id) = (&stored.source, &stored.external_id);
                    self.steps.slots.push((false, source.clone(), id.clone(), number));
                    self.steps.slots.push((true, source.clone(), id.clone(), fresh));
                    let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                    for day in counted_days(&self.counter, &record) {
                        self.steps.days.push((false, day, number));
                        self.steps.days.push((true, day, fresh));
                    }
                }
                halves.insert(
                    fresh,
                    Working {
                        day: working.day,
                        records,
                    },
                );
            }
        }
        self.working.append(&mut halves);
        Ok(())
    }
}
