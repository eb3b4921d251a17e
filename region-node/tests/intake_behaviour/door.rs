//! What is let in, what is turned away and in which words, and what is kept as «не сопоставлено».

use region_node::intake::{Caller, Unmatched};
use wire::pb;

use crate::stage::*;
use domain::Code;
use pb::ItemOutcome::*;

type Spoil = fn(&mut pb::IngestItem, &mut pb::Incident);

#[test]
fn each_wrong_item_gets_its_code_field_and_value_and_the_others_are_taken() {
    let table: [(&str, Spoil, &str, &str); 14] = [
        (
            "EXTERNAL_ID_REQUIRED",
            |_, i| i.external_id.clear(),
            "incident.external_id",
            "",
        ),
        (
            "EXTERNAL_ID_INVALID",
            |_, i| i.external_id = " 7".to_owned(),
            "incident.external_id",
            " 7",
        ),
        ("SOURCE_REQUIRED", |_, i| i.source.clear(), "incident.source", ""),
        (
            "SOURCE_UNKNOWN",
            |_, i| i.source = "почта".repeat(20),
            "incident.source",
            &"почта".repeat(13),
        ),
        (
            "SOURCE_UNKNOWN",
            |_, i| i.source = "unmatched".to_owned(),
            "incident.source",
            "unmatched",
        ),
        (
            "REGISTERED_REQUIRED",
            |_, i| i.registered = None,
            "incident.registered",
            "",
        ),
        (
            "REGISTERED_IMPLAUSIBLE",
            |_, i| i.registered = at("1999-12-31T23:59:59Z"),
            "incident.registered",
            "1999-12-31T23:59:59Z",
        ),
        (
            "REGISTERED_IMPLAUSIBLE",
            |_, i| i.registered = at("2022-12-21T11:00:01Z"),
            "incident.registered",
            "2022-12-21T11:00:01Z",
        ),
        ("VERSION_REQUIRED", |m, _| m.updated_at = None, "updated_at", ""),
        (
            "VERSION_IMPLAUSIBLE",
            |m, _| m.updated_at = at("2030-01-01T00:00:00Z"),
            "updated_at",
            "2030-01-01T00:00:00Z",
        ),
        (
            "OUT_OF_SCOPE",
            |_, i| i.territory = "71".to_owned(),
            "incident.territory",
            "71 (2022-11-30)",
        ),
        (
            "UNKNOWN_FIELD",
            |m, _| m.update_mask = mask(&["topic", "text"]),
            "update_mask",
            "text",
        ),
        (
            "UNKNOWN_INCIDENT",
            |m, _| m.update_mask = mask(&["topic", "registered"]),
            "incident.external_id",
            "7",
        ),
        (
            "UNKNOWN_INCIDENT",
            |m, _| m.action = pb::IngestAction::Withdraw.into(),
            "incident.external_id",
            "7",
        ),
    ];
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let items = table.iter().map(|row| with("7", row.1)).chain([item("8")]).collect();
    let response = ingest(&intake, "table", items);
    for (at, (code, _, field, got)) in table.iter().enumerate() {
        let rejection = response.results[at]
            .rejection
            .as_ref()
            .unwrap_or_else(|| panic!("{code} was taken"));
        assert_eq!(
            (rejection.code.as_str(), rejection.field.as_str()),
            (*code, format!("items[{at}].{field}").as_str())
        );
        assert!(
            got.starts_with(&rejection.got) && rejection.got.chars().count() == got.chars().count().min(64),
            "{rejection:?}"
        );
        assert!(
            rejection.message.chars().any(|c| ('а'..='я').contains(&c)),
            "{rejection:?}"
        );
    }
    assert_eq!(response.results[table.len()].outcome(), Accepted);
    assert_eq!(intake.summary().incidents, 1);
}

#[test]
fn a_certificate_speaks_for_its_own_source_only() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let caller = Caller::Source {
        name: "portal".to_owned(),
        source: Code::literal("pos"),
    };
    let items = vec![
        item("1"),
        with("2", |_, i| i.source.clear()),
        with("3", |_, i| i.source = "ПОС".to_owned()),
    ];
    let response = block_on(intake.ingest(&caller, request("1", items))).unwrap();
    assert_eq!(outcomes(&response), [Rejected, Accepted, Accepted]);
    assert_eq!(response.results[0].rejection.as_ref().unwrap().code, "SOURCE_NOT_YOURS");
    assert_eq!(
        count(&intake, "incidents.received", "topic", &["pos", "65701", "roads"]),
        2
    );
}

#[test]
fn a_cover_for_one_source_refuses_another() {
    let stage = Stage::new();
    let mut context = context();
    context.covers[0].source = Some(Code::literal("pos"));
    let (intake, _) = open_in(stage.dir.path(), &stage.clock, context).unwrap();
    let response = ingest(&intake, "1", vec![item("1")]);
    assert_eq!(
        response.results[0].rejection.as_ref().unwrap().code,
        "SOURCE_NOT_COVERED"
    );
    let declare = |caller: &Caller, source: &str| {
        let request = pb::DeclareCompleteRequest {
            source: source.to_owned(),
            from: "2022-12-01".to_owned(),
            to: "2022-12-01".to_owned(),
            ..Default::default()
        };
        block_on(intake.declare(caller, request)).map_err(|error| error.code())
    };
    let other = Caller::Source {
        name: "crm".to_owned(),
        source: Code::literal("incident"),
    };
    assert_eq!(declare(&Caller::Local, "incident").unwrap_err(), "SOURCE_NOT_COVERED");
    assert_eq!(declare(&other, "").unwrap_err(), "SOURCE_NOT_COVERED");
    declare(&Caller::Local, "pos").unwrap();
}

