//! Death at every named commit point: opening, intake, sealing, pushing and taking, each in a process of its own that is
//! this binary called again.
//!
//! A killed process keeps its page cache, so these prove the order of steps; what a power cut leaves is the business of
//! the torn tails in the journal's own tests. The parent opens the same directories, finishes the work by repeating what
//! nobody answered, and must come to the figures of a federation that nobody killed.
//!
//! A binary of its own, and one death at a time: a process holds copies of its parent's locks between its fork and its
//! exec, so a federation that is opened just then would find its own directory taken.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

#[path = "../federation/harness/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "whole federations share it, and need more of it"
)]
mod harness;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use federation::held;
use region_node::aggregate::Mode;

use harness::{Region, Row, Stage, copy_dir, figures};

const DIRECTORY: &str = "FEDERATION_TEST_DIRECTORY";
const STAGE: &str = "FEDERATION_TEST_STAGE";
const POINT: &str = "FEDERATION_TEST_POINT";
const ACTION: &str = "FEDERATION_TEST_ACTION";

/// A commit point, and how often it is passed before death comes: each number below this one is tried.
type Deaths = &'static [(&'static str, u32)];

/// The six journals that a node begins: bodies, entries and evidence of its ledger, two of its uplink, its intake.
const OPENING: Deaths = &[("journal.new_segment", 6)];
/// Each import opens an intake and brings one batch; the second import meets what stands.
const IMPORTING: Deaths = &[
    ("intake.before_append", 4),
    ("journal.append", 2),
    ("journal.before_sync", 2),
    ("journal.after_sync", 2),
    ("intake.synced", 4),
    ("intake.applied", 4),
];
const SEALING: Deaths = &[
    ("ledger.before_bodies", 1),
    ("journal.append", 2),
    ("journal.before_sync", 2),
    ("ledger.bodies_synced", 1),
    ("journal.after_sync", 2),
    ("ledger.entries_synced", 1),
    ("ledger.indexed", 1),
];
/// The welcome in the node's memory, the hub's bodies, its entries, the verdicts in the node's memory, what came down.
/// With four sheets these are twelve frames, and death comes before each of them.
const TAKING: Deaths = &[
    ("ledger.before_bodies", 1),
    ("journal.append", 12),
    ("journal.before_sync", 5),
    ("ledger.bodies_synced", 1),
    ("journal.after_sync", 5),
    ("ledger.entries_synced", 1),
    ("ledger.indexed", 1),
];

fn first() -> Vec<Row> {
    let row = |id, received, closed| Row {
        id,
        territory: "Boston",
        received,
        closed,
    };
    vec![
        row(1, "2020-01-10T08:00:00Z", "2020-01-11T09:30:00Z"),
        row(2, "2020-01-11T08:00:00Z", ""),
    ]
}

fn second() -> Vec<Row> {
    let row = |id, received, closed| Row {
        id,
        territory: "Charlestown",
        received,
        closed,
    };
    vec![
        row(2, "2020-01-11T08:00:00Z", "2020-01-12T08:00:01Z"),
        row(3, "2020-01-12T10:00:00Z", ""),
    ]
}

/// Writes down what was acknowledged, for whoever comes after the death.
fn acknowledge(root: &Path, name: &str, n: u64) {
    std::fs::write(root.join(name), n.to_string()).unwrap();
}

fn acknowledged(root: &Path, name: &str) -> u64 {
    std::fs::read_to_string(root.join(name)).map_or(0, |text| text.parse().unwrap())
}

/// All the work there is; again after a death it does only what is missing.
async fn work(root: &Path, arm: &dyn Fn(&str)) -> (Stage, Region) {
    let mut stage = Stage::at(root);
    stage.raise().await;
    arm("open");
    let region = stage.open("north");
    arm("import");
    for rows in [first(), second()] {
        region.take_in(&rows).await;
        acknowledge(root, "incidents", region.status().intake.incidents);
    }
    arm("seal");
    region.node.seal(Mode::Now).unwrap();
    acknowledge(root, "sealed", region.status().ledger.size);
    arm("take");
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.sealed, pushed.waiting, pushed.refused), (0, 0, 0));
    acknowledge(root, "cursor", region.status().uplink.cursor);
    (stage, region)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a child of the tests called fault_01"]
