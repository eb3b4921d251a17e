//! A node without a network: intake, ledger and aggregator over one directory, with a clock set by hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use domain::federation::{Federation, SHIPPED};
use domain::member::Cover;
use domain::sheet::{SheetBody, SheetFacts};
use domain::{Code, Day, NodeId, Zone};
use federation::{SharedLedger, held};
use jiff::{SignedDuration, Timestamp};
use ledger::{Anchor, Author, Ledger, Options};
use region_node::aggregate::{AggregateError, Aggregator, Calendar, Mode, Terms};
use region_node::intake::{Caller, Context, Intake};
use runtime::{Clock, ManualClock, SeededRandom};
use seal::SigningKey;
use tempfile::TempDir;
use wire::pb;

/// Свердловская область by ОКТМО, and the zone of its days.
pub const HOME: &str = "65";
pub const ZONE: &str = "Asia/Yekaterinburg";

pub type Hook = Box<dyn FnOnce() + Send>;

pub struct Stage {
    pub clock: ManualClock,
    pub intake: Arc<Intake>,
    pub ledger: SharedLedger,
    aggregator: Aggregator,
    /// Called once, when the next sheet is sealed.
    pub on_sealed: Arc<Mutex<Option<Hook>>>,
    requests: u64,
    _dir: TempDir,
}

/// One incident as a test tells it.
#[derive(Clone, Debug)]
pub struct Told {
    pub id: String,
    pub source: &'static str,
    pub registered: i64,
    pub answered: Option<i64>,
    pub version: i64,
    pub withdrawn: bool,
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Noon of a local day, Unix seconds.
pub fn noon(day: Day) -> i64 {
    Zone::new(ZONE).unwrap().bounds(day).0 + 12 * 3600
}

/// Reading the file costs more than most tests.
static SHIPPED_ONCE: LazyLock<Arc<Federation>> = LazyLock::new(|| Arc::new(Federation::shipped()));

/// A system of the shipped dictionary.
pub const SOURCE: &str = "incident";

/// An incident registered then, not answered yet.
pub fn at(registered: i64) -> Told {
    Told {
        id: format!("i{registered}"),
        source: SOURCE,
        registered,
        answered: None,
        version: registered,
        withdrawn: false,
    }
}

impl Stage {
    /// A node that joined at noon of `joined`; its clock stands there.
    pub fn new(joined: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let joined = day(joined);
        let clock = ManualClock::new(Timestamp::from_second(noon(joined)).unwrap());
        let cover = Cover {
            territory: Code::literal(HOME),
            source: None,
            from: day("2000-01-01"),
            until: None,
            daily_from: day("2000-01-01"),
        };
        let calendar = Calendar {
            zone: Zone::new(ZONE).unwrap(),
            covers: vec![cover],
            joined,
            grace: SignedDuration::from_hours(2),
        };
        let terms = Terms {
            federation: Arc::clone(&SHIPPED_ONCE),
            dictionary: seal::Digest::of(SHIPPED.as_bytes()),
            calendar,
        };
        let context = Context {
            federation: Arc::clone(&terms.federation),
            dictionary: terms.dictionary,
            zone: terms.calendar.zone.clone(),
            covers: terms.calendar.covers.clone(),
        };
        let random = Arc::new(SeededRandom::new(7));
        let (intake, _) = Intake::open(dir.path(), context, Arc::new(clock.clone()), random).unwrap();
        let ledger = ledger(dir.path());
        let on_sealed: Arc<Mutex<Option<Hook>>> = Arc::default();
        let hook = Arc::clone(&on_sealed);
        let told = Arc::new(move |_: &SheetFacts, _: &SheetBody| {
            if let Some(hook) = hook.lock().unwrap().take() {
                hook();
            }
        });
        let aggregator = Aggregator::new(node(), Arc::clone(&intake), Arc::clone(&ledger), terms, told);
        Self {
            clock,
            intake,
            ledger,
            aggregator,
            on_sealed,
            requests: 0,
            _dir: dir,
        }
    }

