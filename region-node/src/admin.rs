//! What the operator may ask of the node over its admin socket, or inside the command when no process runs. The same
//! services either way; the only room of ours, beside the ingest service, that names generated types.

use std::sync::Arc;

use domain::{Code, Period};
use federation::held;
use federation::uplink::UplinkError;
use ledger::LedgerError;
use report::Format;
use runtime::status::refusal;
use tonic::{Code as Rpc, Request, Response, Status};
use wire::pb;
use wire::pb::intake_service_server::IntakeService;
use wire::pb::process_service_server::ProcessService;

use crate::aggregate::AggregateError;
use crate::figures::Inquiry;
use crate::node::{Node, PushError, Pushed};
use crate::service;
use crate::sources::{IssueRequest, SourcesError};
use crate::uplink::Undelivered;

/// The services of the admin socket.
#[derive(Clone)]
pub struct Admin(pub Arc<Node>);

#[tonic::async_trait]
impl ProcessService for Admin {
    async fn get_status(&self, _: Request<pb::GetStatusRequest>) -> Result<Response<pb::GetStatusResponse>, Status> {
        let node = Arc::clone(&self.0);
        let status = blocking(move || node.status()).await?;
        let json = serde_json::to_string_pretty(&status).expect("the status has string keys and whole numbers");
        Ok(Response::new(pb::GetStatusResponse { json }))
    }

    async fn get_report(
        &self,
        request: Request<pb::GetReportRequest>,
    ) -> Result<Response<pb::GetReportResponse>, Status> {
        let document = document(&self.0, request.into_inner()).await?;
        Ok(Response::new(pb::GetReportResponse { document }))
    }

    async fn get_entry(&self, request: Request<pb::GetEntryRequest>) -> Result<Response<pb::GetEntryResponse>, Status> {
        let position = request.into_inner().position;
        let ledger = Arc::clone(self.0.ledger());
        let read = blocking(move || held(&ledger).entries(position..position.saturating_add(1))).await?;
        let entry = read
            .map_err(|error| refusal(Rpc::DataLoss, error.code(), error.to_string()))?
            .pop();
        let absent = || {
            refusal(
                Rpc::NotFound,
                "NO_SUCH_ENTRY",
                format!("записи {position} в журнале нет"),
            )
        };
        let envelope = entry.ok_or_else(absent)?.envelope;
        Ok(Response::new(pb::GetEntryResponse { envelope }))
    }
}

/// A report, written out.
pub(crate) async fn document(node: &Arc<Node>, asked: pb::GetReportRequest) -> Result<Vec<u8>, Status> {
    let node = Arc::clone(node);
    let asked_for = Asked {
        scope: &asked.scope,
        period: &asked.period,
        compare: &asked.compare,
        format: &asked.format,
    };
    let inquiry = asked_for.inquiry(&node)?;
    let document = blocking(move || node.report(&inquiry)).await?;
    let document = document.map_err(|error| wrong(error.code(), &error))?;
    Ok(document.into_bytes())
}

/// A question as it was asked.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) scope: &'a str,
    pub(crate) period: &'a str,
    /// Empty for no comparison.
    pub(crate) compare: &'a str,
    pub(crate) format: &'a str,
}

impl Asked<'_> {
    /// Parses the question; an empty scope is the node's own.
    pub(crate) fn inquiry(self, node: &Node) -> Result<Inquiry, Status> {
        let scope = match self.scope {
            "" => node.home(),
            scope => Code::new(scope).map_err(|e| wrong("UNKNOWN_SCOPE", &e))?,
        };
        let period = |text: &str| text.parse::<Period>().map_err(|e| wrong("PERIOD_INVALID", &e));
        let compare = Some(self.compare).filter(|text| !text.is_empty());
        let format = Format::ALL.into_iter().find(|format| format.code() == self.format);
        Ok(Inquiry {
            scope,
            period: period(self.period)?,
            compare: compare.map(period).transpose()?,
            format: format.ok_or_else(|| wrong("FORMAT_UNKNOWN", &"вид сводки: text, json, csv или html"))?,
            today: node.today(),
        })
    }
}

pub(crate) fn wrong(reason: &str, error: &dyn std::fmt::Display) -> Status {
    refusal(Rpc::InvalidArgument, reason, error.to_string())
}

/// Work that blocks on the disk or takes long, off the threads that serve connections.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|_| {
        refusal(
            Rpc::Internal,
            "INTERNAL",
            "внутренняя ошибка узла; подробности в его журнале сообщений",
        )
    })
}

#[tonic::async_trait]
impl IntakeService for Admin {
    async fn open_intake(
        &self,
        request: Request<pb::OpenIntakeRequest>,
    ) -> Result<Response<pb::OpenIntakeResponse>, Status> {
        let opened = self.0.intake().open_intake(request.into_inner()).await;
        opened.map(Response::new).map_err(|error| service::status(&error))
    }

