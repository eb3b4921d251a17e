//! The program itself: it has its directory alone, and ends when asked, whatever it is doing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use region_node::cli::{Lang, Session};
use runtime::{Clock, SystemClock};
use rustix::process::{Pid, Signal, kill_process};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use wire::pb;
use wire::pb::ingest_service_client::IngestServiceClient;

use crate::stage::{HOME, Stage};

/// Items of one batch.
const BATCH: u64 = 100;

fn program(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_region-node"));
    command.args(arguments).arg("--dir").arg(dir);
    for name in ["REGION_NODE_DIR", "REGION_NODE_LISTEN", "SVODKA_LANG"] {
        command.env_remove(name);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    program(dir, arguments).output().unwrap()
}

/// Starts the node on a free port, and waits until it says that it is up.
fn serve(dir: &Path) -> Child {
    let mut command = program(dir, &["serve", "--listen", "127.0.0.1:0", "--json"]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("listen"), "{line}");
    child
}

async fn joined() -> Stage {
    // The program goes by the clock of the machine.
    let stage = Stage::new(&SystemClock.now().to_string());
    stage.join("sverdlovsk").await;
    stage
}

fn batch(number: u64) -> pb::IngestStreamRequest {
    let at = Some(prost_types::Timestamp {
        seconds: 1_670_000_000,
        nanos: 0,
    });
    let items = (0..BATCH).map(|item| pb::IngestItem {
        incident: Some(pb::Incident {
            external_id: format!("{number}-{item}"),
            source: "incident".to_owned(),
            territory: HOME.to_owned(),
            registered: at,
            ..Default::default()
        }),
        updated_at: at,
        ..Default::default()
    });
    let request = pb::IngestRequest {
        request_id: number.to_string(),
        items: items.collect(),
        ..Default::default()
    };
    pb::IngestStreamRequest { batch: Some(request) }
}

/// Batches as fast as they are taken, until nobody answers; the node is told to stop after some. How many were answered.
async fn ingest_until_it_ends(dir: &Path, pid: Pid) -> u64 {
    let session = Session::open(dir, Lang::Ru).await.unwrap();
    let (batches, outgoing) = tokio::sync::mpsc::channel(4);
    let feeding = tokio::spawn(async move {
        for number in 0.. {
            if batches.send(batch(number)).await.is_err() {
                return;
            }
        }
    });
    let mut client = IngestServiceClient::new(session.channel());
    let mut answers = client
        .ingest_stream(ReceiverStream::new(outgoing))
        .await
        .unwrap()
        .into_inner();
    let mut answered = 0;
    while let Some(Ok(_)) = answers.next().await {
        answered += 1;
        if answered == 20 {
            kill_process(pid, Signal::TERM).unwrap();
        }
    }
    feeding.abort();
    session.close().await;
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_42_a_node_told_to_stop_under_load_keeps_every_incident_it_took() {
    let stage = joined().await;
    let dir = stage.dir("sverdlovsk");
    let mut child = serve(&dir);
    let begun = Instant::now();
    let answered = ingest_until_it_ends(&dir, Pid::from_child(&child)).await;
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    let status = run(&dir, &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    let incidents = status["intake"]["incidents"].as_u64().unwrap();
    assert!(
        answered >= 20 && incidents >= answered * BATCH,
        "{incidents} of {answered} batches"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_32_a_second_node_on_one_directory_ends_with_73_and_the_first_goes_on() {
    let stage = joined().await;
    let dir = stage.dir("sverdlovsk");
    let mut first = serve(&dir);
    let second = run(&dir, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(73));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(message.contains(dir.to_str().unwrap()), "{message}");
    assert!(
        run(&dir, &["status", "--json"]).status.success(),
        "the first still answers"
    );
    kill_process(Pid::from_child(&first), Signal::TERM).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
}
