//! Start-up: every frame read again, and the one question a bad one raises: torn tail, or damage?
//!
//! A crash can only tear what was not yet synced, but there it tears anything: pages reach the disk in any order, so a
//! later frame may be whole and an earlier one torn. Each frame therefore says up to which sequence the journal was
//! synced when it was written, and the next segment is made only after the one before it was synced whole. A bad frame
//! is *damage* if a segment follows, or if a whole frame behind it says that it had been synced. So are a whole frame
//! with the wrong sequence, which no power cut makes, and a missing or misnamed file. Damage stops the start with the
//! file and the offset, and nothing is changed. Any other bad frame starts a *torn tail*: nobody was told about it nor
//! about anything behind it, and all of that is cut.
//!
//! The files cannot tell everything. Of the last synced group nobody speaks until the next frame is written: if it rots
//! meanwhile it looks torn and is cut, and a file that ends between two frames or a lost last segment is not even
//! noticed. Only somebody who remembers the journal's length can tell, which is why every cut is reported.
//!
//! This room decides; [`crate::tail`] looks behind a bad frame, and [`crate::segment`] does the cutting.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::directory::{Directory, segment_path};
use crate::error::{Damage, JournalError, OpenError};
use crate::frame::{FrameRef, HEADER_BYTES, Header, Location};
use crate::segment::{SEGMENT_HEADER_BYTES, check_header};
use crate::tail::Tail;

/// Read-ahead of the replay: large enough that small frames cost no system call each.
const READ_BYTES: usize = 256 * 1024;

/// What an open found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Good frames in the journal, all of them shown to the visitor.
    pub frames: u64,
    /// The torn tail that was cut, if there was one.
    pub truncated: Option<Truncation>,
}

/// A torn tail that was cut. After a power cut it held frames that no sync had covered; without one, ask why it is
/// there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// The segment file.
    pub file: PathBuf,
    /// Its length after the cut, in bytes: the end of the last good frame.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
    /// What was wrong with the first frame cut.
    pub reason: Damage,
}

/// What the writing end needs to go on.
pub(crate) struct Replayed {
    /// The segment to go on with; none in a new journal.
    pub(crate) last: Option<LastSegment>,
    pub(crate) next_sequence: u64,
    pub(crate) recovery: Recovery,
}

pub(crate) struct LastSegment {
    pub(crate) first: u64,
    /// End of its last good frame.
    pub(crate) length: u64,
}

