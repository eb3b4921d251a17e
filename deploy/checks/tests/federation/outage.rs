//! A hub that is down, an answer that is lost, a hub that has forgotten: what each costs a node.

use std::sync::Arc;

use federation::{SharedLedger, held};
use jiff::SignedDuration;
use region_node::aggregate::Mode;
use region_node::node::PushError;
use runtime::{Clock, ManualClock};
use seal::Checkpoint;

use crate::harness::{Region, Row, Stage, copy_dir, figures};

const PERIODS: [&str; 3] = ["2020-01", "2020-01-15", "2020-01-16"];

/// What comes in by the hour: from noon of the 15th to noon of the 16th.
fn hour(hour: u64) -> Vec<Row> {
    let row = |id, received, closed| Row {
        id,
        territory: "Charlestown",
        received,
        closed,
    };
    match hour {
        0 => vec![
            row(1, "2020-01-10T08:00:00Z", "2020-01-12T09:30:00Z"),
            row(2, "2020-01-15T07:00:00Z", ""),
        ],
        6 => vec![row(3, "2020-01-15T17:00:00Z", "2020-01-15T17:45:00Z")],
        12 => vec![row(2, "2020-01-15T07:00:00Z", "2020-01-15T23:50:00Z")],
        18 => vec![
            row(4, "2020-01-14T12:00:00Z", ""),
            row(5, "2020-01-16T05:00:00Z", "2020-01-16T05:00:30Z"),
        ],
        _ => vec![row(4, "2020-01-14T12:00:00Z", "2020-01-16T11:59:59Z")],
    }
}

