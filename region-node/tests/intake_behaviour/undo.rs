//! The law of corrections: any history with any of its batches undone leaves what the history without them leaves.

use std::collections::{BTreeMap, BTreeSet};

use domain::cell::Cells;
use domain::{Code, Day};
use proptest::prelude::*;
use region_node::intake::{Caller, Cell, Found, Intake, IntakeError};
use wire::pb;

use crate::stage::*;
use pb::ItemOutcome::*;

const FIRST: i64 = 1_669_800_000;
const TOPICS: [&str; 2] = ["roads", "housing"];
const TERRITORIES: [&str; 2] = ["65701", "37"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Whole,
    Topic,
    Answer,
    First,
    Withdraw,
    Restore,
}

#[derive(Clone, Debug)]
struct Told {
    id: u8,
    version: i64,
    topic: usize,
    territory: usize,
    registered: i64,
    answered: Option<i64>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Op {
    Tell(Vec<Told>),
    Declare(i32, i32, bool),
}

fn told() -> impl Strategy<Value = Told> {
    let form = prop_oneof![
        5 => Just(Form::Whole),
        2 => Just(Form::Topic),
        2 => Just(Form::Answer),
        1 => Just(Form::First),
        2 => Just(Form::Withdraw),
        1 => Just(Form::Restore),
    ];
    let territory = prop_oneof![4 => Just(0_usize), 1 => Just(1)];
    let answered = proptest::option::of(-2..9_i64);
    (0..3_u8, 0..4_i64, 0..2_usize, territory, 0..4_i64, answered, form).prop_map(
        |(id, version, topic, territory, registered, answered, form)| Told {
            id,
            version,
            topic,
            territory,
            registered: FIRST + registered * 43_200,
            answered: answered.map(|after| FIRST + after * 43_200),
            form,
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => proptest::collection::vec(told(), 1..4).prop_map(Op::Tell),
        1 => (0..8, 0..4, any::<bool>()).prop_map(|(from, length, revoked)| Op::Declare(from, length, revoked)),
    ]
}

impl Told {
    fn item(&self) -> pb::IngestItem {
        let stamp = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
        let (action, paths): (_, &[&str]) = match self.form {
            Form::Whole => (pb::IngestAction::Put, &[]),
            Form::Topic => (pb::IngestAction::Put, &["topic"]),
            Form::Answer => (pb::IngestAction::Put, &["final", "external_id"]),
            Form::First => (pb::IngestAction::Put, &["registered", "territory"]),
            Form::Withdraw => (pb::IngestAction::Withdraw, &[]),
            Form::Restore => (pb::IngestAction::Restore, &[]),
        };
        pb::IngestItem {
            incident: Some(pb::Incident {
                external_id: self.id.to_string(),
                source: "incident".to_owned(),
                territory: TERRITORIES[self.territory].to_owned(),
                topic: TOPICS[self.topic].to_owned(),
                registered: Some(stamp(self.registered)),
                r#final: self.answered.map(stamp),
                ..pb::Incident::default()
            }),
            updated_at: Some(stamp(FIRST + self.version)),
            action: action.into(),
            update_mask: if paths.is_empty() { None } else { mask(paths) },
            ..pb::IngestItem::default()
        }
    }
}

/// Does one operation and says its batch.
fn perform(intake: &Intake, number: usize, op: &Op) -> String {
    match op {
        Op::Tell(told) => ingest(intake, &number.to_string(), told.iter().map(Told::item).collect()).intake_id,
        Op::Declare(from, length, revoked) => {
            let day = |n: i32| (first_day() + n).to_string();
            let request = pb::DeclareCompleteRequest {
                source: "incident".to_owned(),
                from: day(*from),
                to: day(from + length),
                revoked: *revoked,
                ..Default::default()
            };
            let declared = block_on(intake.declare(&Caller::Local, request)).unwrap();
            format!("days-{}", declared.journal_position)
        }
    }
}

fn first_day() -> Day {
    "2022-11-25".parse().unwrap()
}

/// Everything that a sheet could be made of, and what the operator sees.
#[derive(Debug, PartialEq)]
struct Stands {
    cells: BTreeMap<Day, Cells>,
    declared: BTreeMap<Code, Vec<(Day, Day)>>,
    sources: BTreeSet<Code>,
    incidents: u64,
    early: BTreeMap<Code, (u64, u64)>,
    listed: Vec<Vec<Found>>,
}

fn stands(intake: &Intake) -> Stands {
    let days: Vec<Day> = (0..20).map(|n| first_day() + n).collect();
    let listed = |&day: &Day| intake.incidents(&cell(day, None), None, 100).unwrap().0;
    Stands {
        cells: intake.cells(&days.iter().copied().collect()).unwrap().0,
        declared: intake.declared(),
        sources: intake.sources_seen(),
        incidents: intake.summary().incidents,
        early: intake.summary().early_answers,
        listed: days.iter().map(listed).collect(),
    }
}

fn cell(day: Day, state: Option<&'static str>) -> Cell {
    Cell {
        day,
        measure: None,
        territory: None,
        topic: None,
        source: None,
        state,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_undone_batch_leaves_what_the_others_attest(
        history in proptest::collection::vec((op(), proptest::option::weighted(0.4, 0..5_usize)), 1..10),
    ) {
        let (stage, other) = (Stage::new(), Stage::new());
        let (intake, _) = stage.open();
        let (without, _) = other.open();
        // The operation at `number` is undone right after the operation `after` places later, or at the end.
        let last = history.len() - 1;
        let mut due: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, (_, undone)) in history.iter().enumerate() {
            if let Some(after) = undone {
                due.entry((number + after).min(last)).or_default().push(number);
            }
        }
        let mut names = Vec::new();
        for (number, (op, _)) in history.iter().enumerate() {
            names.push(perform(&intake, number, op));
            for &gone in due.get(&number).into_iter().flatten() {
                let foreseen = intake.undo_effect(&names[gone]).unwrap();
                let done = block_on(intake.undo(&names[gone], "не тот файл")).unwrap();
                prop_assert_eq!(foreseen, done);
            }
        }
        for (number, (op, undone)) in history.iter().enumerate() {
            if undone.is_none() {
                perform(&without, number, op);
            }
        }
        let expected = stands(&without);
        prop_assert_eq!(&stands(&intake), &expected);
        let (rows, position) = (intake.batches(u64::MAX, 100).unwrap(), intake.position());
        drop(intake);
        let (again, opening) = stage.open();
        prop_assert_eq!((opening.believed, opening.rebuilt), (position, None));
        prop_assert_eq!(&stands(&again), &expected);
        drop(again);
        stage.delete_store();
        let (rebuilt, opening) = stage.open();
        prop_assert_eq!((opening.believed, opening.rebuilt), (0, None));
        prop_assert_eq!(&stands(&rebuilt), &expected);
        prop_assert_eq!(rebuilt.batches(u64::MAX, 100).unwrap(), rows);
    }
}

#[test]
fn what_another_file_called_unchanged_stands_after_the_undo() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let wrong = ingest(&intake, "wrong", vec![item("1"), item("2")]).intake_id;
    let right = ingest(&intake, "right", vec![item("1")]);
    assert_eq!(outcomes(&right), [Unchanged]);
    intake.settle(&intake.dirty_days(), intake.position()).unwrap();
    let effect = block_on(intake.undo(&wrong, "не тот файл")).unwrap();
    assert_eq!((effect.removed, effect.changed, effect.kept), (1, 0, 1));
    assert_eq!(intake.dirty_days(), effect.days);
    assert_eq!(
        count(&intake, "incidents.received", "topic", &["incident", "65701", "roads"]),
        1
    );
    let source = Code::literal("incident");
    let seen = intake.incident(&source, &Code::literal("1")).unwrap().unwrap();
    let said: Vec<_> = seen
        .sayings
        .iter()
        .map(|s| (s.batch == wrong, s.what.as_str(), s.undone))
        .collect();
    assert_eq!(
        (seen.state.as_str(), said),
        ("live", vec![(true, "version", true), (false, "unchanged", false)])
    );
    let gone = intake.incident(&source, &Code::literal("2")).unwrap().unwrap();
    assert_eq!(gone.state, "undone");
    assert_eq!(intake.incident(&source, &Code::literal("3")).unwrap(), None);
    // It is taken in again as if it had never been there.
    assert_eq!(outcomes(&ingest(&intake, "again", vec![item("2")])), [Accepted]);
}

#[test]
fn what_is_undone_is_told_apart_from_what_is_unknown() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let code = |result: Result<_, IntakeError>| result.map(|_: region_node::intake::UndoEffect| ()).unwrap_err().code();
    assert_eq!(code(block_on(intake.undo("file-0", "нет такой"))), "UNKNOWN_BATCH");
    let call = ingest(&intake, "a", vec![item("1")]).intake_id;
    assert_eq!(code(block_on(intake.undo(&call, "  "))), "REASON_REQUIRED");
    assert_eq!(intake.position(), 1, "nothing was journaled");
    block_on(intake.undo(&call, "проба")).unwrap();
    assert_eq!(code(block_on(intake.undo(&call, "ещё раз"))), "BATCH_UNDONE");
    assert_eq!(code(intake.undo_effect(&call)), "BATCH_UNDONE");
    // A call that is undone is not answered as if it stood.
    let repeated = block_on(intake.ingest(&Caller::Local, request("a", vec![item("1")])));
    assert_eq!(repeated.unwrap_err().code(), "BATCH_UNDONE");
    // Nothing is added to a file that is undone.
    let opened = block_on(intake.open_intake(pb::OpenIntakeRequest::default()))
        .unwrap()
        .intake_id;
    block_on(intake.undo(&opened, "не тот файл")).unwrap();
    let mut late = request("b", vec![item("2")]);
    late.intake_id = opened;
    assert_eq!(
        block_on(intake.ingest(&Caller::Local, late)).unwrap_err().code(),
        "BATCH_UNDONE"
    );
    assert_eq!(intake.summary().incidents, 0);
}

