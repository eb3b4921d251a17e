//! Joining and renewing, as the parent answers them. Only public keys are taken from a request.

use domain::member::Cover;
use domain::{Code, NodeId};
use runtime::identity::{Label, PeerName};
use runtime::pki::csr_key_digest;
use runtime::status::refusal;
use seal::{Digest, VerifyingKey};
use tonic::{Code as GrpcCode, Request, Response, Status};
use wire::Statement;
use wire::pb;
use wire::pb::join_service_server::JoinService;
use wire::statement::Membership;

use super::invitations::{Denied, KeptInvitation};
use super::invite::{first_day, taken};
use super::{CERTIFICATE_VALIDITY, Parent};
use crate::{held, proof};

/// How far a renewal's own time may lie from ours.
const RENEWAL_SKEW_MS: i64 = 300_000;

#[tonic::async_trait]
impl JoinService for Parent {
    async fn join(&self, request: Request<pb::JoinRequest>) -> Result<Response<pb::JoinResponse>, Status> {
        let request = request.into_inner();
        let key = Digest(csr_key_digest(&request.certificate_request).map_err(|e| malformed(&e))?);
        let (signing_key, ledger_key) = proof::check_join(&request).map_err(|e| malformed(&e))?;
        let now_ms = self.clock.now().as_millisecond();
        // One holder at a time: two keys that race for one invitation are served one after the other.
        let mut invitations = self.invitations();
        let invitation = invitations
            .admit(&request.invitation, &request.secret, &key, now_ms)
            .map_err(denied)?
            .clone();
        let wish = Wish {
            key,
            signing_key,
            ledger_key,
        };
        let position = self.registered(&invitation, &wish, now_ms)?;
        // The membership stands; a crash before this line is settled by the same key asking again.
        invitations.bind(&invitation.id, &key).map_err(|e| unavailable(&e))?;
        drop(invitations);
        (self.on_change)(&[]);
        self.answer(&invitation, &request.certificate_request, position)
            .map(Response::new)
    }

    async fn renew(&self, request: Request<pb::RenewRequest>) -> Result<Response<pb::RenewResponse>, Status> {
        let request = request.into_inner();
        let node = NodeId::new(&request.node).map_err(|e| malformed(&e))?;
        let registered = held(&self.ledger).member(&node).cloned();
        let Some(keys) = registered.filter(|keys| keys.membership.member_epoch == request.epoch) else {
            return Err(refusal(
                GrpcCode::PermissionDenied,
                "NOT_A_MEMBER",
                "узел не зарегистрирован",
            ));
        };
        if keys.revoked.is_some() {
            return Err(refusal(GrpcCode::PermissionDenied, "MEMBER_REVOKED", "узел отозван"));
        }
        proof::check_renew(&request, &keys.membership.signing_key).map_err(|_| {
            refusal(
                GrpcCode::Unauthenticated,
                "BAD_SIGNATURE",
                "подпись запроса не подходит",
            )
        })?;
        let skew = self.clock.now().as_millisecond().abs_diff(request.requested_at_ms);
        if skew > RENEWAL_SKEW_MS.unsigned_abs() {
            let message = "часы узла и родителя расходятся больше чем на 5 минут";
            return Err(refusal(GrpcCode::FailedPrecondition, "CLOCK_SKEW", message));
        }
        let certificate = self.certificate(&request.certificate_request, &node)?;
        Ok(Response::new(pb::RenewResponse { certificate }))
    }
}

struct Wish {
    key: Digest,
    signing_key: VerifyingKey,
    ledger_key: VerifyingKey,
}

