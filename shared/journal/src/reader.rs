//! The reading end: one frame by its location, on any thread, while the writer goes on.
//!
//! It owns one open file at a time. It promises that what it returns passed its checksum under the sequence asked for;
//! anything else is damage with the file and the offset. It does not know which frames are synced: a location comes
//! from whoever does.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::directory::segment_path;
use crate::error::{Damage, JournalError};
use crate::frame::{HEADER_BYTES, Header, Location, MAX_FRAME_BYTES};

/// Reads frames of one journal. A clone costs one file descriptor at most, which it keeps for itself, so threads with
/// a clone each do not wait for one another.
#[derive(Debug)]
pub struct Reader {
    directory: Arc<Path>,
    /// The segment read last: a run of frames opens its file once.
    last: Mutex<Option<(u64, Arc<File>)>>,
}

impl Clone for Reader {
    fn clone(&self) -> Self {
        Self::new(self.directory.clone())
    }
}

impl Reader {
    pub(crate) fn new(directory: Arc<Path>) -> Self {
        Self {
            directory,
            last: Mutex::new(None),
        }
    }

    /// The payload at `location`, checked against its checksum and sequence.
    pub fn read(&self, location: Location) -> Result<Vec<u8>, JournalError> {
        let path = segment_path(&self.directory, location.segment);
        let damaged = |reason| JournalError::damaged(&path, location.offset, reason);
        if location.length > MAX_FRAME_BYTES {
            return Err(damaged(Damage::Length {
                length: location.length,
            }));
        }
        match self.frame(&path, location) {
            Ok(frame) => payload(frame, location).map_err(damaged),
            Err(source) => Err(match source.kind() {
                ErrorKind::NotFound => damaged(Damage::Missing),
                ErrorKind::UnexpectedEof => damaged(Damage::Short),
                _ => JournalError::io(&path, source),
            }),
        }
    }

    fn frame(&self, path: &Path, location: Location) -> io::Result<Vec<u8>> {
        let file = self.file(path, location.segment)?;
        let mut frame = vec![0; HEADER_BYTES + location.length as usize];
        file.read_exact_at(&mut frame, location.offset)?;
        Ok(frame)
    }

    fn file(&self, path: &Path, segment: u64) -> io::Result<Arc<File>> {
        // The slot holds a whole value or none at every moment, so a panic elsewhere leaves nothing half changed.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((first, file)) if *first == segment => Ok(file.clone()),
            _ => {
                let file = Arc::new(File::open(path)?);
                *last = Some((segment, file.clone()));
                Ok(file)
            }
        }
    }
}

fn payload(mut frame: Vec<u8>, location: Location) -> Result<Vec<u8>, Damage> {
    let header = Header::decode(*frame.first_chunk().ok_or(Damage::Short)?);
    header.check(location.sequence)?;
    if header.length != location.length {
        return Err(Damage::Length { length: header.length });
    }
    frame.drain(..HEADER_BYTES);
    header.check_payload(&frame)?;
    Ok(frame)
}
