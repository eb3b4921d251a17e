//! Repeats, older exports, withdrawals and trial runs.

use region_node::intake::{Caller, IntakeError};
use wire::pb;

use crate::stage::*;
use pb::ItemOutcome::*;

#[test]
fn the_same_file_twice_changes_nothing_and_an_older_one_is_superseded() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let file = |day: &str, topic: &str| {
        ["1", "2"]
            .map(|id| {
                with(id, |m, i| {
                    m.updated_at = at(day);
                    i.topic = topic.to_owned();
                })
            })
            .to_vec()
    };
    assert_eq!(
        outcomes(&ingest(&intake, "a", file("2022-12-05T00:00:00Z", "roads"))),
        [Accepted; 2]
    );
    let stood = all_cells(&intake);
    intake.settle(&intake.dirty_days(), intake.position()).unwrap();
    assert_eq!(
        outcomes(&ingest(&intake, "b", file("2022-12-05T00:00:00Z", "roads"))),
        [Unchanged; 2]
    );
    assert_eq!(
        outcomes(&ingest(&intake, "c", file("2022-12-01T00:00:00Z", "housing"))),
        [Superseded; 2]
    );
    assert_eq!((all_cells(&intake), intake.dirty_days().len()), (stood, 0));
    assert_eq!(
        outcomes(&ingest(&intake, "d", file("2022-12-06T00:00:00Z", "housing"))),
        [Updated; 2]
    );
    assert_eq!(
        count(
            &intake,
            "incidents.received",
            "topic",
            &["incident", "65701", "housing"]
        ),
        2
    );
    assert_eq!(intake.dirty_days().len(), 1);
}

#[test]
fn a_withdrawal_takes_back_and_a_restore_brings_again() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let withdraw = |day: &str| pb::IngestItem {
        incident: Some(pb::Incident {
            external_id: "1".to_owned(),
            source: "incident".to_owned(),
            ..Default::default()
        }),
        updated_at: at(day),
        action: pb::IngestAction::Withdraw.into(),
        ..Default::default()
    };
    let restore = with("1", |m, _| m.action = pb::IngestAction::Restore.into());
    let items = [
        item("1"),
        withdraw("2022-12-03T00:00:00Z"),
        item("1"),
        withdraw("2022-12-03T00:00:00Z"),
        restore,
    ];
    let response = ingest(&intake, "1", items[..4].to_vec());
    assert_eq!(outcomes(&response), [Accepted, Updated, Superseded, Unchanged]);
    assert!(intake.event_days().is_empty());
    assert_eq!(outcomes(&ingest(&intake, "2", items[4..].to_vec())), [Updated]);
    assert_eq!(intake.event_days().len(), 1);
}

#[test]
fn validate_only_says_what_would_happen_and_changes_nothing() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let trial = pb::IngestRequest {
        validate_only: true,
        ..request("1", vec![item("1"), item("1"), with("2", |_, i| i.registered = None)])
    };
    let response = block_on(intake.ingest(&Caller::Local, trial.clone())).unwrap();
    assert_eq!(
        (outcomes(&response), response.journal_position),
        (vec![Accepted, Unchanged, Rejected], 0)
    );
    assert_eq!(
        (
            intake.position(),
            intake.summary().incidents,
            intake.summary().sources.len()
        ),
        (0, 0, 0)
    );
    let real = pb::IngestRequest {
        validate_only: false,
        ..trial
    };
    let response = block_on(intake.ingest(&Caller::Local, real)).unwrap();
    assert_eq!(
        (outcomes(&response), response.journal_position),
        (vec![Accepted, Unchanged, Rejected], 1)
    );
}

