//! Opening the store: every value read and checked, every index built, and the sums compared with the head.
//!
//! It reads everything at every start, clean or not: that is what makes the indexes, and so damage anywhere is found
//! before the first question. A directory that cannot be believed is moved aside by the caller.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use domain::count::Counter;
use domain::{Code, Day};
use sled::Mode;

use super::cache::Cache;
use super::days::Days;
use super::head::{self, Head, Manifest};
use super::index::Index;
use super::ranges::Ranges;
use super::tallied::{Early, Sources, early_by};
use super::{BatchRow, BlockInfo, Store, StoreError, block, counted_days, guarded, keys};
use crate::belonging::Belonging;
use crate::intake::Context;

/// Page cache of the database, in bytes. It is no bound there; blocks are read once and seldom again.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

impl Store {
    /// Opens or makes the store in `dir` and checks all of it. `seed` mixes the tags of the index.
    pub(crate) fn open(dir: &Path, context: &Context, seed: u64) -> Result<Self, StoreError> {
        guarded(|| {
            fs::create_dir_all(dir)?;
            let db = sled::Config::new()
                .path(dir)
                .mode(Mode::LowSpace)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .use_compression(false)
                .open()
                .map_err(opening)?;
            let mut store = Self::empty(db, seed);
            store.read_small()?;
            store.read_belonging()?;
            store.read_blocks(context)?;
            Ok(store)
        })
    }

    fn empty(db: sled::Db, seed: u64) -> Self {
        Self {
            db,
            head: Head::default(),
            blocks: BTreeMap::new(),
            manifests: BTreeMap::new(),
            open: BTreeMap::new(),
            index: Index::new(seed),
            days: Days::default(),
            sources: Sources::default(),
            early: Early::default(),
            dirty: BTreeMap::new(),
            declared: BTreeMap::new(),
            batches: BTreeMap::new(),
            batch_ids: HashMap::new(),
            counters: BTreeMap::new(),
            belonging: Belonging::default(),
            cache: Mutex::new(Cache::default()),
        }
    }

    /// The head, marks, declarations, batches and counters.
    fn read_small(&mut self) -> Result<(), StoreError> {
        if let Some(bytes) = self.db.get([keys::HEAD])? {
            self.head = Head::decode(&bytes)?;
        }
        for entry in self.db.scan_prefix([keys::DIRTY]) {
            let (key, value) = entry?;
            self.dirty.insert(day(&key)?, number(&value)?);
        }
        for entry in self.db.scan_prefix([keys::DECLARED]) {
            let (key, value) = entry?;
            let source = Code::new(text(&key)?).map_err(StoreError::damaged)?;
            let ranges = Ranges::decode(&value).ok_or_else(|| StoreError::damaged("заявленные дни"))?;
            self.declared.insert(source, ranges);
        }
        if self.head.marks != head::marks(&self.dirty, &self.declared) {
            return Err(StoreError::damaged("отметки дней не сходятся"));
        }
        for entry in self.db.scan_prefix([keys::BATCH]) {
            let (key, value) = entry?;
            let sequence = number(key.get(1..).unwrap_or_default())?;
            let row = BatchRow::decode(&value).ok_or_else(|| StoreError::damaged("ответ на пакет"))?;
            self.batches.insert(sequence, row.id);
            self.batch_ids.insert(row.id, sequence);
        }
        for entry in self.db.scan_prefix([keys::COUNTER]) {
            let (key, value) = entry?;
            self.counters.insert(text(&key)?.to_owned(), number(&value)?);
        }
        Ok(())
    }

    fn read_blocks(&mut self, context: &Context) -> Result<(), StoreError> {
        let counter = Counter::new(context.federation.dictionary(), &context.zone);
        for entry in self.db.scan_prefix([keys::BLOCK]) {
            let (key, value) = entry?;
            let (day, number) = keys::parse_block(&key).ok_or_else(|| StoreError::damaged("ключ блока"))?;
            let (records, checksum) = block::decode(number, &value)?;
            let info = BlockInfo {
                day,
                checksum,
                records: records.len().try_into().map_err(StoreError::damaged)?,
            };
            self.manifests
                .entry(day)
                .or_default()
                .exchange(number, None, Some(&info));
            if number >= self.head.next_block || self.blocks.insert(number, info).is_some() {
                return Err(StoreError::damaged(format!("блок {number} лишний")));
            }
            if value.len() < block::CLOSED_AT {
                self.open.insert(day, (number, value.len()));
            }
            for stored in &records {
                let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                self.index.insert(&stored.source, &stored.external_id, number);
                for day in counted_days(&counter, &record) {
                    self.days.insert(day, number);
                }
                if let Some(seconds) = early_by(&record) {
                    self.early.count(&record.incident.source, seconds, true);
                }
                self.sources.count(record.incident.source.as_str(), true);
            }
        }
        self.compare_manifests()
    }

    /// A block that the database lost, or kept in an older state, shows here.
    fn compare_manifests(&self) -> Result<(), StoreError> {
        let mut stored = BTreeMap::new();
        for entry in self.db.scan_prefix([keys::MANIFEST]) {
            let (key, value) = entry?;
            stored.insert(day(&key)?, value.to_vec());
        }
        let counted = self
            .manifests
            .iter()
            .map(|(&day, manifest)| (day, Manifest::encode(*manifest).to_vec()));
        if counted.eq(stored) {
            Ok(())
        } else {
            Err(StoreError::damaged("блоки дней не сходятся с заголовком"))
        }
    }

    /// Finds the event days anew, by another dictionary or zone.
    pub(crate) fn recount_days(&mut self, context: &Context) -> Result<(), StoreError> {
        let counter = Counter::new(context.federation.dictionary(), &context.zone);
        let mut days = Days::default();
        guarded(|| {
            for &number in self.blocks.keys() {
                for stored in &self.read_block(number)? {
                    let record = wire::record::from_pb(stored).map_err(StoreError::damaged)?;
                    for day in counted_days(&counter, &record) {
                        days.insert(day, number);
                    }
                }
            }
            Ok::<_, StoreError>(())
        })?;
        self.days = days;
        Ok(())
    }
}

/// The database has no kind of its own for a lock that another process holds.
fn opening(error: sled::Error) -> StoreError {
    if error.to_string().contains("could not acquire lock") {
        StoreError::InUse
    } else {
        error.into()
    }
}

/// Moves a store that cannot be believed to `store.damaged-<n>` beside it, for whoever wants to look.
pub(crate) fn move_aside(dir: &Path) -> Result<PathBuf, StoreError> {
    let mut number = 1_u32;
    let mut target = dir.with_extension("damaged-1");
    while target.exists() {
        number += 1;
        target = dir.with_extension(format!("damaged-{number}"));
    }
    fs::rename(dir, &target)?;
    Ok(target)
}

fn day(key: &[u8]) -> Result<Day, StoreError> {
    keys::parse_day(key).ok_or_else(|| StoreError::damaged("ключ дня"))
}

fn text(key: &[u8]) -> Result<&str, StoreError> {
    keys::parse_text(key).ok_or_else(|| StoreError::damaged("текст ключа"))
}

fn number(bytes: &[u8]) -> Result<u64, StoreError> {
    Ok(u64::from_be_bytes(
        bytes.try_into().map_err(|_| StoreError::damaged("число"))?,
    ))
}