    async fn issue_source(
        &self,
        request: Request<pb::IssueSourceRequest>,
    ) -> Result<Response<pb::IssueSourceResponse>, Status> {
        let node = Arc::clone(&self.0);
        let asked = request.into_inner();
        let issued = blocking(move || {
            let csr = &asked.certificate_request;
            let issued = node.issue_source(&IssueRequest {
                name: &asked.name,
                source: &asked.source,
                csr,
            })?;
            if asked.trial {
                node.sources.put_on_trial(&asked.name, node.clock.now())?;
            }
            Ok(issued)
        });
        let certificate = issued.await?.map_err(|error: SourcesError| registry(&error))?;
        Ok(Response::new(pb::IssueSourceResponse {
            certificate,
            authority: self.0.authority_pem().to_owned(),
            address: self.0.ingest_address().to_owned(),
            server_name: self.0.server_name(),
        }))
    }

    async fn list_sources(
        &self,
        _: Request<pb::ListSourcesRequest>,
    ) -> Result<Response<pb::ListSourcesResponse>, Status> {
        Ok(Response::new(pb::ListSourcesResponse {
            json: self.0.sources().list_json(),
        }))
    }

    async fn revoke_source(
        &self,
        request: Request<pb::RevokeSourceRequest>,
    ) -> Result<Response<pb::RevokeSourceResponse>, Status> {
        let node = Arc::clone(&self.0);
        let name = request.into_inner().name;
        let revoked = blocking(move || node.revoke_source(&name)).await?;
        revoked.map_err(|error| registry(&error))?;
        Ok(Response::new(pb::RevokeSourceResponse {}))
    }

    async fn push(&self, request: Request<pb::PushRequest>) -> Result<Response<pb::PushResponse>, Status> {
        let pushed = self
            .0
            .push(request.into_inner().wait)
            .await
            .map_err(|error| unpushed(&error))?;
        let Pushed {
            sealed,
            waiting,
            refused,
        } = pushed;
        Ok(Response::new(pb::PushResponse {
            sealed,
            waiting,
            refused,
        }))
    }
}

/// What the registry of source certificates refuses, on the wire.
pub(crate) fn registry(error: &SourcesError) -> Status {
    let (code, reason) = match error {
        SourcesError::Io { .. } | SourcesError::Damaged { .. } => (Rpc::DataLoss, "STORAGE_FAILED"),
        SourcesError::Name { .. } => (Rpc::InvalidArgument, "NAME_INVALID"),
        SourcesError::UnknownSource { .. } => (Rpc::InvalidArgument, "SOURCE_UNKNOWN"),
        SourcesError::NotCovered(_) => (Rpc::InvalidArgument, "SOURCE_NOT_COVERED"),
        SourcesError::Taken(_) => (Rpc::AlreadyExists, "NAME_TAKEN"),
        SourcesError::NotOnTrial(_) => (Rpc::FailedPrecondition, "NOT_ON_TRIAL"),
        SourcesError::Absent(_) => (Rpc::FailedPrecondition, "NAME_ABSENT"),
        SourcesError::Pki(_) => (Rpc::InvalidArgument, "CERTIFICATE_REQUEST_INVALID"),
        SourcesError::Certificate(_) => (Rpc::Internal, "INTERNAL"),
    };
    refusal(code, reason, error.to_string())
}

/// What a push could not do, on the wire.
fn unpushed(error: &PushError) -> Status {
    let (code, reason) = match error {
        PushError::Aggregate(error) => return unsealed(error),
        PushError::Uplink(error) => (link(error), error.code()),
        PushError::Interrupted => (Rpc::Internal, "INTERNAL"),
    };
    refusal(code, reason, error.to_string())
}

/// Why nothing was sealed, on the wire.
pub(crate) fn unsealed(error: &AggregateError) -> Status {
    let (code, reason) = match error {
        AggregateError::Overfull(error) => (Rpc::FailedPrecondition, error.code()),
        AggregateError::Tally { .. } => (Rpc::FailedPrecondition, "TALLY_OVERFLOW"),
        AggregateError::Intake(error) => return service::status(error),
        AggregateError::Ledger(error @ LedgerError::RestorePending) => (Rpc::Unavailable, error.code()),
        AggregateError::Ledger(error) => (Rpc::DataLoss, error.code()),
    };
    refusal(code, reason, error.to_string())
}

fn link(error: &Undelivered) -> Rpc {
    match error {
        Undelivered::Step(error) => match error {
            UplinkError::Unreachable { .. } => Rpc::Unavailable,
            UplinkError::Refused { .. }
            | UplinkError::CursorAhead { .. }
            | UplinkError::Diverged { .. }
            | UplinkError::Incomplete { .. }
            | UplinkError::Keys(_) => Rpc::FailedPrecondition,
            UplinkError::Ledger(_) | UplinkError::Memory(_) => Rpc::DataLoss,
            UplinkError::Trust(_) | UplinkError::Halted(_) | UplinkError::Protocol(_) => Rpc::Internal,
        },
        // The loop tells only the code of the same failures.
        Undelivered::Told { code, .. } => match code.as_str() {
            "UPLINK_MEMORY" => Rpc::DataLoss,
            "PARENT_FORKED" | "PARENT_UNPROVEN" => Rpc::Internal,
            _ => Rpc::FailedPrecondition,
        },
    }
}
