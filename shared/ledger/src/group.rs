//! A group of entries: gathered on a copy of who may say what, made durable together, and only then true.

use domain::{NodeId, SheetPeriod};
use seal::merkle::leaf_hash;
use seal::{Envelope, SigningKey};
use wire::{Preamble, Statement, envelope};

use crate::author::Author;
use crate::cursor::CursorRecord;
use crate::error::{LedgerError, StoreError};
use crate::ledger::{Ledger, Read};
use crate::standing::Standing;
use crate::store::{Appended, NewEntry, NewFrame};

/// Entries on their way into the ledger, and who may say what after them.
pub(crate) struct Group {
    pub(crate) standing: Standing,
    pub(crate) entries: Vec<(NewEntry, Read)>,
    first: u64,
}

impl Group {
    pub(crate) fn new(standing: &Standing, first: u64) -> Self {
        Self {
            standing: standing.clone(),
            entries: Vec::new(),
            first,
        }
    }

    /// Adds an entry that was found right. Returns its position.
    pub(crate) fn push(&mut self, entry: NewEntry, read: Read) -> u64 {
        let position = self.first + self.entries.len() as u64;
        let by = entry.delivered.as_ref().map(|(child, _)| child);
        self.standing.fold(position, by, &read.head, read.statement, &read.said);
        self.entries.push((entry, read));
        position
    }

    /// Seals a statement as the next of the author's chain and adds it. Returns its position and envelope.
    pub(crate) fn seal(
        &mut self,
        author: &Author,
        key: &SigningKey,
        said: Statement,
        body: Option<Vec<u8>>,
        now_ms: i64,
    ) -> Result<(u64, Vec<u8>), LedgerError> {
        let end = self.standing.chain(&author.node, author.epoch);
        let head = Preamble {
            federation: author.federation.clone(),
            node: author.node.clone(),
            epoch: author.epoch,
            sequence: end.map_or(1, |end| end.sequence + 1),
            previous: end.map(|end| end.statement),
        };
        let sealed = Envelope::seal(said.payload_type(), said.encode(&head)?, key);
        let statement = sealed.statement_hash();
        let envelope = envelope::encode(&sealed);
        let entry = NewEntry {
            received_at_ms: now_ms,
            delivered: None,
            envelope: envelope.clone(),
            body,
        };
        Ok((self.push(entry, Read { head, statement, said }), envelope))
    }

    /// The entry of this group with these bytes.
    pub(crate) fn position_of(&self, envelope: &[u8]) -> Option<u64> {
        self.entries
            .iter()
            .position(|(entry, _)| entry.envelope == envelope)
            .map(|at| self.first + at as u64)
    }

    /// Whether the group has a sheet of this node, period and revision.
    pub(crate) fn has_sheet(&self, node: &NodeId, period: SheetPeriod, revision: u32) -> bool {
        self.entries.iter().any(|(_, read)| match &read.said {
            Statement::Sheet(sheet) => {
                read.head.node == *node && sheet.facts.period == period && sheet.facts.revision == revision
            }
            _ => false,
        })
    }
}

impl Ledger {
    /// A group onto the present end, if the ledger still takes any.
    pub(crate) fn group(&self) -> Result<Group, LedgerError> {
        if self.stopped {
            Err(LedgerError::Stopped)
        } else if self.held {
            Err(LedgerError::RestorePending)
        } else {
            Ok(Group::new(&self.standing, self.size()))
        }
    }

    /// Makes a group durable, and then true. Returns whose sheets in force are others now.
    pub(crate) fn commit(
        &mut self,
        group: Group,
        cursor: Option<CursorRecord>,
    ) -> Result<Vec<(NodeId, SheetPeriod)>, LedgerError> {
        let (entries, reads): (Vec<_>, Vec<_>) = group.entries.into_iter().unzip();
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(&entry.envelope)).collect();
        let bodies: Vec<_> = entries.iter().map(|entry| entry.body.is_some()).collect();
        let frames: Vec<_> = entries
            .into_iter()
            .map(NewFrame::Entry)
            .chain(cursor.clone().map(NewFrame::Cursor))
            .collect();
        if frames.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.size();
        self.append_frames(&frames)?;
        // From here on the group is on the disk: whatever fails now stops the ledger, and a fresh start settles it.
        self.stopped = true;
        for leaf in &leaves {
            self.check_on_disk(self.tree.size(), *leaf)?;
            self.tree.append(*leaf);
        }
        if self.tree.root() != self.store.head().root {
            return Err(LedgerError::Conflict);
        }
        self.standing = group.standing;
        if let Some(cursor) = cursor {
            self.cursors.insert(cursor.child.clone(), cursor);
        }
        let mut changed = Vec::new();
        for ((position, read), has_body) in (first..).zip(&reads).zip(bodies) {
            if let Statement::Dictionary(_) = &read.said {
                let bytes = self.store.body(position)?.ok_or(LedgerError::BodyMismatch)?;
                self.dictionaries.know(&self.author.federation, &bytes)?;
            }
            changed.extend(self.fold_sheet(position, has_body, read)?);
        }
        self.stopped = false;
        changed.sort_unstable();
        changed.dedup();
        Ok(changed)
    }

    fn append_frames(&mut self, frames: &[NewFrame]) -> Result<(), LedgerError> {
        let expected = self.store.head();
        let appended = if expected.size == self.size() {
            self.store.append(&expected, frames)
        } else {
            Ok(Appended::Conflict)
        };
        let error = match appended {
            Ok(Appended::Committed(_)) => return Ok(()),
            Ok(Appended::Conflict) => LedgerError::Conflict,
            Ok(Appended::Unknown) => LedgerError::Stopped,
            Err(error) => return Err(self.stop_after(error).into()),
        };
        self.stopped = true;
        Err(error)
    }

    /// Stops the ledger after a failed write, unless the next one may succeed.
    pub(crate) fn stop_after(&mut self, error: StoreError) -> StoreError {
        self.stopped |= !error.leaves_usable();
        error
    }

    /// Reads an entry back before a checkpoint covers it: a bit that flipped on the way would never be mended later.
    fn check_on_disk(&self, position: u64, leaf: seal::Digest) -> Result<(), LedgerError> {
        if leaf_hash(&self.entry(position)?.envelope) == leaf {
            return Ok(());
        }
        Err(StoreError::Damaged {
            position,
            reason: "прочитано не то, что записано".to_owned(),
        }
        .into())
    }
}