async fn child_that_works() {
    let root = PathBuf::from(std::env::var_os(DIRECTORY).expect("the parent test names the directory"));
    let [when, point, action] = [STAGE, POINT, ACTION].map(|name| std::env::var(name).unwrap());
    let arm = |stage: &str| {
        if stage == when {
            fail::cfg(&point, &action).unwrap();
        }
    };
    work(&root, &arm).await;
}

/// A federation with one member that has done nothing yet.
async fn founded(root: &Path) {
    let mut stage = Stage::new().await;
    stage.join("north", "group-north").await;
    stage.fell().await;
    copy_dir(&stage.hub_dir(), &root.join("hub"));
    copy_dir(&stage.dir("north"), &root.join("north"));
}

fn reports(stage: &Stage, region: &Region) -> Vec<serde_json::Value> {
    let of = |period| {
        [
            figures(&stage.report("boston", period)),
            figures(&region.report("group-north", period)),
        ]
    };
    ["2020-01", "2020-01-11", "2020-01-12"]
        .into_iter()
        .flat_map(of)
        .collect()
}

/// Runs the child until death meets it.
fn die(root: &Path, stage: &str, point: &str, passes: u32) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_works", "--ignored", "--nocapture"])
        .envs([
            (STAGE, stage),
            (POINT, point),
            (ACTION, &format!("{passes}*off->return")),
        ])
        .env(DIRECTORY, root)
        .output()
        .unwrap();
    // An abort has no exit code; any other failure is the child's own and must be seen.
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    assert_eq!(
        output.status.code(),
        None,
        "{stage}: {point} was not passed {passes} times, or something else\n{text}"
    );
}

/// What stands after a death, before anybody repeats anything.
async fn stands(root: &Path, place: &str) {
    let mut stage = Stage::at(root);
    stage.raise().await;
    let region = stage.open("north");
    let status = region.status();
    assert!(status.intake.incidents >= acknowledged(root, "incidents"), "{place}");
    assert!(status.ledger.size >= acknowledged(root, "sealed"), "{place}");
    assert!(status.uplink.cursor >= acknowledged(root, "cursor"), "{place}");
    assert!(
        stage.hub().status().members[0].cursor >= status.uplink.cursor,
        "{place}: a verdict that nobody gave"
    );
    for ledger in [stage.hub().ledger(), region.node.ledger()] {
        held(ledger).verify_all().unwrap();
    }
    region.close().await;
    stage.fell().await;
}

/// Dies every death of a stage, each in a federation of its own.
async fn die_all(when: &str, deaths: Deaths) {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let template = tempfile::tempdir().unwrap();
    founded(template.path()).await;
    let copy = || {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(template.path(), dir.path());
        dir
    };
    let unharmed = copy();
    let (stage, region) = work(unharmed.path(), &|_| ()).await;
    let expected = reports(&stage, &region);
    assert_eq!(expected[0]["totals"]["incidents.received"]["n"], 3);
    assert_eq!(expected[0]["totals"]["incidents.resolved"]["n"], 2);
    for (point, times) in deaths {
        for passes in 0..*times {
            let place = format!("{when}, {point} after {passes}");
            let dir = copy();
            die(dir.path(), when, point, passes);
            stands(dir.path(), &place).await;
            let (stage, region) = work(dir.path(), &|_| ()).await;
            assert_eq!(reports(&stage, &region), expected, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_01_death_while_a_node_opens() {
    die_all("open", OPENING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_01_death_while_incidents_come_in() {
    die_all("import", IMPORTING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_01_death_while_sheets_are_sealed() {
    die_all("seal", SEALING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_01_death_while_the_hub_takes_them() {
    die_all("take", TAKING).await;
}

#[test]
fn fault_01_every_commit_point_is_met() {
    let lists = [
        journal::COMMIT_POINTS,
        ledger::COMMIT_POINTS,
        region_node::intake::COMMIT_POINTS,
    ];
    let met = [OPENING, IMPORTING, SEALING, TAKING]
        .concat()
        .into_iter()
        .map(|(point, _)| point);
    assert_eq!(met.collect::<BTreeSet<_>>(), lists.concat().into_iter().collect());
}