#[test]
fn unmatched_values_are_counted_and_listed_and_implausible_stamps_are_dropped() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let odd = |id: &str| {
        with(id, |_, i| {
            i.topic = "Погода".to_owned();
            i.network = String::new();
            i.territory = "65999000".to_owned();
            i.executor = " нет".to_owned();
            i.r#final = at("1970-01-01T00:00:00Z");
            i.resolved = at("2022-12-02T00:00:00Z");
        })
    };
    let nowhere = with("3", |_, i| i.territory = "Где-то".to_owned());
    let unsaid = with("4", |_, i| i.territory = String::new());
    let response = ingest(&intake, "1", vec![odd("1"), odd("2"), nowhere, unsaid, odd("1")]);
    assert_eq!(outcomes(&response), [Accepted, Accepted, Accepted, Accepted, Unchanged]);
    assert_eq!(response.results[0].unmatched_fields, ["territory", "topic", "executor"]);
    assert_eq!(response.results[0].dropped_stamps, ["final"]);
    assert_eq!(response.results[2].unmatched_fields, ["territory"]);
    assert!(response.results[3].unmatched_fields.is_empty());
    assert_eq!(
        count(&intake, "incidents.received", "topic", &["incident", "65", "unmatched"]),
        2
    );
    assert_eq!(
        count(&intake, "incidents.received", "topic", &["incident", "65", "roads"]),
        2
    );
    assert_eq!(
        count(
            &intake,
            "incidents.received",
            "network",
            &["incident", "65", "none", "none"]
        ),
        2
    );
    assert_eq!(
        count(&intake, "incidents.resolved", "topic", &["incident", "65", "unmatched"]),
        2
    );
    assert_eq!(
        count(&intake, "incidents.answered", "topic", &["incident", "65", "unmatched"]),
        0
    );
    let summary = intake.summary();
    let listed: Vec<_> = summary
        .unmatched
        .iter()
        .map(|Unmatched { field, raw, count, .. }| (field.as_str(), raw.as_str(), *count))
        .collect();
    assert_eq!(
        listed,
        [
            ("executor", " нет", 2),
            ("territory", "65999000", 2),
            ("territory", "Где-то", 1),
            ("topic", "Погода", 2)
        ]
    );
    assert_eq!(
        summary.dropped_stamps.into_iter().collect::<Vec<_>>(),
        [((Code::literal("incident"), "final".to_owned()), 2)]
    );
    let counts = summary.sources[&Code::literal("incident")];
    assert_eq!((counts.accepted, counts.unchanged), (4, 1));
}

#[test]
fn a_mask_replaces_the_named_fields_and_no_other() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    ingest(
        &intake,
        "1",
        vec![with("1", |_, i| i.first_reaction = at("2022-11-30T07:00:00Z"))],
    );
    let answer = with("1", |m, i| {
        *i = pb::Incident {
            external_id: "1".to_owned(),
            source: "incident".to_owned(),
            r#final: at("2022-12-02T00:00:00Z"),
            ..pb::Incident::default()
        };
        m.update_mask = mask(&["final", "first_reaction"]);
        m.updated_at = at("2022-12-02T00:00:00Z");
    });
    let fresh = with("2", |m, _| m.update_mask = mask(&["registered", "territory"]));
    let response = ingest(&intake, "2", vec![answer.clone(), answer, fresh]);
    assert_eq!(outcomes(&response), [Updated, Unchanged, Accepted]);
    assert_eq!(
        count(&intake, "incidents.answered", "topic", &["incident", "65701", "roads"]),
        1
    );
    assert_eq!(
        count(
            &intake,
            "incidents.received",
            "network",
            &["incident", "65701", "vk", "none"]
        ),
        1
    );
    assert_eq!(
        count(&intake, "incidents.received", "topic", &["incident", "65701", "none"]),
        1
    );
    assert!(
        !all_cells(&intake)
            .values()
            .flatten()
            .any(|(key, _)| key.measure.as_str() == "reaction.time")
    );
}

#[test]
fn a_known_incident_that_leaves_the_scope_is_moved_and_can_come_back() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let version = |territory: &str, day: &str| {
        with("1", |m, i| {
            i.territory = territory.to_owned();
            m.updated_at = at(day);
        })
    };
    let topic = with("1", |m, i| {
        i.topic = "ЖКХ".to_owned();
        m.update_mask = mask(&["topic"]);
        m.updated_at = at("2022-12-04T00:00:00Z");
    });
    let received = || all_cells(&intake).len();
    for (id, item, outcome, days) in [
        ("1", version("71", "2022-12-01T00:00:00Z"), Rejected, 0),
        ("2", version("65", "2022-12-02T00:00:00Z"), Accepted, 1),
        ("3", version("71", "2022-12-03T00:00:00Z"), Updated, 0),
        ("4", topic, Unchanged, 0),
        ("5", version("65", "2022-12-03T00:00:00Z"), Superseded, 0),
        ("6", version("65", "2022-12-05T00:00:00Z"), Updated, 1),
    ] {
        let response = ingest(&intake, id, vec![item]);
        assert_eq!((outcomes(&response), received()), (vec![outcome], days), "step {id}");
    }
}
