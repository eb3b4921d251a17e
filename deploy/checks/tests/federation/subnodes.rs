//! A municipality below a region below the hub: its sheets travel up byte for byte, and nothing is counted twice.

use domain::NodeId;
use federation::held;
use jiff::SignedDuration;
use runtime::status::reason;
use wire::pb;
use wire::pb::ingest_service_client::IngestServiceClient;
use wire::pb::parent_service_client::ParentServiceClient;
use wire::pb::replication_service_client::ReplicationServiceClient;

use crate::harness::{Region, Row, Stage, figures};

const PARENT: &str = "north";
const CHILD: &str = "charlestown";
const TERRITORY: &str = "Charlestown";

fn row(id: u64, territory: &'static str, received: &'static str, closed: &'static str) -> Row {
    Row {
        id,
        territory,
        received,
        closed,
    }
}

/// What the region knows: of Charlestown too, before and after its own centre begins on the 16th.
fn known_to_the_region() -> Vec<Row> {
    vec![
        row(1, "Boston", "2020-01-14T08:00:00Z", "2020-01-16T09:00:00Z"),
        row(2, TERRITORY, "2020-01-14T09:00:00Z", "2020-01-17T09:00:00Z"),
        row(3, TERRITORY, "2020-01-15T23:59:59Z", "2020-01-16T10:00:00Z"),
        row(4, TERRITORY, "2020-01-16T00:00:00Z", "2020-01-17T00:00:00Z"),
        row(5, TERRITORY, "2020-01-17T08:00:00Z", ""),
        row(6, "Boston", "2020-01-17T08:00:00Z", "2020-01-17T12:00:00Z"),
    ]
}

/// What the municipality knows of the same: one more, and one of them closed.
fn known_to_the_municipality() -> Vec<Row> {
    vec![
        row(4, TERRITORY, "2020-01-16T00:00:00Z", "2020-01-17T00:00:00Z"),
        row(5, TERRITORY, "2020-01-17T08:00:00Z", "2020-01-17T15:00:00Z"),
        row(7, TERRITORY, "2020-01-17T09:00:00Z", ""),
    ]
}

