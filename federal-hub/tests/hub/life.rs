//! The program itself: it says when it is up, answers commands, and ends when asked.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use federation::held;
use runtime::connect::{Dialer, Dialing, TcpDialer};
use runtime::{Clock, SystemClock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use testkit::empty_sheet;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::stage::{Member, Stage, life};

/// Dials one address whatever is asked for: the members joined by another.
struct To(String);

impl Dialer for To {
    fn dial<'a>(&'a self, _: &'a str) -> Dialing<'a> {
        TcpDialer.dial(&self.0)
    }
}

fn program(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_federal-hub"));
    command.args(arguments).arg("--dir").arg(stage.dir());
    for name in ["FEDERAL_HUB_DIR", "FEDERAL_HUB_LISTEN", "SVODKA_LANG"] {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end, with what is typed.
fn run(stage: &Stage, arguments: &[&str], typed: &str) -> Output {
    let mut child = program(stage, arguments).spawn().unwrap();
    // A program that does not read what is typed has closed its end.
    let _unread = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Starts the hub on a free port; the line that it announces itself with.
fn serve(stage: &Stage) -> (Child, Value) {
    let mut command = program(stage, &["serve", "--listen", "127.0.0.1:0", "--json"]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let out = child.stdout.as_mut().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let announced = serde_json::from_str(&line).unwrap();
    (child, announced)
}

#[test]
fn fault_42_a_hub_told_to_stop_drains_and_ends_with_zero() {
    let stage = Stage::founded();
    let (mut child, announced) = serve(&stage);
    assert_eq!(announced["schema"], "federal-hub.serving/1");
    assert_eq!(announced["federation"], stage.founded.federation.as_str());
    let address = announced["listen"].as_str().unwrap();
    // Somebody who connected and says nothing does not hold up the end.
    let _idle = TcpStream::connect(address).unwrap();
    let asked = json(&run(&stage, &["status", "--json"], ""));
    assert_eq!(
        (&asked["schema"], &asked["ledger_size"]),
        (&"federal-hub.status/1".into(), &2.into())
    );
    assert!(
        stage.dir().join("admin.sock").exists(),
        "a running hub is reached by its socket"
    );
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert_eq!(held(stage.open().ledger()).size(), 2, "the directory is free and whole");
}

/// Members that seal and push until nobody answers any more: how much of each had its verdict by then.
async fn push_until_it_ends(stage: &Stage, members: &[Member], address: &str, pid: Pid) -> Vec<u64> {
    let loaded = Arc::new(Semaphore::new(0));
    let mut pushing = JoinSet::new();
    for (at, member) in members.iter().enumerate() {
        let mut uplink = member.uplink_over(stage, Arc::new(To(address.to_owned())));
        let (ledger, zone, dictionary) = (Arc::clone(&member.ledger), member.zone(), member.identity.dictionary());
        let loaded = Arc::clone(&loaded);
        pushing.spawn(async move {
            for revision in 1.. {
                let sheet = empty_sheet("2022-12-01".parse().unwrap(), revision, &zone, dictionary);
                held(&ledger).append_own(vec![sheet], 1).unwrap();
                if uplink.step().await.is_err() {
                    break;
                }
                loaded.add_permits(1);
            }
            (at, uplink.state().cursor)
        });
    }
    let _ = loaded.acquire_many(20).await.unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let mut cursors = vec![0; members.len()];
    while let Some(ended) = pushing.join_next().await {
        let (at, cursor) = ended.unwrap();
        cursors[at] = cursor;
    }
    cursors
}

#[test]
fn fault_42_a_hub_told_to_stop_under_load_keeps_every_verdict_it_gave() {
    let stage = Stage::founded();
    // The program goes by the clock of the machine.
    stage.clock.set(SystemClock.now());
    let members = life(async {
        let (hub, tasks) = stage.serve().await;
        let mut members = Vec::new();
        for (node, territory, seed) in [("sverdlovsk", "65", 3), ("kurgan", "37", 4), ("tyumen", "71", 5)] {
            members.push(Member::joined(&stage, &hub, node, territory, seed).await);
        }
        tasks.drain(Duration::from_secs(9)).await.unwrap();
        members
    });
    let (mut child, announced) = serve(&stage);
    let address = announced["listen"].as_str().unwrap();
    let (pid, begun) = (Pid::from_child(&child), Instant::now());
    let given = life(push_until_it_ends(&stage, &members, address, pid));
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    let hub = stage.open();
    let ledger = held(hub.ledger());
    ledger.verify_all().unwrap();
    for (member, given) in members.iter().zip(given) {
        let cursor = ledger.cursor(&member.identity.node).position;
        assert!(
            cursor >= given && given > 0,
            "{}: {cursor} of {given}",
            member.identity.node
        );
    }
}

#[test]
fn fault_32_a_second_hub_on_one_directory_ends_with_73_and_the_first_goes_on() {
    let stage = Stage::founded();
    let (mut first, _) = serve(&stage);
    let second = run(&stage, &["serve", "--listen", "127.0.0.1:0"], "");
    assert_eq!(second.status.code(), Some(73));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(message.contains(stage.dir().to_str().unwrap()), "{message}");
    assert_eq!(json(&run(&stage, &["status", "--json"], ""))["ledger_size"], 2);
    kill_process(Pid::from_child(&first), Signal::TERM).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn the_name_is_typed_again_before_a_member_is_revoked() {
    let stage = Stage::founded();
    life(async {
        let (hub, _tasks) = stage.serve().await;
        Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
    });
    let refused = run(&stage, &["revoke", "sverdlovsk"], "kurgan\n");
    assert_eq!(refused.status.code(), Some(2));
    let standing = json(&run(&stage, &["nodes", "--json"], ""));
    assert_eq!(standing["members"][0]["revoked"], Value::Null);
    let revoked = json(&run(&stage, &["revoke", "sverdlovsk", "--json"], "sverdlovsk\n"));
    let expected = serde_json::json!({
        "schema": "federal-hub.revoked/1",
        "node": "sverdlovsk",
        "epoch": 1,
        "reason": "KEY_LOST",
        "position": 3,
    });
    assert_eq!(revoked, expected);
    let again = run(&stage, &["revoke", "sverdlovsk", "--yes"], "");
    assert_eq!(again.status.code(), Some(77));
    let message = String::from_utf8(again.stderr).unwrap();
    assert_eq!(
        message,
        "federal-hub: узел sverdlovsk уже отозван: KEY_LOST [MEMBER_REVOKED]\n"
    );
    let page = String::from_utf8(run(&stage, &["nodes"], "").stdout).unwrap();
    assert!(page.contains("отозван: KEY_LOST"), "{page}");
}
