//! The law: whatever the history and however it is cut into calls, the cells are the count of what remains.

use std::collections::BTreeMap;

use domain::cell::Cells;
use domain::count::Counter;
use domain::dictionary::Stamp;
use domain::incident::{AddressedTo, Incident, Stamps};
use domain::version::{Record, Standing, VersionKey, Withdrawal, meet};
use domain::{Code, Day};
use proptest::prelude::*;
use region_node::intake::Intake;
use wire::pb;

use crate::stage::*;

const FIRST: i64 = 1_669_800_000;
const TOPICS: [&str; 2] = ["roads", "housing"];

#[derive(Clone, Debug)]
struct Step {
    id: u8,
    version: i64,
    topic: usize,
    registered: i64,
    answered: Option<i64>,
    action: pb::IngestAction,
    /// Begins a new call.
    cut: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        6 => Just(pb::IngestAction::Put),
        2 => Just(pb::IngestAction::Withdraw),
        1 => Just(pb::IngestAction::Restore),
    ];
    let answered = proptest::option::of(0..9_i64);
    (0..5_u8, 0..4_i64, 0..2_usize, 0..4_i64, answered, action, any::<bool>()).prop_map(
        |(id, version, topic, registered, answered, action, cut)| Step {
            id,
            version,
            topic,
            registered: FIRST + registered * 43_200,
            answered: answered.map(|after| FIRST + after * 43_200),
            action,
            cut,
        },
    )
}

fn stamp(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

impl Step {
    fn item(&self) -> pb::IngestItem {
        pb::IngestItem {
            incident: Some(pb::Incident {
                external_id: self.id.to_string(),
                source: "incident".to_owned(),
                territory: "65701".to_owned(),
                topic: TOPICS[self.topic].to_owned(),
                registered: Some(stamp(self.registered)),
                r#final: self.answered.map(stamp),
                ..pb::Incident::default()
            }),
            updated_at: Some(stamp(FIRST + self.version)),
            action: self.action.into(),
            ..pb::IngestItem::default()
        }
    }

    fn record(&self, standing: Option<&Record>) -> Option<Record> {
        let version = VersionKey((FIRST + self.version) * 1_000);
        if self.action == pb::IngestAction::Withdraw {
            let standing = standing?;
            return Some(Record {
                version,
                standing: Standing::Withdrawn(Withdrawal::Mistake),
                ..standing.clone()
            });
        }
        let mut stamps = Stamps::registered_at(self.registered);
        stamps.set(Stamp::Final, self.answered);
        let incident = Incident {
            source: Code::literal("incident"),
            external_id: Code::new(&self.id.to_string()).unwrap(),
            network: Code::none(),
            legal_kind: Code::none(),
            territory: Code::literal("65701"),
            topic: Code::literal(TOPICS[self.topic]),
            addressed_to: AddressedTo::Unknown,
            executor: None,
            intake: None,
            stamps,
        };
        Some(Record {
            incident,
            version,
            standing: Standing::Live,
        })
    }
}

/// The cells counted directly from what remains of the history.
fn counted(history: &[Step], days: impl Iterator<Item = Day>) -> BTreeMap<Day, Cells> {
    let mut standing: BTreeMap<u8, Record> = BTreeMap::new();
    for step in history {
        let Some(arriving) = step.record(standing.get(&step.id)) else {
            continue;
        };
        let restore = step.action == pb::IngestAction::Restore;
        let (_, record) = meet(standing.get(&step.id), &arriving, restore);
        standing.insert(step.id, record);
    }
    let context = context();
    let counter = Counter::new(context.federation.dictionary(), &context.zone);
    let mut cells: BTreeMap<Day, Cells> = days.map(|day| (day, Cells::new())).collect();
    for record in standing.values().filter(|record| record.is_live()) {
        counter.add(&record.incident, &mut cells).unwrap();
    }
    cells
}

fn every_day() -> impl Iterator<Item = Day> {
    let first: Day = "2022-11-25".parse().unwrap();
    (0..20).map(move |n| first + n)
}

fn play(intake: &Intake, history: &[Step]) {
    let mut calls: Vec<Vec<pb::IngestItem>> = vec![Vec::new()];
    for step in history {
        if step.cut {
            calls.push(Vec::new());
        }
        calls.last_mut().unwrap().push(step.item());
    }
    for (number, items) in calls.into_iter().enumerate() {
        let answer = ingest(intake, &number.to_string(), items.clone());
        assert_eq!(ingest(intake, &number.to_string(), items), answer);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_history_leaves_what_remains(history in proptest::collection::vec(step(), 1..24)) {
        let stage = Stage::new();
        let expected = counted(&history, every_day());
        let days = every_day().collect();
        let (intake, _) = stage.open();
        play(&intake, &history);
        prop_assert_eq!(&intake.cells(&days).unwrap().0, &expected);
        let occupied: Vec<_> = expected.iter().filter(|(_, cells)| !cells.is_empty()).map(|(&day, _)| day).collect();
        prop_assert!(intake.event_days().into_iter().eq(occupied));
        let position = intake.position();
        drop(intake);
        let (again, opening) = stage.open();
        prop_assert_eq!((opening.believed, opening.rebuilt), (position, None));
        prop_assert_eq!(&again.cells(&days).unwrap(), &(expected.clone(), position));
        drop(again);
        stage.delete_store();
        let (rebuilt, opening) = stage.open();
        prop_assert_eq!((opening.believed, opening.rebuilt), (0, None));
        prop_assert_eq!(rebuilt.cells(&days).unwrap(), (expected, position));
    }
}

/// Records that were small when their block was closed and are long now.
#[test]
fn blocks_that_grow_are_split_and_nothing_is_lost() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let long = |id: usize| {
        with(&id.to_string(), |item, incident| {
            item.updated_at = at("2022-12-05T00:00:00Z");
            incident.executor = "и".repeat(128);
            incident.intake_point = "т".repeat(128);
            incident.r#final = at("2022-12-02T00:00:00Z");
        })
    };
    let ids = || (0..900).map(|id: usize| id.to_string());
    ingest(&intake, "short", ids().map(|id| item(&id)).collect());
    let updated = ingest(&intake, "long", (0..900).map(long).collect());
    assert!(
        outcomes(&updated)
            .iter()
            .all(|&outcome| outcome == pb::ItemOutcome::Updated)
    );
    let unchanged = ingest(&intake, "again", (0..900).map(long).collect());
    assert!(
        outcomes(&unchanged)
            .iter()
            .all(|&outcome| outcome == pb::ItemOutcome::Unchanged)
    );
    for measure in ["incidents.received", "incidents.answered"] {
        assert_eq!(count(&intake, measure, "topic", &["incident", "65701", "roads"]), 900);
    }
    let cells = all_cells(&intake);
    drop(intake);
    let (again, opening) = stage.open();
    assert_eq!((opening.rebuilt, opening.believed), (None, 3));
    assert_eq!(all_cells(&again), cells);
}
