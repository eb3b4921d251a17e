//! What the operator may ask and change of the members below, over the admin socket or inside the command.

use std::sync::Arc;

use domain::{NodeId, Period};
use federation::held;
use federation::parent::RevokeError;
use federation::parent::asked;
use runtime::status::refusal;
use tonic::{Code as Rpc, Request, Response, Status};
use wire::pb;
use wire::pb::members_service_server::MembersService;
use wire::pb::parent_service_server::ParentService;

use super::CompareError;
use crate::node::Node;

/// The services.
#[derive(Clone)]
pub struct MembersAdmin(pub Arc<Node>);

impl MembersAdmin {
    /// The federation file in force.
    fn federation(&self) -> Result<Arc<domain::federation::Federation>, Status> {
        let current = held(&self.0.ledger).current_dictionary();
        let missing = || refusal(Rpc::FailedPrecondition, "NO_DICTIONARY", "у узла нет файла федерации");
        Ok(current.ok_or_else(missing)?.1)
    }
}

#[tonic::async_trait]
impl ParentService for MembersAdmin {
    async fn invite(&self, request: Request<pb::InviteRequest>) -> Result<Response<pb::InviteResponse>, Status> {
        let parent = Arc::clone(self.0.parent());
        let wish = parent.wish(&*self.federation()?, &request.into_inner())?;
        let invitation = blocking(move || parent.invite(&wish)).await?;
        let invitation = invitation.map_err(|error| Status::from(&error))?;
        Ok(Response::new(pb::InviteResponse {
            expires_at_ms: invitation.expires_at_ms,
            invitation: invitation.to_string(),
        }))
    }

    async fn list_members(
        &self,
        _: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        let node = Arc::clone(&self.0);
        let members = blocking(move || node.members()).await?;
        Ok(Response::new(pb::ListMembersResponse { json: json(&members) }))
    }

    async fn revoke(&self, request: Request<pb::RevokeRequest>) -> Result<Response<pb::RevokeResponse>, Status> {
        let pb::RevokeRequest { node, reason } = request.into_inner();
        let (node, reason) = (id(&node)?, asked::reason(&reason)?);
        let parent = Arc::clone(self.0.parent());
        let revoked = blocking(move || parent.revoke(&node, reason)).await?;
        let revoked = revoked.map_err(|error| match &error {
            RevokeError::Unknown(node) => wrong("NOT_A_MEMBER", &CompareError::Unknown(node.clone())),
            error => Status::from(error),
        })?;
        Ok(Response::new(pb::RevokeResponse {
            position: revoked.position,
            member_epoch: revoked.member_epoch,
        }))
    }
}

#[tonic::async_trait]
impl MembersService for MembersAdmin {
    async fn cover(&self, request: Request<pb::CoverRequest>) -> Result<Response<pb::CoverResponse>, Status> {
        let pb::CoverRequest {
            node,
            territory,
            source,
            from,
        } = request.into_inner();
        let (node, source, from) = (id(&node)?, asked::source(&source)?, asked::day(&from)?);
        let territory = asked::named(&*self.federation()?, &territory).map_err(|e| wrong("TERRITORY_INVALID", &e))?;
        let parent = Arc::clone(self.0.parent());
        let position = blocking(move || parent.cover(&node, territory, source, from)).await?;
        let position = position.map_err(|error| Status::from(&error))?;
        Ok(Response::new(pb::CoverResponse { position }))
    }

    async fn uncover(&self, request: Request<pb::UncoverRequest>) -> Result<Response<pb::UncoverResponse>, Status> {
        let pb::UncoverRequest {
            node,
            territory,
            source,
            from,
        } = request.into_inner();
        let (node, source) = (id(&node)?, asked::source(&source)?);
        let territory = asked::named(&*self.federation()?, &territory).map_err(|e| wrong("TERRITORY_INVALID", &e))?;
        let from = asked::day(&from)?.ok_or_else(|| wrong("DAY_INVALID", &"с какого дня: --from ГГГГ-ММ-ДД"))?;
        let parent = Arc::clone(self.0.parent());
        let position = blocking(move || parent.uncover(&node, &territory, source.as_ref(), from)).await?;
        let position = position.map_err(|error| Status::from(&error))?;
        Ok(Response::new(pb::UncoverResponse { position }))
    }

    async fn compare_member(
        &self,
        request: Request<pb::CompareMemberRequest>,
    ) -> Result<Response<pb::CompareMemberResponse>, Status> {
        let pb::CompareMemberRequest { node: member, period } = request.into_inner();
        let member = id(&member)?;
        let period = period.parse::<Period>().map_err(|e| wrong("PERIOD_INVALID", &e))?;
        let node = Arc::clone(&self.0);
        let compared = blocking(move || node.compare(&member, period)).await?;
        let compared = compared.map_err(|error| match &error {
            CompareError::Unknown(_) => wrong("NOT_A_MEMBER", &error),
            CompareError::TooLong { .. } => wrong("PERIOD_TOO_LONG", &error),
            CompareError::Intake(error) => crate::service::status(error),
            CompareError::Unaddable(_) => refusal(Rpc::FailedPrecondition, "TALLY_OVERFLOW", error.to_string()),
        })?;
        Ok(Response::new(pb::CompareMemberResponse { json: json(&compared) }))
    }
}

fn id(text: &str) -> Result<NodeId, Status> {
    NodeId::new(text).map_err(|e| wrong("NODE_INVALID", &e))
}

fn wrong(reason: &str, error: &dyn std::fmt::Display) -> Status {
    refusal(Rpc::InvalidArgument, reason, error.to_string())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("our documents have string keys and whole numbers")
}

/// Work that blocks on the disk, off the threads that serve connections.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|_| {
        let message = "внутренняя ошибка узла; подробности в его журнале сообщений";
        refusal(Rpc::Internal, "INTERNAL", message)
    })
}
