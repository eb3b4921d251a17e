//! Frames of the intake journal applied again: the start-up's way to the state the writer left.
//!
//! A frame holds its outcome in full (every version that met another one, and which met its equal), so the same frames
//! in any grouping lead to the same incidents, declarations and answers, whatever the dictionary has become since.

use std::path::Path;

use domain::count::Counter;
use domain::{Code, Day};
use prost::Message;
use wire::pb;

use super::IntakeError;
use super::batches::Batch;
use super::context::Context;
use super::counts::Counts;
use super::decide::{Overlay, View, told};
use super::undo::Undoing;
use super::{attest, notes};
use crate::store::{BatchRow, Declared, Event, Group, Store, StoreError, counted_days};

/// Incidents that a replayed group touches before it is applied, at most: as many as a group commit takes.
const GROUP_ITEMS: usize = 4_096;

/// A store being brought up to its journal, one group at a time.
pub(super) struct Replay<'a> {
    store: &'a mut Store,
    context: &'a Context,
    /// Directory of the journal: an undo reads again what came before it.
    journal: &'a Path,
    overlay: Overlay,
    group: Group,
    counts: Counts,
}

impl<'a> Replay<'a> {
    pub(super) fn new(store: &'a mut Store, context: &'a Context, journal: &'a Path) -> Self {
        let group = Group {
            applied: store.applied(),
            ..Group::default()
        };
        Self {
            store,
            context,
            journal,
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
        let (intake, at_ms) = (frame.intake, frame.received_at_ms);
        let event = match frame.frame {
            Some(pb::journal_frame::Frame::Items(items)) => self.items(sequence, &items)?,
            Some(pb::journal_frame::Frame::Declaration(told)) => {
                let declared = declared(&told).ok_or_else(|| unreadable("declaration".to_owned()))?;
                self.group.declared.push(declared);
                Event::Declared(told.source)
            }
            Some(pb::journal_frame::Frame::Opened(opened)) => Event::Opened(opened),
            Some(pb::journal_frame::Frame::Undo(undo)) => return self.undo(sequence, at_ms, &undo),
            None => return Err(unreadable("frame".to_owned())),
        };
        self.group.notes.push(notes::note(sequence, at_ms, &intake, event));
        self.group.applied = sequence;
        if self.overlay.len() >= GROUP_ITEMS {
            self.apply()
        } else {
            Ok(())
        }
    }

    fn items(&mut self, sequence: u64, frame: &pb::JournalItems) -> Result<Event, IntakeError> {
        let unreadable = |reason: String| IntakeError::Frame { sequence, reason };
        let mut view = View::new(self.store, &self.overlay);
        let mut outcomes = Vec::with_capacity(frame.items.len());
        for item in &frame.items {
            let outcome = match attest::identity(item) {
                Some((source, id)) => {
                    let code = |text: &str| Code::new(text).map_err(|error| unreadable(error.to_string()));
                    let outcome = told(view.hear(item, &code(source)?, &code(id)?)?);
                    self.counts.outcome(source, outcome);
                    outcome
                }
                None => pb::ItemOutcome::Rejected,
            };
            outcomes.push(u8::try_from(outcome as i32).expect("outcomes are numbered to 5"));
        }
        let changes = view.into_changes();
        self.mark_replaced(&changes);
        self.overlay.absorb(changes);
        let batch = Batch::parse(&frame.batch).ok_or_else(|| unreadable("batch".to_owned()))?;
        let event = notes::of_items(&batch, &frame.items, &outcomes);
        self.group.batches.push((
            sequence,
            BatchRow {
                id: batch.id,
                content: batch.content,
                outcomes,
            },
        ));
        Ok(event)
    }

    /// Everything before it is applied first: it changes what stands.
    fn undo(&mut self, sequence: u64, at_ms: i64, undo: &pb::Undo) -> Result<(), IntakeError> {
        self.apply()?;
        let absent = || StoreError::Damaged(format!("журнал отменяет загрузку {}, которой нет", undo.batch));
        let row = self.store.batch_row(&undo.batch)?.ok_or_else(absent)?;
        let undoing = Undoing {
            journal: self.journal,
            row: &row,
            sequence,
        };
        undoing.apply(self.store, self.context, at_ms, &undo.reason)?;
        self.group.applied = sequence;
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
