//! Telling batches to the node over one stream: in order, several in flight, each until it is answered.
//!
//! When the connection breaks, what was not answered is told again under the same ids, and the node answers a batch it
//! has already taken without taking it twice. So a broken connection costs time and nothing else.

use std::collections::VecDeque;
use std::time::Duration;

use runtime::SharedRandom;
use runtime::backoff::Backoff;
use runtime::status;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status};
use wire::pb;
use wire::pb::ingest_service_client::IngestServiceClient;

use super::error::ImportError;

/// Batches told and not yet answered: enough to keep the disk busy while the next is read, few enough (2 MiB each at
/// most) to forget about.
pub const IN_FLIGHT: usize = 4;
/// Tries without one answer in between before giving up: about half a minute with the waits below.
const TRIES: u32 = 10;
const WAIT_BASE: Duration = Duration::from_millis(200);
const WAIT_CAP: Duration = Duration::from_secs(10);

/// Tries that begin anew with every success.
pub struct Patience {
    random: SharedRandom,
    backoff: Backoff,
    failures: u32,
}

impl Patience {
    /// Patience with all its tries.
    pub fn new(random: SharedRandom) -> Self {
        Self {
            random,
            backoff: Backoff::new(WAIT_BASE, WAIT_CAP),
            failures: 0,
        }
    }

    fn renew(&mut self) {
        self.failures = 0;
        self.backoff.reset();
    }

    /// Waits before the next try; a refusal that will not pass, or one too many, comes back.
    async fn wait(&mut self, refused: Status) -> Result<(), ImportError> {
        self.failures += 1;
        if !passes(&refused) || self.failures >= TRIES {
            return Err(ImportError::Service(Box::new(refused)));
        }
        let asked = status::retry_after(&refused).unwrap_or_default().min(WAIT_CAP);
        tokio::time::sleep(self.backoff.next(&*self.random).max(asked)).await;
        Ok(())
    }

    /// Calls until it succeeds or will not.
    pub async fn call<T, F, C>(&mut self, mut call: F) -> Result<T, ImportError>
    where
        F: FnMut() -> C,
        C: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        loop {
            match call().await {
                Ok(answer) => {
                    self.renew();
                    return Ok(answer.into_inner());
                }
                Err(refused) => self.wait(refused).await?,
            }
        }
    }
}

/// Whether the same call may succeed later. A connection that breaks inside a call is `Unknown` or `Cancelled`.
fn passes(refused: &Status) -> bool {
    let transient = [
        Code::Unavailable,
        Code::ResourceExhausted,
        Code::Aborted,
        Code::Cancelled,
        Code::Unknown,
        Code::DeadlineExceeded,
    ];
    transient.contains(&refused.code())
}

/// A batch that knows how it is told.
pub trait Told {
    /// The request, with the id that stays the same when it is told again.
    fn request(&self) -> &pb::IngestRequest;
}

/// Tells every batch of `incoming` in order and hands each to `settle` with its answer.
pub async fn tell<B: Told>(
    client: &mut IngestServiceClient<Channel>,
    incoming: &mut mpsc::Receiver<Result<B, ImportError>>,
    patience: &mut Patience,
    mut settle: impl FnMut(B, pb::IngestResponse) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut pending = VecDeque::with_capacity(IN_FLIGHT);
    loop {
        if pending.is_empty() {
            match incoming.recv().await {
                None => return Ok(()),
                Some(batch) => pending.push_back(batch?),
            }
            settle_empty(&mut pending, &mut settle)?;
            continue;
        }
        match session(client, incoming, &mut pending, patience, &mut settle).await {
            Ok(()) => return Ok(()),
            Err(End::Failed(error)) => return Err(error),
            Err(End::Broken(refused)) => patience.wait(refused).await?,
        }
    }
}

/// How a stream ended.
enum End {
    Broken(Status),
    Failed(ImportError),
}

impl From<Status> for End {
    fn from(refused: Status) -> Self {
        Self::Broken(refused)
    }
}

async fn session<B: Told>(
    client: &mut IngestServiceClient<Channel>,
    incoming: &mut mpsc::Receiver<Result<B, ImportError>>,
    pending: &mut VecDeque<B>,
    patience: &mut Patience,
    settle: &mut impl FnMut(B, pb::IngestResponse) -> Result<(), ImportError>,
) -> Result<(), End> {
    // As many places as batches may be pending, so sending never waits.
    let (send, requests) = mpsc::channel(IN_FLIGHT);
    for batch in pending.iter() {
        told(&send, batch);
    }
    let mut answers = client.ingest_stream(ReceiverStream::new(requests)).await?.into_inner();
    let mut more = true;
    while more || !pending.is_empty() {
        tokio::select! {
            next = incoming.recv(), if more && pending.len() < IN_FLIGHT => match next {
                None => more = false,
                Some(batch) => {
                    let batch = batch.map_err(End::Failed)?;
                    told(&send, &batch);
                    pending.push_back(batch);
                    settle_empty(pending, settle).map_err(End::Failed)?;
                }
            },
            answer = answers.message(), if !pending.is_empty() => {
                let answer = answer?.ok_or_else(|| Status::unavailable("узел закрыл поток до ответа"))?;
                let batch = pending.pop_front().expect("an answer is awaited only for a pending batch");
                patience.renew();
                let answer = matching(answer, batch.request())?;
                settle(batch, answer).and_then(|()| settle_empty(pending, settle)).map_err(End::Failed)?;
            }
        }
    }
    Ok(())
}

/// A batch without items (every row of it was rejected here) has nothing to ask; its turn comes all the same.
fn settle_empty<B: Told>(
    pending: &mut VecDeque<B>,
    settle: &mut impl FnMut(B, pb::IngestResponse) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    while let Some(batch) = pending.pop_front_if(|batch| batch.request().items.is_empty()) {
        settle(batch, pb::IngestResponse::default())?;
    }
    Ok(())
}

fn told<B: Told>(send: &mpsc::Sender<pb::IngestStreamRequest>, batch: &B) {
    if batch.request().items.is_empty() {
        return;
    }
    let message = pb::IngestStreamRequest {
        batch: Some(batch.request().clone()),
    };
    // A stream that is gone says why when its answer is awaited; the batch stays pending.
    let _ = send.try_send(message);
}

/// The answer, if it is one to this request: answers come in order, one item for each.
fn matching(answer: pb::IngestStreamResponse, request: &pb::IngestRequest) -> Result<pb::IngestResponse, End> {
    let wrong = |what: &str| End::Failed(ImportError::Protocol(what.to_owned()));
    if answer.request_id != request.request_id {
        return Err(wrong("ответ на другой пакет"));
    }
    let response = answer.response.ok_or_else(|| wrong("пустой ответ на пакет"))?;
    if response.results.len() != request.items.len() {
        return Err(wrong("ответов не столько, сколько строк в пакете"));
    }
    Ok(response)
}
