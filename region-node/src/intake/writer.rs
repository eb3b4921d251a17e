//! The writer: one OS thread that decides, journals, applies and answers, one group at a time.
//!
//! It promises that no answer leaves before its frame is synced, that a group is applied in one batch, and that after
//! a failed sync or a failed store nothing more is acknowledged until the process starts again. It is the only writer
//! of both journal and store, so what it decides on is what it applies to.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use journal::group::{Committer, GroupOptions, SubmitError};
use journal::{Journal, JournalError};
use prost::Message;
use runtime::SharedClock;
use tokio::sync::{Notify, oneshot};
use wire::pb;

use super::round::{Answer, Round};
use super::undo::{self, UndoEffect, Undoing};
use super::{Caller, IntakeError, Shared};
use crate::store::{Group, guarded};

/// The places where a crash meets an intake half done, in the order a group passes them. Under the feature
/// `failpoints` each aborts the process when it is configured with `return`.
pub const COMMIT_POINTS: &[&str] = &["intake.before_append", "intake.synced", "intake.applied"];

/// Jobs that may wait: at 1,000 items of about 300 bytes each, at most 77 MB.
const QUEUE_JOBS: usize = 256;
/// Items of one group at most; one call is never split.
const GROUP_ITEMS: usize = 4_096;
/// How long the first job of a group waits for others: less than a sync takes on a spinning disk.
const GROUP_WAIT: Duration = Duration::from_millis(2);

pub(super) type Reply<T> = oneshot::Sender<Result<T, IntakeError>>;

/// Work for the writer.
pub(super) enum Job {
    Ingest {
        caller: Caller,
        request: pb::IngestRequest,
        reply: Reply<pb::IngestResponse>,
    },
    Declare {
        caller: Caller,
        request: pb::DeclareCompleteRequest,
        reply: Reply<pb::DeclareCompleteResponse>,
    },
    Open {
        id: String,
        request: pb::OpenIntakeRequest,
        reply: Reply<pb::OpenIntakeResponse>,
    },
    Undo {
        batch: String,
        reason: String,
        reply: Reply<UndoEffect>,
    },
}

impl Job {
    fn items(&self) -> usize {
        if let Self::Ingest { request, .. } = self {
            request.items.len()
        } else {
            1
        }
    }