/// Reads every segment, shows every good frame, and names a torn tail. Changes no segment.
pub(crate) fn replay<E>(
    directory: &Directory,
    visit: &mut dyn FnMut(FrameRef<'_>) -> Result<(), E>,
) -> Result<Replayed, OpenError<E>> {
    let segments = directory.segments()?;
    let mut replayed = Replayed {
        last: None,
        next_sequence: 1,
        recovery: Recovery {
            frames: 0,
            truncated: None,
        },
    };
    for (index, &first) in segments.iter().enumerate() {
        check_name(directory, first, replayed.next_sequence)?;
        let mut segment = OpenSegment::open(directory.path(), first)?;
        let fault = segment.show_frames(u64::MAX, visit)?;
        replayed.next_sequence = segment.next_sequence;
        replayed.last = Some(LastSegment {
            first,
            length: segment.offset,
        });
        if let Some(reason) = fault {
            let is_last = index + 1 == segments.len();
            replayed.recovery.truncated = Some(segment.judge(reason, is_last)?);
        }
    }
    replayed.recovery.frames = replayed.next_sequence - 1;
    Ok(replayed)
}

/// A name above the sequence due means that the segment due is missing; a name below it repeats sequences.
fn check_name(directory: &Directory, first: u64, expected: u64) -> Result<(), JournalError> {
    if first > expected {
        return Err(JournalError::damaged(
            &segment_path(directory.path(), expected),
            0,
            Damage::Missing,
        ));
    }
    if first < expected {
        let reason = Damage::Sequence { expected, found: first };
        return Err(JournalError::damaged(&segment_path(directory.path(), first), 0, reason));
    }
    Ok(())
}

/// One segment during the replay.
pub(crate) struct OpenSegment {
    path: PathBuf,
    first: u64,
    input: BufReader<File>,
    /// End of the last good frame.
    offset: u64,
    pub(crate) next_sequence: u64,
}

impl OpenSegment {
    pub(crate) fn open(directory: &Path, first: u64) -> Result<Self, JournalError> {
        let path = segment_path(directory, first);
        let file = File::open(&path).map_err(|source| JournalError::io(&path, source))?;
        let mut input = BufReader::with_capacity(READ_BYTES, file);
        let mut header = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        read_up_to(&mut input, SEGMENT_HEADER_BYTES as u64, &mut header)
            .map_err(|source| JournalError::io(&path, source))?;
        check_header(&header, first).map_err(|reason| JournalError::damaged(&path, 0, reason))?;
        Ok(Self {
            path,
            first,
            input,
            offset: SEGMENT_HEADER_BYTES as u64,
            next_sequence: first,
        })
    }

    /// Shows the good frames up to the end of the file, up to the sequence `end`, or up to the first bad one, whose fault
    /// it returns.
    pub(crate) fn show_frames<E>(
        &mut self,
        end: u64,
        visit: &mut dyn FnMut(FrameRef<'_>) -> Result<(), E>,
    ) -> Result<Option<Damage>, OpenError<E>> {
        let mut payload = Vec::new();
        while self.next_sequence < end {
            let header = match self.next_frame(&mut payload) {
                Ok(Ok(Some(header))) => header,
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(reason)) => return Ok(Some(reason)),
                Err(source) => return Err(JournalError::io(&self.path, source).into()),
            };
            let sequence = header.sequence;
            let location = Location {
                sequence,
                segment: self.first,
                offset: self.offset,
                length: header.length,
            };
            visit(FrameRef {
                sequence,
                location,
                payload: &payload,
            })
            .map_err(OpenError::Visit)?;
            self.offset += header.frame_bytes();
            self.next_sequence += 1;
        }
        Ok(None)
    }

    /// The error of a bad frame behind the last good one.
    pub(crate) fn damaged(&self, reason: Damage) -> JournalError {
        JournalError::damaged(&self.path, self.offset, reason)
    }

    /// The next frame into `payload`; none at the end of the file. Memory grows with the bytes that are really there.
    fn next_frame(&mut self, payload: &mut Vec<u8>) -> io::Result<Result<Option<Header>, Damage>> {
        payload.clear();
        read_up_to(&mut self.input, HEADER_BYTES as u64, payload)?;
        let header = match payload.first_chunk() {
            Some(bytes) => Header::decode(*bytes),
            None if payload.is_empty() => return Ok(Ok(None)),
            None => return Ok(Err(Damage::Short)),
        };
        if let Err(reason) = header.check(self.next_sequence) {
            return Ok(Err(reason));
        }
        payload.clear();
        read_up_to(&mut self.input, u64::from(header.length), payload)?;
        Ok(header.check_payload(payload).map(|()| Some(header)))
    }

    /// Torn tail or damage, for the bad frame at `offset`.
    fn judge(&self, reason: Damage, is_last: bool) -> Result<Truncation, JournalError> {
        let file = self.input.get_ref();
        let length = file
            .metadata()
            .map_err(|source| JournalError::io(&self.path, source))?
            .len();
        let tail = Tail {
            file,
            start: self.offset,
            end: length,
            expected: self.next_sequence,
        };
        if !is_last
            || tail
                .was_synced()
                .map_err(|source| JournalError::io(&self.path, source))?
        {
            return Err(JournalError::damaged(&self.path, self.offset, reason));
        }
        Ok(Truncation {
            file: self.path.clone(),
            offset: self.offset,
            bytes: length - self.offset,
            reason,
        })
    }
}

fn read_up_to(input: &mut impl Read, length: u64, into: &mut Vec<u8>) -> io::Result<usize> {
    input.take(length).read_to_end(into)
}
