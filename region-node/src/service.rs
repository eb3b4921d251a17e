//! The gRPC face of the intake: who is calling, one call or a stream of them, and what an error looks like on the wire.
//!
//! Promises that a stream answers its batches in order, each once it is durable, with several in flight. Judges no item.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::Code;
use runtime::{Certificate, LocalAdmin, Peer, PeerName};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Extensions, Request, Response, Status, Streaming};
use wire::pb;

use crate::intake::{Caller, Intake, IntakeError, Pending, SourceCounts};

/// Batches of one stream that may wait for the disk: with 1,000 items of about 300 bytes each, 2.4 MB a stream.
const IN_FLIGHT: usize = 8;
/// How long a caller waits when the queue is full: many times what a group commit takes.
const BUSY_WAIT: Duration = Duration::from_secs(1);
/// How long a caller waits when the disk is full: somebody has to make room.
const DISK_FULL_WAIT: Duration = Duration::from_mins(1);

/// Knows which source a client certificate speaks for now.
pub trait SourceDirectory: Send + Sync {
    /// The source of the client called `name`, unless this certificate was revoked or never issued. Asked on every
    /// request, since connections live for days.
    fn source_of(&self, name: &str, certificate: &Certificate) -> Option<Code>;

    /// Whether what the client sends is only judged.
    fn on_trial(&self, _name: &str) -> bool {
        false
    }

    /// What a client on trial sent, by outcome.
    fn tried(&self, _name: &str, _more: SourceCounts) {}
}

/// The ingest service of one node.
#[derive(Clone)]
pub struct IngestGrpc {
    intake: Arc<Intake>,
    node: PeerName,
    directory: Arc<dyn SourceDirectory>,
}

impl IngestGrpc {
    /// The service for the node called `node` ([`PeerName::Node`]), whose source certificates `directory` knows.
    pub fn new(intake: Arc<Intake>, node: PeerName, directory: Arc<dyn SourceDirectory>) -> Self {
        Self {
            intake,
            node,
            directory,
        }
    }

    fn caller(&self, extensions: &Extensions) -> Result<Caller, Status> {
        if extensions.get::<LocalAdmin>().is_some() {
            return Ok(Caller::Local);
        }
        let peer = extensions.get::<Peer>();
        let certificate = peer.and_then(|peer| peer.certificate.as_deref());
        let Some((certificate, name)) = certificate.and_then(|shown| Some((shown, shown.name.as_ref()?))) else {
            return Err(denied("CERTIFICATE_REQUIRED", "нужен сертификат источника"));
        };
        let PeerName::Source { source, .. } = name else {
            return Err(denied(
                "NOT_A_SOURCE",
                "принимать обращения можно только по сертификату источника",
            ));
        };
        if (name.federation(), name.node_label()) != (self.node.federation(), self.node.node_label()) {
            return Err(denied("FOREIGN_SOURCE", "сертификат источника выдан другим узлом"));
        }
        let name = source.as_str().to_owned();
        match self.directory.source_of(&name, certificate) {
            Some(source) => Ok(Caller::Source { name, source }),
            None => Err(denied(
                "SOURCE_REVOKED",
                "сертификат источника отозван или не выдавался",
            )),
        }
    }
}

type Replies = Pin<Box<dyn Stream<Item = Result<pb::IngestStreamResponse, Status>> + Send>>;

#[tonic::async_trait]
impl pb::ingest_service_server::IngestService for IngestGrpc {
    async fn ingest(&self, request: Request<pb::IngestRequest>) -> Result<Response<pb::IngestResponse>, Status> {
        let caller = self.caller(request.extensions())?;
        let mut request = request.into_inner();
        let trial = self.judge_only(&caller, &mut request);
        let answer = self
            .intake
            .ingest(&caller, request)
            .await
            .map_err(|error| status(&error))?;
        self.count_trial(trial.as_deref(), &answer);
        Ok(Response::new(answer))
    }

    type IngestStreamStream = Replies;

    async fn ingest_stream(
        &self,
        request: Request<Streaming<pb::IngestStreamRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let extensions = request.extensions().clone();
        self.caller(&extensions)?;
        let (waiting, answers) = mpsc::channel(IN_FLIGHT);
        let service = self.clone();
        // Ends with the caller's half of the stream, with the first error, or when the answering half is dropped.
        tokio::spawn(service.take_batches(extensions, request.into_inner(), waiting));
        let counting = self.clone();
        let replies = ReceiverStream::new(answers).then(move |waiting| {
            let counting = counting.clone();
            async move { waiting.answer(&counting).await }
        });
        Ok(Response::new(Box::pin(replies)))
    }

