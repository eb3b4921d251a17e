//! Readers on other threads see what was appended, whole, and never another frame in its place.

use std::sync::mpsc::channel;
use std::thread;

use journal::{Damage, JournalError, Location, MAX_FRAME_BYTES, Options};

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
