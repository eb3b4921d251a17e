//! The child's end of joining: make keys, ask with the invitation, check the answer, write the identity.
//!
//! Keys are written before the question is asked, and asking again with them gets the same answer, so a lost reply or a
//! crash in the middle costs nothing but the repeat. Nothing of the answer is believed before the membership in it is
//! verified, names this node and registers these very keys.

use std::io;
use std::path::Path;

use domain::NodeId;
use jiff::SignedDuration;
use runtime::SharedClock;
use runtime::connect::{SharedDialer, Timeouts, channel};
use runtime::identity::{Label, PeerName, server_name};
use runtime::pki::{Authority, TlsKey, csr};
use runtime::random::{Random, bytes};
use runtime::tls::pinned_client_config;
use seal::{Receipt, SealError, SigningKey, VerifyingKey};
use wire::pb;
use wire::pb::join_service_client::JoinServiceClient;
use wire::statement::Membership;
use wire::{Statement, envelope};

use crate::files::{self, IdentityDir};
use crate::identity::ParentAddress;
use crate::invitation::Invitation;
use crate::proof;

/// How long a node's own CA holds; its sources' certificates end with it.
const AUTHORITY_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 365 * 10);

/// Why joining failed. Repeating it is always safe.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The folder already holds a member.
    #[error("каталог {0} уже занят участником федерации; для нового участника нужен пустой каталог")]
    AlreadyJoined(String),
    /// The invitation is out of date by this machine's clock.
    #[error("срок приглашения истёк {0}; попросите новое (federal-hub invite) и проверьте часы")]
    Expired(String),
    /// A file could not be written or read.
    #[error("не удалось записать ключи узла: {0}")]
    Io(#[from] io::Error),
    /// Keys or certificates.
    #[error("ключи и сертификаты: {0}")]
    Keys(String),
    /// The parent is not there.
    #[error("родительский узел {address} недоступен: {reason}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What the network says.
        reason: String,
    },
    /// The parent says no.
    #[error("родительский узел отказал ({code}): {message}")]
    Refused {
        /// Stable code of the reason.
        code: String,
        /// For a person.
        message: String,
    },
    /// The parent's answer does not prove itself.
    #[error("ответ родительского узла не подтверждается: {0}")]
    Unproven(String),
}

impl From<SealError> for JoinError {
    fn from(error: SealError) -> Self {
        Self::Unproven(error.to_string())
    }
}

/// What a node needs to ask.
pub struct JoinPlan<'a> {
    /// The invitation.
    pub invitation: Invitation,
    /// Where the parent is, `host:port`.
    pub address: String,
    /// The node's folder.
    pub dir: &'a Path,
    /// How to get there.
    pub dialer: SharedDialer,
    /// The present moment.
    pub clock: SharedClock,
    /// For new keys.
    pub random: &'a dyn Random,
}

/// What the node has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Its id.
    pub node: NodeId,
    /// What it answers for.
    pub membership: Membership,
}

/// Joins the parent and writes the identity into the node's folder.
pub async fn join(plan: JoinPlan<'_>) -> Result<Joined, JoinError> {
    let files = IdentityDir::create(plan.dir)?;
    if files.has(files::MEMBERSHIP) {
        return Err(JoinError::AlreadyJoined(plan.dir.display().to_string()));
    }
    let now = plan.clock.now();
    if plan.invitation.expires_at_ms <= now.as_millisecond() {
        let at = jiff::Timestamp::from_millisecond(plan.invitation.expires_at_ms).unwrap_or(now);
        return Err(JoinError::Expired(at.to_string()));
    }
    let keys = Keys::load_or_make(&files, plan.random)?;
    make_authority(&files, &plan)?;
    let mut request = pb::JoinRequest {
        invitation: plan.invitation.id.clone(),
        secret: plan.invitation.secret.to_vec(),
        certificate_request: csr(&keys.tls).map_err(|e| JoinError::Keys(e.to_string()))?,
        signing_key: keys.signing.verifying_key().to_bytes().to_vec(),
        ledger_key: keys.ledger.verifying_key().to_bytes().to_vec(),
        signing_proof: vec![],
        ledger_proof: vec![],
    };
    proof::sign_join(&mut request, &keys.signing, &keys.ledger);
    let answer = ask(&plan, request).await?;
    let membership = check(&plan.invitation, &keys, &answer)?;
    write(&files, &plan.address, &answer)?;
    Ok(Joined {
        node: membership.member.clone(),
        membership,
    })
}

