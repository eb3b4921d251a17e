//! What the hub shows to whoever watches it, and what it tells the service manager.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::Arc;

use federal_hub::inspect::{Inspection, PREFIX};
use jiff::SignedDuration;
use runtime::inspect::Inspected;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::stage::{Member, Stage, life};

/// The names that the reference lists under a prefix.
fn documented(prefix: &str) -> BTreeSet<String> {
    let page = include_str!("../../../docs/reference/metrics.md");
    let named = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    named
        .filter(|name| name.starts_with(prefix) && !name.contains(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_number_is_documented_and_says_what_is_true() {
    let stage = Stage::founded();
    life(async {
        let (hub, _tasks) = stage.serve().await;
        let member = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
        let inspected: Arc<dyn Inspected> = Arc::new(Inspection::new(&hub));
        member.seal("2022-12-12", "UTC");
        member.uplink(&stage).step().await.unwrap();
        stage.clock.advance(SignedDuration::from_secs(30));
        let page = runtime::metrics::render(PREFIX, &inspected).unwrap();
        for line in [
            "federal_hub_ready 1",
            "federal_hub_members 1",
            "federal_hub_ledger_size 4",
            "federal_hub_envelopes_rejected_total{reason=\"ZONE_MISMATCH\"} 1",
            "federal_hub_node_last_seen_seconds{node=\"sverdlovsk\"} 30",
        ] {
            assert!(page.lines().any(|there| there == line), "{line}\n{page}");
        }
        let until = page.lines().find_map(|line| {
            line.strip_prefix("federal_hub_certificate_expiry_timestamp_seconds{certificate=\"listener\"} ")
        });
        assert!(until.unwrap().parse::<i64>().unwrap() > 1_670_000_000, "{page}");
        let shown: BTreeSet<String> = page
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned))
            .collect();
        assert_eq!(shown, documented("federal_hub_"));
    });
}

fn serving(stage: &Stage) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_federal-hub"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--json", "--dir"])
        .arg(stage.dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[test]
fn the_service_manager_hears_ready_and_stopping_and_the_port_answers() {
    let stage = Stage::founded();
    let path = stage.dir().join("federal-hub.toml");
    fs::write(path, "[admin]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let manager = tempfile::tempdir().unwrap();
    let socket = manager.path().join("notify");
    let heard = UnixDatagram::bind(&socket).unwrap();
    let mut child = serving(&stage).env("NOTIFY_SOCKET", &socket).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let announced: Value = serde_json::from_str(&line).unwrap();
    let mut port = TcpStream::connect(announced["admin"].as_str().unwrap()).unwrap();
    port.write_all(b"GET /readyz?verbose HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    port.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("[+] ledger: записей 2"),
        "{answer}"
    );
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut told = Vec::new();
    let mut bytes = [0; 1024];
    heard.set_nonblocking(true).unwrap();
    while let Ok(length) = heard.recv(&mut bytes) {
        told.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
    }
    let starting = told.iter().position(|word| word.starts_with("STATUS=Запускается"));
    let ready = told
        .iter()
        .position(|word| word.starts_with("READY=1\nSTATUS=Работает: записей 2, участников 0"));
    let stopping = told.iter().position(|word| word.starts_with("STOPPING=1"));
    assert!(starting < ready && ready < stopping && starting.is_some(), "{told:?}");
}

#[test]
fn fault_42_a_hub_told_to_stop_while_it_opens_its_files_ends_with_zero() {
    let stage = Stage::founded();
    // A file that nobody ever finishes writing: opening waits for it.
    let genesis = stage.dir().join("identity/signing.key");
    fs::remove_file(&genesis).unwrap();
    assert!(Command::new("mkfifo").arg(&genesis).status().unwrap().success());
    let manager = tempfile::tempdir().unwrap();
    let socket = manager.path().join("notify");
    let heard = UnixDatagram::bind(&socket).unwrap();
    let mut child = serving(&stage).env("NOTIFY_SOCKET", &socket).spawn().unwrap();
    let mut bytes = [0; 1024];
    let length = heard.recv(&mut bytes).unwrap();
    assert!(String::from_utf8_lossy(&bytes[..length]).starts_with("STATUS=Запускается"));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "not ended by the signal");
}
