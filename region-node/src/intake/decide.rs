//! The decision on each item: what it does to the version that stands, by [`domain::version::meet`].
//!
//! A view is the store, over it what this group has changed already, over that what this call has changed: so one id
//! twice in a call is decided in order, and a call that comes to nothing leaves no trace. Nothing is written here.

use std::collections::HashMap;

use domain::Code;
use domain::version::{Outcome, Record, meet};
use wire::pb;

use super::attest::Attested;
use super::counts::Counts;
use super::door::{Arrival, Door};
use crate::store::{Change, Store, StoreError};

/// Incidents that stand otherwise than in the store, in the order they were first touched.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    changes: Vec<Change>,
    by_id: HashMap<(Code, Code), usize>,
}

impl Overlay {
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    fn get(&self, source: &Code, id: &Code) -> Option<&Change> {
        self.by_id
            .get(&(source.clone(), id.clone()))
            .map(|&at| &self.changes[at])
    }

    fn put(&mut self, change: Change) {
        let incident = &change.after.incident;
        let key = (incident.source.clone(), incident.external_id.clone());
        if let Some(&at) = self.by_id.get(&key) {
            self.changes[at].after = change.after;
        } else {
            self.by_id.insert(key, self.changes.len());
            self.changes.push(change);
        }
    }

    /// How incidents stand here that a call changed once more.
    pub(super) fn replaced_by<'a>(&'a self, call: &'a Overlay) -> impl Iterator<Item = &'a Record> {
        let here = |change: &Change| self.get(&change.after.incident.source, &change.after.incident.external_id);
        call.changes.iter().filter_map(move |change| Some(&here(change)?.after))
    }

    /// Takes over what a call changed.
    pub(super) fn absorb(&mut self, call: Overlay) {
        call.changes.into_iter().for_each(|change| self.put(change));
    }
}

/// How incidents stand for one call.
pub(super) struct View<'a> {
    store: &'a Store,
    group: &'a Overlay,
    call: Overlay,
}

impl<'a> View<'a> {
    pub(super) fn new(store: &'a Store, group: &'a Overlay) -> Self {
        Self {
            store,
            group,
            call: Overlay::default(),
        }
    }

    /// What the call changed.
    pub(super) fn into_changes(self) -> Overlay {
        self.call
    }

    /// How an incident stands; a new one as a change with nothing before it.
    fn standing(&self, source: &Code, id: &Code) -> Result<Option<Change>, StoreError> {
        if let Some(change) = self.call.get(source, id).or_else(|| self.group.get(source, id)) {
            return Ok(Some(change.clone()));
        }
        let found = self.store.find(source, id)?;
        Ok(found.map(|(block, record)| Change {
            place: Some(block),
            before: Some(record.clone()),
            after: record,
        }))
    }

    fn settle(&mut self, standing: Option<Change>, record: Record) {
        match standing {
            Some(change) if change.after == record => {}
            Some(change) => self.call.put(Change {
                after: record,
                ..change
            }),
            None => self.call.put(Change {
                place: None,
                before: None,
                after: record,
            }),
        }
    }

    /// Lets a version meet what stands.
    pub(super) fn meet(&mut self, arriving: &Record, restore: bool) -> Result<Outcome, StoreError> {
        let standing = self.standing(&arriving.incident.source, &arriving.incident.external_id)?;
        let (outcome, record) = meet(standing.as_ref().map(|change| &change.after), arriving, restore);
        self.settle(standing, record);
        Ok(outcome)
    }

    /// Lets an item of the journal meet what stands, as it did when it came.
    pub(super) fn hear(&mut self, item: &pb::JournalItem, source: &Code, id: &Code) -> Result<Outcome, StoreError> {
        let standing = self.standing(source, id)?;
        let stood = standing.as_ref().map(|change| &change.after);
        let attested = Attested::read(item, stood).map_err(StoreError::Damaged)?;
        let absent = || StoreError::Damaged(format!("журнал говорит об обращении {source}/{id}, которого не было"));
        let arriving = attested.arriving(stood).ok_or_else(absent)?;
        let (outcome, record) = meet(stood, &arriving, attested.restore);
        self.settle(standing, record);
        Ok(outcome)
    }
}

/// A call, decided.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// For the caller.
    pub(super) results: Vec<pb::ItemResult>,
    /// For the journal; an item that was not taken leaves an empty place.
    pub(super) items: Vec<pb::JournalItem>,
}

impl Decided {
    /// The outcomes as they are remembered.
    pub(super) fn outcomes(&self) -> Vec<u8> {
        let small = |result: &pb::ItemResult| u8::try_from(result.outcome).expect("outcomes are numbered to 5");
        self.results.iter().map(small).collect()
    }
}

