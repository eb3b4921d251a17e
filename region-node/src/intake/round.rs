//! One group of jobs on its way through the writer: decided and appended one after another, answered together.
//!
//! It gathers what is to be applied to the store once the journal is synced, and the answers that wait for that. A job
//! that fails before its frame is appended leaves nothing behind.

use std::collections::HashMap;

use domain::Code;
use jiff::Timestamp;
use prost::Message;
use wire::pb;

use super::batches::Batch;
use super::context::{Caller, Context};
use super::counts::Counts;
use super::decide::{Decided, Overlay, View, decide, repeat};
use super::door::{Door, known_source};
use super::writer::Reply;
use super::{IntakeError, frames, notes, requests};
use crate::store::{BatchId, BatchRow, Event, Group, Note, Store, StoreError};

/// Appends a frame to the journal and says its sequence.
type Append<'a> = &'a mut dyn FnMut(&[u8]) -> Result<u64, IntakeError>;

/// An answer that waits until its frame is synced.
pub(super) enum Answer {
    Ingest(Reply<pb::IngestResponse>, pb::IngestResponse),
    Declare(Reply<pb::DeclareCompleteResponse>, pb::DeclareCompleteResponse),
    Open(Reply<pb::OpenIntakeResponse>, pb::OpenIntakeResponse),
}

impl Answer {
    pub(super) fn send(self) {
        match self {
            Self::Ingest(reply, response) => drop(reply.send(Ok(response))),
            Self::Declare(reply, response) => drop(reply.send(Ok(response))),
            Self::Open(reply, response) => drop(reply.send(Ok(response))),
        }
    }

    pub(super) fn refuse(self, error: IntakeError) {
        match self {
            Self::Ingest(reply, _) => drop(reply.send(Err(error))),
            Self::Declare(reply, _) => drop(reply.send(Err(error))),
            Self::Open(reply, _) => drop(reply.send(Err(error))),
        }
    }
}

/// A group being decided.
pub(super) struct Round<'a> {
    store: &'a Store,
    context: &'a Context,
    now: Timestamp,
    overlay: Overlay,
    counts: Counts,
    group: Group,
    /// Batches of this very group, by id.
    batches: HashMap<BatchId, usize>,
    broken: Option<StoreError>,
}

impl<'a> Round<'a> {
    pub(super) fn new(store: &'a Store, context: &'a Context, now: Timestamp) -> Self {
        Self {
            store,
            context,
            now,
            overlay: Overlay::default(),
            counts: Counts::default(),
            group: Group::default(),
            batches: HashMap::new(),
            broken: None,
        }
    }

    /// The failure of the store that a job met: nothing it says can be believed any more.
    pub(super) fn take_failure(&mut self) -> Option<StoreError> {
        self.broken.take()
    }

    /// What is to be applied; nothing when no frame was appended.
    pub(super) fn into_group(self) -> Option<Group> {
        let appended = self.group.applied > 0;
        let counts = self.counts.into_added();
        appended.then(|| Group {
            changes: self.overlay.into_changes(),
            counts,
            ..self.group
        })
    }

    pub(super) fn ingest(
        &mut self,
        caller: &Caller,
        request: pb::IngestRequest,
        reply: Reply<pb::IngestResponse>,
        append: Append<'_>,
    ) -> Option<Answer> {
        let decided = self.take_items(caller, request, append);
        self.settle(reply, decided, Answer::Ingest)
    }

    pub(super) fn declare(
        &mut self,
        caller: &Caller,
        request: &pb::DeclareCompleteRequest,
        reply: Reply<pb::DeclareCompleteResponse>,
        append: Append<'_>,
    ) -> Option<Answer> {
        let decided = self.take_declaration(caller, request, append);
        self.settle(reply, decided, Answer::Declare)
    }

    pub(super) fn open(
        &mut self,
        id: String,
        request: pb::OpenIntakeRequest,
        reply: Reply<pb::OpenIntakeResponse>,
        append: Append<'_>,
    ) -> Option<Answer> {
        let decided = self.take_opening(id, request, append);
        self.settle(reply, decided, Answer::Open)
    }