impl Parent {
    /// Position of the membership: the one that stands for these very keys, or a new one.
    fn registered(&self, invitation: &KeptInvitation, wish: &Wish, now_ms: i64) -> Result<u64, Status> {
        let member = NodeId::new(&invitation.node).map_err(|e| malformed(&e))?;
        let mut ledger = held(&self.ledger);
        let before = ledger.member(&member).cloned();
        if let Some(keys) = before
            .as_ref()
            .filter(|keys| keys.membership.invitation.as_str() == invitation.id)
        {
            let standing = &keys.membership;
            let same = standing.signing_key == wish.signing_key
                && standing.ledger_key == wish.ledger_key
                && standing.tls_key == wish.key;
            return if same && keys.revoked.is_none() {
                Ok(keys.position)
            } else {
                Err(denied(Denied::Used))
            };
        }
        // Used before, and another invitation stands since: the old keys do not come back by it.
        if invitation.used_by.is_some() {
            return Err(denied(Denied::Used));
        }
        let covers = invitation.covers.iter().map(|cover| {
            Ok(Cover {
                territory: Code::new(&cover.territory).map_err(|e| malformed(&e))?,
                source: cover
                    .source
                    .as_deref()
                    .map(Code::new)
                    .transpose()
                    .map_err(|e| malformed(&e))?,
                from: cover.from.parse().map_err(|e| malformed(&e))?,
                until: None,
                daily_from: first_day(),
            })
        });
        let covers = covers.collect::<Result<Vec<_>, Status>>()?;
        // Asked again under the ledger's lock: two invitations for one territory may have been open together.
        let (_, federation) = ledger
            .current_dictionary()
            .ok_or_else(|| unavailable(&"нет файла федерации"))?;
        if let Some((territory, node)) = taken(&federation, &self.children_of(&ledger), &member, &covers) {
            let message = format!("территорию {territory} уже ведёт узел {node}");
            return Err(refusal(GrpcCode::AlreadyExists, "TERRITORY_TAKEN", message));
        }
        let membership = Membership {
            member,
            member_epoch: before.map_or(1, |keys| keys.membership.member_epoch + 1),
            signing_key: wish.signing_key,
            ledger_key: wish.ledger_key,
            tls_key: wish.key,
            ca_key: None,
            parent: self.node.clone(),
            hosted_by: None,
            zone: invitation.zone.parse().map_err(|e| malformed(&e))?,
            covers,
            invitation: Code::new(&invitation.id).map_err(|e| malformed(&e))?,
            joined_at_ms: now_ms,
        };
        let positions = ledger.append_own(vec![(Statement::Membership(membership), None)], now_ms);
        let position = positions.map_err(|e| unavailable(&e))?.pop();
        position.ok_or_else(|| unavailable(&"запись не добавлена"))
    }

    fn answer(&self, invitation: &KeptInvitation, csr: &str, position: u64) -> Result<pb::JoinResponse, Status> {
        let node = NodeId::new(&invitation.node).map_err(|e| malformed(&e))?;
        let certificate = self.certificate(csr, &node)?;
        let ledger = held(&self.ledger);
        let stored = ledger
            .entries(position..position + 1)
            .map_err(|e| unavailable(&e))?
            .pop();
        let membership = stored.ok_or_else(|| unavailable(&"членство не читается"))?.envelope;
        let federation_file = ledger.dictionary_file().to_vec();
        Ok(pb::JoinResponse {
            node: invitation.node.clone(),
            federation: self.federation.to_string(),
            parent: self.node.to_string(),
            certificate,
            authority: self.authority.certificate_pem().to_owned(),
            membership,
            genesis: self.genesis.clone(),
            federation_file,
            checkpoint: ledger.checkpoint(),
            membership_position: position,
            inclusion: super::replicate::raw(&ledger.prove_inclusion(position, ledger.size())),
            parent_ledger_key: ledger.ledger_key().to_bytes().to_vec(),
            parent_origin: ledger.origin(),
            parent_signing_key: ledger.signing_key().to_bytes().to_vec(),
        })
    }

    /// A certificate for the key of the request and the name that we give, whatever the request asks for.
    fn certificate(&self, csr: &str, node: &NodeId) -> Result<String, Status> {
        let label = |text: &str| text.parse::<Label>().map_err(|e| malformed(&e));
        let name = PeerName::Node {
            federation: label(self.federation.as_str())?,
            node: label(node.as_str())?,
        };
        self.authority
            .issue_from_csr(csr, &name, &[], self.clock.now(), CERTIFICATE_VALIDITY)
            .map_err(|e| malformed(&e))
    }
}

fn denied(reason: Denied) -> Status {
    let (code, message) = match reason {
        Denied::Unknown => ("INVITATION_UNKNOWN", "приглашение неизвестно или секрет не подходит"),
        Denied::Expired => ("INVITATION_EXPIRED", "срок приглашения истёк; попросите новое"),
        Denied::Used => (
            "INVITATION_USED",
            "приглашение уже использовано другим ключом; если это были не вы, сообщите",
        ),
    };
    refusal(GrpcCode::PermissionDenied, code, message)
}

fn malformed(error: &dyn std::fmt::Display) -> Status {
    refusal(GrpcCode::InvalidArgument, "MALFORMED", error.to_string())
}

fn unavailable(error: &dyn std::fmt::Display) -> Status {
    tracing::error!(%error, "a join could not be carried out");
    refusal(
        GrpcCode::Unavailable,
        "STORAGE_FAILED",
        "не удалось записать в журнал; повторите позже",
    )
}