/// Decides every item of a call in order.
pub(super) fn decide(
    view: &mut View<'_>,
    door: &Door<'_>,
    items: &[pb::IngestItem],
    counts: &mut Counts,
) -> Result<Decided, StoreError> {
    let mut decided = Decided::default();
    for (at, item) in items.iter().enumerate() {
        let (result, journaled) = match arrive(view, door, at, item)? {
            Ok(arrival) => take(view, &arrival, counts)?,
            Err(rejection) => {
                let named = item
                    .incident
                    .as_ref()
                    .map(|incident| incident.source.as_str())
                    .unwrap_or_default();
                let day = door.context.zone.day_of(door.now_s);
                let known = super::door::known_source(door.context, named, day);
                let source = known.as_ref().map_or(door.caller.scope(), Code::as_str);
                counts.outcome(
                    if source.is_empty() { Code::NONE } else { source },
                    pb::ItemOutcome::Rejected,
                );
                (rejected(rejection), pb::JournalItem::default())
            }
        };
        decided.results.push(result);
        decided.items.push(journaled);
    }
    Ok(decided)
}

/// The answer to a call that was decided before: the outcomes as remembered, the details read from the items again.
pub(super) fn repeat(
    view: &View<'_>,
    door: &Door<'_>,
    items: &[pb::IngestItem],
    outcomes: &[u8],
) -> Result<Vec<pb::ItemResult>, StoreError> {
    let items = items.iter().zip(outcomes).enumerate();
    items
        .map(|(at, (item, &outcome))| {
            let now = arrive(view, door, at, item)?;
            if i32::from(outcome) == pb::ItemOutcome::Rejected as i32 {
                return Ok(rejected(now.err().unwrap_or_else(|| rejected_before(door, at, item))));
            }
            Ok(match now {
                Ok(arrival) => taken(outcome.into(), &arrival),
                Err(_) => pb::ItemResult {
                    outcome: outcome.into(),
                    ..pb::ItemResult::default()
                },
            })
        })
        .collect()
}

/// Why an item was rejected that would be taken now: its incident was unknown then, or the context was another.
fn rejected_before(door: &Door<'_>, at: usize, item: &pb::IngestItem) -> pb::Rejection {
    let then = door
        .identify(at, item)
        .and_then(|identity| door.admit(at, item, &identity, None));
    then.err().unwrap_or_else(|| {
        let message = "не принято при первом вызове; пришлите ещё раз с новым request_id";
        super::rejection::rejection(at, "incident", "REJECTED_BEFORE", "", message)
    })
}

fn arrive(
    view: &View<'_>,
    door: &Door<'_>,
    at: usize,
    item: &pb::IngestItem,
) -> Result<Result<Arrival, pb::Rejection>, StoreError> {
    let identity = match door.identify(at, item) {
        Ok(identity) => identity,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let standing = view.standing(&identity.source, &identity.id)?;
    Ok(door.admit(at, item, &identity, standing.as_ref().map(|change| &change.after)))
}

fn take(
    view: &mut View<'_>,
    arrival: &Arrival,
    counts: &mut Counts,
) -> Result<(pb::ItemResult, pb::JournalItem), StoreError> {
    let outcome = told(view.meet(&arrival.record, arrival.restore)?);
    let source = &arrival.record.incident.source;
    counts.outcome(source.as_str(), outcome);
    // A value is listed once per version that brought it, however often the version is told.
    if matches!(outcome, pb::ItemOutcome::Accepted | pb::ItemOutcome::Updated) {
        arrival.dropped.iter().for_each(|stamp| counts.dropped(source, stamp));
        arrival
            .unmatched
            .iter()
            .for_each(|(field, raw)| counts.unmatched(view.store, source, field, raw));
    }
    let result = taken(outcome.into(), arrival);
    let item = if let Some(unheard) = &arrival.unheard {
        pb::journal_item::Item::Record(wire::record::to_pb(unheard))
    } else if outcome == pb::ItemOutcome::Unchanged {
        pb::journal_item::Item::Unchanged(pb::IncidentReference {
            source: source.to_string(),
            external_id: arrival.record.incident.external_id.to_string(),
            version_ms: arrival.record.version.0,
        })
    } else {
        pb::journal_item::Item::Record(wire::record::to_pb(&arrival.record))
    };
    Ok((
        result,
        pb::JournalItem {
            item: Some(item),
            restore: arrival.restore,
            named: arrival.named.clone(),
        },
    ))
}

/// An outcome as it is told.
pub(super) fn told(outcome: Outcome) -> pb::ItemOutcome {
    match outcome {
        Outcome::Accepted => pb::ItemOutcome::Accepted,
        Outcome::Unchanged => pb::ItemOutcome::Unchanged,
        Outcome::Updated => pb::ItemOutcome::Updated,
        Outcome::Superseded => pb::ItemOutcome::Superseded,
    }
}

fn taken(outcome: i32, arrival: &Arrival) -> pb::ItemResult {
    pb::ItemResult {
        outcome,
        rejection: None,
        unmatched_fields: arrival.unmatched.iter().map(|(field, _)| (*field).to_owned()).collect(),
        dropped_stamps: arrival.dropped.iter().map(|&stamp| stamp.to_owned()).collect(),
    }
}

fn rejected(rejection: pb::Rejection) -> pb::ItemResult {
    pb::ItemResult {
        outcome: pb::ItemOutcome::Rejected.into(),
        rejection: Some(rejection),
        ..pb::ItemResult::default()
    }
}
