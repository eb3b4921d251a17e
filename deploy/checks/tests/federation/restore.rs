//! Back up, go on, lose the disk, restore: nothing is said twice under one number, and the hub's totals stay right.

use std::fs;
use std::path::PathBuf;

use domain::{NodeId, SheetPeriod};
use federation::backup::{Backup, BackupError, Manifest};
use federation::fsck::check;
use federation::{NodeIdentity, held};
use jiff::SignedDuration;
use ledger::LedgerError;
use region_node::aggregate::AggregateError;
use region_node::node::{PushError, identity_of};
use region_node::restored::Restored;
use runtime::{Clock, Exit};

use crate::harness::{Region, Row, Stage, copy_dir, figures};

/// What came in after the copy, a day each.
const AFTER: [&str; 10] = [
    "2020-01-16T08:00:00Z",
    "2020-01-17T08:00:00Z",
    "2020-01-18T08:00:00Z",
    "2020-01-19T08:00:00Z",
    "2020-01-20T08:00:00Z",
    "2020-01-21T08:00:00Z",
    "2020-01-22T08:00:00Z",
    "2020-01-23T08:00:00Z",
    "2020-01-24T08:00:00Z",
    "2020-01-25T08:00:00Z",
];

fn row(id: u64, received: &'static str) -> Row {
    Row {
        id,
        territory: "Boston",
        received,
        closed: "",
    }
}

fn backup() -> Backup<'static> {
    Backup {
        program: "region-node",
        version: "test",
        whose: &identity_of,
    }
}

fn file(stage: &Stage) -> PathBuf {
    stage.dir("north.tar.gz")
}

/// A node with one day at the hub, and its copy, made while it works.
async fn copied(stage: &Stage) -> (Region, Manifest) {
    let region = stage.member("north", "group-north").await;
    region.take_in(&[row(1, "2020-01-14T08:00:00Z")]).await;
    region.push().await.unwrap();
    let copy = backup().create(&stage.dir("north"), &file(stage), stage.clock.now());
    (region, copy.unwrap())
}

/// Ten days on, each pushed.
async fn ten_days(stage: &Stage, region: &Region) {
    for (id, received) in (2..).zip(AFTER) {
        stage.clock.advance(SignedDuration::from_hours(24));
        region.take_in(&[row(id, received)]).await;
        assert_eq!(region.push().await.unwrap().waiting, 0);
    }
}

fn head(region: &Region) -> (u64, String) {
    let ledger = region.status().ledger;
    (ledger.size, ledger.root)
}

/// The disk is lost, the copy takes its place.
async fn restored(stage: &Stage, region: Region) {
    region.close().await;
    fs::rename(stage.dir("north"), stage.dir("lost")).unwrap();
    let mark = |dir: &std::path::Path| Restored::default().save(dir);
    backup().restore(&file(stage), &stage.dir("north"), &mark).unwrap();
}

