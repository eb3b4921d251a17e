//! A sheet that the hub refuses: it holds up nothing behind it, both ends show it, and it is mended by the next revision.

use std::sync::Arc;

use federation::held;
use jiff::SignedDuration;
use runtime::{Clock, ManualClock};
use wire::Statement;

use crate::harness::{Peer, Row, Stage, figures, words};

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_sheet_does_not_hold_up_the_next() {
    let stage = Stage::new().await;
    stage.join("north", "group-north").await;
    let mut peer = Peer::of(&stage, "north");
    peer.say(peer.sheet("2020-01-10", 1, "Boston", 5));
    peer.say(peer.sheet("2020-01-11", 1, "Allston", 70));
    peer.say(peer.sheet("2020-01-12", 1, "Charlestown", 6));
    let (mut moved, body) = peer.sheet("2020-01-13", 1, "Boston", 800);
    moved.facts.zone = "America/New_York".parse().unwrap();
    moved.facts.bounds = moved.facts.zone.bounds(moved.facts.period.first());
    peer.say((moved, body));
    peer.say(peer.sheet("2020-01-14", 1, "Boston", 7));
    let answer = peer.bring(&stage, 0).await.unwrap();
    assert_eq!(
        words(&answer),
        ["TAKEN", "OUT_OF_SCOPE", "TAKEN", "ZONE_MISMATCH", "TAKEN"]
    );
    assert_eq!(stage.received("2020-01"), 18);

    let status = stage.hub().status();
    assert_eq!(
        (
            status.refused_in_all,
            status.members[0].refused,
            status.members[0].cursor
        ),
        (2, 2, 5)
    );
    let listed: Vec<_> = status
        .refusals
        .iter()
        .map(|one| (one.node.as_str(), one.position, one.reason.as_str()))
        .collect();
    assert_eq!(listed, [("north", 1, "OUT_OF_SCOPE"), ("north", 3, "ZONE_MISMATCH")]);
    let ledger = held(stage.hub().ledger());
    let kept = ledger.evidence(0).unwrap().expect("the refused statement is kept");
    assert_eq!(kept.envelope, peer.entries[1].envelope);
    assert_eq!(kept.body, peer.entries[1].body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sheet_shows_at_both_ends_and_is_mended_by_the_next_revision() {
    let stage = Stage::new().await;
    stage.join("north", "group-north").await;
    // A machine whose clock runs three days ahead: its today has not begun at the hub. With such a clock nobody talks to
    // it; what it sealed meanwhile goes out once the clock is right.
    let fast = ManualClock::new(stage.clock.now() + SignedDuration::from_hours(72));
    let region = stage.open_by("north", Arc::new(fast.clone()));
    let row = |id, received| Row {
        id,
        territory: "Boston",
        received,
        closed: "",
    };
    region
        .take_in(&[row(1, "2020-01-14T08:00:00Z"), row(2, "2020-01-18T08:00:00Z")])
        .await;
    let unheard = region.push().await.unwrap_err().to_string();
    assert!(unheard.contains("CLOCK_SKEW"), "{unheard}");
    fast.set(stage.clock.now());
    let pushed = region.push().await.unwrap();
    assert_eq!(pushed.waiting, 0, "a refusal is a verdict");
    assert!(pushed.refused > 0);
    let (node, hub) = (region.status(), stage.hub().status());
    assert_eq!(node.sheets.refused_total, pushed.refused);
    assert_eq!(
        (hub.refused_in_all, hub.members[0].refused),
        (pushed.refused, pushed.refused)
    );
    for refused in &node.sheets.refused {
        assert_eq!(refused.reason, "DAY_IN_FUTURE");
        assert!(!refused.message.is_empty());
    }
    assert_eq!(node.sheets.refused[0].period, "2020-01-18");
    let text = region_node::status::text(&node, region_node::cli::Lang::Ru);
    assert!(
        text.contains("2020-01-18") && federal_hub::status::text(&hub).contains("DAY_IN_FUTURE"),
        "{text}"
    );
    assert_eq!(stage.received("2020-01"), 1);
    assert_eq!(
        figures(&region.report("group-north", "2020-01"))["totals"]["incidents.received"]["n"],
        2
    );

    // The next sheet passes; a day refused within the hour is not said again. Once the days have come, they are.
    region.take_in(&[row(3, "2020-01-12T08:00:00Z")]).await;
    let next = region.push().await.unwrap();
    assert_eq!((next.sealed, next.waiting), (1, 0), "the older day only");
    assert_eq!(stage.received("2020-01"), 2);
    let on_record = stage.hub().status().refused_in_all;
    stage.clock.advance(SignedDuration::from_hours(96));
    fast.set(stage.clock.now());
    let mended = region.push().await.unwrap();
    assert_eq!((mended.waiting, mended.refused), (0, 0));
    assert_eq!(stage.received("2020-01"), 3);
    assert!(region.status().sheets.refused.is_empty());
    assert_eq!(
        stage.hub().status().refused_in_all,
        on_record,
        "what was refused stays on record"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_09_other_bytes_under_a_used_revision_are_refused_and_the_first_count() {
    let stage = Stage::new().await;
    stage.join("north", "group-north").await;
    let mut peer = Peer::of(&stage, "north");
    peer.say(peer.sheet("2020-01-10", 1, "Boston", 5));
    peer.say(peer.sheet("2020-01-10", 1, "Boston", 500));
    peer.say(peer.sheet("2020-01-10", 2, "Boston", 6));
    let answer = peer.bring(&stage, 0).await.unwrap();
    assert_eq!(words(&answer), ["TAKEN", "REVISION_REUSED", "TAKEN"]);
    assert_eq!(stage.received("2020-01"), 6);
    peer.say(peer.sheet("2020-01-10", 2, "Boston", 600));
    assert_eq!(words(&peer.bring(&stage, 3).await.unwrap()), ["REVISION_REUSED"]);
    assert_eq!(stage.received("2020-01"), 6);

    let ledger = held(stage.hub().ledger());
    let refused: Vec<_> = ledger
        .refusals()
        .map(|item| (item.node.to_string(), item.position))
        .collect();
    assert_eq!(refused, [("north".to_owned(), 1), ("north".to_owned(), 3)]);
    let kept = ledger.evidence(0).unwrap().expect("evidence");
    assert_eq!(
        (&kept.envelope, &kept.body),
        (&peer.entries[1].envelope, &peer.entries[1].body)
    );
    let first = ledger
        .sheets()
        .next()
        .map(|sheet| sheet.statement)
        .expect("a sheet in force");
    // Both statements are there to be shown to anyone: the one that stands, and the one in its place.
    let (stands, other) = (&peer.entries[2].envelope, &kept.envelope);
    let hash = |bytes: &[u8]| wire::envelope::decode(bytes).unwrap().statement_hash();
    assert_eq!(first, hash(stands));
    for bytes in [stands, other] {
        let sealed = wire::envelope::decode(bytes)
            .unwrap()
            .verify(&ledger.member(&"north".parse().unwrap()).unwrap().membership.signing_key);
        let sealed = sealed.unwrap().into_inner();
        let said = Statement::decode(&sealed.payload_type, &sealed.payload).unwrap().1;
        assert!(matches!(said, Statement::Sheet(_)));
    }
}
