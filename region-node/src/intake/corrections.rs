//! What an operator asks to find a mistake and mend it: batches, incidents behind a figure, one incident, an undo.
//!
//! Answers locally only and changes nothing but by [`Intake::undo`]. A list reads blocks one at a time, so the writer
//! waits for one block and not for a list.

use std::collections::BTreeSet;

use domain::count::Counter;
use domain::dictionary::Stamp;
use domain::version::{Record, Standing};
use domain::{Code, Day};
use tokio::sync::oneshot;
use wire::pb;

use super::history::{History, Life, Wanted};
use super::undo::{self, UndoEffect, Undoing};
use super::writer::Job;
use super::{Context, Intake, IntakeError, Pending};
use crate::store::guarded;

/// Longest reason of an undo, in bytes: the limit of every string on the wire.
const REASON_BYTES: usize = 256;
/// Incidents in one answer unless asked otherwise.
const PAGE: usize = 100;
/// Incidents in one answer at most.
const PAGE_MAX: usize = 1_000;

/// Items on a page: what is asked for within the limit.
pub(crate) fn page(asked: u32) -> usize {
    match usize::try_from(asked).unwrap_or(PAGE_MAX) {
        0 => PAGE,
        asked => asked.min(PAGE_MAX),
    }
}

/// Which incidents are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Local day of the event.
    pub day: Day,
    /// The measure; any that counts on the day when absent.
    pub measure: Option<Code>,
    /// The territory with everything below it.
    pub territory: Option<Code>,
    /// The topic.
    pub topic: Option<Code>,
    /// The source.
    pub source: Option<Code>,
    /// `live`, `withdrawn` or `moved`; any when absent.
    pub state: Option<&'static str>,
}

/// The states of an incident.
pub const STATES: [&str; 3] = ["live", "withdrawn", "moved"];

/// How an incident stands, and the detail of it.
fn state(standing: &Standing) -> (&'static str, String) {
    match standing {
        Standing::Live => (STATES[0], String::new()),
        Standing::Withdrawn(reason) => {
            let name = wire::record::withdrawal_to_pb(*reason).as_str_name();
            (
                STATES[1],
                name.trim_start_matches("WITHDRAWAL_REASON_").to_ascii_lowercase(),
            )
        }
        Standing::Moved(territory) => (STATES[2], territory.to_string()),
    }
}

impl Cell {
    fn holds(&self, record: &Record, context: &Context) -> bool {
        let incident = &record.incident;
        let is = |wanted: &Option<Code>, value: &Code| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let within = |root: &Code| {
            let tree = context.federation.tree();
            incident.territory == *root || tree.is_within(&incident.territory, root, self.day)
        };
        is(&self.source, &incident.source)
            && is(&self.topic, &incident.topic)
            && self.state.is_none_or(|wanted| wanted == state(&record.standing).0)
            && self.territory.as_ref().is_none_or(within)
            && self.counts(record, context)
    }

    fn counts(&self, record: &Record, context: &Context) -> bool {
        let counter = Counter::new(context.federation.dictionary(), &context.zone);
        match &self.measure {
            None => counter.days(&record.incident).contains(&self.day),
            Some(measure) => counter.day_of(measure, &record.incident) == Some(self.day),
        }
    }
}

/// An incident found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its source.
    pub source: Code,
    /// Its id there.
    pub id: Code,
    /// One of [`STATES`].
    pub state: &'static str,
}

impl Intake {
    /// Batches that began before the frame `before`, the latest first.
    pub fn batches(&self, before: u64, limit: usize) -> Result<Vec<pb::BatchRow>, IntakeError> {
        let state = self.shared.read();
        Ok(guarded(|| state.store.batch_rows(before, limit))?)
    }

    /// One batch.
    pub fn batch(&self, id: &str) -> Result<pb::BatchRow, IntakeError> {
        let state = self.shared.read();
        let row = guarded(|| state.store.batch_row(id))?;
        row.ok_or_else(|| IntakeError::UnknownBatch(id.to_owned()))
    }

    /// What undoing a batch would change now. Reads the journal; the intake goes on meanwhile.
    pub fn undo_effect(&self, id: &str) -> Result<UndoEffect, IntakeError> {
        let (row, sequence, context) = {
            let state = self.shared.read();
            let row = guarded(|| undo::standing(&state.store, id))?;
            (row, state.store.applied() + 1, std::sync::Arc::clone(&state.context))
        };
        let undoing = Undoing {
            journal: &self.journal,
            row: &row,
            sequence,
        };
        undoing.effect(&context)
    }

