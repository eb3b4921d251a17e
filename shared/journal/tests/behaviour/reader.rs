//! Readers on other threads see what was appended, whole, and never another frame in its place.

use std::sync::mpsc::channel;
use std::thread;

use journal::{Damage, FrameRef, JournalError, Location, MAX_FRAME_BYTES, OpenError, Options, scan};

use crate::{open, small_segments};

#[test]
fn readers_read_while_the_writer_appends() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = open(directory.path(), small_segments(500)).unwrap().journal;
    let payload = |n: u32| n.to_le_bytes().repeat(n as usize % 30);
    let (senders, threads): (Vec<_>, Vec<_>) = (0..2)
        .map(|_| {
            let (sender, locations) = channel::<(u32, Location)>();
            let reader = journal.reader();
            let read = move || {
                for (n, location) in &locations {
                    assert_eq!(reader.read(location).unwrap(), payload(n));
                }
            };
            (sender, thread::spawn(read))
        })
        .unzip();
    for n in 0..400 {
        let location = journal.append(&payload(n)).unwrap();
        for sender in &senders {
            sender.send((n, location)).unwrap();
        }
    }
    drop((senders, journal));
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_location_of_another_journal_is_damage_and_never_another_payload() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = open(directory.path(), Options::default()).unwrap().journal;
    let good = journal.append(b"first").unwrap();
    journal.append(b"second").unwrap();
    let cases = [
        (
            Location { sequence: 2, ..good },
            Damage::Sequence { expected: 2, found: 1 },
        ),
        (Location { segment: 9, ..good }, Damage::Missing),
        (Location { length: 4, ..good }, Damage::Length { length: 5 }),
        (Location { length: 4_000, ..good }, Damage::Short),
        (Location { offset: 9_000, ..good }, Damage::Short),
        (
            Location {
                length: u32::MAX,
                ..good
            },
            Damage::Length { length: u32::MAX },
        ),
        (
            Location {
                length: MAX_FRAME_BYTES,
                ..good
            },
            Damage::Short,
        ),
    ];
    for (location, expected) in cases {
        match journal.read(location) {
            Err(JournalError::Damaged { reason, .. }) => assert_eq!(reason, expected),
            other => panic!("{location:?} gave {other:?}"),
        }
    }
    assert_eq!(journal.read(good).unwrap(), b"first");
}

#[test]
fn a_stretch_is_read_again_while_the_journal_is_open_and_a_bad_frame_in_it_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = open(directory.path(), small_segments(200)).unwrap().journal;
    let payload = |n: u64| n.to_le_bytes().repeat(4);
    for n in 1..=40 {
        journal.append(&payload(n)).unwrap();
    }
    let shown = |from: u64, until: u64| {
        let mut found = Vec::new();
        let read = scan(directory.path(), from..until, &mut |frame: FrameRef<'_>| {
            assert_eq!(frame.payload, payload(frame.sequence));
            found.push(frame.sequence);
            Ok::<(), std::convert::Infallible>(())
        });
        read.map(|()| found)
    };
    for (from, until) in [(1, 41), (1, 1), (7, 8), (13, 30), (40, 41)] {
        assert_eq!(shown(from, until).unwrap(), (from..until).collect::<Vec<_>>());
    }
    assert!(matches!(
        shown(1, 42),
        Err(OpenError::Journal(JournalError::Damaged { .. }))
    ));
    let second = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    let mut bytes = std::fs::read(&second).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&second, bytes).unwrap();
    assert!(matches!(
        shown(1, 41),
        Err(OpenError::Journal(JournalError::Damaged { .. }))
    ));
    assert_eq!(shown(1, 3).unwrap(), [1, 2]);
}