    fn take_items(
        &mut self,
        caller: &Caller,
        request: pb::IngestRequest,
        append: Append<'_>,
    ) -> Result<pb::IngestResponse, IntakeError> {
        let batch = Batch::of(caller, &request);
        self.check_intake(caller, &request.intake_id)?;
        let intake = if request.intake_id.is_empty() {
            batch.own_intake()
        } else {
            request.intake_id.clone()
        };
        let door = Door {
            context: self.context,
            caller,
            now_s: self.now.as_second(),
        };
        let mut view = View::new(self.store, &self.overlay);
        if let Some((sequence, row)) = self.known(&batch)? {
            if row.content != batch.content {
                return Err(IntakeError::RequestIdReused(request.request_id));
            }
            self.check_standing(&intake)?;
            let results = repeat(&view, &door, &request.items, &row.outcomes)?;
            return Ok(pb::IngestResponse {
                results,
                intake_id: intake,
                journal_position: sequence,
            });
        }
        let mut counts = self.counts.clone();
        let decided = decide(&mut view, &door, &request.items, &mut counts)?;
        if request.validate_only {
            return Ok(pb::IngestResponse {
                results: decided.results,
                intake_id: String::new(),
                journal_position: 0,
            });
        }
        let changes = view.into_changes();
        let outcomes = decided.outcomes();
        let Decided { results, items } = decided;
        let event = notes::of_items(&batch, &items, &outcomes);
        let items = pb::journal_frame::Frame::Items(pb::JournalItems {
            batch: batch.text,
            items,
        });
        let sequence = append(&self.frame(&intake, items))?;
        self.counts = counts;
        self.overlay.absorb(changes);
        self.batches.insert(batch.id, self.group.batches.len());
        self.group.batches.push((
            sequence,
            BatchRow {
                id: batch.id,
                content: batch.content,
                outcomes,
            },
        ));
        self.note(sequence, &intake, event);
        Ok(pb::IngestResponse {
            results,
            intake_id: intake,
            journal_position: sequence,
        })
    }

    fn take_declaration(
        &mut self,
        caller: &Caller,
        request: &pb::DeclareCompleteRequest,
        append: Append<'_>,
    ) -> Result<pb::DeclareCompleteResponse, IntakeError> {
        let (from, to) = requests::declared_days(request, self.context, self.now.as_second())?;
        let source = self.declared_source(caller, &request.source)?;
        self.check_intake(caller, &request.intake_id)?;
        let told = pb::Declaration {
            source: source.to_string(),
            from_day: from.number(),
            to_day: to.number(),
            revoked: request.revoked,
        };
        let declared = frames::declared(&told).expect("made of a code and two days");
        let sequence = append(&self.frame(&request.intake_id, pb::journal_frame::Frame::Declaration(told)))?;
        self.group.declared.push(declared);
        self.note(sequence, &request.intake_id, Event::Declared(source.to_string()));
        Ok(pb::DeclareCompleteResponse {
            journal_position: sequence,
        })
    }

    fn take_opening(
        &mut self,
        id: String,
        request: pb::OpenIntakeRequest,
        append: Append<'_>,
    ) -> Result<pb::OpenIntakeResponse, IntakeError> {
        let source = match request.source.as_str() {
            "" => String::new(),
            raw => self.declared_source(&Caller::Local, raw)?.to_string(),
        };
        let opened = pb::IntakeOpened {
            source,
            profile: request.profile,
            file_sha256: request.file_sha256,
            as_of_ms: request.as_of_ms,
        };
        let sequence = append(&self.frame(&id, pb::journal_frame::Frame::Opened(opened.clone())))?;
        self.note(sequence, &id, Event::Opened(opened));
        Ok(pb::OpenIntakeResponse { intake_id: id })
    }

