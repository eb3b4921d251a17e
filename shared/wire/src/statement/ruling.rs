//! What a parent says of others' entries, and the dictionary it puts in force.

use domain::{Code, NodeId};
use seal::Digest;

use super::{BodyRef, Preamble, hash, id};
use crate::canonical::WireError;
use crate::pb;

/// A federation file in force from here on; its body is the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionaryInForce {
    /// Version as the file says it.
    pub version: Code,
    /// The file: its SHA-256 is the dictionary hash that sheets name.
    pub body: BodyRef,
}

impl DictionaryInForce {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Dictionary {
        pb::Dictionary {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Dictionary.into(),
            version: self.version.to_string(),
            body_length: self.body.length,
            body_sha256: self.body.digest.as_bytes().to_vec(),
        }
    }

    pub(super) fn from_pb(message: &pb::Dictionary) -> Result<Self, WireError> {
        Ok(Self {
            version: id("version", &message.version)?,
            body: BodyRef {
                length: message.body_length,
                digest: hash("body_sha256", &message.body_sha256)?,
            },
        })
    }
}

/// A parent's word that an entry of a child was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Author of the refused statement.
    pub node: NodeId,
    /// Its key epoch.
    pub epoch: u32,
    /// Its author sequence.
    pub sequence: u64,
    /// Its statement hash.
    pub statement: Digest,
    /// Its leaf hash in the child's ledger.
    pub leaf: Digest,
    /// Child whose ledger brought it.
    pub delivered_by: NodeId,
    /// Position in that ledger.
    pub position: u64,
    /// Stable code of the reason.
    pub reason: Code,
}

impl Refusal {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Refusal {
        pb::Refusal {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Refusal.into(),
            refused_node: self.node.to_string(),
            refused_epoch: self.epoch,
            refused_sequence: self.sequence,
            statement_hash: self.statement.as_bytes().to_vec(),
            leaf_hash: self.leaf.as_bytes().to_vec(),
            delivered_by: self.delivered_by.to_string(),
            position: self.position,
            reason: self.reason.to_string(),
        }
    }

    pub(super) fn from_pb(message: &pb::Refusal) -> Result<Self, WireError> {
        Ok(Self {
            node: id("refused_node", &message.refused_node)?,
            epoch: message.refused_epoch,
            sequence: message.refused_sequence,
            statement: hash("statement_hash", &message.statement_hash)?,
            leaf: hash("leaf_hash", &message.leaf_hash)?,
            delivered_by: id("delivered_by", &message.delivered_by)?,
            position: message.position,
            reason: id("reason", &message.reason)?,
        })
    }
}

/// A member's keys hold no longer, from this position of the ledger on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The member.
    pub member: NodeId,
    /// Its key epoch.
    pub member_epoch: u32,
    /// Stable code of the reason.
    pub reason: Code,
}

impl Revocation {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Revocation {
        pb::Revocation {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Revocation.into(),
            member: self.member.to_string(),
            member_epoch: self.member_epoch,
            reason: self.reason.to_string(),
        }
    }

    pub(super) fn from_pb(message: &pb::Revocation) -> Result<Self, WireError> {
        Ok(Self {
            member: id("member", &message.member)?,
            member_epoch: message.member_epoch,
            reason: id("reason", &message.reason)?,
        })
    }
}

/// What a decision rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The entry counts no longer.
    Void,
}

/// A ruling on an entry that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Author of the statement ruled on.
    pub node: NodeId,
    /// Its key epoch.
    pub epoch: u32,
    /// Its author sequence.
    pub sequence: u64,
    /// Its statement hash.
    pub statement: Digest,
    /// The ruling.
    pub ruling: Ruling,
    /// Stable code of the reason.
    pub reason: Code,
}

impl Decision {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Decision {
        let Ruling::Void = self.ruling;
        pb::Decision {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Decision.into(),
            about_node: self.node.to_string(),
            about_epoch: self.epoch,
            about_sequence: self.sequence,
            statement_hash: self.statement.as_bytes().to_vec(),
            ruling: pb::Ruling::Void.into(),
            reason: self.reason.to_string(),
        }
    }

    pub(super) fn from_pb(message: &pb::Decision) -> Result<Self, WireError> {
        if message.ruling() != pb::Ruling::Void {
            return Err(WireError::field("ruling", "неизвестное решение"));
        }
        Ok(Self {
            node: id("about_node", &message.about_node)?,
            epoch: message.about_epoch,
            sequence: message.about_sequence,
            statement: hash("statement_hash", &message.statement_hash)?,
            ruling: Ruling::Void,
            reason: id("reason", &message.reason)?,
        })
    }
}
