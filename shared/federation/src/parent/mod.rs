//! The parent's end: invites members, lets them join, takes their ledgers, hands down what concerns them.
//!
//! A verdict leaves only after the entry, or its refusal, and the cursor are on the disk; the ledger sees to that in one
//! call. Whether a member still belongs is asked of the ledger on every batch, so a revocation holds for open streams.

pub mod asked;
mod covers;
mod down;
mod invitations;
mod invite;
mod join;
mod own;
mod places;
mod replicate;
mod revoke;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::member::{Cover, Member};
use domain::{FederationId, NodeId, SheetPeriod};
use jiff::SignedDuration;
use runtime::SharedClock;
use runtime::identity::PeerName;
use runtime::peer::Peer;
use runtime::pki::Authority;
use runtime::random::SharedRandom;
use runtime::status::refusal;
use tonic::service::Routes;
use tonic::{Code as GrpcCode, Status};
use wire::pb::join_service_server::JoinServiceServer;
use wire::pb::recovery_service_server::RecoveryServiceServer;
use wire::pb::replication_service_server::ReplicationServiceServer;

use crate::{MESSAGE_BYTES, SharedLedger, held};
pub use covers::CoverError;
use invitations::Invitations;
pub use invite::{InviteError, InviteWish};
use places::Places;
pub use revoke::{RevokeError, Revoked};

/// How long a member's TLS certificate holds; it is renewed after a third of it.
pub const CERTIFICATE_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How long an invitation holds unless its maker says otherwise: post goes by courier.
pub const INVITATION_VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Told which sheets in force may have changed, after each batch, and that memberships may have.
pub type OnChange = Arc<dyn Fn(&[(NodeId, SheetPeriod)]) + Send + Sync>;

/// What a parent is made of; shared by its services.
pub struct Parent {
    ledger: SharedLedger,
    federation: FederationId,
    node: NodeId,
    authority: Authority,
    genesis: Vec<u8>,
    invitations: Mutex<Invitations>,
    clock: SharedClock,
    random: SharedRandom,
    on_change: OnChange,
    places: Places,
    /// When each member last called since the start, Unix milliseconds; bounded by the number of members.
    seen: Mutex<BTreeMap<NodeId, i64>>,
    /// What it answers for itself, and may give parts of; nothing for one that may give whatever is free.
    bounds: RwLock<Option<Vec<Cover>>>,
}

/// What a parent needs besides its ledger.
pub struct ParentParts {
    /// The federation.
    pub federation: FederationId,
    /// The parent itself.
    pub node: NodeId,
    /// Its CA.
    pub authority: Authority,
    /// The genesis in its envelope, for newcomers.
    pub genesis: Vec<u8>,
    /// The present moment.
    pub clock: SharedClock,
    /// For secrets.
    pub random: SharedRandom,
    /// Told of changed sheets.
    pub on_change: OnChange,
}

impl Parent {
    /// Opens the parent's end over its ledger; invitations lie in `dir`.
    pub fn open(dir: &Path, ledger: SharedLedger, parts: ParentParts) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            ledger,
            federation: parts.federation,
            node: parts.node,
            authority: parts.authority,
            genesis: parts.genesis,
            invitations: Mutex::new(Invitations::open(dir)?),
            clock: parts.clock,
            random: parts.random,
            on_change: parts.on_change,
            places: Places::default(),
            seen: Mutex::default(),
            bounds: RwLock::new(None),
        }))
    }

    /// From now on only parts of these covers may be given away: the parent is a member itself.
    pub fn set_bounds(&self, covers: Vec<Cover>) {
        *self.bounds.write().unwrap_or_else(PoisonError::into_inner) = Some(covers);
    }

    fn bounds(&self) -> Option<Vec<Cover>> {
        self.bounds.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The services, for the listener whose client certificates are optional.
    pub fn routes(self: &Arc<Self>, routes: Routes) -> Routes {
        use tonic::codec::CompressionEncoding::Gzip;
        let replication = ReplicationServiceServer::from_arc(Arc::clone(self))
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES)
            .accept_compressed(Gzip)
            .send_compressed(Gzip);
        routes
            .add_service(replication)
            .add_service(JoinServiceServer::from_arc(Arc::clone(self)))
            .add_service(
                RecoveryServiceServer::from_arc(Arc::clone(self))
                    .max_encoding_message_size(MESSAGE_BYTES)
                    .send_compressed(Gzip),
            )
    }

    /// The members in force.
    pub fn members(&self) -> Vec<Member> {
        held(&self.ledger).members()
    }

    /// Those of them that this parent registered itself. Members below lie inside what these cover.
    fn children(&self) -> Vec<Member> {
        self.children_of(&held(&self.ledger))
    }

    fn children_of(&self, ledger: &ledger::Ledger) -> Vec<Member> {
        let mut members = ledger.members();
        members.retain(|member| member.parent == self.node);
        members
    }

    /// When each member last called since the start, Unix milliseconds.
    pub fn last_seen(&self) -> BTreeMap<NodeId, i64> {
        self.seen().clone()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, BTreeMap<NodeId, i64>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn invitations(&self) -> std::sync::MutexGuard<'_, Invitations> {
        self.invitations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The member that calls, by the name in its certificate; it must belong to this federation and not be revoked.
    fn caller(&self, extensions: &tonic::Extensions) -> Result<NodeId, Status> {
        let name = extensions.get::<Peer>().and_then(Peer::name);
        let Some(PeerName::Node { federation, node }) = name else {
            let message = "нужен сертификат узла: вызов без него или с сертификатом источника";
            return Err(refusal(GrpcCode::Unauthenticated, "NODE_CERTIFICATE_REQUIRED", message));
        };
        let unknown = || refusal(GrpcCode::PermissionDenied, "NOT_A_MEMBER", "узел не зарегистрирован");
        if federation.as_str() != self.federation.as_str() {
            return Err(unknown());
        }
        let node = NodeId::new(node.as_str()).map_err(|_| unknown())?;
        match held(&self.ledger).member(&node).map(|keys| &keys.revoked) {
            Some(None) => {
                let now_ms = self.clock.now().as_millisecond();
                self.seen().insert(node.clone(), now_ms);
                Ok(node)
            }
            Some(Some(reason)) => {
                let message = format!("узел отозван: {reason}");
                Err(refusal(GrpcCode::PermissionDenied, "MEMBER_REVOKED", message))
            }
            None => Err(unknown()),
        }
    }
}