fn revision(stage: &Stage, day: &str) -> u32 {
    let ledger = held(stage.hub().ledger());
    let period = SheetPeriod::day(day.parse().unwrap());
    let sheet = ledger.sheet(&NodeId::new("north").unwrap(), period);
    sheet.unwrap().facts.revision
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_a_node_restored_from_an_old_copy_goes_on_above_everything_it_ever_said() {
    let stage = Stage::new().await;
    let (region, copy) = copied(&stage).await;
    ten_days(&stage, &region).await;
    let (at_hub, before) = (figures(&stage.report("boston", "2020-01")), head(&region));
    restored(&stage, region).await;
    let region = stage.open("north");
    assert_eq!(region.status().ledger.size, copy.ledger_size);
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.sealed, pushed.waiting, pushed.refused), (0, 0, 0));
    assert_eq!(head(&region), before, "its ledger is the prefix that the hub took");
    assert_eq!(figures(&region.report("boston", "2020-01"))["totals"], at_hub["totals"]);
    // A straggler must not make a day of one incident out of a day that was told whole.
    let day = "2020-01-20";
    let said = revision(&stage, day);
    region.take_in(&[row(99, "2020-01-20T09:00:00Z")]).await;
    assert!(region.node.held_days() >= AFTER.len());
    region.push().await.unwrap();
    assert_eq!(figures(&stage.report("boston", "2020-01")), at_hub);
    // The source sends again what was lost, and the operator says so.
    let lost: Vec<Row> = (2..).zip(AFTER).map(|(id, received)| row(id, received)).collect();
    region.take_in(&lost).await;
    assert!(Restored::remove(&stage.dir("north")).unwrap());
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.waiting, pushed.refused), (0, 0));
    assert_eq!((stage.received("2020-01"), stage.received(day)), (12, 2));
    assert!(revision(&stage, day) > said, "above every revision it ever used");
    assert_eq!(stage.hub().status().refused_in_all, 0, "nothing was said twice");
    region.close().await;
    let region = stage.open("north");
    assert_eq!(region.push().await.unwrap().waiting, 0, "and so it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_a_copy_restored_by_hand_is_noticed_before_anything_is_sealed() {
    let stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in(&[row(1, "2020-01-14T08:00:00Z")]).await;
    region.push().await.unwrap();
    copy_dir(&stage.dir("north"), &stage.dir("by-hand"));
    ten_days(&stage, &region).await;
    let before = head(&region);
    region.close().await;
    fs::rename(stage.dir("north"), stage.dir("lost")).unwrap();
    fs::rename(stage.dir("by-hand"), stage.dir("north")).unwrap();
    let region = stage.open("north");
    region.take_in(&[row(99, "2020-01-20T09:00:00Z")]).await;
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.waiting, pushed.refused), (0, 0));
    assert_eq!(head(&region), before);
    let marker = Restored::load(&stage.dir("north")).unwrap();
    assert!(marker.is_some_and(|marker| marker.recovered), "{marker:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_parent_stops_sealing_only_after_a_marked_restore() {
    let stage = Stage::new().await;
    let (region, copy) = copied(&stage).await;
    region.close().await;
    stage.link("north").cut();
    let region = stage.open("north");
    region.take_in(&[row(2, "2020-01-15T08:00:00Z")]).await;
    region.push().await.unwrap_err();
    assert!(
        region.status().ledger.size > copy.ledger_size,
        "an ordinary start seals"
    );
    restored(&stage, region).await;
    let region = stage.open("north");
    region.take_in(&[row(2, "2020-01-15T08:00:00Z")]).await;
    let refused = region.push().await.unwrap_err();
    let pending = matches!(
        refused,
        PushError::Aggregate(AggregateError::Ledger(LedgerError::RestorePending))
    );
    assert!(pending, "{refused}");
    assert_eq!(region.status().ledger.size, copy.ledger_size);
    stage.link("north").mend();
    assert_eq!(region.push().await.unwrap().waiting, 0);
    assert_eq!(stage.received("2020-01-15"), 1);
    assert_eq!(
        Restored::load(&stage.dir("north")).unwrap(),
        None,
        "nothing was lost: no day is held"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_37_a_copy_made_during_writes_is_whole_every_time() {
    let stage = Stage::new().await;
    let (region, _) = copied(&stage).await;
    let (dir, out, now) = (stage.dir("north"), file(&stage), stage.clock.now());
    let copying = tokio::task::spawn_blocking(move || {
        let mut sizes = Vec::new();
        for _ in 0..8 {
            let made = backup().create(&dir, &out, now).unwrap();
            let (read, proven) = backup().verify(&out).unwrap();
            assert_eq!((read.ledger_size, &read), (proven.entries, &made));
            sizes.push(made.ledger_size);
        }
        sizes
    });
    let mut id = 100;
    while !copying.is_finished() {
        region.take_in(&[row(id, "2020-01-15T08:00:00Z")]).await;
        region.push().await.unwrap();
        id += 1;
    }
    let sizes = copying.await.unwrap();
    assert!(sizes.is_sorted() && sizes.first() < sizes.last(), "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_writes_over_nothing_and_a_spoiled_copy_is_not_restored() {
    let stage = Stage::new().await;
    let (region, copy) = copied(&stage).await;
    let unmarked = |_: &std::path::Path| Ok(());
    let taken = backup().restore(&file(&stage), &stage.dir("north"), &unmarked);
    assert_eq!(taken.unwrap_err().exit(), Exit::Refused);
    fs::create_dir(stage.dir("empty")).unwrap();
    backup().restore(&file(&stage), &stage.dir("empty"), &unmarked).unwrap();
    let whole = check(&stage.dir("empty"), &identity_of, None).unwrap();
    assert_eq!(whole.entries, copy.ledger_size, "an empty directory is taken");
    let mut bytes = fs::read(file(&stage)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file(&stage), bytes).unwrap();
    assert_eq!(backup().verify(&file(&stage)).unwrap_err().exit(), Exit::Unverified);
    let spoiled = backup().restore(&file(&stage), &stage.dir("elsewhere"), &unmarked);
    assert_eq!(spoiled.unwrap_err().exit(), Exit::Unverified);
    assert!(!stage.dir("elsewhere").exists());
    region.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_look_finds_a_spoiled_byte_and_a_foreign_key() {
    let stage = Stage::new().await;
    let (region, copy) = copied(&stage).await;
    let dir = stage.dir("north");
    let identity = NodeIdentity::load(&dir).unwrap();
    let whole = check(&dir, &identity_of, Some(&identity)).unwrap();
    assert_eq!(
        (whole.entries, whole.acknowledged, whole.refusals),
        (copy.ledger_size, copy.ledger_size, 0)
    );
    let hub = check(&stage.hub_dir(), &federal_hub::hub::identity_of, None).unwrap();
    assert_eq!((hub.cursors, hub.torn), (1, 0));
    let foreign = |dir: &std::path::Path| {
        let (mut author, anchor) = identity_of(dir)?;
        author.signing_key = seal::SigningKey::from_seed([77; 32]);
        Ok((author, anchor))
    };
    let unproven = check(&dir, &foreign, Some(&identity)).unwrap_err();
    assert_eq!(unproven.exit(), Exit::Unverified, "{unproven}");
    region.close().await;
    let bodies = fs::read_dir(dir.join("ledger/bodies"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let mut bytes = fs::read(bodies.path()).unwrap();
    bytes[60] ^= 1;
    fs::write(bodies.path(), bytes).unwrap();
    let damaged = check(&dir, &identity_of, Some(&identity)).unwrap_err();
    assert_eq!(damaged.exit(), Exit::Damaged, "{damaged}");
    assert!(matches!(damaged, BackupError::Ledger(_)));
}
