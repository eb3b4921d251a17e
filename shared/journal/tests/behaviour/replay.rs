//! What is appended is what a later open shows, and what was lost in between is named instead of skipped.

use std::fs;
use std::path::Path;

use journal::{Damage, JournalError, Options};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{open, small_segments, write, write_groups};

/// Three frames of 34 bytes to a segment.
const SEGMENT_BYTES: u64 = 16 + 3 * 34;

fn twelve() -> Vec<Vec<u8>> {
    (0..12u8).map(|n| vec![n; 10]).collect()
}

/// Twelve frames, three to a segment: segments 1, 4, 7 and 10.
fn twelve_frames(directory: &Path) -> Vec<Vec<u8>> {
    write(directory, small_segments(SEGMENT_BYTES), &twelve());
    twelve()
}

fn segment(directory: &Path, first: u64) -> std::path::PathBuf {
    directory.join(format!("{first:020}.seg"))
}

/// Opens a journal that must not open, and says where it is damaged.
fn damage(directory: &Path) -> (String, u64, Damage) {
    match open(directory, Options::default()).map(|opened| opened.recovery) {
        Err(JournalError::Damaged { file, offset, reason }) => {
            (file.file_name().unwrap().to_str().unwrap().to_owned(), offset, reason)
        }
        other => panic!("opened as {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_appends_read_back_identical_after_any_reopens(
        runs in vec(vec(vec(any::<u8>(), 0..90), 0..12), 1..4),
        segment_bytes in 0u64..300,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut written = Vec::new();
        let mut given = Vec::new();
        for run in runs {
            let mut opened = open(directory.path(), small_segments(segment_bytes)).unwrap();
            prop_assert_eq!(&opened.payloads, &written);
            prop_assert_eq!(opened.journal.next_sequence(), written.len() as u64 + 1);
            for payload in run {
                given.push(opened.journal.append(&payload).unwrap());
                written.push(payload);
            }
            opened.journal.sync().unwrap();
        }
        let opened = open(directory.path(), small_segments(segment_bytes)).unwrap();
        prop_assert_eq!(&opened.payloads, &written);
        prop_assert_eq!(&opened.locations, &given);
        prop_assert!(opened.recovery.truncated.is_none());
        for (location, payload) in given.iter().zip(&written) {
            prop_assert_eq!(&opened.journal.read(*location).unwrap(), payload);
        }
    }
}

#[test]
fn segments_close_at_their_size_and_carry_their_first_sequence_as_name() {
    let directory = tempfile::tempdir().unwrap();
    twelve_frames(directory.path());
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert_eq!(names, [1, 4, 7, 10].map(|first| segment(directory.path(), first)));
    assert!(
        names
            .iter()
            .all(|name| fs::metadata(name).unwrap().len() == SEGMENT_BYTES)
    );
}

#[test]
fn other_options_open_the_same_journal() {
    let directory = tempfile::tempdir().unwrap();
    let payloads = twelve_frames(directory.path());
    let mut opened = open(
        directory.path(),
        Options {
            segment_bytes: 1,
            max_frame_bytes: 1,
        },
    )
    .unwrap();
    assert_eq!(opened.payloads, payloads);
    let refused = opened.journal.append(&[0; 2]).unwrap_err();
    assert_eq!(refused.code(), "FRAME_TOO_LARGE");
    assert_eq!(opened.journal.append(&[0; 1]).unwrap().sequence, 13);
}

#[test]
fn a_flipped_byte_before_the_end_names_file_and_offset() {
    for (first, frame, reason) in [
        (1, 0, Damage::Checksum),
        (4, 2, Damage::Checksum),
        (10, 1, Damage::Checksum),
    ] {
        let directory = tempfile::tempdir().unwrap();
        twelve_frames(directory.path());
        let path = segment(directory.path(), first);
        let mut bytes = fs::read(&path).unwrap();
        let offset = 16 + frame * 34;
        bytes[offset + 28] ^= 0x10;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(
            damage(directory.path()),
            (format!("{first:020}.seg"), offset as u64, reason)
        );
        assert_eq!(fs::read(&path).unwrap(), bytes, "damage is evidence and is not touched");
    }
}

#[test]
fn a_segment_cut_short_before_the_last_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    twelve_frames(directory.path());
    let path = segment(directory.path(), 4);
    fs::write(&path, &fs::read(&path).unwrap()[..16 + 2 * 34 + 5]).unwrap();
    assert_eq!(
        damage(directory.path()),
        (format!("{:020}.seg", 4), 16 + 2 * 34, Damage::Short)
    );
}