    /// Notes an appended frame of a batch.
    fn note(&mut self, sequence: u64, intake: &str, event: Event) {
        let note = notes::note(sequence, self.now.as_millisecond(), intake, event);
        self.group.notes.push(note);
        self.group.applied = sequence;
    }

    fn frame(&self, intake: &str, frame: pb::journal_frame::Frame) -> Vec<u8> {
        let (intake, received_at_ms) = (intake.to_owned(), self.now.as_millisecond());
        pb::JournalFrame {
            intake,
            received_at_ms,
            frame: Some(frame),
        }
        .encode_to_vec()
    }

    fn known(&self, batch: &Batch) -> Result<Option<(u64, BatchRow)>, IntakeError> {
        match self.batches.get(&batch.id) {
            Some(&at) => Ok(Some(self.group.batches[at].clone())),
            None => Ok(self.store.batch(&batch.id)?),
        }
    }

    /// An intake that is named was opened before, for the caller's source, and is not undone.
    fn check_intake(&self, caller: &Caller, id: &str) -> Result<(), IntakeError> {
        if id.is_empty() {
            return Ok(());
        }
        let opened = |note: &Note| match &note.event {
            Event::Opened(opened) if note.batch == id => Some(opened.source.clone()),
            _ => None,
        };
        let mut owner = self.group.notes.iter().find_map(opened);
        if owner.is_none() {
            let row = self.store.batch_row(id)?.filter(|row| row.opened);
            if row.as_ref().is_some_and(|row| row.undone.is_some()) {
                return Err(IntakeError::AlreadyUndone(id.to_owned()));
            }
            owner = row.map(|row| row.owner);
        }
        match (owner, caller) {
            (Some(_), Caller::Local) => Ok(()),
            (Some(owner), Caller::Source { source, .. }) if owner == source.as_str() => Ok(()),
            _ => Err(IntakeError::invalid(
                "UNKNOWN_INTAKE",
                "intake_id",
                format!("приём «{id}» не открыт"),
            )),
        }
    }

    /// A call that is undone is not answered again as if it stood.
    fn check_standing(&self, batch: &str) -> Result<(), IntakeError> {
        match self.store.batch_row(batch)? {
            Some(row) if row.undone.is_some() => Err(IntakeError::AlreadyUndone(batch.to_owned())),
            _ => Ok(()),
        }
    }

    fn declared_source(&self, caller: &Caller, raw: &str) -> Result<Code, IntakeError> {
        let source = self.named_source(caller, raw)?;
        if self.context.covers_source(&source) {
            return Ok(source);
        }
        let reason = format!("узел не отвечает за источник «{source}»");
        Err(IntakeError::invalid("SOURCE_NOT_COVERED", "source", reason))
    }

    fn named_source(&self, caller: &Caller, raw: &str) -> Result<Code, IntakeError> {
        if let (Caller::Source { source, .. }, "") = (caller, raw) {
            return Ok(source.clone());
        }
        let today = self.context.zone.day_of(self.now.as_second());
        let unknown = || IntakeError::invalid("SOURCE_UNKNOWN", "source", format!("источника «{raw}» нет в словаре"));
        let source = known_source(self.context, raw, today).ok_or_else(unknown)?;
        match caller {
            Caller::Source { source: own, .. } if *own != source => Err(IntakeError::ForeignSource {
                own: own.to_string(),
                got: source.to_string(),
            }),
            _ => Ok(source),
        }
    }

    /// Sends an error at once; an answer waits for the sync.
    fn settle<T>(
        &mut self,
        reply: Reply<T>,
        decided: Result<T, IntakeError>,
        answer: impl FnOnce(Reply<T>, T) -> Answer,
    ) -> Option<Answer> {
        let error = match decided {
            Ok(response) => return Some(answer(reply, response)),
            Err(IntakeError::Store(error)) => {
                let told = IntakeError::Failed(error.to_string());
                self.broken = Some(error);
                told
            }
            Err(error) => error,
        };
        // Whoever went away does not wait for an answer.
        drop(reply.send(Err(error)));
        None
    }
}
