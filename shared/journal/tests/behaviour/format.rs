//! The bytes on disk, fixed for ever: a journal written today must open in ten years. The checksums were computed by
//! another implementation than the crate uses.

use std::convert::Infallible;
use std::fs;

use journal::{FrameRef, Journal, OpenError, Options};

use crate::{open, write};

#[rustfmt::skip]
const TWO_FRAMES: &[u8] = &[
    // magic, first sequence 1
    b'S', b'V', b'O', b'D', b'K', b'A', b'J', b'1', 1, 0, 0, 0, 0, 0, 0, 0,
    // length 3, CRC32C, sequence 1, nothing synced before it, payload
    3, 0, 0, 0, 0x77, 0xBF, 0x87, 0x5A, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', b'c',
    // length 0, CRC32C, sequence 2, synced up to 1, no payload
    0, 0, 0, 0, 0xC0, 0x8A, 0xB8, 0xEA, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn a_segment_with_two_frames_has_exactly_these_bytes() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), Options::default(), &[b"abc".to_vec(), Vec::new()]);
    let bytes = fs::read(directory.path().join("00000000000000000001.seg")).unwrap();
    assert_eq!(bytes, TWO_FRAMES);
}

#[test]
fn these_bytes_open_as_two_frames() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("00000000000000000001.seg"), TWO_FRAMES).unwrap();
    let opened = open(directory.path(), Options::default()).unwrap();
    assert_eq!(opened.payloads, [b"abc".to_vec(), Vec::new()]);
    assert_eq!((opened.recovery.frames, opened.journal.next_sequence()), (2, 3));
}

#[test]
fn a_visitor_that_refuses_stops_the_open() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), Options::default(), &[b"abc".to_vec(), b"d".to_vec()]);
    let mut seen = 0;
    let refused = Journal::open(directory.path(), Options::default(), &mut |_: FrameRef<'_>| {
        seen += 1;
        Err(std::fmt::Error)
    });
    assert!(matches!(refused, Err(OpenError::Visit(std::fmt::Error))));
    assert_eq!(seen, 1);
    let again = Journal::open(directory.path(), Options::default(), &mut |_| Ok::<(), Infallible>(()));
    assert_eq!(again.unwrap().1.frames, 2);
}
