//! Crashes, torn tails and a store that cannot be believed. Afterwards the same cells stand and the same answers come.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use region_node::intake::{COMMIT_POINTS, IntakeError};
use runtime::ManualClock;
use wire::pb;

use crate::stage::*;
use pb::ItemOutcome::*;

const DIRECTORY: &str = "INTAKE_TEST_DIRECTORY";

fn run(child: &str, directory: &Path, failpoints: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env("FAILPOINTS", failpoints)
        .output()
        .unwrap()
}

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY)
        .expect("the parent test names the directory")
        .into()
}

#[test]
#[ignore = "a child of fault_01_a_crash_at_every_commit_point_loses_nothing_acknowledged"]
fn child_that_takes_in() {
    let _scenario = fail::FailScenario::setup();
    let (intake, _) = open_in(&directory(), &ManualClock::new(NOW.parse().unwrap()), context()).unwrap();
    for number in 1..=3 {
        ingest(
            &intake,
            &number.to_string(),
            vec![item(&number.to_string()), item("shared")],
        );
        fs::write(directory().join("acknowledged"), number.to_string()).unwrap();
    }
}

#[test]
fn fault_01_a_crash_at_every_commit_point_loses_nothing_acknowledged() {
    for point in COMMIT_POINTS {
        for passes in 0..3 {
            let stage = Stage::new();
            let points = format!("{point}={passes}*off->return");
            let output = run("faults::child_that_takes_in", stage.dir.path(), &points);
            assert!(!output.status.success(), "{point} was not passed {passes} times");
            let acknowledged = fs::read_to_string(stage.dir.path().join("acknowledged")).unwrap_or("0".to_owned());
            let acknowledged: u64 = acknowledged.parse().unwrap();
            let (intake, opening) = stage.open();
            assert!(opening.frames >= acknowledged, "{point} {passes}: {opening:?}");
            assert_eq!(intake.position(), opening.frames);
            // The caller repeats everything it was not answered, and one call that it was.
            for number in acknowledged.max(1)..=3 {
                let response = ingest(
                    &intake,
                    &number.to_string(),
                    vec![item(&number.to_string()), item("shared")],
                );
                let shared = if number == 1 { Accepted } else { Unchanged };
                assert_eq!(outcomes(&response), [Accepted, shared], "{point} {passes} {number}");
            }
            assert_eq!(
                count(&intake, "incidents.received", "topic", &["incident", "65701", "roads"]),
                4
            );
        }
    }
}

#[test]
#[ignore = "a child of fault_04_a_failed_sync_is_the_last_word"]
fn child_whose_sync_fails() {
    let _scenario = fail::FailScenario::setup();
    let (intake, _) = open_in(&directory(), &ManualClock::new(NOW.parse().unwrap()), context()).unwrap();
    ingest(&intake, "1", vec![item("1")]);
    for id in ["2", "3"] {
        let refused = block_on(intake.ingest(&region_node::intake::Caller::Local, request(id, vec![item(id)])));
        assert_eq!(refused.unwrap_err().code(), "STORAGE_FAILED");
    }
    assert!(intake.failed());
}

#[test]
fn fault_04_a_failed_sync_is_the_last_word() {
    let stage = Stage::new();
    let output = run(
        "faults::child_whose_sync_fails",
        stage.dir.path(),
        "journal.fault.sync=1*off->1*return->off",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(outcomes(&ingest(&stage.open().0, "3", vec![item("3")])), [Accepted]);
}

#[test]
#[ignore = "a child of fault_05_a_full_disk_refuses_and_passes"]
fn child_with_a_full_disk() {
    let _scenario = fail::FailScenario::setup();
    let (intake, _) = open_in(&directory(), &ManualClock::new(NOW.parse().unwrap()), context()).unwrap();
    ingest(&intake, "1", vec![item("1")]);
    let refused = block_on(intake.ingest(&region_node::intake::Caller::Local, request("2", vec![item("2")])));
    assert_eq!(refused.unwrap_err().code(), "DISK_FULL");
    assert_eq!(outcomes(&ingest(&intake, "2", vec![item("2")])), [Accepted]);
}

#[test]
fn fault_05_a_full_disk_refuses_and_passes() {
    let stage = Stage::new();
    let output = run(
        "faults::child_with_a_full_disk",
        stage.dir.path(),
        "journal.fault.write=1*off->1*return->off",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(stage.open().0.summary().incidents, 2);
}

fn filled() -> Stage {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    for call in 0..3 {
        let many = (0..300).map(|n| with(&format!("{call}-{n}"), |_, i| i.executor = "x".repeat(200)));
        ingest(&intake, &call.to_string(), many.collect());
    }
    stage
}

#[test]
fn fault_03_a_torn_tail_is_cut_and_the_store_follows() {
    let stage = filled();
    let segment = stage.dir.path().join("journal/00000000000000000001.seg");
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 10]).unwrap();
    let (intake, opening) = stage.open();
    assert!(opening.truncated.is_some());
    assert!(
        opening
            .rebuilt
            .is_some_and(|(path, _)| path.ends_with("store.damaged-1") && path.exists())
    );
    assert_eq!(
        (opening.frames, intake.position(), intake.summary().incidents),
        (2, 2, 600)
    );
    assert_eq!(intake.cells(&intake.event_days()).unwrap().0.len(), 1);
}

#[test]
fn fault_03_a_bad_frame_before_a_good_one_stops_the_start() {
    let stage = filled();
    let segment = stage.dir.path().join("journal/00000000000000000001.seg");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[100] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let Err(IntakeError::Journal(error)) = stage.try_open() else {
        panic!("a damaged journal was opened")
    };
    assert_eq!(error.code(), "JOURNAL_DAMAGED");
}

#[test]
fn fault_06_a_flipped_bit_in_the_store_is_harmless_or_found() {
    let stage = filled();
    let expected = all_cells(&stage.open().0);
    let database = stage.dir.path().join("store/db");
    let good = fs::read(&database).unwrap();
    let full: Vec<usize> = (0..good.len()).filter(|&at| good[at] != 0).collect();
    let mut rebuilt = 0;
    for trial in 0..12 {
        let mut spoilt = good.clone();
        spoilt[full[full.len() / 13 * (trial + 1)]] ^= 1 << (trial % 8);
        fs::write(&database, spoilt).unwrap();
        let (intake, opening) = stage.open();
        assert_eq!(all_cells(&intake), expected, "trial {trial}: {opening:?}");
        rebuilt += usize::from(opening.rebuilt.is_some() || opening.believed < opening.frames);
    }
    assert!(rebuilt > 0);
}

#[test]
fn a_store_built_again_marks_the_days_of_versions_that_do_not_stand_any_more() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    ingest(&intake, "1", vec![item("withdrawn"), item("later")]);
    // Both days are sealed here: a sheet has counted them.
    let (counted, position) = (intake.dirty_days(), intake.position());
    intake.settle(&counted, position).unwrap();
    let withdrawn = with("withdrawn", |item, _| {
        item.action = pb::IngestAction::Withdraw.into();
        item.updated_at = at("2022-12-02T00:00:00Z");
    });
    let later = with("later", |item, incident| {
        incident.registered = at("2022-11-25T06:00:00Z");
        item.updated_at = at("2022-12-02T00:00:00Z");
    });
    ingest(&intake, "2", vec![withdrawn, later]);
    drop(intake);
    stage.delete_store();
    let (intake, _) = stage.open();
    assert!(
        counted.is_subset(&intake.dirty_days()),
        "{counted:?} must be counted again: {:?}",
        intake.dirty_days()
    );
}
