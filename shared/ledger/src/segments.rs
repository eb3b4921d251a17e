//! The one implementation of the store: append-only files of frames, and an index that follows them.
//!
//! `entries/` has entry and cursor frames in one order, `bodies/` the bodies, `index/` the projection, `fence` the fencing
//! number. Bodies are synced before the entries that name them, so an entry that stands always has what it names. Opening
//! is recovery: every frame is read, the index is compared with them and brought up, or replaced.

mod seam;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::NodeId;
use journal::{Journal, JournalError, Location, OpenError, Recovery, Truncation};
use seal::merkle::{Frontier, leaf_hash};

use crate::cursor::CursorRecord;
use crate::error::StoreError;
use crate::fence;
use crate::frames::{self, EntryFrame, Frame};
use crate::index::Index;
use crate::keys;
use crate::replay::{Place, Replay};
use crate::store::{NewFrame, Store};

/// Entries of one look at the tail, and of one batch of the index: at most 5 MiB of envelopes.
const TAIL_ENTRIES: u64 = 1_000;

/// Limits of the files.
#[derive(Clone, Copy, Debug, Default)]
pub struct SegmentOptions {
    /// Of both kinds of files.
    pub journal: journal::Options,
}

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentsOpening {
    /// Torn tails that were cut, at most one of each file.
    pub truncated: Vec<Truncation>,
    /// Where a damaged index was moved, if it was.
    pub index_damaged: Option<PathBuf>,
    /// Entries in the files.
    pub entries: u64,
    /// Entries that the index lacked.
    pub indexed: u64,
}

/// The store on files of its own.
pub struct Segments {
    entries: Journal,
    bodies: Journal,
    index: Index,
    places: Vec<Place>,
    /// By sequence, from 1.
    body_locations: Vec<Location>,
    frontier: Frontier,
    /// With the size of the ledger that each stands for.
    cursors: BTreeMap<NodeId, (u64, CursorRecord)>,
    fence: u64,
    stopped: bool,
}