#[test]
fn a_source_that_only_the_undone_file_spoke_for_is_not_spoken_of_any_more() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    ingest(
        &intake,
        "right",
        vec![with("1", |_, incident| {
            incident.registered = at("2022-11-20T06:00:00Z");
        })],
    );
    let wrong = ingest(
        &intake,
        "wrong",
        vec![with("2", |_, incident| incident.source = "pos".to_owned())],
    )
    .intake_id;
    assert_eq!(intake.sources_seen().len(), 2);
    intake.settle(&intake.dirty_days(), intake.position()).unwrap();
    block_on(intake.undo(&wrong, "не тот файл")).unwrap();
    assert_eq!(intake.sources_seen(), BTreeSet::from([Code::literal("incident")]));
    // A sheet of another day may have said that something of it came.
    assert!(intake.dirty_days().contains(&"2022-11-20".parse().unwrap()));
}

#[test]
fn the_ids_behind_a_figure_are_listed_page_by_page() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let ids: Vec<String> = (0..7).map(|id| format!("i{id}")).collect();
    ingest(&intake, "a", ids.iter().map(|id| item(id)).collect());
    ingest(
        &intake,
        "b",
        vec![with("other", |_, incident| incident.topic = "housing".to_owned())],
    );
    let gone = pb::IngestItem {
        action: pb::IngestAction::Withdraw.into(),
        updated_at: at("2022-12-02T00:00:00Z"),
        ..item("i3")
    };
    ingest(&intake, "c", vec![gone]);
    let roads = Cell {
        measure: Some(Code::literal("incidents.received")),
        territory: Some(Code::literal("65")),
        topic: Some(Code::literal("roads")),
        ..cell("2022-11-30".parse().unwrap(), Some("live"))
    };
    let (first, total) = intake.incidents(&roads, None, 4).unwrap();
    let after = first.last().map(|one| (one.source.clone(), one.id.clone()));
    let (rest, _) = intake.incidents(&roads, after.as_ref(), 4).unwrap();
    let listed: Vec<_> = first.iter().chain(&rest).map(|one| one.id.as_str()).collect();
    assert_eq!((listed, total), (vec!["i0", "i1", "i2", "i4", "i5", "i6"], 6));
    let withdrawn = Cell {
        state: Some("withdrawn"),
        ..roads.clone()
    };
    assert_eq!(intake.incidents(&withdrawn, None, 4).unwrap().0[0].id.as_str(), "i3");
    let answered = Cell {
        measure: Some(Code::literal("incidents.answered")),
        ..roads
    };
    assert_eq!(intake.incidents(&answered, None, 4).unwrap(), (vec![], 0));
}
