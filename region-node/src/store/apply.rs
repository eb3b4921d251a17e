//! Applying a group of frames: the plan, the one atomic batch, and only then the memory.
//!
//! The same way is taken by the writer and by the start-up, so a store that was rebuilt answers as one that was not.

use std::collections::{BTreeMap, BTreeSet};

use domain::version::Record;
use domain::{Code, Day};
use sled::Batch;

use super::cache::Records;
use super::plan::{Plan, Steps, Working};
use super::ranges::Ranges;
use super::rows::Note;
use super::{BatchId, BlockInfo, Store, StoreError, block, head, keys};
use crate::intake::Context;

/// Answered batches that are remembered: at 48 bytes in each of two maps, about 10 MB of memory.
const BATCHES_KEPT: usize = 100_000;

/// An incident that stands otherwise after the group.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Block it stood in; nothing for a new one.
    pub(crate) place: Option<u32>,
    /// How it stood.
    pub(crate) before: Option<Record>,
    /// How it stands.
    pub(crate) after: Record,
}

/// An incident that no batch attests any more.
#[derive(Clone, Debug)]
pub(crate) struct Removal {
    /// Block it stood in.
    pub(crate) place: u32,
    /// How it stood.
    pub(crate) before: Record,
}

/// A range of days declared complete, or taken back.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) source: Code,
    pub(crate) from: Day,
    pub(crate) to: Day,
    pub(crate) revoked: bool,
}

/// What was answered to a batch: enough to tell a repeat from another call, and to answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchRow {
    pub(crate) id: BatchId,
    /// Digest of the call's content.
    pub(crate) content: [u8; 16],
    /// One outcome for each item, as numbered on the wire.
    pub(crate) outcomes: Vec<u8>,
}

impl BatchRow {
    /// Both digests, then runs of one outcome: three bytes a run, and a batch of 1,000 has mostly one.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.id, self.content].concat();
        for run in self.outcomes.chunk_by(|a, b| a == b) {
            let length = u16::try_from(run.len()).expect("a call has at most 1,000 items");
            bytes.push(run[0]);
            bytes.extend(length.to_be_bytes());
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&id, rest) = bytes.split_first_chunk()?;
        let (&content, runs) = rest.split_first_chunk()?;
        let (runs, rest) = runs.as_chunks::<3>();
        let outcomes = runs
            .iter()
            .flat_map(|run| std::iter::repeat_n(run[0], u16::from_be_bytes([run[1], run[2]]).into()));
        rest.is_empty().then(|| Self {
            id,
            content,
            outcomes: outcomes.collect(),
        })
    }
}

