//! Asking the hub: reports and their refusals, the status and the members as machines and people read them.

use federal_hub::admin::Admin;
use federal_hub::status::{Status, members_text, text};
use runtime::command::Failure;
use runtime::status::reason;
use runtime::{DirLock, Exit};
use serde_json::Value;
use tonic::Request;
use wire::pb;
use wire::pb::parent_service_server::ParentService;
use wire::pb::process_service_server::ProcessService;

use crate::stage::{Member, Stage};

#[test]
fn a_wrong_question_ends_with_its_reason_and_code() {
    let stage = Stage::founded();
    for (arguments, expected) in [
        (&["report", "--scope", "99999", "--period", "2022"][..], "UNKNOWN_SCOPE"),
        (&["report", "--scope", "", "--period", "2022-13"], "PERIOD_INVALID"),
        (&["report", "--period", "позавчера"], "PERIOD_INVALID"),
        (
            &["report", "--period", "2022", "--compare", "2022-Q5"],
            "PERIOD_INVALID",
        ),
        (&["entry", "2"], "POSITION_UNKNOWN"),
    ] {
        let failure = stage.refused(arguments);
        assert_eq!(failure.exit(), Exit::Usage, "{arguments:?}: {failure}");
        assert!(
            failure.to_string().ends_with(&format!("[{expected}]")),
            "{arguments:?}: {failure}"
        );
    }
    assert_eq!(stage.refused(&["key", "--node", "nobody"]).exit(), Exit::Usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_is_one_of_three() {
    let stage = Stage::founded();
    let admin = Admin(stage.open());
    for (format, known) in [
        ("text", true),
        ("json", true),
        ("csv", true),
        ("pdf", false),
        ("", false),
    ] {
        let request = pb::GetReportRequest {
            period: "2022-12".to_owned(),
            format: format.to_owned(),
            ..Default::default()
        };
        match admin.get_report(Request::new(request)).await {
            Ok(answer) => assert!(known && !answer.into_inner().document.is_empty(), "{format}"),
            Err(refused) => {
                assert!(!known, "{format}: {refused:?}");
                assert_eq!(reason(&refused).as_deref(), Some("FORMAT_UNKNOWN"));
                assert_eq!(Failure::from(refused).exit(), Exit::Usage);
            }
        }
    }
}

#[test]
fn a_directory_that_another_process_holds_in_silence_is_exit_73() {
    let stage = Stage::founded();
    let _held = DirLock::acquire(&stage.dir()).unwrap();
    let failure = stage.refused(&["status"]);
    assert_eq!(failure.exit(), Exit::Locked);
    assert_eq!(failure.exit().code(), 73);
    assert!(failure.to_string().contains("не отвечает"), "{failure}");
}

#[test]
fn an_empty_directory_is_no_hub() {
    let stage = Stage::founded();
    let empty = stage.dir().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let failure = crate::stage::refused(&["federal-hub", "nodes", "--dir", empty.to_str().unwrap()]);
    assert_eq!(failure.exit(), Exit::Configuration);
    assert!(failure.to_string().contains("federal-hub init"), "{failure}");
}

/// Keys of a member are of chance, and the federation file changes: everything that hangs on them is taken out.
fn steady(mut status: Status) -> Status {
    status.ledger_root = "<root>".into();
    status.dictionary = "<sha-256>".into();
    for member in &mut status.members {
        assert_eq!(member.signing_key.len(), 64);
        member.signing_key = "<key>".into();
    }
    status
}

/// Three members: one with a refused sheet, one that has brought nothing yet, one revoked.
async fn busy(stage: &Stage) -> Admin {
    let (hub, _tasks) = stage.serve().await;
    let busy = Member::joined(stage, &hub, "sverdlovsk", "65", 3).await;
    busy.seal("2022-12-01", "Asia/Yekaterinburg");
    busy.seal("2022-12-02", "Europe/Moscow");
    busy.seal("2022-12-03", "Asia/Yekaterinburg");
    let step = busy.uplink(stage).step().await.unwrap();
    assert_eq!((step.taken, step.refused), (2, 1));
    Member::joined(stage, &hub, "kurgan", "37", 4).await;
    let gone = Member::joined(stage, &hub, "vladimir", "17", 6).await;
    gone.seal("2022-12-01", "Europe/Moscow");
    gone.uplink(stage).step().await.unwrap();
    let lost = "KEY_LOST".parse().unwrap();
    hub.parent().revoke(&gone.identity.node, lost).unwrap();
    Admin(hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_one_document_for_machines_and_one_page_for_people() {
    let stage = Stage::founded();
    let admin = busy(&stage).await;
    let answer = admin.get_status(Request::new(pb::GetStatusRequest {})).await.unwrap();
    let status: Status = serde_json::from_str(&answer.into_inner().json).unwrap();
    let status = steady(status);
    insta::assert_snapshot!("status_json", serde_json::to_string_pretty(&status).unwrap());
    insta::assert_snapshot!("status_text", text(&status));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_are_a_document_with_a_schema_and_revoked_ones_are_in_it() {
    let stage = Stage::founded();
    let admin = busy(&stage).await;
    let answer = admin
        .list_members(Request::new(pb::ListMembersRequest {}))
        .await
        .unwrap();
    let document: Value = serde_json::from_str(&answer.into_inner().json).unwrap();
    assert_eq!(document["schema"], "federal-hub.nodes/1");
    let members = document["members"].as_array().unwrap();
    let standing: Vec<_> = members
        .iter()
        .map(|member| (&member["node"], &member["revoked"]))
        .collect();
    let expected = [
        ("kurgan", Value::Null),
        ("sverdlovsk", Value::Null),
        ("vladimir", Value::from("KEY_LOST")),
    ];
    assert_eq!(standing.len(), expected.len());
    for ((node, revoked), (name, reason)) in standing.into_iter().zip(&expected) {
        assert_eq!((node, revoked), (&Value::from(*name), reason));
    }
    assert!(
        members_text(&[]).contains("federal-hub invite"),
        "an empty hub says what is next"
    );
}
