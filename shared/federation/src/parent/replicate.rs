//! Taking a child's ledger: one task a stream, one ledger call a batch, one acknowledgement a batch.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::NodeId;
use ledger::{Incoming, LedgerError, Outcome, TakeError, Taking};
use runtime::status::{refusal, refusal_with, retry_later};
use seal::Digest;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};
use tracing::Instrument;
use wire::pb;
use wire::pb::replicate_request::Request as Asked;
use wire::pb::replicate_response::Response as Answer;
use wire::pb::replication_service_server::ReplicationService;

use super::Parent;
use super::places::Place;
use crate::skew::Skew;
use crate::{BATCHES_IN_FLIGHT, SharedLedger, held};

/// For a child's next batch, before its place goes to another: a child of ours never has nothing to say.
const SILENCE_MAX: Duration = Duration::from_mins(2);
/// A child turned away comes back at a moment of the parent's choice, so that all of them do not come at once.
const RETURN_WITHIN: Duration = Duration::from_mins(2);

type Answers = Pin<Box<dyn Stream<Item = Result<pb::ReplicateResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ReplicationService for Parent {
    type ReplicateStream = Answers;

    async fn replicate(
        &self,
        request: Request<Streaming<pb::ReplicateRequest>>,
    ) -> Result<Response<Self::ReplicateStream>, Status> {
        let child = self.caller(request.extensions())?;
        let Some(place) = self.places.take(&child) else {
            let spread = u64::try_from(RETURN_WITHIN.as_millis()).unwrap_or(u64::MAX);
            let after = Duration::from_millis(runtime::random::below(&*self.random, spread));
            let message = "слишком много узлов передаёт записи одновременно";
            return Err(retry_later(Code::Unavailable, "OVERLOADED", message, after));
        };
        let conversation = Conversation {
            _place: place,
            ledger: Arc::clone(&self.ledger),
            on_change: Arc::clone(&self.on_change),
            clock: self.clock.clone(),
            child,
            proven: 0,
        };
        let (answers, outgoing) = mpsc::channel(BATCHES_IN_FLIGHT);
        let span = tracing::info_span!("replicate", child = %conversation.child);
        tokio::spawn(conversation.run(request.into_inner(), answers).instrument(span));
        Ok(Response::new(Box::pin(ReceiverStream::new(outgoing))))
    }

    async fn fetch_down(
        &self,
        request: Request<pb::FetchDownRequest>,
    ) -> Result<Response<pb::FetchDownResponse>, Status> {
        let child = self.caller(request.extensions())?;
        self.down(&child, request.into_inner()).map(Response::new)
    }
}

/// One stream of one child.
struct Conversation {
    _place: Place,
    ledger: SharedLedger,
    on_change: super::OnChange,
    clock: runtime::SharedClock,
    child: NodeId,
    /// Size of our tree that the child can prove from.
    proven: u64,
}

impl Conversation {
    async fn run(
        mut self,
        mut requests: Streaming<pb::ReplicateRequest>,
        answers: mpsc::Sender<Result<pb::ReplicateResponse, Status>>,
    ) {
        loop {
            let asked = match timeout(SILENCE_MAX, requests.message()).await {
                Ok(Ok(Some(request))) => Ok(request.request),
                Ok(Ok(None)) => return,
                // A message above its bounds has its refusal; where the link broke, nobody hears it.
                Ok(Err(status)) => Err(status),
                Err(_) => Err(refusal(
                    Code::DeadlineExceeded,
                    "STREAM_IDLE",
                    "поток слишком долго молчит",
                )),
            };
            let answer = match asked {
                Err(status) => Err(status),
                Ok(asked) => self.answer(asked).await,
            };
            if let Err(status) = &answer {
                tracing::warn!(%status, "the stream is ended");
            }
            let ended = answer.is_err();
            let answer = answer.map(|response| pb::ReplicateResponse {
                response: Some(response),
            });
            if answers.send(answer).await.is_err() || ended {
                return;
            }
        }
    }

    async fn answer(&mut self, asked: Option<Asked>) -> Result<Answer, Status> {
        match asked {
            Some(Asked::Hello(hello)) => self.welcome(&hello),
            Some(Asked::Batch(batch)) => self.take(batch).await,
            None => Err(refusal(Code::InvalidArgument, "MALFORMED", "пустой запрос")),
        }
    }

    fn welcome(&mut self, hello: &pb::Hello) -> Result<Answer, Status> {
        let now_ms = self.clock.now().as_millisecond();
        if let Some(skew) = Skew::between(now_ms, hello.sent_at_ms) {
            self.compare(skew)?;
        }
        let ledger = held(&self.ledger);
        let epoch = ledger
            .member(&self.child)
            .map_or(0, |keys| keys.membership.member_epoch);
        let expected = format!("{}/{}/{epoch}", ledger.federation_id(), self.child);
        if hello.origin != expected {
            let message = format!("ожидается журнал {expected}, предложен {}", hello.origin);
            return Err(refusal(Code::FailedPrecondition, "ORIGIN_MISMATCH", message));
        }
        let cursor = ledger.cursor(&self.child);
        let size = ledger.size();
        // A child that remembers more than we have gets no proof: it will see the rewind and keep its evidence.
        let consistency = if hello.remembered_size <= size {
            ledger.prove_consistency(hello.remembered_size, size)
        } else {
            Vec::new()
        };
        self.proven = size;
        Ok(Answer::Welcome(pb::Welcome {
            cursor: cursor.position,
            cursor_root: cursor.root.as_bytes().to_vec(),
            checkpoint: ledger.checkpoint(),
            consistency: raw(&consistency),
            answered_at_ms: now_ms,
        }))
    }

