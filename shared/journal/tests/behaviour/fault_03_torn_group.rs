//! A power cut among frames of one group: the disk takes their pages in any order, so any of them may be torn and any
//! later one whole. Nobody was told about them, so the node goes on without a person; about synced ones it does not.

use std::fs;

use journal::{JournalError, Options};

use crate::fault_03_torn_tail::{FRAMES_BEFORE, LastSegment, Outcome, last_segment_of, payloads};
use crate::open;

/// Frames of the last segment.
const FRAMES: usize = 5;

impl LastSegment {
    /// Where the frame starts, counted from 0 in this segment.
    fn start(&self, frame: usize) -> usize {
        if frame == 0 { 16 } else { self.ends[frame - 1] }
    }

    /// The segment with a flipped bit in each of these frames: in the length, the checksum, a number or the payload.
    fn torn(&self, frames: &[usize], byte: usize) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for frame in frames {
            let at = (self.start(*frame) + byte).min(self.ends[*frame] - 1);
            bytes[at] ^= 0x10;
        }
        bytes
    }
}

/// Every choice of at least one frame, ascending.
fn choices() -> impl Iterator<Item = Vec<usize>> {
    (1..1u32 << FRAMES).map(|mask| (0..FRAMES).filter(|frame| mask & 1 << frame != 0).collect())
}

#[test]
fn fault_03_torn_group_is_cut_before_its_first_torn_frame() {
    let payloads = payloads();
    let (before, group) = payloads.split_at(FRAMES_BEFORE);
    let last = last_segment_of([before, group]);
    for (frames, byte) in choices().flat_map(|frames| [0, 4, 8, 16, 24].map(|byte| (frames.clone(), byte))) {
        assert_eq!(
            last.outcome_of(&last.torn(&frames, byte)),
            Outcome::Prefix(FRAMES_BEFORE + frames[0]),
            "{frames:?} {byte}"
        );
    }
}

#[test]
fn fault_03_torn_group_with_a_hole_of_zeros_is_cut_before_the_hole() {
    let payloads = payloads();
    let (before, group) = payloads.split_at(FRAMES_BEFORE);
    let last = last_segment_of([before, group]);
    for frame in 0..FRAMES {
        let mut bytes = last.bytes.clone();
        bytes[last.start(frame)..last.ends[frame]].fill(0);
        assert_eq!(
            last.outcome_of(&bytes),
            Outcome::Prefix(FRAMES_BEFORE + frame),
            "{frame}"
        );
    }
}

/// The first two frames of the segment were synced before the other three were written.
#[test]
fn fault_03_torn_group_behind_a_sync_never_hides_damage_before_it() {
    let payloads = payloads();
    let (before, group) = payloads.split_at(FRAMES_BEFORE);
    let (synced, torn) = group.split_at(2);
    let last = last_segment_of([before, synced, torn]);
    for frames in choices() {
        let first = frames[0];
        let a_witness_is_whole = (2..FRAMES).any(|frame| !frames.contains(&frame));
        let expected = if first < 2 && a_witness_is_whole {
            Outcome::Damaged(last.path.clone(), last.start(first) as u64)
        } else {
            Outcome::Prefix(FRAMES_BEFORE + first)
        };
        let bytes = last.torn(&frames, 8);
        assert_eq!(last.outcome_of(&bytes), expected, "{frames:?}");
        if first < 2 && a_witness_is_whole {
            assert_eq!(
                fs::read(&last.path).unwrap(),
                bytes,
                "damage is evidence and is not touched"
            );
        }
    }
}

/// What the replay showed is synced by the open, so a frame of a later run vouches for it.
#[test]
fn fault_03_torn_group_of_an_earlier_run_is_synced_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = open(directory.path(), Options::default()).unwrap().journal;
    journal.append(b"first").unwrap();
    let second = journal.append(b"second").unwrap();
    drop(journal);
    let mut journal = open(directory.path(), Options::default()).unwrap().journal;
    journal.append(b"third").unwrap();
    drop(journal);
    let path = directory.path().join("00000000000000000001.seg");
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(second.offset).unwrap() + 24] ^= 1;
    fs::write(&path, bytes).unwrap();
    match open(directory.path(), Options::default()).map(|opened| opened.recovery) {
        Err(JournalError::Damaged { file, offset, .. }) => assert_eq!((file, offset), (path, second.offset)),
        other => panic!("opened as {other:?}"),
    }
}

/// A tail of `count` headers that each claim all bytes up to the end and say that frame 6 had been synced.
fn imitations(count: usize) -> Vec<u8> {
    let mut tail = vec![0xA5; 40];
    for n in (0..count).rev() {
        let length = u32::try_from(n * 24).unwrap();
        tail.extend(length.to_le_bytes());
        tail.extend([0; 4]);
        tail.extend(7u64.to_le_bytes());
        tail.extend(6u64.to_le_bytes());
    }
    tail
}

#[test]
fn fault_03_torn_group_that_imitates_headers_costs_linear_time() {
    let last = last_segment_of(payloads().chunks(1));
    let outcome = |count| last.outcome_of(&[&last.bytes[..16], &imitations(count)].concat());
    assert_eq!(outcome(8), Outcome::Prefix(FRAMES_BEFORE));
    assert_eq!(outcome(40_000), Outcome::Damaged(last.path.clone(), 16));
}
