//! Whose the stored incidents are: counting by it, and what a change of it changes.
//!
//! What the sealed days were counted by is kept in the database beside the marks, in one batch with them: a crash
//! between a change of covers and the next sealing leaves either both or neither.

use std::collections::{BTreeMap, BTreeSet};

use domain::cell::Cells;
use domain::count::Counter;
use domain::{Day, NodeId, Zone};
use sled::Batch;

use super::{Store, StoreError, counted_days, guarded, keys};
use crate::belonging::{Belonging, Holder};
use crate::intake::Context;

impl Store {
    /// Reads what the days were last counted by; a store that was just made counted everything as the node's own.
    pub(super) fn read_belonging(&mut self) -> Result<(), StoreError> {
        if let Some(bytes) = self.db.get([keys::BELONGING])? {
            let read = Belonging::decode(&bytes).ok_or_else(|| StoreError::damaged("чьи обращения"))?;
            self.belonging = read;
        }
        Ok(())
    }

    /// Counts by another belonging from now on. Days on which an incident that changes hands has an event are marked.
    pub(crate) fn regard(&mut self, belonging: Belonging, context: &Context) -> Result<(), StoreError> {
        if belonging == self.belonging {
            return Ok(());
        }
        let tree = context.federation.tree();
        let counter = Counter::new(context.federation.dictionary(), &context.zone);
        let mut days = BTreeSet::new();
        guarded(|| {
            for &number in self.blocks.keys() {
                for stored in &self.read_block(number)? {
                    let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                    let incident = &record.incident;
                    if self.belonging.is_own(tree, incident) != belonging.is_own(tree, incident) {
                        days.extend(counted_days(&counter, &record));
                    }
                }
            }
            Ok::<_, StoreError>(())
        })?;
        let mut batch = Batch::default();
        self.mark(&days, self.head.applied, &mut batch);
        self.write_head(&mut batch);
        batch.insert(&[keys::BELONGING], belonging.encode());
        guarded(|| Ok::<_, StoreError>(self.db.apply_batch(batch)?))?;
        self.belonging = belonging;
        Ok(())
    }

    /// The cells of the days, in days of `zone`, counted from the incidents that belong to a member below.
    pub(crate) fn cells_aside(
        &self,
        member: &NodeId,
        zone: &Zone,
        days: &BTreeSet<Day>,
        context: &Context,
    ) -> Result<BTreeMap<Day, Cells>, StoreError> {
        let tree = context.federation.tree();
        let counter = Counter::new(context.federation.dictionary(), zone);
        let mut cells: BTreeMap<Day, Cells> = days.iter().map(|&day| (day, Cells::new())).collect();
        // Blocks are found by days of the node's own zone, which may lie one off.
        let near = days.iter().flat_map(|day| [day.previous(), *day, day.next()]).collect();
        guarded(|| {
            for number in self.days.blocks(&near) {
                for stored in &self.read_block(number)? {
                    let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                    let holder = self.belonging.holder(tree, &record.incident);
                    if record.is_live() && holder == Holder::Member(member) {
                        counter.add(&record.incident, &mut cells)?;
                    }
                }
            }
            Ok(cells)
        })
    }
}
