//! Who takes part: the genesis of the federation, and members with their keys and covers.

use domain::member::Cover;
use domain::{Code, Day, NodeId, Zone};
use seal::{Digest, VerifyingKey};

use super::{Preamble, hash, id, key, optional, optional_hash, text};
use crate::canonical::WireError;
use crate::pb;

/// First entry of the hub's ledger, signed by the root key: everything below is checked from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The offline root key.
    pub root_key: VerifyingKey,
    /// The hub's signing key.
    pub signing_key: VerifyingKey,
    /// The hub's key for checkpoints.
    pub ledger_key: VerifyingKey,
    /// Unix milliseconds.
    pub created_at_ms: i64,
}

impl Genesis {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Genesis {
        pb::Genesis {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Genesis.into(),
            root_key: self.root_key.to_bytes().to_vec(),
            signing_key: self.signing_key.to_bytes().to_vec(),
            ledger_key: self.ledger_key.to_bytes().to_vec(),
            created_at_ms: self.created_at_ms,
        }
    }

    pub(super) fn from_pb(message: &pb::Genesis) -> Result<Self, WireError> {
        Ok(Self {
            root_key: key("root_key", &message.root_key)?,
            signing_key: key("signing_key", &message.signing_key)?,
            ledger_key: key("ledger_key", &message.ledger_key)?,
            created_at_ms: message.created_at_ms,
        })
    }
}

fn cover_to_pb(cover: &Cover) -> pb::Cover {
    pb::Cover {
        territory: cover.territory.to_string(),
        source: text(cover.source.as_ref()),
        from_day: cover.from.number(),
        until_day: cover.until.map(Day::number),
        daily_from_day: cover.daily_from.number(),
    }
}

fn cover_from_pb(message: &pb::Cover) -> Result<Cover, WireError> {
    let day = |field, number| Day::new(number).ok_or_else(|| WireError::field(field, "вне календаря"));
    let until = message
        .until_day
        .map(|number| day("covers.until_day", number))
        .transpose()?;
    let from = day("covers.from_day", message.from_day)?;
    if until.is_some_and(|until| until <= from) {
        return Err(WireError::field("covers.until_day", "не позже первого дня"));
    }
    Ok(Cover {
        territory: id("covers.territory", &message.territory)?,
        source: optional("covers.source", &message.source)?,
        from,
        until,
        daily_from: day("covers.daily_from_day", message.daily_from_day)?,
    })
}

/// A member as its parent registers it. The latest membership of a node in the ledger counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The member.
    pub member: NodeId,
    /// Its key epoch.
    pub member_epoch: u32,
    /// Key of its statements.
    pub signing_key: VerifyingKey,
    /// Key of its checkpoints.
    pub ledger_key: VerifyingKey,
    /// SHA-256 of the `SubjectPublicKeyInfo` of its TLS key.
    pub tls_key: Digest,
    /// The same of its CA key, when it accepts children.
    pub ca_key: Option<Digest>,
    /// Its parent.
    pub parent: NodeId,
    /// The member that runs this node for it, if another does.
    pub hosted_by: Option<NodeId>,
    /// Zone whose civil days its sheets are.
    pub zone: Zone,
    /// What it answers for; at least one.
    pub covers: Vec<Cover>,
    /// Id of the invitation that was used.
    pub invitation: Code,
    /// Unix milliseconds.
    pub joined_at_ms: i64,
}

impl Membership {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Membership {
        pb::Membership {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Membership.into(),
            member: self.member.to_string(),
            member_epoch: self.member_epoch,
            signing_key: self.signing_key.to_bytes().to_vec(),
            ledger_key: self.ledger_key.to_bytes().to_vec(),
            tls_key_sha256: self.tls_key.as_bytes().to_vec(),
            ca_key_sha256: self.ca_key.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
            parent: self.parent.to_string(),
            hosted_by: text(self.hosted_by.as_ref()),
            zone: self.zone.to_string(),
            covers: self.covers.iter().map(cover_to_pb).collect(),
            invitation: self.invitation.to_string(),
            joined_at_ms: self.joined_at_ms,
        }
    }

    pub(super) fn from_pb(message: &pb::Membership) -> Result<Self, WireError> {
        if message.covers.is_empty() {
            return Err(WireError::field("covers", "участник должен за что-то отвечать"));
        }
        if message.member_epoch == 0 {
            return Err(WireError::field("member_epoch", "счёт начинается с 1"));
        }
        Ok(Self {
            member: id("member", &message.member)?,
            member_epoch: message.member_epoch,
            signing_key: key("signing_key", &message.signing_key)?,
            ledger_key: key("ledger_key", &message.ledger_key)?,
            tls_key: hash("tls_key_sha256", &message.tls_key_sha256)?,
            ca_key: optional_hash("ca_key_sha256", &message.ca_key_sha256)?,
            parent: id("parent", &message.parent)?,
            hosted_by: optional("hosted_by", &message.hosted_by)?,
            zone: id("zone", &message.zone)?,
            covers: message.covers.iter().map(cover_from_pb).collect::<Result<_, _>>()?,
            invitation: id("invitation", &message.invitation)?,
            joined_at_ms: message.joined_at_ms,
        })
    }
}
