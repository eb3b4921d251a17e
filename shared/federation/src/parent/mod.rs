//! The parent's end: invites members, lets them join, takes their ledgers, hands down what concerns them.
//!
//! A verdict leaves only after the entry, or its refusal, and the cursor are on the disk; the ledger sees to that in one
//! call. Whether a member still belongs is asked of the ledger on every batch, so a revocation holds for open streams.

mod down;
mod invitations;
mod join;
mod own;
mod places;
mod replicate;
mod revoke;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::federation::Federation;
use domain::member::{Cover, Member};
use domain::{Code, Day, FederationId, NodeId, SheetPeriod};
use jiff::SignedDuration;
use runtime::SharedClock;
use runtime::identity::PeerName;
use runtime::peer::Peer;
use runtime::pki::Authority;
use runtime::random::{SharedRandom, bytes};
use runtime::status::refusal;
use seal::Digest;
use tonic::service::Routes;
use tonic::{Code as GrpcCode, Status};
use wire::pb::join_service_server::JoinServiceServer;
use wire::pb::recovery_service_server::RecoveryServiceServer;
use wire::pb::replication_service_server::ReplicationServiceServer;

use crate::invitation::Invitation;
use crate::{MESSAGE_BYTES, SharedLedger, held};
use invitations::{Invitations, KeptCover, KeptInvitation};
use places::Places;
pub use revoke::{RevokeError, Revoked};

/// How long a member's TLS certificate holds; it is renewed after a third of it.
pub const CERTIFICATE_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How long an invitation holds unless its maker says otherwise: post goes by courier.
pub const INVITATION_VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Told which sheets in force may have changed, after each batch.
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
}

/// A wish for an invitation.
#[derive(Clone, Debug)]
pub struct InviteWish {
    /// Id of the future member.
    pub node: NodeId,
    /// Territory, source or any, first day.
    pub covers: Vec<(Code, Option<Code>, Day)>,
    /// Zone; that of the first territory when not given.
    pub zone: Option<domain::Zone>,
    /// How long it holds.
    pub validity: SignedDuration,
}

/// Why no invitation is made.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// No territory named.
    #[error("укажите хотя бы одну территорию: --territory КОД")]
    NoTerritory,
    /// Not in the tree.
    #[error("территории {0} нет в файле федерации")]
    UnknownTerritory(Code),
    /// Not in the dictionary.
    #[error("источника {0} нет в словаре")]
    UnknownSource(Code),
    /// The tree gives no zone for the territory.
    #[error("для территории {0} не задан часовой пояс: укажите --zone")]
    NoZone(Code),
    /// Another member answers for a part of it already.
    #[error("территорию {territory} уже ведёт узел {node}")]
    Taken {
        /// The territory.
        territory: Code,
        /// Who has it.
        node: NodeId,
    },
    /// No dictionary in force.
    #[error("в журнале нет файла федерации")]
    NoDictionary,
    /// The file of invitations.
    #[error("не удалось записать приглашение: {0}")]
    Io(#[from] io::Error),
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
        }))
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

    /// Makes an invitation; only a hash of its secret stays here.
    pub fn invite(&self, wish: &InviteWish) -> Result<Invitation, InviteError> {
        let zone = self.check(wish)?;
        let now = self.clock.now();
        let secret = bytes::<16>(&*self.random);
        let expires_at_ms = now
            .as_millisecond()
            .saturating_add(wish.validity.as_millis().try_into().unwrap_or(i64::MAX));
        let invitation = Invitation {
            federation: self.federation.clone(),
            parent: self.node.clone(),
            node: wish.node.clone(),
            id: hex::encode(bytes::<8>(&*self.random)),
            secret,
            authority: Digest(self.authority.key_digest()),
            expires_at_ms,
        };
        let covers = wish.covers.iter().map(|(territory, source, from)| KeptCover {
            territory: territory.to_string(),
            source: source.as_ref().map(ToString::to_string),
            from: from.to_string(),
        });
        let kept = KeptInvitation {
            id: invitation.id.clone(),
            secret_sha256: Digest::of(&secret).to_string(),
            node: wish.node.to_string(),
            zone: zone.to_string(),
            covers: covers.collect(),
            expires_at_ms,
            used_by: None,
        };
        self.invitations().add(kept, now.as_millisecond())?;
        Ok(invitation)
    }

    /// Territories and sources exist and nobody else has them; what comes out is the member's zone.
    fn check(&self, wish: &InviteWish) -> Result<domain::Zone, InviteError> {
        let federation = held(&self.ledger)
            .current_dictionary()
            .ok_or(InviteError::NoDictionary)?
            .1;
        let tree = federation.tree();
        for (territory, source, _) in &wish.covers {
            if tree.unit(territory).is_none() {
                return Err(InviteError::UnknownTerritory(territory.clone()));
            }
            if let Some(source) = source
                && federation.dictionary().lists().sources.entry(source).is_none()
            {
                return Err(InviteError::UnknownSource(source.clone()));
            }
        }
        let covers: Vec<Cover> = wish
            .covers
            .iter()
            .map(|(t, s, from)| cover(t.clone(), s.clone(), *from))
            .collect();
        let open = self.invitations().outstanding(self.clock.now().as_millisecond());
        let members: Vec<Member> = self.members().into_iter().chain(open).collect();
        if let Some((territory, node)) = taken(&federation, &members, &wish.node, &covers) {
            return Err(InviteError::Taken { territory, node });
        }
        let (first, _, from) = wish.covers.first().ok_or(InviteError::NoTerritory)?;
        let zone = wish.zone.clone().or_else(|| tree.zone(first, *from).cloned());
        zone.ok_or_else(|| InviteError::NoZone(first.clone()))
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

/// First day of daily sheets unless the membership says otherwise.
fn first_day() -> Day {
    Day::ymd(2000, 1, 1).expect("2000-01-01 is in the calendar")
}

/// A cover without an end.
fn cover(territory: Code, source: Option<Code>, from: Day) -> Cover {
    Cover {
        territory,
        source,
        from,
        until: None,
        daily_from: first_day(),
    }
}

/// The territory of `covers` that another member answers for already, and who it is: two of them would count twice.
fn taken(federation: &Federation, members: &[Member], node: &NodeId, covers: &[Cover]) -> Option<(Code, NodeId)> {
    let tree = federation.tree();
    let others = || members.iter().filter(|member| member.node != *node);
    covers.iter().find_map(|wanted| {
        let overlaps = |theirs: &Cover| {
            theirs.until.is_none_or(|until| wanted.from < until)
                && (theirs.source.is_none() || wanted.source.is_none() || theirs.source == wanted.source)
                && (tree.is_within(&wanted.territory, &theirs.territory, wanted.from)
                    || tree.is_within(&theirs.territory, &wanted.territory, wanted.from))
        };
        let holder = others().find(|member| member.covers.iter().any(overlaps))?;
        Some((wanted.territory.clone(), holder.node.clone()))
    })
}
