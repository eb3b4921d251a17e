//! The intake: incidents and declarations come in, are judged, journaled, applied and answered.
//!
//! Owns the intake journal (the truth, in `journal/`) and the incident store that answers questions about it (in
//! `store/`, deletable). Promises that an answer is given only once what it says is durable, that a repeated call gets
//! the same answer, and that the cells depend on the journal alone. One OS thread writes; everybody may read.
//!
//! Does not know sheets, seals or the network: [`crate::service`] speaks for it.

mod attest;
mod batches;
mod context;
mod corrections;
mod counts;
mod decide;
mod door;
mod error;
mod fields;
mod frames;
mod history;
mod notes;
mod opening;
mod reading;
mod rejection;
mod requests;
mod round;
mod undo;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use domain::cell::Cells;
use domain::{Code, Day, NodeId, Zone};
use runtime::{Random, SharedClock};
use tokio::sync::oneshot;
use wire::pb;

use crate::belonging::Belonging;
use crate::store::Store;
pub(crate) use context::speaks_of;
pub use context::{Caller, Context};
pub(crate) use corrections::page;
pub use corrections::{Cell, Found, STATES};
pub use counts::{IntakeSummary, SourceCounts, Unmatched};
pub use error::IntakeError;
pub use opening::IntakeOpening;
pub use undo::UndoEffect;
pub use writer::COMMIT_POINTS;
use writer::{Job, Writer};

/// Items of one call at most.
pub const MAX_ITEMS: usize = 1_000;

/// What readers and the writer share. The writer is the only one that changes the store, but for settled days.
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) context: Arc<Context>,
}

/// The state under its lock; a reader's panic leaves it whole, since readers change nothing.
#[derive(Clone)]
pub(crate) struct Shared(Arc<RwLock<State>>);

impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open intake of a node. Dropping it writes what was queued and waits for that.
pub struct Intake {
    shared: Shared,
    writer: Writer,
    /// Directory of the journal.
    journal: PathBuf,
    random: Arc<dyn Random>,
}

/// An answer that comes once it is durable.
pub struct Pending<T>(oneshot::Receiver<Result<T, IntakeError>>);

impl<T> Pending<T> {
    /// Waits for the answer.
    pub async fn answer(self) -> Result<T, IntakeError> {
        self.0
            .await
            .unwrap_or_else(|_| Err(IntakeError::Failed("поток записи остановлен".to_owned())))
    }
}

impl Intake {
    /// Opens `dir/journal` and `dir/store`, brings the store up to the journal, and starts the writer. A store that is
    /// damaged or ahead of the journal is moved aside and rebuilt.
    pub fn open(
        dir: &Path,
        context: Context,
        clock: SharedClock,
        random: Arc<dyn Random>,
    ) -> Result<(Arc<Self>, IntakeOpening), IntakeError> {
        let context = Arc::new(context);
        let seed = u64::from_le_bytes(runtime::random::bytes(random.as_ref()));
        let (journal, store, opening) = opening::open(dir, &context, seed)?;
        let shared = Shared(Arc::new(RwLock::new(State { store, context })));
        let place = opening::journal_of(dir);
        let writer = Writer::start(journal, place.clone(), shared.clone(), clock);
        let intake = Self {
            shared,
            writer: writer.map_err(|e| IntakeError::Failed(e.to_string()))?,
            journal: place,
            random,
        };
        Ok((Arc::new(intake), opening))
    }

    /// Takes items in; answers once everything accepted is durable. The same request id and content again get the same
    /// answer.
    pub async fn ingest(&self, caller: &Caller, request: pb::IngestRequest) -> Result<pb::IngestResponse, IntakeError> {
        self.submit(caller, request)?.answer().await
    }

    /// Queues items and returns at once, so that several calls of one caller may be in flight, decided in this order.
    pub fn submit(
        &self,
        caller: &Caller,
        request: pb::IngestRequest,
    ) -> Result<Pending<pb::IngestResponse>, IntakeError> {
        requests::check_ingest(&request)?;
        let (reply, answer) = oneshot::channel();
        self.writer.submit(Job::Ingest {
            caller: caller.clone(),
            request,
            reply,
        })?;
        Ok(Pending(answer))
    }