impl Segments {
    /// Opens the store in `directory`, which must exist.
    pub fn open(directory: &Path, options: SegmentOptions) -> Result<(Self, SegmentsOpening), StoreError> {
        let mut opening = SegmentsOpening::default();
        let index_path = directory.join("index");
        let mut index = Index::open(&index_path);
        let mut body_locations = Vec::new();
        let mut keep = |frame: journal::FrameRef<'_>| {
            body_locations.push(frame.location);
            Ok::<_, StoreError>(())
        };
        let (bodies, recovery) = open_journal(&directory.join("bodies"), options, &mut keep)?;
        note(&mut opening, recovery);
        let mut replay = Replay::new(index.as_ref().map_or(0, |index| index.manifest().size));
        let mut visit = |frame: journal::FrameRef<'_>| replay.frame(frame, body_locations.len() as u64);
        let (entries, recovery) = open_journal(&directory.join("entries"), options, &mut visit)?;
        note(&mut opening, recovery);
        opening.entries = replay.frontier.size();
        let fits = |index: &Index| {
            replay
                .at_index
                .as_ref()
                .is_some_and(|at| at.root() == index.manifest().root)
        };
        if !index.as_ref().is_ok_and(fits) {
            if let Err(reason) = &index {
                tracing::warn!(%reason, "указатель журнала повреждён и строится заново");
            }
            // The handle goes first: sled holds a lock on the directory that is about to be moved.
            drop(index);
            let (fresh, aside) = Index::replace(&index_path)?;
            opening.index_damaged = Some(aside);
            index = Ok(fresh);
            replay.at_index = Some(Frontier::new());
        }
        let index = index.map_err(|reason| StoreError::Damaged { position: 0, reason })?;
        let mut store = Self {
            entries,
            bodies,
            index,
            places: replay.places,
            body_locations,
            frontier: replay.frontier,
            cursors: replay.cursors,
            fence: fence::raise(directory)?,
            stopped: false,
        };
        opening.indexed = store.bring_index_up(replay.at_index.unwrap_or_default())?;
        Ok((store, opening))
    }

    /// Applies to the index what it lacks. Returns how many entries that were.
    fn bring_index_up(&mut self, mut frontier: Frontier) -> Result<u64, StoreError> {
        let from = frontier.size();
        loop {
            let entries = self.tail(frontier.size())?;
            if entries.is_empty() {
                return Ok(frontier.size() - from);
            }
            let mut pairs = Vec::new();
            for entry in &entries {
                pairs.extend(pairs_of(entry.position, &entry.envelope)?);
                frontier.append(leaf_hash(&entry.envelope));
            }
            self.index.apply(frontier.size(), frontier.root(), pairs)?;
        }
    }

    fn entry(&self, position: u64) -> Result<EntryFrame, StoreError> {
        let damaged = |reason| StoreError::Damaged { position, reason };
        let place = self.place(position).ok_or_else(|| damaged("записи нет".to_owned()))?;
        match frames::decode(&self.entries.read(place.entry)?).map_err(damaged)? {
            Frame::Entry(frame) if frame.position == position => Ok(frame),
            _ => Err(damaged("на её месте другой кадр".to_owned())),
        }
    }

    fn place(&self, position: u64) -> Option<Place> {
        usize::try_from(position)
            .ok()
            .and_then(|at| self.places.get(at))
            .copied()
    }

    /// Writes the bodies of a group and syncs them. Frames of a group that failed here are never named by an entry.
    fn write_bodies(&mut self, group: &[NewFrame]) -> Result<Vec<u64>, StoreError> {
        // Before: nothing of the group is anywhere. After: bodies follow that no entry names. A crash in between leaves
        // bodies without entries, which nothing reads.
        fail::fail_point!("ledger.before_bodies", |_| std::process::abort());
        let mut sequences = Vec::with_capacity(group.len());
        let mut any = false;
        for frame in group {
            let body = match frame {
                NewFrame::Entry(entry) => entry.body.as_deref(),
                NewFrame::Cursor(_) => None,
            };
            let sequence = match body {
                Some(body) => {
                    let location = self.bodies.append(body)?;
                    self.body_locations.push(location);
                    any = true;
                    location.sequence
                }
                None => 0,
            };
            sequences.push(sequence);
        }
        if any {
            self.bodies.sync()?;
        }
        // Before: the bodies are on the disk. After: entries that name them follow. A crash here leaves bodies without
        // entries; whoever brought them brings them again.
        fail::fail_point!("ledger.bodies_synced", |_| std::process::abort());
        Ok(sequences)
    }

    /// Writes entries and cursors and syncs them.
    fn write_entries(&mut self, group: &[NewFrame], body_frames: &[u64]) -> Result<Vec<Place>, JournalError> {
        let mut position = self.frontier.size();
        let mut places = Vec::with_capacity(group.len());
        for (frame, &body_frame) in group.iter().zip(body_frames) {
            match frame {
                NewFrame::Entry(entry) => {
                    let bytes = frames::encode_entry(position, entry, body_frame);
                    let written = self.entries.append(&bytes);
                    places.push(Place {
                        entry: written.inspect_err(|_| self.stopped = true)?,
                        body_frame,
                    });
                    position += 1;
                }
                NewFrame::Cursor(cursor) => {
                    let bytes = frames::encode_cursor(cursor);
                    self.entries.append(&bytes).inspect_err(|_| self.stopped = true)?;
                }
            }
        }
        self.entries.sync().inspect_err(|_| self.stopped = true)?;
        // Before: the group is on the disk, and nobody knows. After: the index follows. A crash here leaves a group that
        // stands: start-up applies it, and whoever brought it gets the same answer again.
        fail::fail_point!("ledger.entries_synced", |_| std::process::abort());
        Ok(places)
    }

    /// Takes the group, durable by now, into memory and index.
    fn settle(&mut self, group: &[NewFrame], places: Vec<Place>) -> Result<(), StoreError> {
        let mut pairs = Vec::new();
        for frame in group {
            match frame {
                NewFrame::Entry(entry) => {
                    pairs.extend(pairs_of(self.frontier.size(), &entry.envelope)?);
                    self.frontier.append(leaf_hash(&entry.envelope));
                }
                NewFrame::Cursor(cursor) => {
                    self.cursors
                        .insert(cursor.child.clone(), (self.frontier.size(), cursor.clone()));
                }
            }
        }
        self.places.extend(places);
        self.index.apply(self.frontier.size(), self.frontier.root(), pairs)?;
        // Before: files and index agree. After: the group is answered for. A crash here leaves nothing to do.
        fail::fail_point!("ledger.indexed", |_| std::process::abort());
        Ok(())
    }
}

fn open_journal(
    directory: &Path,
    options: SegmentOptions,
    visit: &mut dyn FnMut(journal::FrameRef<'_>) -> Result<(), StoreError>,
) -> Result<(Journal, Recovery), StoreError> {
    Journal::open(directory, options.journal, visit).map_err(|error| match error {
        OpenError::Journal(error) => error.into(),
        OpenError::Visit(error) => error,
    })
}

fn note(opening: &mut SegmentsOpening, recovery: Recovery) {
    opening.truncated.extend(recovery.truncated);
}

fn pairs_of(position: u64, envelope: &[u8]) -> Result<Vec<(Vec<u8>, u64)>, StoreError> {
    let keys = keys::of(envelope).map_err(|reason| StoreError::Damaged { position, reason })?;
    Ok(keys.into_iter().map(|key| (key, position)).collect())
}