/// A day of intake, sealed and pushed every six hours; the link is up at the beginning and the end, and between them when
/// `linked`. What comes out are the hub's reports.
async fn a_day(linked: bool) -> Vec<serde_json::Value> {
    let stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    for hours in (0..=24).step_by(6) {
        let is_linked = linked || hours == 0 || hours == 24;
        if is_linked {
            stage.link("north").mend();
        } else {
            stage.link("north").cut();
        }
        region.take_in(&hour(hours)).await;
        let pushed = region.push().await;
        let standing = region.status().uplink;
        if is_linked {
            assert_eq!(pushed.unwrap().waiting, 0, "every entry has its verdict");
            assert_eq!((standing.waiting, standing.last_error), (0, None));
        } else {
            let Err(PushError::Uplink(error)) = pushed else {
                panic!("the link is cut")
            };
            assert_eq!(error.code(), "PARENT_UNREACHABLE");
            assert!(standing.waiting > 0 && standing.halted.is_none(), "{standing:?}");
        }
        if hours < 24 {
            stage.clock.advance(SignedDuration::from_hours(6));
        }
    }
    let status = stage.hub().status();
    assert_eq!(
        (status.refused_in_all, status.members[0].cursor),
        (0, region.status().ledger.size)
    );
    let reports: Vec<_> = PERIODS
        .map(|period| figures(&stage.report("group-north", period)))
        .into();
    let own: Vec<_> = PERIODS
        .map(|period| figures(&region.report("group-north", period)))
        .into();
    assert_eq!(reports, own, "the node says of itself what the hub says of it");
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_the_hub_costs_nothing_but_the_delay() {
    let (linked, cut_off) = (a_day(true).await, a_day(false).await);
    assert_eq!(linked, cut_off);
    let totals = &cut_off[0]["totals"];
    assert_eq!(totals["incidents.received"]["n"], 5);
    assert_eq!(totals["incidents.resolved"]["n"], 5);
}

/// The bytes of a ledger's entries by one author, in its order.
fn said_by(ledger: &SharedLedger, from: u64) -> Vec<Vec<u8>> {
    let ledger = held(ledger);
    let entries = ledger.entries(from..ledger.size()).unwrap();
    entries.into_iter().map(|entry| entry.envelope).collect()
}

/// Thirty days that end after the certificate of the node, which was made sixty days before and is renewed only now.
#[tokio::test(flavor = "multi_thread")]
async fn fault_29_thirty_days_without_the_hub_come_up_in_order_and_the_certificate_is_renewed() {
    let mut stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.push().await.unwrap();
    stage.clock.advance(SignedDuration::from_hours(24 * 65));
    stage.fell().await;
    stage.raise().await;
    let before = held(stage.hub().ledger()).size();
    let sealed_before = region.status().ledger.size;
    stage.link("north").cut();
    for day in 0..30_u64 {
        let received = stage.clock.now().to_string();
        let row = Row {
            id: day,
            territory: "Boston",
            received: received.leak(),
            closed: "",
        };
        region.take_in(&[row]).await;
        region.push().await.unwrap_err();
        stage.clock.advance(SignedDuration::from_hours(24));
    }
    assert!(
        region.status().certificate.days_left < 0,
        "it ended while nobody could be reached"
    );
    stage.link("north").mend();
    let begun = std::time::Instant::now();
    let pushed = region.push().await.unwrap();
    assert!(
        begun.elapsed() < std::time::Duration::from_mins(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!((pushed.waiting, pushed.refused), (0, 0));
    assert!(region.status().ledger.size - sealed_before > 30);
    assert_eq!(
        said_by(stage.hub().ledger(), before),
        said_by(region.node.ledger(), sealed_before),
        "everything after the cursor, in the node's own order, byte for byte"
    );
    assert_eq!(stage.received("2020"), 30);
}

fn first() -> [Row; 2] {
    let row = |id, received| Row {
        id,
        territory: "Boston",
        received,
        closed: "",
    };
    [row(1, "2020-01-10T08:00:00Z"), row(2, "2020-01-11T08:00:00Z")]
}

fn later() -> [Row; 1] {
    [Row {
        id: 3,
        territory: "Boston",
        received: "2020-01-12T08:00:00Z",
        closed: "",
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_11_a_lost_answer_is_asked_for_again_and_is_the_same() {
    let stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in(&first()).await;
    let ledger = Arc::clone(stage.hub().ledger());
    let before = held(&ledger).size();
    stage.link("north").lose_answers(move || held(&ledger).size() > before);
    let Err(PushError::Uplink(error)) = region.push().await else {
        panic!("the answer was lost")
    };
    assert_eq!(error.code(), "PARENT_UNREACHABLE");
    let committed = stage.hub().status();
    assert_eq!(committed.ledger_size, before + 3, "two days with an event, and today");
    let told = region.status().uplink;
    assert_eq!(
        (told.cursor, told.waiting),
        (0, 3),
        "the hub has it, and the node cannot know"
    );
    let report = stage.report("boston", "2020-01");

    stage.link("north").mend();
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.sealed, pushed.waiting, pushed.refused), (0, 0, 0));
    assert_eq!(stage.hub().status(), committed, "not one entry more");
    assert_eq!(stage.report("boston", "2020-01"), report);
    assert_eq!(stage.received("2020-01"), 2);
    region.close().await;
    let again = stage.open("north");
    assert_eq!(again.status().uplink.cursor, 3, "the receipts are remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_a_lost_answer_is_learned_all_the_same() {
    let stage = Stage::new().await;
    stage.join("north", "group-north").await;
    // Sealed three days ahead, so that two of its six days have not begun at the hub; then its clock was mended.
    let fast = ManualClock::new(stage.clock.now() + SignedDuration::from_hours(72));
    let region = stage.open_by("north", Arc::new(fast.clone()));
    region.take_in(&first()).await;
    region.node.seal(Mode::Now).unwrap();
    fast.set(stage.clock.now());
    let ledger = Arc::clone(stage.hub().ledger());
    let before = held(&ledger).size();
    stage.link("north").lose_answers(move || held(&ledger).size() > before);
    region.push().await.unwrap_err();
    let committed = stage.hub().status();
    assert_eq!((committed.refused_in_all, region.status().sheets.refused_total), (2, 0));
    stage.link("north").mend();
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.sealed, pushed.waiting, pushed.refused), (0, 0, 2));
    assert_eq!(region.status().sheets.refused_total, 2);
    assert_eq!(stage.hub().status(), committed, "the same receipts, and nothing new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_breaks_between_batches_goes_on_from_the_cursor() {
    let stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    // Every day of a year gets its sheet: three batches, all on their way at once.
    region.take_in_complete(&first(), ("2019-01-16", "2020-01-14")).await;
    let ledger = Arc::clone(stage.hub().ledger());
    let before = held(&ledger).size();
    stage
        .link("north")
        .lose_answers(move || held(&ledger).size() > before + 128);
    region.push().await.unwrap_err();
    assert!(region.status().uplink.cursor < region.status().ledger.size);
    stage.link("north").mend();
    assert_eq!(region.push().await.unwrap().waiting, 0);
    let (size, hub) = (region.status().ledger.size, stage.hub().status());
    assert_eq!(
        (size, hub.ledger_size, hub.sheets),
        (365, before + 365, 365),
        "each once"
    );
    assert_eq!(
        figures(&stage.report("group-north", "2019")),
        figures(&region.report("group-north", "2019"))
    );
}

/// A federation whose hub was started again from a copy older than what the node remembers.
async fn with_a_hub_from_an_old_copy() -> (Stage, Region) {
    let mut stage = Stage::new().await;
    let region = stage.member("north", "group-north").await;
    region.take_in(&first()).await;
    region.push().await.unwrap();
    stage.fell().await;
    let copy = stage.dir("old-copy");
    copy_dir(&stage.hub_dir(), &copy);
    stage.raise().await;
    region.take_in(&later()).await;
    region.push().await.unwrap();
    assert_eq!(stage.received("2020-01"), 3);
    stage.fell().await;
    std::fs::remove_dir_all(stage.hub_dir()).unwrap();
    copy_dir(&copy, &stage.hub_dir());
    stage.raise().await;
    (stage, region)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_lost_what_it_signed_halts_pushing_and_nothing_else() {
    let (stage, region) = with_a_hub_from_an_old_copy().await;
    let remembered = region.status().uplink.cursor;
    let Err(PushError::Uplink(error)) = region.push().await else {
        panic!("the hub lacks what it signed")
    };
    assert_eq!(error.code(), "PARENT_FORKED");
    assert!(region.status().uplink.halted.is_some());

    let dialled = stage.link("north").dialled();
    stage.clock.advance(SignedDuration::from_hours(24));
    let taken = region
        .take_in(&[Row {
            id: 4,
            territory: "Boston",
            received: "2020-01-16T08:00:00Z",
            closed: "",
        }])
        .await;
    assert_eq!(taken.accepted, 1, "intake goes on");
    let Err(PushError::Uplink(error)) = region.push().await else {
        panic!("pushing stays halted")
    };
    assert_eq!(error.code(), "PARENT_FORKED");
    assert_eq!(stage.link("north").dialled(), dialled, "nothing is sent any more");
    let standing = region.status();
    assert_eq!(standing.sheets.changed, 0, "sealing goes on");
    assert_eq!(standing.uplink.cursor, remembered);
    assert!(standing.uplink.waiting > 0);
    let own = figures(&region.report("group-north", "2020-01"));
    assert_eq!(
        own["totals"]["incidents.received"]["n"], 4,
        "its own report has everything"
    );
    assert_eq!(
        stage.hub().status().members[0].cursor,
        3,
        "the hub was given nothing on top of the old copy"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_rewind_is_signed_by_the_hub_and_outlives_a_restart() {
    let (stage, region) = with_a_hub_from_an_old_copy().await;
    region.push().await.unwrap_err();
    region.close().await;
    let dir = stage.dir("north");
    let files = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let mut kept: Vec<_> = files
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("fork-"))
        .collect();
    kept.sort();
    let [remembered, shown] = &kept[..] else {
        panic!("what was remembered and what was shown: {kept:?}")
    };
    let [remembered, shown] = [remembered, shown].map(|path| std::fs::read_to_string(path).unwrap());
    let (origin, key, size) = {
        let ledger = held(stage.hub().ledger());
        (ledger.origin(), ledger.ledger_key(), ledger.size())
    };
    assert_eq!(Checkpoint::open(&shown, &origin, &key).unwrap().size, size);
    assert!(Checkpoint::open(&remembered, &origin, &key).unwrap().size > size);
    let again = stage.open("north");
    let Err(PushError::Uplink(error)) = again.push().await else {
        panic!("a restart forgets nothing")
    };
    assert_eq!(error.code(), "PARENT_FORKED");
}
