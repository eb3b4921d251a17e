//! One intake of the Sverdlovsk region in a directory of its own, with a clock set by hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::cell::Cells;
use domain::federation::Federation;
use domain::member::Cover;
use domain::{Code, Day, Zone};
use jiff::Timestamp;
use region_node::intake::{Caller, Context, Intake, IntakeError, IntakeOpening};
use runtime::{ManualClock, SeededRandom};
use tempfile::TempDir;
use wire::pb;

pub const NOW: &str = "2022-12-20T09:00:00Z";

pub struct Stage {
    pub dir: TempDir,
    pub clock: ManualClock,
}

/// The region from 2000 on, any source.
pub fn context() -> Context {
    let since = "2000-01-01".parse().unwrap();
    Context {
        federation: Arc::new(Federation::shipped()),
        dictionary: seal::Digest::of(domain::federation::SHIPPED.as_bytes()),
        zone: Zone::new("Asia/Yekaterinburg").unwrap(),
        covers: vec![Cover {
            territory: Code::literal("65"),
            source: None,
            from: since,
            until: None,
            daily_from: since,
        }],
    }
}

impl Stage {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: ManualClock::new(NOW.parse().unwrap()),
        }
    }

    pub fn open(&self) -> (Arc<Intake>, IntakeOpening) {
        self.try_open().unwrap()
    }

    pub fn try_open(&self) -> Result<(Arc<Intake>, IntakeOpening), IntakeError> {
        open_in(self.dir.path(), &self.clock, context())
    }

    pub fn delete_store(&self) {
        std::fs::remove_dir_all(self.dir.path().join("store")).unwrap();
    }
}

pub fn open_in(dir: &Path, clock: &ManualClock, context: Context) -> Result<(Arc<Intake>, IntakeOpening), IntakeError> {
    Intake::open(dir, context, Arc::new(clock.clone()), Arc::new(SeededRandom::new(7)))
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

pub fn at(text: &str) -> Option<prost_types::Timestamp> {
    let moment: Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp {
        seconds: moment.as_second(),
        nanos: moment.subsec_nanosecond(),
    })
}

/// An item that nothing is wrong with, as of 1 December.
pub fn item(id: &str) -> pb::IngestItem {
    pb::IngestItem {
        incident: Some(pb::Incident {
            external_id: id.to_owned(),
            source: "incident".to_owned(),
            network: "ВК".to_owned(),
            territory: "Екатеринбург".to_owned(),
            topic: "дороги".to_owned(),
            registered: at("2022-11-30T06:00:00Z"),
            ..pb::Incident::default()
        }),
        updated_at: at("2022-12-01T00:00:00Z"),
        ..pb::IngestItem::default()
    }
}

pub fn with(id: &str, change: impl FnOnce(&mut pb::IngestItem, &mut pb::Incident)) -> pb::IngestItem {
    let mut item = item(id);
    let mut incident = item.incident.take().unwrap();
    change(&mut item, &mut incident);
    item.incident = Some(incident);
    item
}

pub fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask {
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
    })
}

pub fn request(id: &str, items: Vec<pb::IngestItem>) -> pb::IngestRequest {
    pb::IngestRequest {
        request_id: id.to_owned(),
        items,
        ..pb::IngestRequest::default()
    }
}

/// Takes items in as the operator does.
pub fn ingest(intake: &Intake, id: &str, items: Vec<pb::IngestItem>) -> pb::IngestResponse {
    block_on(intake.ingest(&Caller::Local, request(id, items))).unwrap()
}

pub fn outcomes(response: &pb::IngestResponse) -> Vec<pb::ItemOutcome> {
    response.results.iter().map(pb::ItemResult::outcome).collect()
}

/// The cells of every day that has any.
pub fn all_cells(intake: &Intake) -> BTreeMap<Day, Cells> {
    intake.cells(&intake.event_days()).unwrap().0
}

/// The count of a measure over all days, in one set and with the values given, in the set's order.
pub fn count(intake: &Intake, measure: &str, set: &str, values: &[&str]) -> u64 {
    let cells = all_cells(intake);
    let wanted = cells.values().flatten().filter(|(key, _)| {
        key.measure.as_str() == measure
            && key.set.as_str() == set
            && key.values.iter().map(Code::as_str).eq(values.iter().copied())
    });
    wanted
        .map(|(_, cell)| match cell.tally {
            domain::Tally::Flow(n) => n,
            ref other => panic!("no flow: {other:?}"),
        })
        .sum()
}
