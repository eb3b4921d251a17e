//! Bytes that are almost right: golden ones, changed the way that finds faults in decoders of tagged, packed formats.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

/// One change.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Put(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, u8),
    Repeat(Index, u8),
    /// The same number in one byte more: no canonical varint.
    Stretch(Index),
    /// A number as large as a varint can be.
    Largest(Index),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (at(), proptest::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at(), 1_u8..40).prop_map(|(at, length)| Change::Remove(at, length)),
        (at(), 1_u8..80).prop_map(|(at, length)| Change::Repeat(at, length)),
        at().prop_map(Change::Stretch),
        at().prop_map(Change::Largest),
        at().prop_map(Change::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let until = |at: usize, more: u8| (at + usize::from(more)).min(length);
    match change {
        Change::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Change::Put(at, byte) => bytes[at.index(length)] = *byte,
        Change::Insert(at, more) => {
            let at = at.index(length);
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Remove(at, more) => {
            let at = at.index(length);
            bytes.drain(at..until(at, *more));
        }
        Change::Repeat(at, more) => {
            let at = at.index(length);
            let piece = bytes[at..until(at, *more)].to_vec();
            bytes.splice(at..at, piece);
        }
        Change::Stretch(at) => {
            let at = at.index(length);
            bytes[at] |= 0x80;
            bytes.insert(at + 1, 0);
        }
        Change::Largest(at) => {
            let at = at.index(length);
            bytes.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        }
        Change::Cut(at) => bytes.truncate(at.index(length)),
    }
}

/// Bytes made from one of the seeds by a few changes; now and then any bytes at all.
pub fn near(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (
        proptest::sample::select(seeds),
        proptest::collection::vec(change(), 0..5),
    )
        .prop_map(|(mut bytes, changes)| {
            for change in &changes {
                apply(&mut bytes, change);
            }
            bytes
        });
    prop_oneof![9 => changed, 1 => proptest::collection::vec(any::<u8>(), 0..300)]
}

/// The golden files of `proto/` whose name begins so.
pub fn golden(prefix: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto/golden");
    let mut seeds = Vec::new();
    for file in fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with(prefix) {
            seeds.push(hex::decode(fs::read_to_string(path).unwrap().replace('\n', "")).unwrap());
        }
    }
    assert!(!seeds.is_empty(), "{prefix}");
    seeds
}
