//! What sled holds can be deleted and a torn tail cut; what an export says twice, or too late, changes nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use federal_hub::hub::Hub;
use report::Format;
use runtime::{Exit, SeededRandom};

use crate::harness::{Region, Row, Stage, figures, rows_file};

const SCOPES: [&str; 3] = ["boston", "group-north", "Charlestown"];
const PERIODS: [&str; 3] = ["2020-01", "2020", "2020-01-10..2020-01-12"];

fn rows() -> Vec<Row> {
    let row = |id, territory, received, closed| Row {
        id,
        territory,
        received,
        closed,
    };
    vec![
        row(1, "Charlestown", "2020-01-10T08:00:00Z", "2020-01-12T09:30:00Z"),
        row(2, "Boston", "2020-01-10T09:00:00Z", ""),
        row(3, "East Boston", "2020-01-11T10:00:00Z", "2020-01-11T10:00:00Z"),
        row(4, "", "2020-01-12T11:00:00Z", "2020-01-14T00:00:00Z"),
        row(5, "Nowhere at all", "2020-01-12T12:00:00Z", ""),
        row(6, "Allston", "2020-01-12T13:00:00Z", ""),
    ]
}

/// Every report of both, in every form.
fn reports(stage: &Stage, region: &Region) -> Vec<String> {
    let mut reports = Vec::new();
    for scope in SCOPES {
        for period in PERIODS {
            reports.extend(Format::ALL.map(|format| stage.report_as(scope, period, format)));
            reports.push(region.report(scope, period));
        }
    }
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_sled_directories_every_node_says_the_same() {
    let mut stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in_complete(&rows(), ("2020-01-09", "2020-01-14")).await;
    region.push().await.unwrap();
    let (before, status, hub) = (reports(&stage, &region), region.status(), stage.hub().status());
    assert!(before.iter().all(|report| !report.is_empty()));
    region.close().await;
    stage.fell().await;
    let (north, hub_dir) = (stage.dir("north"), stage.hub_dir());
    for store in [
        north.join("store"),
        north.join("ledger/index"),
        hub_dir.join("ledger/index"),
    ] {
        fs::remove_dir_all(&store).unwrap_or_else(|error| panic!("{}: {error}", store.display()));
    }
    stage.raise().await;
    let region = stage.open("north");
    assert_eq!(reports(&stage, &region), before);
    assert_eq!(stage.hub().status(), hub);
    let again = region.status();
    assert_eq!(
        (again.ledger, again.intake.incidents),
        (status.ledger, status.intake.incidents)
    );
    assert_eq!(region.push().await.unwrap().sealed, 0, "nothing is said again");
    assert_eq!(region.take_in(&rows()).await.accepted, 0, "nothing is taken twice");
    assert_eq!(reports(&stage, &region), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_import_changes_nothing_and_says_so() {
    let stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    let first = region.take_in(&rows()).await;
    assert_eq!((first.read, first.accepted, first.out_of_scope), (6, 5, 1));
    region.push().await.unwrap();
    let before = reports(&stage, &region);
    let again = region.take_in(&rows()).await;
    assert_eq!(
        (again.unchanged, again.accepted, again.updated, again.out_of_scope),
        (5, 0, 0, 1)
    );
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.sealed, pushed.waiting), (0, 0));
    assert_eq!(reports(&stage, &region), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_export_after_a_newer_one_changes_nothing_that_stands() {
    let stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in(&rows()).await;
    region.push().await.unwrap();
    let before = figures(&stage.report("boston", "2020-01"));
    let older: Vec<Row> = rows().into_iter().map(|row| Row { closed: "", ..row }).collect();
    let mut plan = region.plan(&rows_file(&stage.dir("north"), "older.csv", &older));
    plan.as_of = Some("2020-01-11T00:00:00Z".parse().unwrap());
    let summary = region.import_plan(plan).await;
    assert_eq!((summary.accepted, summary.updated), (0, 0), "{summary:?}");
    assert!(summary.superseded >= 3, "what differs is superseded: {summary:?}");
    assert_eq!(region.push().await.unwrap().sealed, 0);
    assert_eq!(figures(&stage.report("boston", "2020-01")), before);
}

/// The last segment of every journal below a directory.
fn tails(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let (folders, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    let last = files
        .into_iter()
        .rfind(|path| path.extension().is_some_and(|extension| extension == "seg"));
    folders.iter().flat_map(|folder| tails(folder)).chain(last).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_03_a_frame_torn_in_any_file_is_cut_and_nothing_that_stood_is_gone() {
    let mut stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in(&rows()).await;
    region.push().await.unwrap();
    let before = reports(&stage, &region);
    region.close().await;
    stage.fell().await;
    let torn: Vec<_> = [stage.hub_dir(), stage.dir("north")]
        .iter()
        .flat_map(|dir| tails(dir))
        .collect();
    assert_eq!(
        torn.len(),
        3 + 3 + 2 + 1,
        "two ledgers, the uplink's memory, the intake: {torn:?}"
    );
    for file in &torn {
        // The head of a frame of 200 bytes, and not all of it.
        let begun = [&200_u32.to_le_bytes()[..], &[7; 90]].concat();
        fs::OpenOptions::new()
            .append(true)
            .open(file)
            .unwrap()
            .write_all(&begun)
            .unwrap();
    }
    stage.raise().await;
    let region = stage.open("north");
    assert_eq!(reports(&stage, &region), before);
    region
        .take_in(&[Row {
            id: 7,
            territory: "Boston",
            received: "2020-01-13T08:00:00Z",
            closed: "",
        }])
        .await;
    assert_eq!(region.push().await.unwrap().waiting, 0);
    assert_eq!(stage.received("2020-01-13"), 1, "all of them go on from there");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_03_a_bad_frame_before_a_good_one_stops_the_hub_with_its_file() {
    let mut stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in(&rows()).await;
    region.push().await.unwrap();
    region.close().await;
    stage.fell().await;
    let [entries] = &tails(&stage.hub_dir().join("ledger/entries"))[..] else {
        panic!("one segment")
    };
    let mut bytes = fs::read(entries).unwrap();
    bytes[100] ^= 1;
    fs::write(entries, bytes).unwrap();
    let opened = Hub::open(
        &stage.hub_dir(),
        stage.shared_clock(),
        std::sync::Arc::new(SeededRandom::new(2)),
    );
    let Err(error) = opened.map(|_| ()) else {
        panic!("a damaged ledger was opened")
    };
    assert_eq!(error.exit(), Exit::Damaged);
    let name = entries.file_name().unwrap().to_string_lossy();
    assert!(error.to_string().contains(&*name), "{error}");
}
