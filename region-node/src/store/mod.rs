//! The incident store: what stands after every frame of the intake journal, in a form that answers questions.
//!
//! Owns one sled tree of blocks (packed incidents by registration day), marks of days to be sealed, declarations,
//! intakes, answered batches and counters, and the indexes over it in memory. Promises that one group of frames is
//! applied in one atomic batch together with its sequence, and that damage is found at the start rather than counted.
//! It is a projection: it can be deleted at any time. Does not know the journal, a version's rules, or a caller.

mod apply;
mod block;
mod cache;
mod days;
mod error;
mod head;
mod index;
mod keys;
mod plan;
mod ranges;
mod regard;
mod rows;
mod scan;
mod tallied;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use domain::cell::Cells;
use domain::count::Counter;
use domain::version::Record;
use domain::{Code, Day};
use wire::pb;

use crate::belonging::Belonging;
use crate::intake::Context;
pub(crate) use apply::{BatchRow, Change, Declared, Group, Removal};
use cache::Cache;
use days::Days;
pub use error::StoreError;
pub(crate) use error::guarded;
use head::{Head, Manifest};
use index::Index;
pub(crate) use ranges::Ranges;
pub(crate) use rows::{Event, Note};
pub(crate) use scan::move_aside;
use tallied::{Early, Sources};

/// Digest of a batch's sender and request id.
pub(crate) type BatchId = [u8; 16];

/// What is remembered of a block.
#[derive(Clone, Copy, Debug)]
struct BlockInfo {
    day: Day,
    checksum: u32,
    records: u32,
}

/// The open store.
#[derive(Debug)]
pub(crate) struct Store {
    db: sled::Db,
    head: Head,
    blocks: BTreeMap<u32, BlockInfo>,
    manifests: BTreeMap<Day, Manifest>,
    /// By registration day, the block that takes new records and its length in bytes.
    open: BTreeMap<Day, (u32, usize)>,
    index: Index,
    days: Days,
    sources: Sources,
    early: Early,
    dirty: BTreeMap<Day, u64>,
    declared: BTreeMap<Code, Ranges>,
    /// Answered batches by the sequence of their frame; the oldest go first.
    batches: BTreeMap<u64, BatchId>,
    batch_ids: HashMap<BatchId, u64>,
    counters: BTreeMap<String, u64>,
    /// Whose the incidents are.
    belonging: Belonging,
    cache: Mutex<Cache>,
}

impl Store {
    /// Sequence of the last journal frame applied.
    pub(crate) fn applied(&self) -> u64 {
        self.head.applied
    }

    /// Incidents in the store, tombstones included.
    pub(crate) fn incidents(&self) -> u64 {
        self.index.len() as u64
    }

    /// The incident as it stands, and the number of its block.
    pub(crate) fn find(&self, source: &Code, id: &Code) -> Result<Option<(u32, Record)>, StoreError> {
        for number in self.index.candidates(source.as_str(), id.as_str()) {
            let records = self.records(number)?;
            let stored = records.iter().find(|record| is(record, source.as_str(), id.as_str()));
            if let Some(stored) = stored {
                let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                return Ok(Some((number, record)));
            }
        }
        Ok(None)
    }

    fn records(&self, number: u32) -> Result<cache::Records, StoreError> {
        let mut cache = self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(records) = cache.get(number) {
            return Ok(records);
        }
        let records = cache::Records::new(self.read_block(number)?);
        cache.put(number, records.clone());
        Ok(records)
    }

    /// The records of a block; none of one that is not there.
    pub(crate) fn block_records(&self, number: u32) -> Result<Vec<Record>, StoreError> {
        if !self.blocks.contains_key(&number) {
            return Ok(Vec::new());
        }
        let stored = self.read_block(number)?;
        let read = stored
            .iter()
            .map(|record| wire::record::from_pb(record).map_err(StoreError::damaged));
        read.collect()
    }

