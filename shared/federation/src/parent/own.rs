//! Giving a member its own ledger back: what was taken of it, byte for byte, in its order.
//!
//! What was refused is given from the evidence, as far as that is kept. A page looks through so many entries and no more;
//! the caller says where to look on. Knows nothing of why the member asks.

use domain::NodeId;
use ledger::{Ledger, LedgerError, StoredEntry};
use runtime::status::refusal;
use seal::merkle::leaf_hash;
use tonic::{Code, Request, Response, Status};
use wire::pb;
use wire::pb::recovery_service_server::RecoveryService;
use wire::{Statement, envelope};

use super::Parent;
use crate::{BATCH_BYTES, held};

/// Entries looked through in one call, so that nobody holds the ledger for long.
const PAGE: u64 = 512;

#[tonic::async_trait]
impl RecoveryService for Parent {
    async fn fetch_own(&self, request: Request<pb::FetchOwnRequest>) -> Result<Response<pb::FetchOwnResponse>, Status> {
        let child = self.caller(request.extensions())?;
        self.own(&child, &request.into_inner()).map(Response::new)
    }
}

impl Parent {
    fn own(&self, child: &NodeId, asked: &pb::FetchOwnRequest) -> Result<pb::FetchOwnResponse, Status> {
        let ledger = held(&self.ledger);
        let epoch = ledger.member(child).map_or(0, |keys| keys.membership.member_epoch);
        let expected = format!("{}/{child}/{epoch}", ledger.federation_id());
        if asked.origin != expected {
            let message = format!("ожидается журнал {expected}, предложен {}", asked.origin);
            return Err(refusal(Code::FailedPrecondition, "ORIGIN_MISMATCH", message));
        }
        page(&ledger, child, epoch, asked).map_err(|error| {
            tracing::error!(%error, "the ledger could not be read");
            let message = "журнал не читается; повторите позже";
            refusal(Code::Unavailable, "STORAGE_FAILED", message)
        })
    }
}

fn page(
    ledger: &Ledger,
    child: &NodeId,
    epoch: u32,
    asked: &pb::FetchOwnRequest,
) -> Result<pb::FetchOwnResponse, LedgerError> {
    let cursor = ledger.cursor(child);
    let mut page = pb::FetchOwnResponse {
        cursor: cursor.position,
        cursor_root: cursor.root.as_bytes().to_vec(),
        next_parent_position: ledger.size(),
        last: true,
        entries: Vec::new(),
    };
    if asked.from_position >= cursor.position {
        return Ok(page);
    }
    let from = match asked.from_parent_position {
        0 => began(ledger, child, epoch)?,
        from => from,
    };
    let until = ledger.size().min(from.saturating_add(PAGE));
    let mut bytes = 0;
    page.next_parent_position = until;
    page.last = until == ledger.size();
    for stored in ledger.entries(from.min(until)..until)? {
        let at = stored.position;
        let Some(own) = entry(ledger, child, asked.from_position, stored)? else {
            continue;
        };
        bytes += own.envelope.len() + own.body.as_ref().map_or(0, Vec::len);
        if bytes > BATCH_BYTES && !page.entries.is_empty() {
            page.next_parent_position = at;
            page.last = false;
            break;
        }
        page.entries.push(own);
    }
    Ok(page)
}

/// Where the present key epoch of a member began: its ledger began anew then, and older entries are of another one.
fn began(ledger: &Ledger, child: &NodeId, epoch: u32) -> Result<u64, LedgerError> {
    if epoch <= 1 {
        return Ok(0);
    }
    let mut from = 0;
    while from < ledger.size() {
        let entries = ledger.entries(from..from + PAGE)?;
        let registers = |stored: &StoredEntry| match said(&stored.envelope) {
            Some(Statement::Membership(membership)) => membership.member == *child && membership.member_epoch == epoch,
            _ => false,
        };
        if let Some(stored) = entries
            .iter()
            .find(|stored| stored.delivered_by.is_none() && registers(stored))
        {
            return Ok(stored.position);
        }
        from += PAGE;
    }
    Ok(from)
}

/// What an entry of ours is in the member's ledger, from a position of it on.
fn entry(ledger: &Ledger, child: &NodeId, from: u64, stored: StoredEntry) -> Result<Option<pb::OwnEntry>, LedgerError> {
    if stored.delivered_by.as_ref() == Some(child) {
        if stored.delivered_position < from {
            return Ok(None);
        }
        let body = if stored.has_body {
            ledger.body(stored.position)?
        } else {
            None
        };
        return Ok(Some(pb::OwnEntry {
            position: stored.delivered_position,
            envelope: stored.envelope,
            body,
        }));
    }
    if stored.delivered_by.is_some() {
        return Ok(None);
    }
    match said(&stored.envelope) {
        Some(Statement::Refusal(refused)) if refused.delivered_by == *child && refused.position >= from => {
            kept(ledger, &refused.leaf, refused.position).map(Some)
        }
        _ => Ok(None),
    }
}

/// What is kept of a refused entry: its bytes, or nothing.
fn kept(ledger: &Ledger, leaf: &seal::Digest, position: u64) -> Result<pb::OwnEntry, LedgerError> {
    let number = ledger
        .refusals()
        .position(|item| item.leaf == *leaf && item.position == position);
    let kept = number.map(|number| ledger.evidence(number)).transpose()?.flatten();
    let whole = kept.filter(|kept| leaf_hash(&kept.envelope) == *leaf);
    let (envelope, body) = whole.map_or((Vec::new(), None), |kept| (kept.envelope, kept.body));
    Ok(pb::OwnEntry {
        position,
        envelope,
        body,
    })
}

fn said(sealed: &[u8]) -> Option<Statement> {
    let envelope = envelope::decode(sealed).ok()?;
    Some(Statement::decode(&envelope.payload_type, &envelope.payload).ok()?.1)
}
