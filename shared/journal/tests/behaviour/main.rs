//! What a journal promises, proved on real files: the format, the replay, each fault, readers and group commit.

#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test, in its builders too"
)]

mod crash;
mod fault_03_torn_group;
mod fault_03_torn_tail;
mod format;
mod group;
mod reader;
mod replay;

use std::convert::Infallible;
use std::path::Path;

use journal::{FrameRef, Journal, JournalError, Location, OpenError, Options, Recovery};

/// An opened journal with what its replay showed.
struct Opened {
    journal: Journal,
    recovery: Recovery,
    payloads: Vec<Vec<u8>>,
    locations: Vec<Location>,
}

fn open(directory: &Path, options: Options) -> Result<Opened, JournalError> {
    let (mut payloads, mut locations) = (Vec::new(), Vec::new());
    let opened = Journal::open(directory, options, &mut |frame: FrameRef<'_>| {
        assert_eq!(
            (frame.sequence, frame.location.sequence),
            (payloads.len() as u64 + 1, frame.sequence)
        );
        payloads.push(frame.payload.to_vec());
        locations.push(frame.location);
        Ok::<(), Infallible>(())
    });
    match opened {
        Ok((journal, recovery)) => Ok(Opened {
            journal,
            recovery,
            payloads,
            locations,
        }),
        Err(OpenError::Journal(error)) => Err(error),
        Err(OpenError::Visit(never)) => match never {},
    }
}

/// Segments small enough that a handful of frames fills several.
fn small_segments(segment_bytes: u64) -> Options {
    Options {
        segment_bytes,
        ..Options::default()
    }
}

/// A closed journal with these payloads, each synced before the next.
fn write(directory: &Path, options: Options, payloads: &[Vec<u8>]) {
    write_groups(directory, options, payloads.chunks(1));
}

/// A closed journal with these groups of payloads, synced after each group.
fn write_groups<'a>(directory: &Path, options: Options, groups: impl IntoIterator<Item = &'a [Vec<u8>]>) {
    let mut journal = open(directory, options).unwrap().journal;
    for group in groups {
        for payload in group {
            journal.append(payload).unwrap();
        }
        journal.sync().unwrap();
    }
}
