//! Frames of the intake journal applied again: the start-up's way to the state the writer left.
//!
//! A frame holds its outcome in full (every version that met another one, and which met its equal), so the same frames
//! in any grouping lead to the same incidents, declarations and answers, whatever the dictionary has become since.

use domain::count::Counter;
use domain::version::Outcome;
use domain::{Code, Day};
use prost::Message;
use wire::pb;

use super::IntakeError;
use super::batches::Batch;
use super::context::Context;
use super::counts::Counts;
use super::decide::{Overlay, View};
use crate::store::{BatchRow, Declared, Group, Store, StoreError, counted_days};

/// Incidents that a replayed group touches before it is applied, at most: as many as a group commit takes.
const GROUP_ITEMS: usize = 4_096;

/// A store being brought up to its journal, one group at a time.
pub(super) struct Replay<'a> {
    store: &'a mut Store,
    context: &'a Context,
    overlay: Overlay,
    group: Group,
    counts: Counts,
}

impl<'a> Replay<'a> {
    pub(super) fn new(store: &'a mut Store, context: &'a Context) -> Self {
        let group = Group {
            applied: store.applied(),
            ..Group::default()
        };
        Self {
            store,
            context,
            overlay: Overlay::default(),
            group,
            counts: Counts::default(),
        }
    }

    /// Takes one frame; those that the store has applied already are passed over.
    pub(super) fn frame(&mut self, sequence: u64, payload: &[u8]) -> Result<(), IntakeError> {
        if sequence <= self.group.applied {
            return Ok(());
        }
        let unreadable = |reason: String| IntakeError::Frame { sequence, reason };
        let frame = pb::JournalFrame::decode(payload).map_err(|error| unreadable(error.to_string()))?;
        match frame.frame {
            Some(pb::journal_frame::Frame::Items(items)) => self.items(sequence, &items)?,
            Some(pb::journal_frame::Frame::Declaration(told)) => {
                self.group
                    .declared
                    .push(declared(&told).ok_or_else(|| unreadable("declaration".to_owned()))?);
            }
            Some(pb::journal_frame::Frame::Opened(opened)) => self.group.intakes.push((frame.intake, opened.source)),
            None => return Err(unreadable("frame".to_owned())),
        }
        self.group.applied = sequence;
        if self.overlay.len() >= GROUP_ITEMS {
            self.apply()
        } else {
            Ok(())
        }
    }

    fn items(&mut self, sequence: u64, frame: &pb::JournalItems) -> Result<(), IntakeError> {
        let unreadable = |reason: String| IntakeError::Frame { sequence, reason };
        let mut view = View::new(self.store, &self.overlay);
        let mut outcomes = Vec::with_capacity(frame.items.len());
        for item in &frame.items {
            let outcome = match &item.item {
                Some(pb::journal_item::Item::Record(stored)) => {
                    let record = wire::record::from_pb(stored).map_err(|error| unreadable(error.to_string()))?;
                    let outcome = match view.meet(&record, item.restore)? {
                        Outcome::Accepted => pb::ItemOutcome::Accepted,
                        Outcome::Unchanged => pb::ItemOutcome::Unchanged,
                        Outcome::Updated => pb::ItemOutcome::Updated,
                        Outcome::Superseded => pb::ItemOutcome::Superseded,
                    };
                    self.counts.outcome(record.incident.source.as_str(), outcome);
                    outcome
                }
                Some(pb::journal_item::Item::Unchanged(reference)) => {
                    let code = |text: &str| Code::new(text).map_err(|error| unreadable(error.to_string()));
                    let (source, id) = (code(&reference.source)?, code(&reference.external_id)?);
                    view.attest(&source, &id, domain::version::VersionKey(reference.version_ms))?;
                    self.counts.outcome(source.as_str(), pb::ItemOutcome::Unchanged);
                    pb::ItemOutcome::Unchanged
                }
                None => pb::ItemOutcome::Rejected,
            };
            outcomes.push(u8::try_from(outcome as i32).expect("outcomes are numbered to 5"));
        }
        let changes = view.into_changes();
        self.mark_replaced(&changes);
        self.overlay.absorb(changes);
        let batch = Batch::parse(&frame.batch).ok_or_else(|| unreadable("batch".to_owned()))?;
        self.group.batches.push((
            sequence,
            BatchRow {
                id: batch.id,
                content: batch.content,
                outcomes,
            },
        ));
        Ok(())
    }

    /// Marks the days of versions that these changes replace before the store ever has them. The writer's group is never
    /// sealed half done, so it need not; a replayed group spans days of work, and a sheet may have counted what it passes.
    fn mark_replaced(&mut self, changes: &Overlay) {
        let counter = Counter::new(self.context.federation.dictionary(), &self.context.zone);
        let replaced = self.overlay.replaced_by(changes);
        self.group
            .marked
            .extend(replaced.flat_map(|record| counted_days(&counter, record)));
    }

    fn apply(&mut self) -> Result<(), IntakeError> {
        let mut group = std::mem::take(&mut self.group);
        self.group.applied = group.applied;
        group.changes = std::mem::take(&mut self.overlay).into_changes();
        group.counts = std::mem::take(&mut self.counts).into_added();
        if group.applied == self.store.applied() {
            return Ok(());
        }
        Ok(self.store.apply(&group, self.context)?)
    }

    /// Applies the rest. `last` is the last sequence of the journal: a store that has seen more is not its projection.
    pub(super) fn finish(mut self, last: u64) -> Result<(), IntakeError> {
        if self.group.applied > last {
            return Err(StoreError::Ahead {
                store: self.group.applied,
                journal: last,
            }
            .into());
        }
        self.apply()?;
        Ok(self.store.flush()?)
    }
}

/// The declaration of a frame.
pub(super) fn declared(told: &pb::Declaration) -> Option<Declared> {
    Some(Declared {
        source: Code::new(&told.source).ok()?,
        from: Day::new(told.from_day)?,
        to: Day::new(told.to_day)?,
        revoked: told.revoked,
    })
}
