//! Reading a stretch of the journal again, in order, while it is being written or opened.
//!
//! It owns nothing and takes no lock: it is for whoever knows that the frames it asks for are there. What it shows has
//! passed its checksum under its sequence; anything else up to the end of the stretch is damage with file and offset.

use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::directory::{SEGMENT, parse_name, segment_path};
use crate::error::{Damage, JournalError, OpenError};
use crate::frame::FrameRef;
use crate::recovery::OpenSegment;

/// Shows the frames of `sequences` in the journal of `directory` to `visit`, in order. Whole segments in front of them
/// are not opened.
pub fn scan<E>(
    directory: &Path,
    sequences: Range<u64>,
    visit: &mut dyn FnMut(FrameRef<'_>) -> Result<(), E>,
) -> Result<(), OpenError<E>> {
    let segments = segments(directory)?;
    let before = segments
        .partition_point(|&first| first <= sequences.start)
        .saturating_sub(1);
    let mut due = sequences.start;
    for &first in segments[before..].iter().take_while(|&&first| first < sequences.end) {
        let mut segment = OpenSegment::open(directory, first)?;
        let fault = segment.show_frames(sequences.end, &mut |frame| {
            if sequences.contains(&frame.sequence) {
                visit(frame)
            } else {
                Ok(())
            }
        })?;
        if let Some(reason) = fault {
            return Err(segment.damaged(reason).into());
        }
        due = due.max(segment.next_sequence);
    }
    if due < sequences.end {
        // They were there once: a file is gone or ends too early.
        return Err(JournalError::damaged(&segment_path(directory, due), 0, Damage::Missing).into());
    }
    Ok(())
}

/// First sequences of the segments, ascending. Other files are not looked at and nothing is removed.
fn segments(directory: &Path) -> Result<Vec<u64>, JournalError> {
    let entries = fs::read_dir(directory).map_err(|source| JournalError::io(directory, source))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| JournalError::io(directory, source))?.path();
        if path.extension().and_then(OsStr::to_str) == Some(SEGMENT) {
            found.extend(parse_name(&path));
        }
    }
    found.sort_unstable();
    Ok(found)
}