/// All that a group of frames changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Sequence of its last frame.
    pub(crate) applied: u64,
    /// Incidents, each once, in the order they came.
    pub(crate) changes: Vec<Change>,
    /// Incidents that go.
    pub(crate) removals: Vec<Removal>,
    /// Declarations in their order.
    pub(crate) declared: Vec<Declared>,
    /// Declarations as they stand from now on, by source, in place of what stood.
    pub(crate) redeclared: BTreeMap<Code, Vec<(Day, Day)>>,
    /// Days to be sealed anew whatever else changed.
    pub(crate) marked: BTreeSet<Day>,
    /// What became known of batches, in the order of their frames.
    pub(crate) notes: Vec<Note>,
    /// Calls answered, with the sequence of their frame.
    pub(crate) batches: Vec<(u64, BatchRow)>,
    /// What to add to the counters.
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Store {
    /// Applies a group in one atomic batch. After an error nothing may be asked of this store any more.
    pub(crate) fn apply(&mut self, group: &Group, context: &Context) -> Result<(), StoreError> {
        let mut plan = Plan::new(self, context);
        for change in &group.changes {
            plan.change(change, context)?;
        }
        for removal in &group.removals {
            plan.remove(removal)?;
        }
        plan.split()?;
        let Plan {
            working,
            open,
            next_block,
            steps,
            ..
        } = plan;
        let mut batch = Batch::default();
        self.open = open;
        self.head.next_block = next_block;
        self.write_blocks(working, &mut batch);
        self.mark(&steps.dirty, group.applied, &mut batch);
        self.mark(&group.marked, group.applied, &mut batch);
        self.declare(group, &mut batch);
        self.write_rows(&group.notes, &mut batch)?;
        self.remember(group, &mut batch);
        self.head.applied = group.applied;
        self.write_head(&mut batch);
        // Before: the store answers for the frames up to the last group. After: also for this one, whole. A crash in
        // between leaves one or the other, and start-up applies what is missing.
        self.db.apply_batch(batch)?;
        self.follow(steps);
        Ok(())
    }

    fn write_blocks(&mut self, working: BTreeMap<u32, Working>, batch: &mut Batch) {
        let mut cache = self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (number, Working { day, records }) in working {
            let (value, checksum, records) = block::encode(number, records);
            debug_assert!(value.len() <= block::SPLIT_AT + 4, "block {number} was not split");
            let info = BlockInfo {
                day,
                checksum,
                records: records.len().try_into().expect("a block is below 128 KiB"),
            };
            batch.insert(&keys::block(day, number), value);
            let before = self.blocks.insert(number, info);
            let manifest = self.manifests.entry(day).or_default();
            manifest.exchange(number, before.as_ref(), Some(&info));
            batch.insert(&keys::of_day(keys::MANIFEST, day), &manifest.encode());
            cache.put(number, Records::new(records));
        }
    }

    pub(super) fn mark(&mut self, days: &BTreeSet<Day>, sequence: u64, batch: &mut Batch) {
        for &day in days {
            self.dirty.insert(day, sequence);
            batch.insert(&keys::of_day(keys::DIRTY, day), &sequence.to_be_bytes());
        }
    }

    fn declare(&mut self, group: &Group, batch: &mut Batch) {
        for Declared {
            source,
            from,
            to,
            revoked,
        } in &group.declared
        {
            let ranges = self.declared.entry(source.clone()).or_default();
            if *revoked {
                ranges.remove(*from, *to);
            } else {
                ranges.insert(*from, *to);
            }
            batch.insert(keys::of_text(keys::DECLARED, source.as_str()), ranges.encode());
            let days = (from.number()..=to.number()).filter_map(Day::new).collect();
            self.mark(&days, group.applied, batch);
        }
        for (source, ranges) in &group.redeclared {
            let ranges = Ranges::of(ranges);
            batch.insert(keys::of_text(keys::DECLARED, source.as_str()), ranges.encode());
            self.declared.insert(source.clone(), ranges);
        }
    }

    fn remember(&mut self, group: &Group, batch: &mut Batch) {
        for (name, more) in &group.counts {
            let count = self.counters.entry(name.clone()).or_default();
            *count = count.saturating_add(*more);
            batch.insert(keys::of_text(keys::COUNTER, name), &count.to_be_bytes());
        }
        for (sequence, row) in &group.batches {
            self.batches.insert(*sequence, row.id);
            self.batch_ids.insert(row.id, *sequence);
            batch.insert(&keys::of_sequence(keys::BATCH, *sequence), row.encode());
        }
        while self.batches.len() > BATCHES_KEPT {
            let Some((sequence, id)) = self.batches.pop_first() else {
                return;
            };
            self.batch_ids.remove(&id);
            batch.remove(&keys::of_sequence(keys::BATCH, sequence));
        }
    }

    pub(super) fn write_head(&mut self, batch: &mut Batch) {
        self.head.marks = head::marks(&self.dirty, &self.declared);
        batch.insert(&[keys::HEAD], &self.head.encode());
    }

    fn follow(&mut self, steps: Steps) {
        for (comes, source, id, number) in steps.slots {
            if comes {
                self.index.insert(&source, &id, number);
            } else {
                self.index.remove(&source, &id, number);
            }
            self.sources.count(&source, comes);
        }
        for (comes, source, seconds) in steps.early {
            self.early.count(&source, seconds, comes);
        }
        for (comes, day, number) in steps.days {
            if comes {
                self.days.insert(day, number);
            } else {
                self.days.remove(day, number);
            }
        }
    }

    /// Clears the marks of days that did not change again after `position`. It is not flushed: a mark that comes back
    /// after a crash costs one more count of its day.
    pub(crate) fn settle(&mut self, days: &BTreeSet<Day>, position: u64) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for day in days {
            if self.dirty.get(day).is_some_and(|&marked| marked <= position) {
                self.dirty.remove(day);
                batch.remove(&keys::of_day(keys::DIRTY, *day));
            }
        }
        self.write_head(&mut batch);
        super::guarded(|| Ok(self.db.apply_batch(batch)?))
    }
}
