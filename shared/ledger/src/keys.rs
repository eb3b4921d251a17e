//! What an entry is found by: the keys of the index, fixed in width and big-endian, each prefixed with its kind.
//!
//! A node stands in a key as the first 16 bytes of the SHA-256 of its id, so that no id is the beginning of another's key.

use domain::{NodeId, SheetPeriod};
use seal::Digest;
use wire::{Statement, envelope};

/// The key of a statement by its hash.
pub(crate) fn statement(hash: &Digest) -> Vec<u8> {
    [&b"s"[..], hash.as_bytes()].concat()
}

/// The key of a statement by its place in its author's chain.
pub(crate) fn sequence(node: &NodeId, epoch: u32, sequence: u64) -> Vec<u8> {
    [&b"a"[..], &short(node), &epoch.to_be_bytes(), &sequence.to_be_bytes()].concat()
}

/// The key of a sheet.
pub(crate) fn period(node: &NodeId, period: SheetPeriod, revision: u32) -> Vec<u8> {
    let granularity = [period.granularity() as u8];
    // The sign bit is turned, so that days before 1970 sort before the others.
    let first = (period.first().number() ^ i32::MIN).to_be_bytes();
    [&b"p"[..], &short(node), &granularity, &first, &revision.to_be_bytes()].concat()
}

/// The key of a refusal by what was refused.
pub(crate) fn refusal(author: &NodeId, child: &NodeId, position: u64) -> Vec<u8> {
    [&b"r"[..], &short(author), &short(child), &position.to_be_bytes()].concat()
}

/// All keys of an entry. Everything that stands in a ledger can be read; the error says why this cannot.
pub(crate) fn of(envelope_bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let envelope = envelope::decode(envelope_bytes).map_err(|error| error.to_string())?;
    let (head, said) =
        Statement::decode(&envelope.payload_type, &envelope.payload).map_err(|error| error.to_string())?;
    let mut keys = vec![
        statement(&envelope.statement_hash()),
        sequence(&head.node, head.epoch, head.sequence),
    ];
    match said {
        Statement::Sheet(sheet) => keys.push(period(&head.node, sheet.facts.period, sheet.facts.revision)),
        Statement::Refusal(refused) => keys.push(refusal(&head.node, &refused.delivered_by, refused.position)),
        _ => {}
    }
    Ok(keys)
}

fn short(node: &NodeId) -> [u8; 16] {
    let digest = Digest::of(node.as_str().as_bytes());
    *digest.as_bytes().first_chunk().expect("a digest has 32 bytes")
}
