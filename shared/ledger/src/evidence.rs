//! What was refused, kept as it came: the proof for a talk about it, bounded so that nobody fills the disk with it.
//!
//! Of a signed statement the whole envelope and body are kept; of bytes that nobody vouches for, the first 1 KiB. These
//! frames are no part of the ledger: the refusal itself is a statement there.

use std::collections::HashSet;
use std::path::Path;

use domain::{Code, NodeId};
use journal::{Journal, Location, OpenError, Truncation};
use seal::Digest;

use crate::error::StoreError;

/// Most bytes kept, 64 MiB, and most items: about 6 KiB each.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_ITEMS: usize = 10_000;
/// Of an envelope without a good signature.
const SAMPLE_BYTES: usize = 1024;

/// An entry that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedItem {
    /// Its author, or the child that delivered it when nothing vouches for an author.
    pub node: NodeId,
    /// The child whose ledger brought it.
    pub delivered_by: NodeId,
    /// Position in that ledger.
    pub position: u64,
    /// Stable code of the reason.
    pub reason: Code,
    /// Leaf hash of the envelope.
    pub leaf: Digest,
    /// Unix milliseconds.
    pub received_at_ms: i64,
}

/// What is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The envelope, or its first 1 KiB when its signature was not good.
    pub envelope: Vec<u8>,
    /// The body, when there was one under a good signature.
    pub body: Option<Vec<u8>>,
}

/// The files of evidence.
pub(crate) struct Evidence {
    journal: Journal,
    items: Vec<(RefusedItem, Location)>,
    known: HashSet<(NodeId, u64, Digest)>,
    bytes: u64,
}

impl Evidence {
    /// Opens the files in `directory`.
    pub(crate) fn open(directory: &Path) -> Result<(Self, Option<Truncation>), StoreError> {
        let mut items = Vec::new();
        let mut bytes = 0;
        let mut visit = |frame: journal::FrameRef<'_>| {
            let unreadable = || StoreError::Damaged {
                position: frame.sequence,
                reason: "кадр свидетельства не читается".to_owned(),
            };
            let (item, _) = decode(frame.payload).ok_or_else(unreadable)?;
            bytes += frame.payload.len() as u64;
            items.push((item, frame.location));
            Ok::<_, StoreError>(())
        };
        let opened = Journal::open(directory, journal::Options::default(), &mut visit);
        let (journal, recovery) = opened.map_err(|error| match error {
            OpenError::Journal(error) => error.into(),
            OpenError::Visit(error) => error,
        })?;
        let known = items.iter().map(|(item, _)| key(item)).collect();
        Ok((
            Self {
                journal,
                items,
                known,
                bytes,
            },
            recovery.truncated,
        ))
    }

    /// Keeps an item, unless it is kept already or the bound is reached. Durable after [`Evidence::sync`].
    pub(crate) fn keep(&mut self, item: RefusedItem, kept: &Kept) -> Result<(), StoreError> {
        let payload = encode(&item, kept);
        let full = self.items.len() >= MAX_ITEMS || self.bytes + payload.len() as u64 > MAX_BYTES;
        if full || !self.known.insert(key(&item)) {
            return Ok(());
        }
        let location = self.journal.append(&payload)?;
        self.bytes += payload.len() as u64;
        self.items.push((item, location));
        Ok(())
    }

    /// Makes everything kept durable.
    pub(crate) fn sync(&mut self) -> Result<(), StoreError> {
        Ok(self.journal.sync()?)
    }

    /// Everything that was refused, oldest first.
    pub(crate) fn items(&self) -> impl ExactSizeIterator<Item = &RefusedItem> {
        self.items.iter().map(|(item, _)| item)
    }

    /// What is kept of the item with this number in the list.
    pub(crate) fn read(&self, number: usize) -> Result<Option<Kept>, StoreError> {
        let Some((_, location)) = self.items.get(number) else {
            return Ok(None);
        };
        Ok(decode(&self.journal.read(*location)?).map(|(_, kept)| kept))
    }
}

/// What to keep of an entry.
pub(crate) fn worth_keeping(envelope: &[u8], body: Option<&Vec<u8>>, is_signed: bool) -> Kept {
    if is_signed {
        Kept {
            envelope: envelope.to_vec(),
            body: body.cloned(),
        }
    } else {
        Kept {
            envelope: envelope.iter().copied().take(SAMPLE_BYTES).collect(),
            body: None,
        }
    }
}

fn key(item: &RefusedItem) -> (NodeId, u64, Digest) {
    (item.delivered_by.clone(), item.position, item.leaf)
}

/// Two numbers, then the other fields, each behind its length; the body, if any, is the last.
fn encode(item: &RefusedItem, kept: &Kept) -> Vec<u8> {
    let mut bytes = [item.received_at_ms.to_le_bytes(), item.position.to_le_bytes()].concat();
    let texts = [item.node.as_str(), item.delivered_by.as_str(), item.reason.as_str()].map(str::as_bytes);
    let fields = texts
        .into_iter()
        .chain([&item.leaf.as_bytes()[..], &kept.envelope])
        .chain(kept.body.as_deref());
    for field in fields {
        bytes.extend((field.len() as u64).to_le_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<(RefusedItem, Kept)> {
    let (received_at_ms, rest) = bytes.split_first_chunk()?;
    let (position, rest) = rest.split_first_chunk()?;
    let mut rest = rest;
    let mut field = || {
        let (length, tail) = rest.split_first_chunk()?;
        let (field, tail) = tail.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        rest = tail;
        Some(field)
    };
    let mut text = || field().and_then(|bytes| std::str::from_utf8(bytes).ok());
    let item = RefusedItem {
        node: text()?.parse().ok()?,
        delivered_by: text()?.parse().ok()?,
        position: u64::from_le_bytes(*position),
        reason: text()?.parse().ok()?,
        leaf: Digest::try_from(field()?).ok()?,
        received_at_ms: i64::from_le_bytes(*received_at_ms),
    };
    let envelope = field()?.to_vec();
    Some((
        item,
        Kept {
            envelope,
            body: field().map(<[u8]>::to_vec),
        },
    ))
}
