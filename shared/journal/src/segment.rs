//! One segment file: a sixteen-byte header (magic, first sequence as u64 LE), then frames without gaps.
//!
//! It owns the end of the file it writes to. It promises that a write that failed leaves no part of a frame, that a
//! segment has its name only once its header is on the disk, and that `sync` reports the disk's own answer. Space is
//! not allocated ahead: a file ends where its last frame ends. It does not number frames and never reads them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::directory::{Directory, segment_path, unnamed_path};
use crate::error::{Damage, JournalError};
use crate::timing::timed;

const MAGIC: [u8; 8] = *b"SVODKAJ1";

/// Bytes in front of the first frame.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 16;

/// The segment that is being written: always the last one.
#[derive(Debug)]
pub(crate) struct Segment {
    file: File,
    path: PathBuf,
    first: u64,
    /// Bytes of the header and of whole frames; the file never ends anywhere else after a call returns.
    length: u64,
}

impl Segment {
    /// Makes the segment that starts with the frame `first`, durable with its name.
    ///
    /// Every earlier segment has been synced by then, which is why a torn tail can only be in the last one.
    pub(crate) fn create(directory: &Directory, first: u64) -> Result<Self, JournalError> {
        let unnamed = unnamed_path(directory.path(), first);
        let file = File::create(&unnamed).map_err(|source| JournalError::write(&unnamed, source))?;
        if let Err(source) = file.write_all_at(&header(first), 0) {
            // A leftover is harmless (the next open removes it), so the write's own failure is the one to report.
            let _ = fs::remove_file(&unnamed);
            return Err(JournalError::write(&unnamed, source));
        }
        file.sync_all().map_err(|source| JournalError::sync(&unnamed, source))?;
        let path = segment_path(directory.path(), first);
        fs::rename(&unnamed, &path).map_err(|source| JournalError::io(&path, source))?;
        // Before: every frame of the earlier segments is synced, and the new segment's header is. After: the new name
        // is synced too, and frames may follow. A crash in between leaves the earlier segments whole and, for the new
        // one, either an empty segment, which start-up goes on writing, or an unnamed file, which it removes.
        fail::fail_point!("journal.new_segment", |_| std::process::abort());
        directory.sync()?;
        Ok(Self {
            file,
            path,
            first,
            length: SEGMENT_HEADER_BYTES as u64,
        })
    }

    /// Opens the last segment for more frames after `length`, cutting what stands behind it.
    ///
    /// It is synced even if nothing was cut: after a mere process crash the replay has shown frames that so far only
    /// the page cache held, and their reader may act on them.
    pub(crate) fn reopen(directory: &Directory, first: u64, length: u64) -> Result<Self, JournalError> {
        let path = segment_path(directory.path(), first);
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|source| JournalError::io(&path, source))?;
        let segment = Self {
            file,
            path,
            first,
            length,
        };
        segment.cut()?;
        segment
            .file
            .sync_data()
            .map_err(|source| JournalError::sync(&segment.path, source))?;
        Ok(segment)
    }

    /// Writes one encoded frame behind the others and returns its offset. Not durable before [`Segment::sync`].
    pub(crate) fn append(&mut self, frame: &[u8]) -> Result<u64, JournalError> {
        let offset = self.length;
        if let Err(source) = write_frame(&self.file, frame, offset) {
            self.cut()?;
            return Err(JournalError::write(&self.path, source));
        }
        self.length += frame.len() as u64;
        Ok(offset)
    }

    /// Waits until every frame written is on the disk.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        // Before: the frames since the last sync are in the page cache, and nobody has been told about them. After:
        // they are on the disk. A process crash here leaves them all; a power cut leaves any part, of which start-up
        // keeps the whole frames up to the first torn one.
        fail::fail_point!("journal.before_sync", |_| std::process::abort());
        timed(|| sync_data(&self.file)).map_err(|source| JournalError::sync(&self.path, source))?;
        // Before: the frames are on the disk and nobody knows. After: their authors are told. A crash here leaves
        // frames that were never acknowledged: start-up replays them, and an author who asks again must be recognised.
        fail::fail_point!("journal.after_sync", |_| std::process::abort());
        Ok(())
    }

    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Whether a frame of `frame_bytes` belongs into the next segment. A lone frame may be longer than a segment.
    pub(crate) fn is_full_for(&self, frame_bytes: u64, segment_bytes: u64) -> bool {
        self.length > SEGMENT_HEADER_BYTES as u64 && self.length.saturating_add(frame_bytes) > segment_bytes
    }

    fn cut(&self) -> Result<(), JournalError> {
        self.file
            .set_len(self.length)
            .map_err(|source| JournalError::io(&self.path, source))
    }
}

/// Whether `found`, the first bytes of a file, are the header of the segment that starts with `first`.
pub(crate) fn check_header(found: &[u8], first: u64) -> Result<(), Damage> {
    if found == header(first) {
        Ok(())
    } else {
        Err(Damage::Header)
    }
}

fn header(first: u64) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..].copy_from_slice(&first.to_le_bytes());
    bytes
}

fn write_frame(file: &File, frame: &[u8], offset: u64) -> io::Result<()> {
    fail::fail_point!("journal.fault.write", |_| Err(io::ErrorKind::StorageFull.into()));
    file.write_all_at(frame, offset)
}

fn sync_data(file: &File) -> io::Result<()> {
    fail::fail_point!("journal.fault.sync", |_| Err(io::Error::other("injected")));
    file.sync_data()
}