    /// Undoes a batch: what the other batches attest stands afterwards. Answers once that is durable.
    pub async fn undo(&self, id: &str, reason: &str) -> Result<UndoEffect, IntakeError> {
        let reason = checked_reason(reason)?;
        let (reply, answer) = oneshot::channel();
        self.writer.submit(Job::Undo {
            batch: id.to_owned(),
            reason,
            reply,
        })?;
        Pending(answer).answer().await
    }

    /// Incidents of a cell after `after`, sorted by source and id, and how many there are in all.
    pub fn incidents(
        &self,
        cell: &Cell,
        after: Option<&(Code, Code)>,
        limit: usize,
    ) -> Result<(Vec<Found>, u64), IntakeError> {
        let mut found: BTreeSet<Found> = BTreeSet::new();
        let mut from = 0;
        // A block may be split while the list is made: what moved stands in a block with a higher number.
        while let Some(number) = self.next_block(cell, from) {
            let state = self.shared.read();
            for record in guarded(|| state.store.block_records(number))? {
                if cell.holds(&record, &state.context) {
                    found.insert(Found {
                        state: self::state(&record.standing).0,
                        source: record.incident.source,
                        id: record.incident.external_id,
                    });
                }
            }
            from = number + 1;
        }
        let total = found.len() as u64;
        let beyond = |one: &Found| after.is_none_or(|(source, id)| (&one.source, &one.id) > (source, id));
        Ok((found.into_iter().filter(beyond).take(limit).collect(), total))
    }

    /// What counts stands in the index of days; tombstones stand anywhere.
    fn next_block(&self, cell: &Cell, from: u32) -> Option<u32> {
        let state = self.shared.read();
        if cell.state == Some(STATES[0]) {
            state.store.blocks_of(cell.day).range(from..).next().copied()
        } else {
            state.store.next_block(from)
        }
    }

    /// One incident as it stands, and who said what of it. Reads the whole journal.
    pub fn incident(&self, source: &Code, id: &Code) -> Result<Option<pb::GetIncidentResponse>, IntakeError> {
        let (until, context) = {
            let state = self.shared.read();
            (state.store.applied() + 1, std::sync::Arc::clone(&state.context))
        };
        let identity = (source.clone(), id.clone());
        let wanted = Wanted {
            incidents: BTreeSet::from([identity.clone()]),
            ..Wanted::default()
        };
        let history = History::read(&self.journal, until, &wanted)?;
        let life = history.life(&identity).filter(|life| !life.sayings.is_empty());
        Ok(life.map(|life| told(&history, life, source, id, &context)))
    }
}

fn checked_reason(reason: &str) -> Result<String, IntakeError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > REASON_BYTES || reason.chars().any(char::is_control) {
        let wanted = format!("нужна причина до {REASON_BYTES} байт без управляющих знаков");
        return Err(IntakeError::invalid("REASON_REQUIRED", "reason", wanted));
    }
    Ok(reason.to_owned())
}

fn told(history: &History, life: &Life, source: &Code, id: &Code, context: &Context) -> pb::GetIncidentResponse {
    let sayings = life.sayings.iter().map(|saying| pb::IncidentSaying {
        batch: history.batch_of(saying).to_owned(),
        at_ms: saying.at_ms,
        version_ms: saying.attested.said.version.0,
        what: if saying.repeats {
            "unchanged"
        } else {
            saying.attested.word()
        }
        .to_owned(),
        undone: saying.undone,
    });
    let empty = pb::GetIncidentResponse {
        source: source.to_string(),
        external_id: id.to_string(),
        state: "undone".to_owned(),
        sayings: sayings.collect(),
        ..pb::GetIncidentResponse::default()
    };
    let Some(record) = &life.standing else { return empty };
    let (incident, dictionary) = (&record.incident, context.federation.dictionary());
    let (state, state_detail) = state(&record.standing);
    let counter = Counter::new(dictionary, &context.zone);
    let measures = dictionary.measures().iter().filter(|_| record.is_live());
    pb::GetIncidentResponse {
        state: state.to_owned(),
        state_detail,
        version_ms: record.version.0,
        territory: incident.territory.to_string(),
        topic: incident.topic.to_string(),
        network: incident.network.to_string(),
        legal_kind: incident.legal_kind.to_string(),
        addressed_to: incident.addressed_to.code().to_owned(),
        stamps: Stamp::ALL
            .into_iter()
            .filter_map(|stamp| {
                Some(pb::NamedStamp {
                    stamp: stamp.code().to_owned(),
                    at_s: incident.stamps.get(stamp)?,
                })
            })
            .collect(),
        events: measures
            .filter_map(|measure| {
                Some(pb::CountedEvent {
                    measure: measure.code.to_string(),
                    day: counter.day_of(&measure.code, incident)?.to_string(),
                })
            })
            .collect(),
        ..empty
    }
}
