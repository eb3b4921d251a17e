//! What a node promises to its operator: push, status and report, with the parent there and not.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use region_node::cli::{Lang, Session};
use region_node::node::{Node, OpenError};
use region_node::status::{Status, text};
use runtime::memory::MemoryNetwork;
use runtime::{Exit, Shutdown};
use tonic::Code as Rpc;
use wire::pb;
use wire::pb::ingest_service_client::IngestServiceClient;
use wire::pb::intake_service_client::IntakeServiceClient;
use wire::pb::process_service_client::ProcessServiceClient;

use crate::stage::{HOME, Stage};

const NOW: &str = "2022-12-13T09:00:00Z";

async fn tell(session: &Session, id: &str, registered: &str) {
    let at: jiff::Timestamp = registered.parse().unwrap();
    let at = Some(prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: 0,
    });
    let incident = pb::Incident {
        external_id: id.to_owned(),
        source: "incident".to_owned(),
        territory: HOME.to_owned(),
        topic: "что-то своё".to_owned(),
        registered: at,
        ..Default::default()
    };
    let item = pb::IngestItem {
        incident: Some(incident),
        updated_at: at,
        ..Default::default()
    };
    let request = pb::IngestRequest {
        request_id: id.to_owned(),
        items: vec![item],
        ..Default::default()
    };
    let answer = IngestServiceClient::new(session.channel())
        .ingest(request)
        .await
        .unwrap()
        .into_inner();
    assert!(answer.results[0].rejection.is_none(), "{answer:?}");
}

async fn push(session: &Session, wait: bool) -> Result<pb::PushResponse, tonic::Status> {
    let answer = IntakeServiceClient::new(session.channel())
        .push(pb::PushRequest { wait })
        .await;
    answer.map(tonic::Response::into_inner)
}

async fn status(session: &Session) -> Status {
    let answer = ProcessServiceClient::new(session.channel())
        .get_status(pb::GetStatusRequest {})
        .await;
    serde_json::from_str(&answer.unwrap().into_inner().json).unwrap()
}

async fn report(session: &Session, period: &str) -> Result<serde_json::Value, tonic::Status> {
    let request = pb::GetReportRequest {
        period: period.to_owned(),
        format: "json".to_owned(),
        ..Default::default()
    };
    let answer = ProcessServiceClient::new(session.channel()).get_report(request).await?;
    Ok(serde_json::from_slice(&answer.into_inner().document).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_is_at_the_parent_and_in_the_own_report() {
    let stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let session = Session::within(&stage.open("sverdlovsk"));
    tell(&session, "a", "2022-12-01T09:00:00Z").await;
    tell(&session, "b", "2022-12-13T08:00:00Z").await;
    let pushed = push(&session, true).await.unwrap();
    assert_eq!((pushed.sealed, pushed.waiting, pushed.refused), (2, 0, 0));
    assert_eq!(stage.sheets_at_hub(), 2);
    let again = push(&session, true).await.unwrap();
    assert_eq!((again.sealed, again.waiting), (0, 0));
    let status = status(&session).await;
    assert_eq!(
        (status.sheets.open, status.sheets.closed, status.sheets.changed),
        (1, 1, 0)
    );
    assert_eq!((status.uplink.waiting, status.ledger.size), (0, 2));
    assert_eq!(status.intake.unmatched[0].value, "что-то своё");
    assert!(
        text(&status, Lang::Ru).contains("Листов закрыто:"),
        "{}",
        text(&status, Lang::Ru)
    );
    let own = report(&session, "2022-12").await.unwrap();
    assert_eq!(own["scope"]["code"], HOME);
    assert_eq!(own["totals"]["incidents.received"]["n"], 2);
    assert_eq!(own["as_of"]["ledger_size"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_is_refused_with_its_reason() {
    let stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let session = Session::within(&stage.open("sverdlovsk"));
    let refused = report(&session, "2022-13").await.unwrap_err();
    assert_eq!(refused.code(), Rpc::InvalidArgument);
    assert_eq!(runtime::status::reason(&refused).as_deref(), Some("PERIOD_INVALID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_is_gone_costs_nothing_but_the_delay() {
    let mut stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let session = Session::within(&stage.open("sverdlovsk"));
    stage.fell_hub();
    tell(&session, "a", "2022-12-01T09:00:00Z").await;
    let refused = push(&session, false).await.unwrap_err();
    assert_eq!(refused.code(), Rpc::Unavailable, "{refused:?}");
    assert_eq!(runtime::status::reason(&refused).as_deref(), Some("PARENT_UNREACHABLE"));
    let standing = status(&session).await;
    assert!(
        standing.uplink.waiting > 0 && standing.uplink.last_error.is_some(),
        "{standing:?}"
    );
    stage.clock.advance(SignedDuration::from_hours(24));
    stage.raise_hub();
    let pushed = push(&session, true).await.unwrap();
    assert_eq!(pushed.waiting, 0);
    assert_eq!(
        stage.sheets_at_hub(),
        3,
        "the first of December, the day of joining, today"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_process_is_reached_by_its_socket_and_stops_when_asked() {
    let stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let node = stage.open("sverdlovsk");
    let shutdown = Shutdown::new();
    let ingest = MemoryNetwork::new().listen("ingest");
    let tasks = node.start(ingest, "ingest".to_owned(), &shutdown).await.unwrap();
    let session = Session::open(&stage.dir("sverdlovsk"), Lang::Ru).await.unwrap();
    tell(&session, "a", "2022-12-01T09:00:00Z").await;
    let pushed = push(&session, true).await.unwrap();
    assert_eq!(pushed.waiting, 0);
    assert_eq!(stage.sheets_at_hub(), 2);
    let session_closed = session.close();
    session_closed.await;
    tasks.drain(Duration::from_secs(9)).await.unwrap();
    assert_eq!(Arc::strong_count(&node), 1, "no task holds the node");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_has_one_process_and_what_it_took_stands_after_it() {
    let stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let node = stage.open("sverdlovsk");
    let clock = Arc::new(stage.clock.clone());
    let second = Node::open(
        &stage.dir("sverdlovsk"),
        clock,
        Arc::new(runtime::SeededRandom::new(1)),
        Arc::new(stage.network.clone()),
    );
    let Err(error @ OpenError::Locked(_)) = second.map(|_| ()) else {
        panic!("the lock is held")
    };
    assert_eq!(error.exit(), Exit::Locked);
    let refused = Session::open(&stage.dir("sverdlovsk"), Lang::Ru)
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(refused.exit(), Exit::Locked);
    node.push(true).await.unwrap();
    let size = node.status().ledger;
    drop(node);
    let again = stage.open("sverdlovsk");
    assert_eq!(again.status().ledger, size);
    assert_eq!(again.status().uplink.waiting, 0);
}

#[tokio::test]
async fn a_directory_that_never_joined_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let refused = Session::open(dir.path(), Lang::Ru).await.map(|_| ()).unwrap_err();
    assert_eq!(refused.exit(), Exit::Configuration);
    assert!(refused.to_string().contains("region-node join"), "{refused}");
}