    fn refuse(self, error: IntakeError) {
        // Whoever went away does not wait for an answer.
        match self {
            Self::Ingest { reply, .. } => drop(reply.send(Err(error))),
            Self::Declare { reply, .. } => drop(reply.send(Err(error))),
            Self::Open { reply, .. } => drop(reply.send(Err(error))),
            Self::Undo { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

/// The queue to the thread.
pub(super) struct Writer {
    queue: Committer<Job>,
    failed: Arc<AtomicBool>,
    /// Tells of the failure once.
    failure: Arc<Notify>,
}

impl Writer {
    pub(super) fn start(journal: Journal, place: PathBuf, shared: Shared, clock: SharedClock) -> io::Result<Self> {
        let failed = Arc::new(AtomicBool::new(false));
        let failure = Arc::new(Notify::new());
        let mut hand = Hand {
            journal,
            place,
            shared,
            clock,
            failed: Arc::clone(&failed),
            failure: Arc::clone(&failure),
        };
        let options = GroupOptions {
            capacity: QUEUE_JOBS,
            max_items: QUEUE_JOBS,
            max_wait: GROUP_WAIT,
        };
        let queue = Committer::spawn("intake", options, move |jobs| hand.take(jobs))?;
        Ok(Self { queue, failed, failure })
    }

    pub(super) fn submit(&self, job: Job) -> Result<(), IntakeError> {
        self.queue.submit(job).map_err(|error| match error {
            SubmitError::Full => IntakeError::Busy,
            SubmitError::Closed => stopped(),
        })
    }

    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Waits for the failure. One waits at a time: whoever has waited ends the process.
    pub(super) async fn failure(&self) {
        while !self.failed() {
            self.failure.notified().await;
        }
    }
}

fn stopped() -> IntakeError {
    IntakeError::Failed("после сбоя записи".to_owned())
}

/// The thread's own.
struct Hand {
    journal: Journal,
    /// Its directory.
    place: PathBuf,
    shared: Shared,
    clock: SharedClock,
    failed: Arc<AtomicBool>,
    failure: Arc<Notify>,
}

impl Hand {
    /// Cuts what was queued into groups and commits each.
    fn take(&mut self, jobs: Vec<Job>) {
        let mut group = Vec::new();
        let mut items = 0;
        for job in jobs {
            // An undo changes what stands, so what came before it is applied first.
            if let Job::Undo { batch, reason, reply } = job {
                self.commit(std::mem::take(&mut group));
                items = 0;
                // Whoever went away does not wait for an answer.
                drop(reply.send(self.undo(&batch, &reason)));
                continue;
            }
            if items + job.items() > GROUP_ITEMS && !group.is_empty() {
                self.commit(std::mem::take(&mut group));
                items = 0;
            }
            items += job.items();
            group.push(job);
        }
        self.commit(group);
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let (group, answers) = self.journal_all(jobs);
        if let Some(group) = group {
            if let Err(error) = self.journal.sync() {
                self.fail(&error);
                return answers.into_iter().for_each(|answer| answer.refuse(stopped()));
            }
            // Before: the frames may be on the disk, and nobody was told. After: they are, and the store lacks them. A
            // crash here leaves what was accepted without its answer: start-up applies it, and a repeat of the call
            // gets the answer.
            fail::fail_point!("intake.synced", |_| std::process::abort());
            let applied = {
                let mut state = self.shared.write();
                let context = Arc::clone(&state.context);
                guarded(|| state.store.apply(&group, &context))
            };
            if let Err(error) = applied {
                // What is synced is true and is answered; the next start rebuilds the store.
                self.fail(&error);
            }
            // Before: the store lacks the group. After: it has it. A crash here leaves the store as far as its own
            // files got, which may be earlier: start-up applies the frames above its sequence.
            fail::fail_point!("intake.applied", |_| std::process::abort());
        }
        answers.into_iter().for_each(Answer::send);
        self.flush();
    }

    /// Decides and appends every job, and says what is to be applied: nothing when no frame was written.
    fn journal_all(&mut self, jobs: Vec<Job>) -> (Option<Group>, Vec<Answer>) {
        let shared = self.shared.clone();
        let state = shared.read();
        let mut round = Round::new(&state.store, &state.context, self.clock.now());
        let mut answers = Vec::new();
        for job in jobs {
            if self.failed.load(Ordering::Acquire) {
                job.refuse(stopped());
                continue;
            }
            let append = &mut |payload: &[u8]| self.append(payload);
            let decided = guarded(|| {
                Ok::<_, IntakeError>(match job {
                    Job::Ingest { caller, request, reply } => round.ingest(&caller, request, reply, append),
                    Job::Declare { caller, request, reply } => round.declare(&caller, &request, reply, append),
                    Job::Open { id, request, reply } => round.open(id, request, reply, append),
                    // It never stands in a group.
                    undo @ Job::Undo { .. } => {
                        undo.refuse(stopped());
                        None
                    }
                })
            });
            match decided {
                Ok(answer) => answers.extend(answer),
                Err(error) => self.fail(&error),
            }
            if let Some(error) = round.take_failure() {
                self.fail(&error);
            }
        }
        (round.into_group(), answers)
    }

    /// Journals an undo and applies it. Everybody waits meanwhile: nobody may see a batch half undone.
    fn undo(&mut self, batch: &str, reason: &str) -> Result<UndoEffect, IntakeError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(stopped());
        }
        let row = guarded(|| undo::standing(&self.shared.read().store, batch))?;
        let at_ms = self.clock.now().as_millisecond();
        let frame = pb::JournalFrame {
            intake: String::new(),
            received_at_ms: at_ms,
            frame: Some(pb::journal_frame::Frame::Undo(pb::Undo {
                batch: batch.to_owned(),
                reason: reason.to_owned(),
            })),
        };
        let sequence = self.append(&frame.encode_to_vec())?;
        if let Err(error) = self.journal.sync() {
            self.fail(&error);
            return Err(stopped());
        }
        // Before: the undo may be on the disk, and nobody was told. After: it is, and the store stands as before it. A
        // crash here leaves an undo without its answer: start-up applies it, and asking again says that it is undone.
        fail::fail_point!("intake.synced", |_| std::process::abort());
        let undoing = Undoing {
            journal: &self.place,
            row: &row,
            sequence,
        };
        let applied = {
            let mut state = self.shared.write();
            let context = Arc::clone(&state.context);
            guarded(|| undoing.apply(&mut state.store, &context, at_ms, reason))
        };
        // Before: the store may stand half way. After: it has the undo. A crash here leaves the store as far as its own
        // files got: start-up does the undo again from the journal.
        fail::fail_point!("intake.applied", |_| std::process::abort());
        if let Err(error) = &applied {
            self.fail(error);
        }
        self.flush();
        applied
    }

    fn append(&mut self, payload: &[u8]) -> Result<u64, IntakeError> {
        // Before: the frame is decided and nowhere. After: it is in the journal's file, not synced. A crash here leaves
        // nothing of the call; the caller hears nothing and repeats it.
        fail::fail_point!("intake.before_append", |_| std::process::abort());
        match self.journal.append(payload) {
            Ok(location) => Ok(location.sequence),
            Err(JournalError::DiskFull { .. }) => Err(IntakeError::DiskFull),
            Err(error) => {
                self.fail(&error);
                Err(stopped())
            }
        }
    }

    fn flush(&self) {
        let flushed = guarded(|| self.shared.read().store.flush());
        if let Err(error) = flushed {
            self.fail(&error);
        }
    }

    fn fail(&self, error: &(dyn std::error::Error + 'static)) {
        if !self.failed.swap(true, Ordering::AcqRel) {
            tracing::error!(error, "intake stopped: storage failed, restart needed");
            self.failure.notify_one();
        }
    }
}
