//! The writing end: append a frame, make everything appended durable, start the next segment in time.
//!
//! It owns the next sequence and the last segment. It promises sequences from 1 without holes, and that after a
//! failed write of unknown effect or a failed sync it writes nothing more. It does not decide when to sync and does
//! not know who waits for it.

use std::path::Path;

use crate::directory::Directory;
use crate::error::{JournalError, OpenError};
use crate::frame::{self, FrameRef, HEADER_BYTES, Location, MAX_FRAME_BYTES};
use crate::reader::Reader;
use crate::recovery::{self, Recovery};
use crate::segment::Segment;

/// The encoding buffer is kept between appends up to this size (1 MiB), so one large frame does not pin 32 MiB.
const SCRATCH_BYTES: usize = 1024 * 1024;

/// Limits of a journal. They concern what is written; what is already on disk is read whatever they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A segment is closed before it would grow beyond this many bytes, header included. A frame that is longer gets a
    /// segment of its own.
    pub segment_bytes: u64,
    /// The longest payload accepted, in bytes; never more than [`MAX_FRAME_BYTES`].
    pub max_frame_bytes: u32,
}

impl Default for Options {
    /// 64 MiB a segment, which start-up reads and checks in well under a second, and the longest frame of the format.
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            max_frame_bytes: MAX_FRAME_BYTES,
        }
    }
}

/// An open journal; the only one on its directory.
#[derive(Debug)]
pub struct Journal {
    options: Options,
    directory: Directory,
    active: Segment,
    reader: Reader,
    next_sequence: u64,
    /// The last sequence known to be on the disk; every frame written says so, for recovery.
    synced: u64,
    poisoned: bool,
    scratch: Vec<u8>,
}

impl Journal {
    /// Opens the journal in `directory`, which is created if missing, and shows every frame to `visit` in order.
    ///
    /// A torn tail is cut at its first bad frame and reported; any other damage is an error and changes nothing. What
    /// `visit` was shown is durable only once this returns: it should keep nothing of a failed open.
    pub fn open<E>(
        directory: &Path,
        options: Options,
        visit: &mut dyn FnMut(FrameRef<'_>) -> Result<(), E>,
    ) -> Result<(Self, Recovery), OpenError<E>> {
        let directory = Directory::open(directory)?;
        let replayed = recovery::replay(&directory, visit)?;
        let active = match replayed.last {
            Some(last) => {
                let segment = Segment::reopen(&directory, last.first, last.length)?;
                directory.sync()?;
                segment
            }
            None => Segment::create(&directory, replayed.next_sequence)?,
        };
        let journal = Self {
            options,
            reader: Reader::new(directory.path().clone()),
            directory,
            active,
            next_sequence: replayed.next_sequence,
            // Reopening has synced whatever the replay showed.
            synced: replayed.next_sequence - 1,
            poisoned: false,
            scratch: Vec::new(),
        };
        Ok((journal, replayed.recovery))
    }

    /// Writes one frame behind the others. It is readable at once and durable after the next [`Journal::sync`].
    ///
    /// A full disk and a frame that is too large leave no trace and leave the journal usable.
    pub fn append(&mut self, payload: &[u8]) -> Result<Location, JournalError> {
        let length = self.check_length(payload)?;
        self.guarded(|journal| journal.write(length, payload))
    }

    /// Waits until every frame appended so far is on the disk; only then may anybody be told about it.
    ///
    /// A failure poisons the journal: what is on the disk is known only to a fresh start.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.guarded(Self::flush)
    }

    /// The payload at `location`, checked against its checksum.
    pub fn read(&self, location: Location) -> Result<Vec<u8>, JournalError> {
        self.reader.read(location)
    }

    /// A reading end for another thread. It outlives the journal.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The sequence the next appended frame will carry.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Runs one durable step; after a failure whose effect on the disk is unknown there is no other.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, JournalError>) -> Result<T, JournalError> {
        if self.poisoned {
            return Err(JournalError::Poisoned);
        }
        let result = step(self);
        self.poisoned = result.as_ref().is_err_and(|error| !error.leaves_usable());
        result
    }

    fn check_length(&self, payload: &[u8]) -> Result<u32, JournalError> {
        let limit = self.options.max_frame_bytes.min(MAX_FRAME_BYTES);
        match u32::try_from(payload.len()) {
            Ok(length) if length <= limit => Ok(length),
            _ => Err(JournalError::FrameTooLarge {
                length: payload.len(),
                limit,
            }),
        }
    }

    fn write(&mut self, length: u32, payload: &[u8]) -> Result<Location, JournalError> {
        let frame_bytes = HEADER_BYTES as u64 + u64::from(length);
        if self.active.is_full_for(frame_bytes, self.options.segment_bytes) {
            self.start_segment()?;
        }
        let sequence = self.next_sequence;
        self.scratch.clear();
        self.scratch.shrink_to(SCRATCH_BYTES);
        frame::encode(sequence, self.synced, length, payload, &mut self.scratch);
        let offset = self.active.append(&self.scratch)?;
        // Before: the journal ends with the frame before this one. After: the frame is whole in the page cache, and
        // its sequence is taken. A process crash here leaves a frame nobody was told about, which start-up replays; a
        // power cut leaves any part of any frame since the last sync, and start-up cuts from the first torn one on.
        fail::fail_point!("journal.append", |_| std::process::abort());
        self.next_sequence += 1;
        Ok(Location {
            sequence,
            segment: self.active.first(),
            offset,
            length,
        })
    }

    /// The old segment is synced first, so that a segment with a successor is always whole.
    fn start_segment(&mut self) -> Result<(), JournalError> {
        self.flush()?;
        self.active = Segment::create(&self.directory, self.next_sequence)?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        let last = self.next_sequence - 1;
        if self.synced < last {
            self.active.sync()?;
            self.synced = last;
        }
        Ok(())
    }
}
