//! Crashes at every commit point, each in a process of its own: this test binary called again for one "child".

use std::path::Path;
use std::process::Command;

use crate::stage::{Child, hub, node, open_hub, state};

const DIRECTORY: &str = "LEDGER_TEST_DIRECTORY";

fn child() -> Child {
    let mut child = Child::new("sve", 2);
    child.sheet("2022-12-01", 1, 5);
    child.sheet("1999-12-01", 1, 6);
    child.sheet("2022-12-02", 1, 7);
    child.sheet("2022-12-03", 1, 8);
    child
}

#[test]
#[ignore = "a child of fault_01_crash_at_every_commit_point"]
fn child_that_takes() {
    let directory = std::env::var_os(DIRECTORY).expect("the parent test names the directory");
    let mut hub = open_hub(Path::new(&directory)).0;
    let _scenario = fail::FailScenario::setup();
    let child = child();
    child.deliver(&mut hub, 0, 2).unwrap();
    child.deliver(&mut hub, 2, 4).unwrap();
}

#[test]
fn fault_01_crash_at_every_commit_point() {
    let child = child();
    let whole = tempfile::tempdir().unwrap();
    let mut expected = hub(whole.path());
    child.push(&mut expected);
    let points = ledger::COMMIT_POINTS
        .iter()
        .copied()
        .chain(["journal.append", "journal.before_sync"]);
    for point in points {
        for passes in 0..2 {
            let directory = tempfile::tempdir().unwrap();
            drop(hub(directory.path()));
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "crash::child_that_takes", "--ignored", "--nocapture"])
                .env(DIRECTORY, directory.path())
                .env("FAILPOINTS", format!("{point}={passes}*off->return"))
                .output()
                .unwrap();
            assert!(!output.status.success(), "{point} was not passed {passes} times");
            let mut again = open_hub(directory.path()).0;
            again.verify_all().unwrap();
            // The child knows nothing of what was taken: it brings everything again from where the parent says.
            let from = again.cursor(&node("sve")).position.min(1);
            child.deliver(&mut again, from, 4).unwrap();
            assert_eq!(state(&again), state(&expected), "{point} {passes}");
        }
    }
}

#[test]
#[ignore = "a child of fault_05_a_full_disk_and_a_failed_sync"]
fn child_whose_disk_fails() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let _scenario = fail::FailScenario::setup();
    let child = child();
    let before = state(&hub);
    let deliver = |hub: &mut ledger::Ledger, point: &str, action: &str| {
        fail::cfg(point, action).unwrap();
        let result = child.deliver(hub, 0, 1).map(|_| ()).map_err(|error| error.code());
        fail::remove(point);
        result
    };
    // The body's frame, then the first entry's: nothing of the group stands, and the next try succeeds or fails alike.
    for action in ["1*return->off", "1*off->1*return->off"] {
        assert_eq!(deliver(&mut hub, "journal.fault.write", action), Err("DISK_FULL"));
        assert_eq!((state(&hub), hub.is_stopped()), (before.clone(), false));
    }
    // The cursor's frame: the entry before it may stand. Nothing more is appended until a fresh start has looked.
    assert_eq!(
        deliver(&mut hub, "journal.fault.write", "2*off->1*return->off"),
        Err("STORAGE_FAILED")
    );
    assert_eq!(deliver(&mut hub, "journal.fault.write", "off"), Err("STORAGE_FAILED"));
    assert_eq!((state(&hub), hub.is_stopped()), (before, true));
    drop(hub);
    let mut hub = open_hub(directory.path()).0;
    assert_eq!(hub.cursor(&node("sve")).position, 1);
    assert_eq!(child.push(&mut hub).cursor, 4);
    drop(hub);
    // The files of bodies, and those of evidence: the second sheet is refused.
    for on in ["2022-12-04", "1999-12-02"] {
        let mut hub = open_hub(directory.path()).0;
        let mut more = self::child();
        more.sheet(on, 1, 9);
        for action in ["return", "off"] {
            fail::cfg("journal.fault.sync", action).unwrap();
            let failed = more.deliver(&mut hub, 4, 5).map(|_| ()).map_err(|error| error.code());
            assert_eq!(failed, Err("STORAGE_FAILED"), "a sync that failed is never tried again");
            assert!(hub.is_stopped(), "{on}");
        }
    }
}

#[test]
fn fault_05_a_full_disk_and_a_failed_sync() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_whose_disk_fails", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