    /// Declares a range of days complete for a source, or takes that back.
    pub async fn declare(
        &self,
        caller: &Caller,
        request: pb::DeclareCompleteRequest,
    ) -> Result<pb::DeclareCompleteResponse, IntakeError> {
        let (reply, answer) = oneshot::channel();
        self.writer.submit(Job::Declare {
            caller: caller.clone(),
            request,
            reply,
        })?;
        Pending(answer).answer().await
    }

    /// Begins the intake of a file under an id of its own.
    pub async fn open_intake(&self, request: pb::OpenIntakeRequest) -> Result<pb::OpenIntakeResponse, IntakeError> {
        let id = format!(
            "file-{}",
            hex::encode(runtime::random::bytes::<16>(self.random.as_ref()))
        );
        let (reply, answer) = oneshot::channel();
        self.writer.submit(Job::Open { id, request, reply })?;
        Pending(answer).answer().await
    }

    /// Sequence of the last journal frame that is applied.
    pub fn position(&self) -> u64 {
        self.shared.read().store.applied()
    }

    /// Days whose events or declarations changed since they were settled.
    pub fn dirty_days(&self) -> BTreeSet<Day> {
        self.shared.read().store.dirty_days()
    }

    /// Clears the marks of days that did not change again after `position`.
    pub fn settle(&self, days: &BTreeSet<Day>, position: u64) -> Result<(), IntakeError> {
        Ok(self.shared.write().store.settle(days, position)?)
    }

    /// The cells of the days, from one pass over the blocks that touch them, as of the position returned. A day without
    /// events has an empty map. The writer waits meanwhile.
    pub fn cells(&self, days: &BTreeSet<Day>) -> Result<(BTreeMap<Day, Cells>, u64), IntakeError> {
        let state = self.shared.read();
        let cells = state.store.cells(days, &state.context)?;
        Ok((cells, state.store.applied()))
    }

    /// Days on which some incident has an event.
    pub fn event_days(&self) -> BTreeSet<Day> {
        self.shared.read().store.event_days()
    }

    /// Ranges of days declared complete, both ends included, by source, in order and not touching.
    pub fn declared(&self) -> BTreeMap<Code, Vec<(Day, Day)>> {
        self.shared.read().store.declared()
    }

    /// Sources that an incident came from.
    pub fn sources_seen(&self) -> BTreeSet<Code> {
        self.shared.read().store.sources_seen()
    }

    /// Judges and counts by another dictionary, zone or membership from now on. What stands is not judged again.
    pub fn set_context(&self, context: Context) -> Result<(), IntakeError> {
        let mut state = self.shared.write();
        state.store.recount_days(&context)?;
        state.context = Arc::new(context);
        Ok(())
    }

    /// Counts by another belonging of the incidents from now on; days that it changes are marked.
    pub fn regard(&self, belonging: Belonging) -> Result<(), IntakeError> {
        let mut state = self.shared.write();
        let context = Arc::clone(&state.context);
        Ok(state.store.regard(belonging, &context)?)
    }

    /// The cells of the days, in days of `zone`, of the incidents that belong to a member below.
    pub fn cells_aside(
        &self,
        member: &NodeId,
        zone: &Zone,
        days: &BTreeSet<Day>,
    ) -> Result<BTreeMap<Day, Cells>, IntakeError> {
        let state = self.shared.read();
        Ok(state.store.cells_aside(member, zone, days, &state.context)?)
    }

    /// Counts per source, dropped stamps and unmatched values, for a status.
    pub fn summary(&self) -> IntakeSummary {
        let state = self.shared.read();
        counts::summary(&state.store)
    }

    /// Whether the disk failed, so that nothing is taken in until the process starts again.
    pub fn failed(&self) -> bool {
        self.writer.failed()
    }

    /// Waits until it fails.
    pub async fn failure(&self) {
        self.writer.failure().await;
    }
}
