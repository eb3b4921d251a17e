//! The program itself: it says when it is up, answers commands, and ends when asked.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use federation::held;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::stage::{Member, Stage, life};

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