    /// Days and certificates are judged by clocks: a child whose clock is far off is told before it seals more by it.
    fn compare(&self, skew: Skew) -> Result<(), Status> {
        if skew.is_refused() {
            let message = format!("часы узла расходятся с часами родителя: {skew}");
            let facts = [("ours", skew.ours()), ("theirs", skew.theirs())];
            return Err(refusal_with(Code::FailedPrecondition, "CLOCK_SKEW", message, facts));
        }
        if skew.is_told() {
            tracing::warn!(child = %self.child, %skew, "the clocks are apart");
        }
        Ok(())
    }

    /// Hands a batch to the ledger on a thread that may wait for the disk, and proves what it answers.
    async fn take(&mut self, batch: pb::Batch) -> Result<Answer, Status> {
        let (ledger, child, proven) = (Arc::clone(&self.ledger), self.child.clone(), self.proven);
        let on_change = Arc::clone(&self.on_change);
        let now_ms = self.clock.now().as_millisecond();
        let span = tracing::info_span!("take", from = batch.first_position, entries = batch.entries.len());
        let taken = tokio::task::spawn_blocking(move || {
            let _entered = span.entered();
            let entries = batch.entries.into_iter().map(incoming).collect();
            let (answer, size, changed, moved) = {
                let mut ledger = held(&ledger);
                let before = ledger.size();
                let taking = ledger.take(&child, batch.first_position, entries, &batch.checkpoint, now_ms)?;
                let (answer, size) = (acknowledgement(&ledger, &taking, proven), ledger.size());
                (answer, size, taking.changed, size > before)
            };
            // Also when no sheet came: memberships of the member's own members may have.
            if moved {
                on_change(&changed);
            }
            Ok::<_, TakeError>((answer, size))
        });
        let taken = taken
            .await
            .map_err(|_| refusal(Code::Internal, "INTERNAL", "внутренняя ошибка"))?;
        let (answer, size) = taken.map_err(|error| ended(&error))?;
        self.proven = size;
        Ok(Answer::Acknowledgement(answer))
    }
}

fn incoming(entry: pb::Entry) -> Incoming {
    Incoming {
        envelope: entry.envelope,
        body: entry.body,
        body_dropped: entry.body_dropped,
    }
}

fn acknowledgement(ledger: &ledger::Ledger, taking: &Taking, proven: u64) -> pb::Acknowledgement {
    let size = ledger.size();
    let inclusion = |position| raw(&ledger.prove_inclusion(position, size));
    let verdicts = taking.verdicts.iter().map(|verdict| pb::Verdict {
        position: verdict.position,
        verdict: Some(match &verdict.outcome {
            Outcome::Taken { position, repeated } => pb::verdict::Verdict::Taken(pb::Taken {
                position: *position,
                inclusion: inclusion(*position),
                repeated: *repeated,
            }),
            Outcome::Refused {
                reason,
                position,
                refusal,
            } => pb::verdict::Verdict::Refused(pb::Refused {
                reason: reason.to_string(),
                refusal: refusal.clone(),
                position: *position,
                inclusion: inclusion(*position),
            }),
        }),
    });
    pb::Acknowledgement {
        cursor: taking.cursor,
        verdicts: verdicts.collect(),
        checkpoint: ledger.checkpoint(),
        consistency: raw(&ledger.prove_consistency(proven, size)),
    }
}

/// Hashes as they travel.
pub(super) fn raw(hashes: &[Digest]) -> Vec<Vec<u8>> {
    hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect()
}

/// The status that ends a stream. The cursor stands where it stood.
fn ended(error: &TakeError) -> Status {
    let message = error.to_string();
    match error {
        TakeError::PositionExpected { expected } => refusal_with(
            Code::FailedPrecondition,
            error.code(),
            message,
            [("expected", expected.to_string())],
        ),
        TakeError::CheckpointMismatch | TakeError::BadCheckpoint(_) => {
            refusal(Code::InvalidArgument, error.code(), message)
        }
        TakeError::DictionaryUnknown(_) => {
            retry_later(Code::FailedPrecondition, error.code(), message, Duration::from_mins(1))
        }
        TakeError::NotAMember | TakeError::MemberRevoked { .. } => {
            refusal(Code::PermissionDenied, error.code(), message)
        }
        TakeError::MessageTooLarge { limit, .. } => refusal_with(
            Code::ResourceExhausted,
            error.code(),
            message,
            [("limit", limit.to_string())],
        ),
        TakeError::Ledger(LedgerError::Store(store)) if store.code() == "DISK_FULL" => {
            retry_later(Code::ResourceExhausted, error.code(), message, Duration::from_mins(1))
        }
        TakeError::Ledger(_) => refusal(Code::Unavailable, error.code(), message),
    }
}
