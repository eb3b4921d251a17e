//! What a child remembers of its parent: the last proven checkpoint, the cursor, and every verdict; on disk before it is
//! used.
//!
//! It is the child's half of the witness: a parent that later shows another history is caught by what stands here. What
//! came down (dictionaries, revocations, decisions) is kept here too, as verified copies beside the ledger.

use std::collections::BTreeMap;
use std::path::Path;

use journal::{Journal, JournalError, OpenError, Options};
use prost::Message;
use seal::{Checkpoint, SealError, VerifyingKey};
use wire::pb;
use wire::{Statement, envelope};

/// Why the memory cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The files.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A frame is not what this program wrote.
    #[error("журнал связи с родительским узлом: {0}")]
    Frame(String),
}

impl From<SealError> for MemoryError {
    fn from(error: SealError) -> Self {
        Self::Frame(error.to_string())
    }
}

/// A refusal as the child keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEntry {
    /// Position in the own ledger.
    pub position: u64,
    /// The parent's refusal in its envelope.
    pub refusal: Vec<u8>,
}

/// What is remembered.
pub struct Memory {
    verdicts: Journal,
    down: Journal,
    origin: String,
    key: VerifyingKey,
    /// Entries of the own ledger that have their verdict.
    pub cursor: u64,
    /// The parent's last proven checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// The same as the parent signed it; empty before the first.
    pub note: String,
    /// Refusals by position in the own ledger.
    pub refused: BTreeMap<u64, RefusedEntry>,
    /// Everything below this position of the parent's ledger was looked through for what comes down.
    pub down_next: u64,
    /// Federation files that came down, in order.
    pub dictionaries: Vec<Vec<u8>>,
    /// The latest membership that came down, in its envelope.
    pub membership: Option<Vec<u8>>,
}

impl Memory {
    /// Opens `<dir>/uplink`, reading everything again.
    pub fn open(dir: &Path, origin: &str, key: VerifyingKey) -> Result<Self, MemoryError> {
        let dir = dir.join("uplink");
        let (mut acknowledged, mut came_down) = (Vec::new(), Vec::new());
        let verdicts = open(&dir.join("verdicts"), &mut acknowledged)?;
        let down = open(&dir.join("down"), &mut came_down)?;
        let mut memory = Self {
            verdicts,
            down,
            origin: origin.to_owned(),
            key,
            cursor: 0,
            checkpoint: None,
            note: String::new(),
            refused: BTreeMap::new(),
            down_next: 0,
            dictionaries: Vec::new(),
            membership: None,
        };
        for frame in &acknowledged {
            memory.apply(decode::<pb::UplinkFrame>(frame)?)?;
        }
        for frame in &came_down {
            memory.apply_down(decode::<pb::FetchDownResponse>(frame)?);
        }
        Ok(memory)
    }

    /// Remembers an acknowledgement whose proofs were checked. One that says nothing new leaves no frame: an idle link
    /// must not fill the disk.
    pub fn remember(&mut self, frame: pb::UplinkFrame) -> Result<(), MemoryError> {
        if frame.verdicts.is_empty() && frame.cursor == self.cursor && frame.checkpoint == self.note {
            return Ok(());
        }
        self.verdicts.append(&frame.encode_to_vec())?;
        self.verdicts.sync()?;
        self.apply(frame)
    }

    /// Remembers what came down and was checked.
    pub fn remember_down(&mut self, frame: pb::FetchDownResponse) -> Result<(), MemoryError> {
        if frame.entries.is_empty() && frame.next_position == self.down_next {
            return Ok(());
        }
        self.down.append(&frame.encode_to_vec())?;
        self.down.sync()?;
        self.apply_down(frame);
        Ok(())
    }

    fn apply(&mut self, frame: pb::UplinkFrame) -> Result<(), MemoryError> {
        self.cursor = frame.cursor;
        self.checkpoint = Some(Checkpoint::open(&frame.checkpoint, &self.origin, &self.key)?);
        self.note = frame.checkpoint;
        for verdict in frame.verdicts.into_iter().filter(|verdict| !verdict.refusal.is_empty()) {
            let entry = RefusedEntry {
                position: verdict.position,
                refusal: verdict.refusal,
            };
            self.refused.insert(verdict.position, entry);
        }
        Ok(())
    }

    fn apply_down(&mut self, frame: pb::FetchDownResponse) {
        self.down_next = frame.next_position;
        for entry in frame.entries {
            if is_membership(&entry.envelope) {
                self.membership = Some(entry.envelope);
            }
            if !entry.body.is_empty() {
                self.dictionaries.push(entry.body);
            }
        }
    }
}

/// What stands here was checked before it was written; only its kind is asked.
fn is_membership(sealed: &[u8]) -> bool {
    let said = envelope::decode(sealed).and_then(|one| Statement::decode(&one.payload_type, &one.payload));
    matches!(said, Ok((_, Statement::Membership(_))))
}

fn open(dir: &Path, frames: &mut Vec<Vec<u8>>) -> Result<Journal, MemoryError> {
    let opened = Journal::open(dir, Options::default(), &mut |frame| {
        frames.push(frame.payload.to_vec());
        Ok::<(), JournalError>(())
    });
    match opened {
        Ok((journal, _)) => Ok(journal),
        Err(OpenError::Journal(error) | OpenError::Visit(error)) => Err(error.into()),
    }
}

fn decode<M: Message + Default>(frame: &[u8]) -> Result<M, MemoryError> {
    M::decode(frame).map_err(|e| MemoryError::Frame(e.to_string()))
}