/// The hub's count of one measure in one territory of the region and period.
fn counted(stage: &Stage, measure: &str, period: &str, territory: &str) -> u64 {
    let report = figures(&stage.report("group-north", period));
    let rows = report["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["code"] == territory);
    row.map_or(0, |row| row["values"][measure]["n"].as_u64().unwrap_or_default())
}

/// A federation of three levels: the municipality joined on the 15th and answers for Charlestown from the 16th on.
async fn joined() -> (Stage, Region, Region) {
    let stage = Stage::new().await;
    let region = stage.member(PARENT, "group-north").await;
    stage.serve(&region, PARENT);
    stage.join_below(&region, PARENT, CHILD, TERRITORY).await.unwrap();
    let child = stage.open(CHILD);
    (stage, region, child)
}

/// Everybody says what is known on the 18th, from below upward.
async fn everything_up(stage: &Stage, region: &Region, child: &Region) {
    stage.clock.set("2020-01-18T12:00:00Z".parse().unwrap());
    region.take_in(&known_to_the_region()).await;
    child.take_in(&known_to_the_municipality()).await;
    assert_eq!(child.push().await.unwrap().waiting, 0);
    assert_eq!(region.push().await.unwrap().waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_incident_is_counted_once_by_the_node_that_covers_its_receipt_day() {
    let (stage, region, child) = joined().await;
    everything_up(&stage, &region, &child).await;
    let hub = stage.hub();
    assert_eq!(hub.status().refused_in_all, 0, "{:?}", hub.status().refusals);
    let received = |day| counted(&stage, "incidents.received", day, TERRITORY);
    let resolved = |day| counted(&stage, "incidents.resolved", day, TERRITORY);
    assert_eq!(
        ["2020-01-14", "2020-01-15", "2020-01-16", "2020-01-17"].map(received),
        [1, 1, 1, 2]
    );
    assert_eq!(
        ["2020-01-16", "2020-01-17"].map(resolved),
        [1, 3],
        "the region counts answers to what it received before, the municipality those to its own"
    );
    assert_eq!(stage.received("2020-01"), 7);
    let node = NodeId::new(CHILD).unwrap();
    let (own, at_hub) = (held(child.node.ledger()), held(hub.ledger()));
    for entry in own.entries(0..own.size()).unwrap() {
        let sealed = wire::envelope::decode(&entry.envelope).unwrap();
        let position = at_hub
            .position_of(&sealed.statement_hash())
            .unwrap()
            .expect("it came up");
        let above = at_hub.entries(position..position + 1).unwrap().remove(0);
        assert_eq!(above.envelope, entry.envelope, "byte for byte");
        assert_eq!(above.delivered_by.as_ref().map(NodeId::as_str), Some(PARENT));
    }
    assert_eq!(at_hub.member(&node).unwrap().membership.parent.as_str(), PARENT);
    at_hub.verify_all().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_away_for_a_day_costs_nothing_but_the_delay() {
    let reports = async |away: bool| {
        let (stage, region, child) = joined().await;
        let before = [row(8, TERRITORY, "2020-01-16T01:00:00Z", "")];
        stage.clock.set("2020-01-16T12:00:00Z".parse().unwrap());
        child.take_in(&before).await;
        if away {
            stage.link(CHILD).cut();
            assert!(child.push().await.is_err());
        } else {
            child.push().await.unwrap();
        }
        stage.clock.set("2020-01-17T12:00:00Z".parse().unwrap());
        stage.link(CHILD).mend();
        everything_up(&stage, &region, &child).await;
        for _ in 0..2 {
            child.push().await.unwrap();
            region.push().await.unwrap();
        }
        ["2020-01-16", "2020-01-17", "2020-01"].map(|period| figures(&stage.report("group-north", period)))
    };
    let (linked, cut_off) = (reports(false).await, reports(true).await);
    assert_eq!(linked[2]["totals"]["incidents.received"]["n"], 8);
    assert_eq!(linked, cut_off);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_whose_store_is_gone_counts_the_same_again() {
    let (stage, region, child) = joined().await;
    everything_up(&stage, &region, &child).await;
    let before = figures(&stage.report("group-north", "2020-01"));
    stage.close_door(PARENT).await;
    region.close().await;
    std::fs::remove_dir_all(stage.dir(PARENT).join("store")).unwrap();
    let region = stage.open(PARENT);
    assert_eq!(region.push().await.unwrap().sealed, 0, "nothing new to say");
    assert_eq!(figures(&stage.report("group-north", "2020-01")), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn cover_taken_back_makes_the_region_count_and_the_municipality_stop() {
    let (stage, region, child) = joined().await;
    everything_up(&stage, &region, &child).await;
    let (node, territory) = (NodeId::new(CHILD).unwrap(), domain::Code::literal(TERRITORY));
    let compared = region.node.compare(&node, "2020-01".parse().unwrap()).unwrap();
    let differing: Vec<(&str, &str)> = compared
        .differences
        .iter()
        .map(|one| (one.day.as_str(), one.measure.as_str()))
        .collect();
    assert!(
        differing.contains(&("2020-01-17", "incidents.received"))
            && !differing.contains(&("2020-01-16", "incidents.received")),
        "{differing:?}"
    );
    region
        .node
        .parent()
        .uncover(&node, &territory, None, "2020-01-17".parse().unwrap())
        .unwrap();
    // The region first, then the municipality, which hears of it by its first exchange and says so by the second.
    region.push().await.unwrap();
    for _ in 0..2 {
        child.push().await.unwrap();
        region.push().await.unwrap();
    }
    let received = |day| counted(&stage, "incidents.received", day, TERRITORY);
    let resolved = |day| counted(&stage, "incidents.resolved", day, TERRITORY);
    assert_eq!(
        ["2020-01-16", "2020-01-17"].map(received),
        [1, 1],
        "what the region knows of the 17th"
    );
    assert_eq!(
        resolved("2020-01-17"),
        2,
        "2 by the region, and 4, which the municipality received before"
    );
    assert_eq!(stage.hub().status().refused_in_all, 0);
    let line = &region.node.members().members[0];
    assert_eq!(line.covers[0].until.as_deref(), Some("2020-01-17"));
    assert!(
        region
            .node
            .compare(&node, "2020-01-18".parse().unwrap())
            .unwrap()
            .differences
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cover_begins_on_a_future_day_inside_the_regions_own_scope_and_is_nobody_elses() {
    let stage = Stage::new().await;
    let region = stage.member(PARENT, "group-north").await;
    stage.serve(&region, PARENT);
    let refused = async |territory: &'static str, from: &str| {
        let status = stage.invite_below(&region, "other", territory, from).await.unwrap_err();
        reason(&status).unwrap_or_default()
    };
    assert_eq!(refused("group-north", "").await, "OUT_OF_SCOPE", "not all of it");
    assert_eq!(refused("group-south", "").await, "OUT_OF_SCOPE");
    assert_eq!(refused("nowhere", "").await, "TERRITORY_UNKNOWN");
    region
        .take_in(&[row(1, TERRITORY, "2020-01-14T09:00:00Z", "2020-01-15T09:00:00Z")])
        .await;
    region.push().await.unwrap();
    assert_eq!(refused(TERRITORY, "2020-01-15").await, "COVER_NOT_FUTURE");
    assert_eq!(refused(TERRITORY, "2000-01-01").await, "COVER_NOT_FUTURE");
    stage.join_below(&region, PARENT, CHILD, TERRITORY).await.unwrap();
    assert_eq!(refused(TERRITORY, "2020-03-01").await, "TERRITORY_TAKEN");
    let late = stage.invite_below(&region, "late", "Boston", "").await.unwrap();
    stage.clock.advance(SignedDuration::from_hours(12));
    let joined = stage.join_at("late", PARENT, late).await;
    assert!(joined.is_err(), "an invitation ends when its cover begins");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_may_not_ingest_and_a_source_may_not_replicate() {
    let (stage, region, _child) = joined().await;
    let member = stage.channel_of(CHILD);
    let denied = IngestServiceClient::new(member)
        .ingest(pb::IngestRequest::default())
        .await
        .unwrap_err();
    assert_eq!(reason(&denied).as_deref(), Some("NOT_A_SOURCE"));
    let source = stage.source_channel(&region, PARENT);
    let denied = ReplicationServiceClient::new(source)
        .fetch_down(pb::FetchDownRequest::default())
        .await
        .unwrap_err();
    assert_eq!(reason(&denied).as_deref(), Some("NODE_CERTIFICATE_REQUIRED"));
    let nobody = stage.bare_channel(CHILD);
    let denied = IngestServiceClient::new(nobody)
        .ingest(pb::IngestRequest::default())
        .await
        .unwrap_err();
    assert_eq!(reason(&denied).as_deref(), Some("CERTIFICATE_REQUIRED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_municipality_is_the_regions_again() {
    let (stage, region, child) = joined().await;
    everything_up(&stage, &region, &child).await;
    let mut admin = ParentServiceClient::new(region.channel());
    let request = pb::RevokeRequest {
        node: CHILD.to_owned(),
        reason: "KEY_LOST".to_owned(),
    };
    admin.revoke(request).await.unwrap();
    region.push().await.unwrap();
    let received = |day| counted(&stage, "incidents.received", day, TERRITORY);
    assert_eq!(["2020-01-16", "2020-01-17"].map(received), [1, 1]);
    let Err(error) = child.push().await else {
        panic!("its keys hold no longer")
    };
    assert!(error.to_string().contains("MEMBER_REVOKED"), "{error}");
}