#[test]
fn a_missing_segment_is_damage() {
    for first in [1, 4, 7] {
        let directory = tempfile::tempdir().unwrap();
        twelve_frames(directory.path());
        fs::remove_file(segment(directory.path(), first)).unwrap();
        assert_eq!(
            damage(directory.path()),
            (format!("{first:020}.seg"), 0, Damage::Missing)
        );
    }
}

/// Also out of a group that nobody says was synced: a power cut tears frames, it does not move them.
#[test]
fn a_whole_frame_cut_out_of_the_middle_is_damage() {
    for group in [1, 12] {
        let directory = tempfile::tempdir().unwrap();
        write_groups(directory.path(), small_segments(SEGMENT_BYTES), twelve().chunks(group));
        let path = segment(directory.path(), 10);
        let mut bytes = fs::read(&path).unwrap();
        bytes.drain(16 + 34..16 + 2 * 34);
        fs::write(&path, &bytes).unwrap();
        let gap = Damage::Sequence {
            expected: 11,
            found: 12,
        };
        assert_eq!(damage(directory.path()), (format!("{:020}.seg", 10), 16 + 34, gap));
    }
}

#[test]
fn a_segment_that_repeats_sequences_or_has_a_foreign_header_or_name_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    twelve_frames(directory.path());
    fs::copy(segment(directory.path(), 4), segment(directory.path(), 5)).unwrap();
    assert_eq!(damage(directory.path()).2, Damage::Sequence { expected: 7, found: 5 });
    fs::rename(segment(directory.path(), 5), segment(directory.path(), 13)).unwrap();
    assert_eq!(damage(directory.path()), (format!("{:020}.seg", 13), 0, Damage::Header));
    fs::write(segment(directory.path(), 13), b"SVODKA").unwrap();
    assert_eq!(damage(directory.path()), (format!("{:020}.seg", 13), 0, Damage::Header));
    fs::rename(segment(directory.path(), 13), directory.path().join("13.seg")).unwrap();
    assert_eq!(damage(directory.path()), ("13.seg".to_owned(), 0, Damage::Name));
}

#[test]
fn a_journal_is_open_once() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path(), Options::default()).unwrap();
    let second = open(directory.path(), Options::default()).map(|opened| opened.recovery);
    assert!(matches!(second, Err(JournalError::InUse { .. })));
    drop(first);
    assert!(open(directory.path(), Options::default()).is_ok());
}

#[test]
fn a_segment_that_never_got_its_name_is_removed_and_foreign_files_stay() {
    let directory = tempfile::tempdir().unwrap();
    let payloads = twelve_frames(directory.path());
    let unnamed = directory.path().join(format!("{:020}.new", 13));
    let foreign = directory.path().join("README");
    fs::write(&unnamed, b"SVODKAJ1").unwrap();
    fs::write(&foreign, b"not ours").unwrap();
    assert_eq!(open(directory.path(), Options::default()).unwrap().payloads, payloads);
    assert!(!unnamed.exists() && foreign.exists());
}

#[test]
fn a_missing_directory_is_created_with_those_above_it() {
    let directory = tempfile::tempdir().unwrap();
    let nested = directory.path().join("node/intake");
    write(&nested, Options::default(), &[b"first".to_vec()]);
    assert_eq!(open(&nested, Options::default()).unwrap().payloads, [b"first".to_vec()]);
}