#[test]
fn fault_08_a_repeated_batch_gets_the_same_answer() {
    let stage = Stage::new();
    let (mut intake, _) = stage.open();
    let batch = vec![
        item("1"),
        with("2", |_, i| i.topic = "Погода".to_owned()),
        with("3", |_, i| i.registered = None),
        item("1"),
    ];
    let first = ingest(&intake, "1", batch.clone());
    ingest(
        &intake,
        "2",
        vec![with("1", |m, _| m.updated_at = at("2022-12-09T00:00:00Z"))],
    );
    let (cells, position) = (all_cells(&intake), intake.position());
    for delete in [false, false, true] {
        assert_eq!(ingest(&intake, "1", batch.clone()), first);
        assert_eq!((all_cells(&intake), intake.position()), (cells.clone(), position));
        let other = block_on(intake.ingest(&Caller::Local, request("1", vec![item("9")])));
        assert!(matches!(other, Err(IntakeError::RequestIdReused(id)) if id == "1"));
        drop(intake);
        if delete {
            stage.delete_store();
        }
        intake = stage.open().0;
    }
    assert_eq!(ingest(&intake, "1", batch), first);
    let source = Caller::Source {
        name: "a".to_owned(),
        source: domain::Code::literal("incident"),
    };
    let foreign = block_on(intake.ingest(&source, request("1", vec![item("9")]))).unwrap();
    assert_eq!(outcomes(&foreign), [Accepted]);
}

#[test]
fn calls_that_cannot_be_are_refused_whole() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let code = |request| block_on(intake.ingest(&Caller::Local, request)).map_err(|error| error.code());
    assert_eq!(code(request("", vec![])), Err("REQUEST_ID_REQUIRED"));
    assert_eq!(code(request("1\n", vec![])), Err("REQUEST_ID_INVALID"));
    assert_eq!(code(request("1", vec![item("1"); 1_001])), Err("TOO_MANY_ITEMS"));
    let lost = pb::IngestRequest {
        intake_id: "file-x".to_owned(),
        ..request("1", vec![item("1")])
    };
    assert_eq!(code(lost), Err("UNKNOWN_INTAKE"));
    assert_eq!(intake.position(), 0);
}

#[test]
fn declared_days_are_kept_revoked_and_dirty() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let file = block_on(intake.open_intake(pb::OpenIntakeRequest {
        source: "ПОС".to_owned(),
        ..Default::default()
    }))
    .unwrap();
    let declare = |from: &str, to: &str, revoked| {
        let request = pb::DeclareCompleteRequest {
            source: "pos".to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            revoked,
            intake_id: file.intake_id.clone(),
        };
        block_on(intake.declare(&Caller::Local, request)).map_err(|error| error.code())
    };
    declare("2022-12-01", "2022-12-10", false).unwrap();
    intake.settle(&intake.dirty_days(), intake.position()).unwrap();
    declare("2022-12-04", "2022-12-05", true).unwrap();
    let dirty: Vec<_> = intake.dirty_days().iter().map(ToString::to_string).collect();
    assert_eq!(dirty, ["2022-12-04", "2022-12-05"]);
    let kept = || {
        let declared = &intake.declared()[&domain::Code::literal("pos")];
        declared
            .iter()
            .map(|(from, to)| format!("{from}..{to}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(), ["2022-12-01..2022-12-03", "2022-12-06..2022-12-10"]);
    assert_eq!(declare("2022-12-09", "2022-12-08", false).unwrap_err(), "RANGE_INVALID");
    assert_eq!(declare("2022-12-09", "2023-01-01", false).unwrap_err(), "RANGE_INVALID");
    assert_eq!(declare("2022-02-30", "2022-12-08", false).unwrap_err(), "DAY_INVALID");
    let settled = intake.position();
    let again = pb::DeclareCompleteRequest {
        source: "pos".to_owned(),
        from: "2022-12-05".to_owned(),
        to: "2022-12-05".to_owned(),
        ..Default::default()
    };
    block_on(intake.declare(&Caller::Local, again)).unwrap();
    intake.settle(&intake.dirty_days(), settled).unwrap();
    assert_eq!(intake.dirty_days().len(), 1, "a day marked after the position stays");
    let foreign = Caller::Source {
        name: "a".to_owned(),
        source: domain::Code::literal("incident"),
    };
    let request = pb::DeclareCompleteRequest {
        source: "pos".to_owned(),
        from: "2022-12-05".to_owned(),
        to: "2022-12-05".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        block_on(intake.declare(&foreign, request)).unwrap_err().code(),
        "SOURCE_NOT_YOURS"
    );
}
