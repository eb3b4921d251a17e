//! What a parent hands down: its own dictionaries, and the refusals, revocations and decisions that concern the caller.

use domain::NodeId;
use runtime::status::refusal;
use tonic::{Code, Status};
use wire::pb;
use wire::{Statement, envelope};

use super::Parent;
use super::replicate::raw;
use crate::held;

/// Entries looked through in one call: a page, so that nobody holds the ledger for long.
const PAGE: u64 = 512;

impl Parent {
    /// One page of what comes down, each entry with its proof.
    pub(super) fn down(&self, child: &NodeId, asked: pb::FetchDownRequest) -> Result<pb::FetchDownResponse, Status> {
        let from = asked.from_position;
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "the ledger could not be read");
            refusal(
                Code::Unavailable,
                "STORAGE_FAILED",
                "журнал не читается; повторите позже",
            )
        };
        let ledger = held(&self.ledger);
        let size = ledger.size();
        let until = size.min(from.saturating_add(PAGE));
        let mut entries = Vec::new();
        for stored in ledger.entries(from.min(until)..until).map_err(|e| failed(&e))? {
            if stored.delivered_by.is_some() || !concerns(&stored.envelope, child) {
                continue;
            }
            let body = if stored.has_body {
                ledger.body(stored.position).map_err(|e| failed(&e))?
            } else {
                None
            };
            entries.push(pb::DownEntry {
                position: stored.position,
                inclusion: raw(&ledger.prove_inclusion(stored.position, size)),
                envelope: stored.envelope,
                body: body.unwrap_or_default(),
            });
        }
        // A child that remembers more than we have gets no proof: it will see the rewind and keep its evidence.
        let remembered = asked.remembered_size;
        let consistency = if remembered <= size {
            ledger.prove_consistency(remembered, size)
        } else {
            Vec::new()
        };
        Ok(pb::FetchDownResponse {
            consistency: raw(&consistency),
            entries,
            checkpoint: ledger.checkpoint(),
            next_position: until,
        })
    }
}

/// Whether a statement of our own is for this child.
fn concerns(sealed: &[u8], child: &NodeId) -> bool {
    let Ok(envelope) = envelope::decode(sealed) else {
        return false;
    };
    match Statement::decode(&envelope.payload_type, &envelope.payload) {
        Ok((_, Statement::Dictionary(_))) => true,
        Ok((_, Statement::Membership(membership))) => membership.member == *child,
        Ok((_, Statement::Revocation(revocation))) => revocation.member == *child,
        Ok((_, Statement::Decision(decision))) => decision.node == *child,
        _ => false,
    }
}