    async fn declare_complete(
        &self,
        request: Request<pb::DeclareCompleteRequest>,
    ) -> Result<Response<pb::DeclareCompleteResponse>, Status> {
        let caller = self.caller(request.extensions())?;
        if self.trial(&caller).is_some() {
            let message = "клиент на пробе: полноту дней объявляют после source accept";
            return Err(runtime::status::refusal(
                tonic::Code::FailedPrecondition,
                "SOURCE_ON_TRIAL",
                message,
            ));
        }
        let answer = self.intake.declare(&caller, request.into_inner()).await;
        answer.map(Response::new).map_err(|error| status(&error))
    }
}

/// A batch whose answer is due, or the error that ends the stream at its place in the order.
enum Waiting {
    Batch {
        request_id: String,
        /// Name of the client when it is on trial.
        trial: Option<String>,
        pending: Pending<pb::IngestResponse>,
    },
    End(Status),
}

impl Waiting {
    async fn answer(self, service: &IngestGrpc) -> Result<pb::IngestStreamResponse, Status> {
        match self {
            Self::End(status) => Err(status),
            Self::Batch {
                request_id,
                trial,
                pending,
            } => {
                let response = pending.answer().await.map_err(|error| status(&error))?;
                service.count_trial(trial.as_deref(), &response);
                Ok(pb::IngestStreamResponse {
                    request_id,
                    response: Some(response),
                })
            }
        }
    }
}

impl IngestGrpc {
    async fn take_batches(
        self,
        extensions: Extensions,
        mut batches: Streaming<pb::IngestStreamRequest>,
        waiting: mpsc::Sender<Waiting>,
    ) {
        loop {
            // A place among those in flight comes first: a slow disk is felt by the caller as back-pressure.
            let Ok(place) = waiting.reserve().await else { return };
            let next = match batches.message().await {
                Ok(Some(request)) => self.take(&extensions, request),
                Ok(None) => return,
                Err(status) => Err(status),
            };
            match next {
                Ok(batch) => place.send(batch),
                Err(status) => return place.send(Waiting::End(status)),
            }
        }
    }

    fn take(&self, extensions: &Extensions, request: pb::IngestStreamRequest) -> Result<Waiting, Status> {
        let caller = self.caller(extensions)?;
        let mut batch = request.batch.unwrap_or_default();
        let request_id = batch.request_id.clone();
        let trial = self.judge_only(&caller, &mut batch);
        let pending = self.intake.submit(&caller, batch).map_err(|error| status(&error))?;
        Ok(Waiting::Batch {
            request_id,
            trial,
            pending,
        })
    }

    /// Name of the client when it is on trial.
    fn trial(&self, caller: &Caller) -> Option<String> {
        match caller {
            Caller::Source { name, .. } if self.directory.on_trial(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// A request of a client on trial only asks what would happen, so nothing of it can reach a sheet.
    fn judge_only(&self, caller: &Caller, request: &mut pb::IngestRequest) -> Option<String> {
        let trial = self.trial(caller);
        request.validate_only |= trial.is_some();
        trial
    }

    fn count_trial(&self, trial: Option<&str>, answer: &pb::IngestResponse) {
        if let Some(name) = trial {
            self.directory.tried(name, SourceCounts::of(&answer.results));
        }
    }
}

fn denied(reason: &str, message: &str) -> Status {
    runtime::status::refusal(tonic::Code::PermissionDenied, reason, message)
}

/// What an error of the intake is on the wire.
pub(crate) fn status(error: &IntakeError) -> Status {
    let (reason, message) = (error.code(), error.to_string());
    let refuse = |code| runtime::status::refusal(code, reason, message.clone());
    match error {
        IntakeError::Invalid { field, .. } => {
            let facts = [("field", (*field).to_owned())];
            runtime::status::refusal_with(tonic::Code::InvalidArgument, reason, message, facts)
        }
        IntakeError::ForeignSource { .. } => refuse(tonic::Code::PermissionDenied),
        IntakeError::RequestIdReused(_) => refuse(tonic::Code::AlreadyExists),
        IntakeError::UnknownBatch(_) => refuse(tonic::Code::NotFound),
        IntakeError::AlreadyUndone(_) => refuse(tonic::Code::FailedPrecondition),
        IntakeError::Busy => runtime::status::retry_later(tonic::Code::ResourceExhausted, reason, message, BUSY_WAIT),
        IntakeError::DiskFull => {
            runtime::status::retry_later(tonic::Code::ResourceExhausted, reason, message, DISK_FULL_WAIT)
        }
        IntakeError::Failed(_) | IntakeError::Journal(_) | IntakeError::Frame { .. } | IntakeError::Store(_) => {
            refuse(tonic::Code::Unavailable)
        }
    }
}