    /// The first block from a number on.
    pub(crate) fn next_block(&self, from: u32) -> Option<u32> {
        self.blocks.range(from..).next().map(|(&number, _)| number)
    }

    /// Blocks with an event on the day.
    pub(crate) fn blocks_of(&self, day: Day) -> BTreeSet<u32> {
        self.days.blocks(&BTreeSet::from([day]))
    }

    fn read_block(&self, number: u32) -> Result<Vec<pb::IncidentRecord>, StoreError> {
        let missing = || StoreError::damaged(format!("нет блока {number}"));
        let info = self.blocks.get(&number).ok_or_else(missing)?;
        let value = self.db.get(keys::block(info.day, number))?.ok_or_else(missing)?;
        Ok(block::decode(number, &value)?.0)
    }

    /// The cells of the days, of the incidents that are the node's own. Each block that touches one of them is read once.
    pub(crate) fn cells(&self, days: &BTreeSet<Day>, context: &Context) -> Result<BTreeMap<Day, Cells>, StoreError> {
        let tree = context.federation.tree();
        let counter = Counter::new(context.federation.dictionary(), &context.zone);
        let mut cells: BTreeMap<Day, Cells> = days.iter().map(|&day| (day, Cells::new())).collect();
        guarded(|| {
            for number in self.days.blocks(days) {
                for stored in &self.read_block(number)? {
                    let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                    if record.is_live() && self.belonging.is_own(tree, &record.incident) {
                        counter.add(&record.incident, &mut cells)?;
                    }
                }
            }
            Ok(cells)
        })
    }

    /// Days on which a live incident has an event.
    pub(crate) fn event_days(&self) -> BTreeSet<Day> {
        self.days.days()
    }

    /// Days marked for sealing.
    pub(crate) fn dirty_days(&self) -> BTreeSet<Day> {
        self.dirty.keys().copied().collect()
    }

    /// Declared ranges by source.
    pub(crate) fn declared(&self) -> BTreeMap<Code, Vec<(Day, Day)>> {
        let any = self.declared.iter().filter(|(_, ranges)| !ranges.as_slice().is_empty());
        any.map(|(source, ranges)| (source.clone(), ranges.as_slice().to_vec()))
            .collect()
    }

    /// Sources that an incident came from.
    pub(crate) fn sources_seen(&self) -> BTreeSet<Code> {
        self.sources.codes().cloned().collect()
    }

    /// Answers before their registration by source: how many, and the median of the seconds between.
    pub(crate) fn early_answers(&self) -> BTreeMap<Code, (u64, u64)> {
        self.early.medians()
    }

    /// What was answered to a batch, and in which frame it stands.
    pub(crate) fn batch(&self, id: &BatchId) -> Result<Option<(u64, BatchRow)>, StoreError> {
        let Some(&sequence) = self.batch_ids.get(id) else {
            return Ok(None);
        };
        let value = self.db.get(keys::of_sequence(keys::BATCH, sequence))?;
        let row = value.and_then(|bytes| BatchRow::decode(&bytes));
        let row = row.ok_or_else(|| StoreError::damaged(format!("нет ответа на пакет кадра {sequence}")))?;
        Ok(Some((sequence, row)))
    }

    /// Counters for the status, by name.
    pub(crate) fn counters(&self) -> &BTreeMap<String, u64> {
        &self.counters
    }

    /// Makes what was applied outlive a process that is killed. Only the writer calls it; the truth is in the journal,
    /// so a failure costs a longer start and nothing else.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush()?;
        Ok(())
    }
}

/// Whether a stored record is the incident with this id.
fn is(record: &pb::IncidentRecord, source: &str, id: &str) -> bool {
    record.external_id == id && record.source == source
}

/// Days on which a record is counted: none for a tombstone.
pub(crate) fn counted_days(counter: &Counter<'_>, record: &Record) -> BTreeSet<Day> {
    if record.is_live() {
        counter.days(&record.incident)
    } else {
        BTreeSet::new()
    }
}
