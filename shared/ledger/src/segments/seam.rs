//! The files behind the seam: what each call of the store does with them.

use std::ops::Range;

use domain::{NodeId, SheetPeriod};
use journal::JournalError;
use seal::Digest;

use super::{Segments, TAIL_ENTRIES};
use crate::cursor::CursorRecord;
use crate::error::StoreError;
use crate::frames::EntryFrame;
use crate::keys;
use crate::store::{Appended, Head, NewFrame, Store, StoredEntry};

impl Store for Segments {
    fn head(&self) -> Head {
        Head {
            size: self.frontier.size(),
            root: self.frontier.root(),
            fence: self.fence,
        }
    }

    fn append(&mut self, expected: &Head, frames: &[NewFrame]) -> Result<Appended, StoreError> {
        if self.stopped {
            return Ok(Appended::Unknown);
        }
        if *expected != self.head() {
            return Ok(Appended::Conflict);
        }
        // Whatever fails here leaves bodies that no entry names: the group did not happen.
        let body_frames = self.write_bodies(frames)?;
        let first = self.entries.next_sequence();
        let places = match self.write_entries(frames, &body_frames) {
            Ok(places) => places,
            Err(error @ (JournalError::DiskFull { .. } | JournalError::FrameTooLarge { .. }))
                if self.entries.next_sequence() == first =>
            {
                // Not one frame of the group stands, so nothing is in doubt.
                self.stopped = false;
                return Err(error.into());
            }
            Err(error) => {
                tracing::error!(%error, "запись в журнал не завершена");
                return Ok(Appended::Unknown);
            }
        };
        if let Err(error) = self.settle(frames, places) {
            // The group is durable; only a fresh start can bring the index up to it.
            self.stopped = true;
            tracing::error!(%error, "указатель журнала отстал");
            return Ok(Appended::Unknown);
        }
        Ok(Appended::Committed(self.head()))
    }

    fn by_period(&self, node: &NodeId, period: SheetPeriod, revision: u32) -> Result<Option<u64>, StoreError> {
        self.index.get(&keys::period(node, period, revision))
    }

    fn by_sequence(&self, node: &NodeId, epoch: u32, sequence: u64) -> Result<Option<u64>, StoreError> {
        self.index.get(&keys::sequence(node, epoch, sequence))
    }

    fn by_statement(&self, statement: &Digest) -> Result<Option<u64>, StoreError> {
        self.index.get(&keys::statement(statement))
    }

    fn refusal_of(&self, author: &NodeId, child: &NodeId, position: u64) -> Result<Option<u64>, StoreError> {
        self.index.get(&keys::refusal(author, child, position))
    }

    fn read(&self, range: Range<u64>) -> Result<Vec<StoredEntry>, StoreError> {
        (range.start..range.end.min(self.frontier.size()))
            .map(|position| self.entry(position).map(stored))
            .collect()
    }

    fn tail(&self, from: u64) -> Result<Vec<StoredEntry>, StoreError> {
        self.read(from..from.saturating_add(TAIL_ENTRIES))
    }

    fn cursors(&self) -> Vec<(u64, CursorRecord)> {
        self.cursors.values().cloned().collect()
    }

    fn body(&self, position: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let at = match self.place(position) {
            Some(place) if place.body_frame > 0 => place.body_frame - 1,
            _ => return Ok(None),
        };
        let location = usize::try_from(at).ok().and_then(|at| self.body_locations.get(at));
        let location = location.ok_or_else(|| StoreError::Damaged {
            position,
            reason: "содержание потеряно".to_owned(),
        })?;
        Ok(Some(self.bodies.read(*location)?))
    }
}

fn stored(frame: EntryFrame) -> StoredEntry {
    let (delivered_by, delivered_position) = frame
        .delivered
        .map_or((None, 0), |(child, position)| (Some(child), position));
    StoredEntry {
        position: frame.position,
        received_at_ms: frame.received_at_ms,
        delivered_by,
        delivered_position,
        envelope: frame.envelope,
        has_body: frame.body_frame > 0,
    }
}
