//! Crashes, failed syncs and full disks, each in a process of its own: this test binary called again for one "child".
//!
//! A killed process keeps its page cache, so these prove the order of steps, not what a power cut leaves; the spoiled
//! tails of `fault_03_torn_tail` stand for that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use journal::{COMMIT_POINTS, JournalError, Options};

use crate::{open, small_segments};

const DIRECTORY: &str = "JOURNAL_TEST_DIRECTORY";
/// Three frames of 32 bytes to a segment.
const SEGMENT_BYTES: u64 = 16 + 3 * 32;

fn payload(n: u64) -> Vec<u8> {
    n.to_le_bytes().to_vec()
}

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY)
        .expect("the parent test names the directory")
        .into()
}

fn run(child: &str, directory: &Path, failpoints: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    finish(&mut command, child, directory, failpoints)
}

fn finish(command: &mut Command, child: &str, directory: &Path, failpoints: &str) -> Output {
    command
        .args(["--exact", child, "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env("FAILPOINTS", failpoints)
        .output()
        .unwrap()
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Appends in groups of two and notes each acknowledgement, until a commit point stops it.
#[test]
#[ignore = "a child of fault_01_crash_at_every_commit_point"]
fn child_that_writes() {
    let _scenario = fail::FailScenario::setup();
    let mut journal = open(&directory(), small_segments(SEGMENT_BYTES)).unwrap().journal;
    for _ in 0..6 {
        journal.append(&payload(journal.next_sequence())).unwrap();
        journal.append(&payload(journal.next_sequence())).unwrap();
        journal.sync().unwrap();
        fs::write(
            directory().join("acknowledged"),
            (journal.next_sequence() - 1).to_string(),
        )
        .unwrap();
    }
}

#[test]
fn fault_01_crash_at_every_commit_point() {
    for point in COMMIT_POINTS {
        for passes in 0..4 {
            let directory = tempfile::tempdir().unwrap();
            let output = run(
                "crash::child_that_writes",
                directory.path(),
                &format!("{point}={passes}*off->return"),
            );
            assert!(!output.status.success(), "{point} was not passed {passes} times");
            let acknowledged = fs::read_to_string(directory.path().join("acknowledged")).unwrap_or("0".to_owned());
            let mut opened = open(directory.path(), small_segments(SEGMENT_BYTES)).unwrap();
            let kept = opened.journal.next_sequence() - 1;
            assert!(
                kept >= acknowledged.parse().unwrap(),
                "{point} {passes}: {kept} of {acknowledged}"
            );
            assert!(
                opened.payloads.iter().cloned().eq((1..=kept).map(payload)),
                "{point} {passes}"
            );
            assert_eq!(opened.recovery.truncated, None);
            opened.journal.append(&payload(kept + 1)).unwrap();
            opened.journal.sync().unwrap();
            drop(opened);
            let again = open(directory.path(), small_segments(SEGMENT_BYTES)).unwrap();
            assert_eq!(again.recovery.frames, kept + 1);
        }
    }
}

#[test]
#[ignore = "a child of fault_04_failed_sync_poisons"]
fn child_whose_sync_fails() {
    let _scenario = fail::FailScenario::setup();
    let mut journal = open(&directory(), Options::default()).unwrap().journal;
    let first = journal.append(b"first").unwrap();
    journal.sync().unwrap();
    journal.append(b"second").unwrap();
    assert!(matches!(journal.sync(), Err(JournalError::SyncFailed { .. })));
    // The fault was for one call only: what follows is refused by the journal, not by the disk.
    assert!(matches!(journal.sync(), Err(JournalError::Poisoned)));
    assert!(matches!(journal.append(b"third"), Err(JournalError::Poisoned)));
    assert_eq!(journal.append(b"third").unwrap_err().code(), "STORAGE_FAILED");
    assert_eq!(journal.read(first).unwrap(), b"first");
}

#[test]
fn fault_04_failed_sync_poisons() {
    let directory = tempfile::tempdir().unwrap();
    assert_passed(&run(
        "crash::child_whose_sync_fails",
        directory.path(),
        "journal.fault.sync=1*off->1*return->off",
    ));
    let opened = open(directory.path(), Options::default()).unwrap();
    assert_eq!(opened.payloads, [b"first".to_vec(), b"second".to_vec()]);
}

#[test]
#[ignore = "a child of fault_04_no_segment_follows_an_unsynced_one"]
fn child_whose_segment_cannot_be_synced() {
    let _scenario = fail::FailScenario::setup();
    let mut journal = open(&directory(), small_segments(SEGMENT_BYTES)).unwrap().journal;
    for n in 1..=3 {
        journal.append(&payload(n)).unwrap();
    }
    assert!(matches!(
        journal.append(&payload(4)),
        Err(JournalError::SyncFailed { .. })
    ));
}

/// This order is why a torn tail can only be in the last segment.
#[test]
fn fault_04_no_segment_follows_an_unsynced_one() {
    let directory = tempfile::tempdir().unwrap();
    assert_passed(&run(
        "crash::child_whose_segment_cannot_be_synced",
        directory.path(),
        "journal.fault.sync=return",
    ));
    assert!(!directory.path().join("00000000000000000004.seg").exists());
}

#[test]
#[ignore = "a child of fault_05_disk_full_leaves_no_half_frame"]
fn child_without_room() {
    let mut journal = open(&directory(), Options::default()).unwrap().journal;
    let segment = directory().join("00000000000000000001.seg");
    let full = loop {
        let before = fs::metadata(&segment).unwrap().len();
        match journal.append(&[7; 900]) {
            Ok(_) => {}
            Err(error) => break (before, error),
        }
    };
    assert!(matches!(full.1, JournalError::DiskFull { .. }), "{}", full.1);
    assert_eq!(fs::metadata(&segment).unwrap().len(), full.0, "a half frame was left");
    journal.append(b"small").unwrap();
    journal.sync().unwrap();
}

/// A file size limit is the one full disk every test machine has: the kernel takes part of the frame, then refuses.
#[test]
fn fault_05_disk_full_leaves_no_half_frame() {
    let directory = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap());
    assert_passed(&finish(&mut limited, "crash::child_without_room", directory.path(), ""));
    let opened = open(directory.path(), Options::default()).unwrap();
    assert_eq!(opened.recovery.truncated, None);
    assert!(opened.payloads.len() > 4);
    assert_eq!(opened.payloads.last().unwrap(), b"small");
}

#[test]
#[ignore = "a child of fault_05_disk_full_passes"]
fn child_with_no_room_for_one_write() {
    let _scenario = fail::FailScenario::setup();
    let mut journal = open(&directory(), Options::default()).unwrap().journal;
    journal.append(b"first").unwrap();
    let full = journal.append(b"second").unwrap_err();
    assert_eq!(full.code(), "DISK_FULL");
    assert_eq!(journal.append(b"second").unwrap().sequence, 2);
    journal.sync().unwrap();
}

#[test]
fn fault_05_disk_full_passes() {
    let directory = tempfile::tempdir().unwrap();
    let points = "journal.fault.write=1*off->1*return->off";
    assert_passed(&run(
        "crash::child_with_no_room_for_one_write",
        directory.path(),
        points,
    ));
    assert_eq!(open(directory.path(), Options::default()).unwrap().recovery.frames, 2);
}
