//! Rows of batches: what was brought by which file or call, how it ended, and whether it was undone.
//!
//! A row is found by its batch's id or, for a list, by the sequence of its first frame. A batch that is taken in again
//! after it was undone gets a row of its own, and the old one stays for whoever wants to know.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use sled::Batch;
use wire::pb;

use super::{Store, StoreError, keys};

/// What one frame adds to what is known of its batch.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// Sequence of the frame.
    pub(crate) sequence: u64,
    /// When it was written, Unix milliseconds.
    pub(crate) at_ms: i64,
    /// The batch.
    pub(crate) batch: String,
    /// What the frame holds.
    pub(crate) event: Event,
}

/// What a frame says of its batch.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// It was opened for the items of a source, or of any.
    Opened(pb::IntakeOpened),
    /// Items came.
    Items {
        /// Request id of the call, when it is a batch of its own.
        request: String,
        sources: BTreeSet<String>,
        counts: pb::BatchCounts,
    },
    /// Days were declared complete, or that was taken back.
    Declared(String),
    /// It was undone.
    Undone(String),
}

impl Store {
    /// The row of a batch, the latest of that id.
    pub(crate) fn batch_row(&self, id: &str) -> Result<Option<pb::BatchRow>, StoreError> {
        let Some(first) = self.db.get(keys::of_text(keys::INTAKE, id))? else {
            return Ok(None);
        };
        let missing = || StoreError::damaged(format!("нет записи о загрузке {id}"));
        let key = [&[keys::ROW], first.as_ref()].concat();
        let row = self.db.get(key)?.ok_or_else(missing)?;
        pb::BatchRow::decode(row.as_ref())
            .map(Some)
            .map_err(StoreError::damaged)
    }

    /// Rows of batches that began before the frame `before`, the latest first.
    pub(crate) fn batch_rows(&self, before: u64, limit: usize) -> Result<Vec<pb::BatchRow>, StoreError> {
        let (from, to) = (keys::of_sequence(keys::ROW, 0), keys::of_sequence(keys::ROW, before));
        let rows = self.db.range(from..to).rev().take(limit);
        rows.map(|entry| pb::BatchRow::decode(entry?.1.as_ref()).map_err(StoreError::damaged))
            .collect()
    }

    /// Writes what became known; nothing of it is kept in memory.
    pub(super) fn write_rows(&self, notes: &[Note], batch: &mut Batch) -> Result<(), StoreError> {
        let mut rows: BTreeMap<&str, pb::BatchRow> = BTreeMap::new();
        let mut full = Vec::new();
        for note in notes {
            let known = match rows.remove(note.batch.as_str()) {
                None => self.batch_row(&note.batch)?,
                known => known,
            };
            let (row, before) = follow(known, note);
            full.extend(before);
            rows.insert(&note.batch, row);
        }
        for row in full.iter().chain(rows.values()) {
            batch.insert(&keys::of_sequence(keys::ROW, row.first), row.encode_to_vec());
        }
        for row in rows.values() {
            batch.insert(keys::of_text(keys::INTAKE, &row.id), &row.first.to_be_bytes());
        }
        Ok(())
    }
}

/// The row with a note; and the row that stood, when it was undone and another begins.
fn follow(known: Option<pb::BatchRow>, note: &Note) -> (pb::BatchRow, Option<pb::BatchRow>) {
    let (mut row, before) = match known {
        Some(row) if row.undone.is_none() => (row, None),
        before => {
            let row = pb::BatchRow {
                id: note.batch.clone(),
                first: note.sequence,
                began_ms: note.at_ms,
                ..pb::BatchRow::default()
            };
            (row, before)
        }
    };
    match &note.event {
        Event::Opened(opened) => {
            row.opened = true;
            row.owner.clone_from(&opened.source);
            row.profile.clone_from(&opened.profile);
            row.file_sha256.clone_from(&opened.file_sha256);
        }
        Event::Items {
            request,
            sources,
            counts,
        } => {
            if !row.opened {
                row.request.clone_from(request);
            }
            add_sources(&mut row, sources.iter());
            add(row.counts.get_or_insert_default(), counts);
        }
        Event::Declared(source) => {
            row.declarations += 1;
            add_sources(&mut row, std::iter::once(source));
        }
        Event::Undone(reason) => {
            row.undone = Some(pb::BatchUndone {
                sequence: note.sequence,
                at_ms: note.at_ms,
                reason: reason.clone(),
            });
            return (row, before);
        }
    }
    row.last = note.sequence;
    (row, before)
}

fn add_sources<'a>(row: &mut pb::BatchRow, more: impl Iterator<Item = &'a String>) {
    let mut sources: BTreeSet<String> = std::mem::take(&mut row.sources).into_iter().collect();
    sources.extend(more.cloned());
    row.sources = sources.into_iter().collect();
}

fn add(counts: &mut pb::BatchCounts, more: &pb::BatchCounts) {
    counts.accepted += more.accepted;
    counts.unchanged += more.unchanged;
    counts.updated += more.updated;
    counts.superseded += more.superseded;
    counts.rejected += more.rejected;
}
