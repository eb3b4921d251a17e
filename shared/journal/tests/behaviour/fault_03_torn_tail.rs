//! A spoiled end where each frame was synced before the next: an open gives the good prefix or names the damage, and
//! never anything else.

use std::fs;
use std::path::{Path, PathBuf};

use journal::{JournalError, Options};
use proptest::prelude::*;

use crate::{open, small_segments, write_groups};

/// Two segments; the last holds five frames of which one is empty and one looks like a header.
pub(crate) fn payloads() -> Vec<Vec<u8>> {
    let header_like = [3u64, 9, 8].map(u64::to_le_bytes).concat();
    let mut payloads: Vec<_> = (1..=5u8).map(|n| vec![n; 30]).collect();
    payloads.extend([
        b"six".to_vec(),
        b"seven".to_vec(),
        header_like,
        Vec::new(),
        b"ten".to_vec(),
    ]);
    payloads
}

/// The journal's last segment: its path, its bytes, and where its frames end.
pub(crate) struct LastSegment {
    directory: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
}

const SEGMENT_BYTES: u64 = 16 + 5 * 54;
pub(crate) const FRAMES_BEFORE: usize = 5;

fn last_segment() -> LastSegment {
    last_segment_of(payloads().chunks(1))
}

/// The same when these groups were synced, each before the next was written.
pub(crate) fn last_segment_of<'a>(groups: impl IntoIterator<Item = &'a [Vec<u8>]>) -> LastSegment {
    let directory = tempfile::tempdir().unwrap();
    write_groups(directory.path(), small_segments(SEGMENT_BYTES), groups);
    let path = directory.path().join(format!("{:020}.seg", FRAMES_BEFORE + 1));
    let bytes = fs::read(&path).unwrap();
    let ends = payloads().into_iter().skip(FRAMES_BEFORE).scan(16, |end, payload| {
        *end += 24 + payload.len();
        Some(*end)
    });
    LastSegment {
        ends: ends.collect(),
        directory,
        path,
        bytes,
    }
}

/// What an open of a spoiled journal gave: the number of frames, or damage at this offset of this file.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Prefix(usize),
    Damaged(PathBuf, u64),
}

/// Opens, and checks all that must hold whatever was spoiled.
fn outcome(directory: &Path) -> Outcome {
    match open(directory, small_segments(SEGMENT_BYTES)) {
        Ok(mut opened) => {
            let kept = opened.payloads.len();
            assert_eq!(opened.payloads, payloads()[..kept]);
            if let Some(cut) = &opened.recovery.truncated {
                assert!(cut.bytes > 0);
                assert_eq!(fs::metadata(&cut.file).unwrap().len(), cut.offset);
            }
            assert_eq!(opened.journal.append(b"next").unwrap().sequence, kept as u64 + 1);
            drop(opened);
            let again = open(directory, Options::default()).unwrap();
            assert_eq!((again.payloads.len(), again.recovery.truncated), (kept + 1, None));
            assert_eq!(again.payloads[kept], b"next");
            Outcome::Prefix(kept)
        }
        Err(JournalError::Damaged { file, offset, .. }) => Outcome::Damaged(file, offset),
        Err(other) => panic!("neither a prefix nor damage: {other}"),
    }
}

impl LastSegment {
    pub(crate) fn outcome_of(&self, bytes: &[u8]) -> Outcome {
        fs::write(&self.path, bytes).unwrap();
        outcome(self.directory.path())
    }

    /// Frames of the whole journal that end at or before `position`.
    fn whole_before(&self, position: usize) -> usize {
        FRAMES_BEFORE + self.ends.iter().filter(|end| **end <= position).count()
    }

    /// Every byte of the last three frames.
    fn last_three(&self) -> std::ops::Range<usize> {
        self.ends[self.ends.len() - 4]..self.bytes.len()
    }

    /// What a spoiled byte at `position` must lead to: the last frame may be a torn tail, an earlier one may not.
    fn expected(&self, position: usize) -> Outcome {
        let whole = self.whole_before(position);
        if whole + 1 == payloads().len() {
            return Outcome::Prefix(whole);
        }
        let offset = self.ends[whole - FRAMES_BEFORE - 1];
        Outcome::Damaged(self.path.clone(), offset as u64)
    }
}

#[test]
fn fault_03_torn_tail_truncated_anywhere_leaves_the_whole_frames() {
    let last = last_segment();
    for position in last.last_three() {
        assert_eq!(
            last.outcome_of(&last.bytes[..position]),
            Outcome::Prefix(last.whole_before(position)),
            "{position}"
        );
    }
}

#[test]
fn fault_03_torn_tail_zeroed_from_anywhere_leaves_the_whole_frames() {
    let last = last_segment();
    for position in last.last_three() {
        let mut bytes = last.bytes.clone();
        bytes[position..].fill(0);
        // Zeros where zeros stood change nothing, so a frame may be whole beyond the position.
        let kept = last.bytes.iter().rposition(|byte| *byte != 0).unwrap().min(position);
        let Outcome::Prefix(whole) = last.outcome_of(&bytes) else {
            panic!("zeros taken for a frame at {position}")
        };
        assert!(
            whole >= last.whole_before(kept) && whole < payloads().len(),
            "{position}"
        );
    }
}

#[test]
fn fault_03_torn_tail_one_byte_zeroed_is_a_prefix_or_damage() {
    let last = last_segment();
    for position in last.last_three().filter(|position| last.bytes[*position] != 0) {
        let mut bytes = last.bytes.clone();
        bytes[position] = 0;
        assert_eq!(last.outcome_of(&bytes), last.expected(position), "{position}");
    }
}

#[test]
fn fault_03_torn_tail_one_flip_is_a_prefix_or_damage() {
    let last = last_segment();
    for position in last.last_three() {
        for bit in [0x01, 0x80] {
            let mut bytes = last.bytes.clone();
            bytes[position] ^= bit;
            assert_eq!(last.outcome_of(&bytes), last.expected(position), "{position} {bit}");
        }
    }
}

#[test]
fn fault_03_torn_tail_of_noise_is_cut_across_search_windows() {
    let last = last_segment();
    let mut bytes = last.bytes.clone();
    let noise = (0..2_500_000u32).flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_le_bytes()[3..].to_vec());
    bytes.extend(noise);
    assert_eq!(last.outcome_of(&bytes), Outcome::Prefix(payloads().len()));
    // The same noise with one whole later frame far behind it is damage.
    let mut bytes = last.bytes.clone();
    let tenth = bytes.split_off(last.ends[3]);
    bytes.resize(bytes.len() + (1 << 20) - 7, 0xA5);
    bytes[last.ends[2]] ^= 1;
    bytes.extend(tenth);
    assert_eq!(
        last.outcome_of(&bytes),
        Outcome::Damaged(last.path.clone(), last.ends[2] as u64)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fault_03_torn_tail_sectors_of_any_noise_never_show_other_content(
        start in 16usize..250,
        noise in proptest::collection::vec(any::<u8>(), 1..80),
        cut in proptest::option::of(0usize..200),
    ) {
        let last = last_segment();
        let mut bytes = last.bytes.clone();
        let start = start.min(bytes.len());
        bytes.splice(start..(start + noise.len()).min(last.bytes.len()), noise);
        bytes.truncate(cut.map_or(bytes.len(), |cut| bytes.len().saturating_sub(cut).max(16)));
        last.outcome_of(&bytes);
    }
}