struct Keys {
    signing: SigningKey,
    ledger: SigningKey,
    tls: TlsKey,
}

impl Keys {
    /// The keys of an attempt before, or new ones that are on the disk before anything is sent.
    fn load_or_make(files: &IdentityDir, random: &dyn Random) -> Result<Self, JoinError> {
        let keys = |e: &dyn std::fmt::Display| JoinError::Keys(e.to_string());
        if !files.has(files::TLS_KEY) {
            let seed = || SigningKey::from_seed(bytes::<32>(random)).to_pem();
            files.write_secret(files::SIGNING_KEY, &seed())?;
            files.write_secret(files::LEDGER_KEY, &seed())?;
            files.write_secret(files::TLS_KEY, &TlsKey::generate().map_err(|e| keys(&e))?.pem())?;
        }
        Ok(Self {
            signing: SigningKey::from_pem(&files.text(files::SIGNING_KEY)?).map_err(|e| keys(&e))?,
            ledger: SigningKey::from_pem(&files.text(files::LEDGER_KEY)?).map_err(|e| keys(&e))?,
            tls: TlsKey::from_pem(&files.text(files::TLS_KEY)?).map_err(|e| keys(&e))?,
        })
    }
}

/// The node's own CA, for its server certificate, its sources and its members.
fn make_authority(files: &IdentityDir, plan: &JoinPlan<'_>) -> Result<(), JoinError> {
    if files.has(files::CA_CERTIFICATE) {
        return Ok(());
    }
    let (federation, node) = labels(&plan.invitation.federation.to_string(), plan.invitation.node.as_str())?;
    let authority = Authority::create(&federation, &node, plan.clock.now(), AUTHORITY_VALIDITY)
        .map_err(|e| JoinError::Keys(e.to_string()))?;
    files.write_secret(files::CA_KEY, &authority.key_pem())?;
    files.write(files::CA_CERTIFICATE, authority.certificate_pem().as_bytes())?;
    Ok(())
}

fn labels(federation: &str, node: &str) -> Result<(Label, Label), JoinError> {
    match PeerName::node(federation, node) {
        Ok(PeerName::Node { federation, node }) => Ok((federation, node)),
        Ok(_) => Err(JoinError::Keys("имя не узла".into())),
        Err(e) => Err(JoinError::Keys(e.to_string())),
    }
}

async fn ask(plan: &JoinPlan<'_>, request: pb::JoinRequest) -> Result<pb::JoinResponse, JoinError> {
    let unreachable = |reason: String| JoinError::Unreachable {
        address: plan.address.clone(),
        reason,
    };
    let (federation, parent) = labels(plan.invitation.federation.as_str(), plan.invitation.parent.as_str())?;
    let tls = pinned_client_config(*plan.invitation.authority.as_bytes(), &plan.clock)
        .map_err(|e| JoinError::Keys(e.to_string()))?;
    let name = server_name(&federation, &parent);
    let channel = channel(plan.dialer.clone(), &plan.address, tls, &name, Timeouts::default())
        .map_err(|e| unreachable(e.to_string()))?;
    let mut client = JoinServiceClient::new(channel).max_decoding_message_size(crate::MESSAGE_BYTES);
    match client.join(request).await {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => match runtime::status::reason(&status) {
            Some(code) => Err(JoinError::Refused {
                code,
                message: status.message().to_owned(),
            }),
            None => Err(unreachable(innermost(&status))),
        },
    }
}

