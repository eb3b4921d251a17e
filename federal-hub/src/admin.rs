//! What the operator may ask of the hub over its admin socket, or inside the command when no process runs.

use std::sync::Arc;

use domain::federation::Federation;
use domain::{NodeId, Period};
use federation::held;
use federation::parent::asked::{named, reason};
use report::Format;
use runtime::status::refusal;
use tonic::{Code as Rpc, Request, Response, Status};
use wire::pb;
use wire::pb::parent_service_server::ParentService;
use wire::pb::process_service_server::ProcessService;

use crate::figures::Inquiry;
use crate::hub::Hub;
use crate::status::Members;

/// The services of the admin socket.
#[derive(Clone)]
pub struct Admin(pub Arc<Hub>);

#[tonic::async_trait]
impl ProcessService for Admin {
    async fn get_status(&self, _: Request<pb::GetStatusRequest>) -> Result<Response<pb::GetStatusResponse>, Status> {
        let hub = Arc::clone(&self.0);
        let status = blocking(move || hub.status()).await?;
        Ok(Response::new(pb::GetStatusResponse { json: json(&status) }))
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
        let stored = held(self.0.ledger()).entries(position..position.saturating_add(1));
        let stored = stored
            .map_err(|e| refusal(Rpc::DataLoss, e.code(), e.to_string()))?
            .pop();
        let entry = stored.ok_or_else(|| wrong("POSITION_UNKNOWN", &format!("в журнале нет записи {position}")))?;
        Ok(Response::new(pb::GetEntryResponse {
            envelope: entry.envelope,
        }))
    }
}

/// A report, written out.
pub(crate) async fn document(hub: &Arc<Hub>, asked: pb::GetReportRequest) -> Result<Vec<u8>, Status> {
    let hub = Arc::clone(hub);
    let document = blocking(move || {
        let federation = hub
            .federation()
            .map_err(|e| refusal(Rpc::Internal, e.code(), e.to_string()))?;
        let asked = Asked {
            scope: &asked.scope,
            period: &asked.period,
            compare: &asked.compare,
            format: &asked.format,
        };
        let inquiry = asked.inquiry(&hub, &federation)?;
        hub.report(&federation, &inquiry).map_err(|e| wrong(e.code(), &e))
    });
    Ok(document.await??.into_bytes())
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
    /// Parses the question; an empty scope is the whole federation.
    pub(crate) fn inquiry(self, hub: &Hub, federation: &Federation) -> Result<Inquiry, Status> {
        let scope = match self.scope {
            "" => federation.tree().root().code.clone(),
            scope => named(federation, scope).map_err(|e| wrong("UNKNOWN_SCOPE", &e))?,
        };
        let period = |text: &str| text.parse::<Period>().map_err(|e| wrong("PERIOD_INVALID", &e));
        let compare = Some(self.compare).filter(|text| !text.is_empty());
        let format = Format::ALL.into_iter().find(|format| format.code() == self.format);
        let today = hub.today(federation, &scope);
        Ok(Inquiry {
            scope,
            period: period(self.period)?,
            compare: compare.map(period).transpose()?,
            format: format.ok_or_else(|| wrong("FORMAT_UNKNOWN", &"вид сводки: text, json, csv или html"))?,
            today,
        })
    }
}

#[tonic::async_trait]
impl ParentService for Admin {
    async fn invite(&self, request: Request<pb::InviteRequest>) -> Result<Response<pb::InviteResponse>, Status> {
        let hub = Arc::clone(&self.0);
        let federation = hub
            .federation()
            .map_err(|e| refusal(Rpc::FailedPrecondition, e.code(), e.to_string()))?;
        let wish = hub.parent().wish(&federation, &request.into_inner())?;
        let invitation = blocking(move || hub.parent().invite(&wish))
            .await?
            .map_err(|error| Status::from(&error))?;
        let expires_at_ms = invitation.expires_at_ms;
        Ok(Response::new(pb::InviteResponse {
            invitation: invitation.to_string(),
            expires_at_ms,
        }))
    }

    async fn list_members(
        &self,
        _: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        let hub = Arc::clone(&self.0);
        let members = blocking(move || Members::from(hub.members())).await?;
        Ok(Response::new(pb::ListMembersResponse { json: json(&members) }))
    }

    async fn revoke(&self, request: Request<pb::RevokeRequest>) -> Result<Response<pb::RevokeResponse>, Status> {
        let asked = request.into_inner();
        let node = NodeId::new(&asked.node).map_err(|e| wrong("NODE_INVALID", &e))?;
        let reason = reason(&asked.reason)?;
        let hub = Arc::clone(&self.0);
        let revoked = blocking(move || hub.parent().revoke(&node, reason)).await?;
        let revoked = revoked.map_err(|error| Status::from(&error))?;
        Ok(Response::new(pb::RevokeResponse {
            position: revoked.position,
            member_epoch: revoked.member_epoch,
        }))
    }
}

pub(crate) fn wrong(reason: &str, error: &dyn std::fmt::Display) -> Status {
    refusal(Rpc::InvalidArgument, reason, error.to_string())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("our documents have string keys and whole numbers")
}

/// Work that blocks on the disk or takes long, off the threads that serve connections.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|_| {
        refusal(
            Rpc::Internal,
            "INTERNAL",
            "внутренняя ошибка хаба; подробности в его журнале сообщений",
        )
    })
}