    pub fn hours(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    pub fn step(&self, mode: Mode) -> u64 {
        self.try_step(mode).unwrap()
    }

    pub fn try_step(&self, mode: Mode) -> Result<u64, AggregateError> {
        self.aggregator
            .step(self.clock.now().as_millisecond(), mode)
            .map(|sealed| sealed.sheets)
    }

    /// Brings incidents in; every one of them must be let in, unless it withdraws one that never came.
    pub async fn tell(&mut self, told: &[Told]) {
        for batch in told.chunks(1_000) {
            self.requests += 1;
            let request = pb::IngestRequest {
                request_id: format!("r{}", self.requests),
                items: batch.iter().map(item).collect(),
                ..Default::default()
            };
            let answer = self.intake.ingest(&Caller::Local, request).await.unwrap();
            for result in answer.results {
                let rejected = result.rejection.as_ref().map(|rejection| rejection.code.as_str());
                assert!(matches!(rejected, None | Some("UNKNOWN_INCIDENT")), "{result:?}");
            }
        }
    }

    pub async fn declare(&self, source: &str, from: &str, to: &str, revoked: bool) {
        declare(&self.intake, source, from, to, revoked).await;
    }

    /// Every day's sheet in force with its body.
    pub fn sheets(&self) -> BTreeMap<Day, (SheetFacts, SheetBody)> {
        let ledger = held(&self.ledger);
        ledger
            .sheets()
            .map(|sheet| {
                let body = ledger.sheet_body(sheet.position).unwrap().unwrap();
                (sheet.period.first(), ((*sheet.facts).clone(), body))
            })
            .collect()
    }

    /// The revision of each day's sheet in force.
    pub fn revisions(&self) -> Vec<(String, u32)> {
        self.sheets()
            .into_iter()
            .map(|(day, (facts, _))| (day.to_string(), facts.revision))
            .collect()
    }
}

pub async fn declare(intake: &Intake, source: &str, from: &str, to: &str, revoked: bool) {
    let request = pb::DeclareCompleteRequest {
        source: source.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        revoked,
        ..Default::default()
    };
    intake.declare(&Caller::Local, request).await.unwrap();
}

pub fn revisions(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
    expected
        .iter()
        .map(|(day, revision)| ((*day).to_owned(), *revision))
        .collect()
}

fn node() -> NodeId {
    NodeId::new("sverdlovsk").unwrap()
}

fn ledger(dir: &Path) -> SharedLedger {
    let dir = dir.join("ledger");
    std::fs::create_dir(&dir).unwrap();
    let author = Author {
        federation: SHIPPED_ONCE.id().parse().unwrap(),
        node: node(),
        epoch: 1,
        signing_key: SigningKey::from_seed([1; 32]),
        ledger_key: SigningKey::from_seed([2; 32]),
    };
    let anchor = Anchor::Parent {
        node: NodeId::new("hub").unwrap(),
        signing_key: SigningKey::from_seed([3; 32]).verifying_key(),
    };
    let (mut ledger, _) = Ledger::open(&dir, author, anchor, Options::default()).unwrap();
    ledger.know_dictionary(SHIPPED.as_bytes()).unwrap();
    Arc::new(Mutex::new(ledger))
}

fn item(told: &Told) -> pb::IngestItem {
    let stamp = |seconds: i64| prost_types::Timestamp { seconds, nanos: 0 };
    let action = if told.withdrawn {
        pb::IngestAction::Withdraw
    } else {
        pb::IngestAction::Put
    };
    let reason = if told.withdrawn {
        pb::WithdrawalReason::Spam
    } else {
        pb::WithdrawalReason::Unspecified
    };
    pb::IngestItem {
        incident: Some(pb::Incident {
            external_id: told.id.clone(),
            source: told.source.to_owned(),
            territory: HOME.to_owned(),
            registered: Some(stamp(told.registered)),
            r#final: told.answered.map(stamp),
            ..Default::default()
        }),
        updated_at: Some(stamp(told.version)),
        action: action.into(),
        withdrawal_reason: reason.into(),
        ..Default::default()
    }
}