/// The innermost cause of a failed call: «connection refused» says more than «transport error».
pub(crate) fn innermost(status: &tonic::Status) -> String {
    let mut cause: &dyn std::error::Error = status;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::eq(
        cause,
        std::ptr::from_ref::<tonic::Status>(status) as *const dyn std::error::Error,
    ) {
        return status.message().to_owned();
    }
    cause.to_string()
}

/// Believes nothing: the membership must be signed by the parent, name this node and these keys, stand in the parent's
/// ledger, and the federation file must be the one that the genesis' federation uses.
fn check(invitation: &Invitation, keys: &Keys, answer: &pb::JoinResponse) -> Result<Membership, JoinError> {
    let unproven = |what: &str| JoinError::Unproven(what.to_owned());
    let signing_key = VerifyingKey::from_bytes(&answer.parent_signing_key)?;
    let ledger_key = VerifyingKey::from_bytes(&answer.parent_ledger_key)?;
    let sealed = envelope::decode(&answer.membership).map_err(|e| JoinError::Unproven(e.to_string()))?;
    let verified = sealed.verify(&signing_key)?;
    let (preamble, statement) = Statement::decode(&verified.get().payload_type, &verified.get().payload)
        .map_err(|e| JoinError::Unproven(e.to_string()))?;
    let Statement::Membership(membership) = statement else {
        return Err(unproven("вместо членства пришла другая запись"));
    };
    let authority =
        runtime::Certificate::from_pem(&answer.authority).map_err(|e| JoinError::Unproven(e.to_string()))?;
    if authority.key_digest != *invitation.authority.as_bytes() || answer.parent != invitation.parent.as_str() {
        return Err(unproven("ответил не тот узел, что назван в приглашении"));
    }
    let ours = membership.member == invitation.node
        && preamble.federation == invitation.federation
        && preamble.node == invitation.parent
        && membership.signing_key == keys.signing.verifying_key()
        && membership.ledger_key == keys.ledger.verifying_key()
        && membership.tls_key.as_bytes() == &keys.tls.digest();
    if !ours {
        return Err(unproven("членство выдано не этому узлу или на другие ключи"));
    }
    let inclusion = answer
        .inclusion
        .iter()
        .map(|hash| seal::Digest::try_from(hash.as_slice()));
    let receipt = Receipt {
        position: answer.membership_position,
        inclusion: inclusion.collect::<Result<_, _>>()?,
        checkpoint: answer.checkpoint.clone(),
    };
    receipt.verify(
        seal::merkle::leaf_hash(&answer.membership),
        &answer.parent_origin,
        &ledger_key,
    )?;
    let text = std::str::from_utf8(&answer.federation_file).map_err(|_| unproven("файл федерации не в UTF-8"))?;
    let federation = domain::federation::Federation::parse(text).map_err(|e| JoinError::Unproven(e.to_string()))?;
    if federation.id() != invitation.federation.as_str() {
        return Err(unproven("файл другой федерации"));
    }
    Ok(membership)
}

/// Writes the answer; the membership last, since its presence is what makes the folder a member's.
fn write(files: &IdentityDir, address: &str, answer: &pb::JoinResponse) -> Result<(), JoinError> {
    let parent = ParentAddress {
        address: address.to_owned(),
        node: answer.parent.clone(),
        origin: answer.parent_origin.clone(),
        ledger_key: hex::encode(&answer.parent_ledger_key),
        signing_key: hex::encode(&answer.parent_signing_key),
    };
    let parent = serde_json::to_vec_pretty(&parent).map_err(|e| JoinError::Keys(e.to_string()))?;
    files.write(files::PARENT, &parent)?;
    files.write(files::PARENT_CERTIFICATE, answer.authority.as_bytes())?;
    files.write(files::TLS_CERTIFICATE, answer.certificate.as_bytes())?;
    files.write(files::FEDERATION, &answer.federation_file)?;
    files.write(files::GENESIS, &answer.genesis)?;
    files.write(files::MEMBERSHIP, &answer.membership)?;
    Ok(())
}
