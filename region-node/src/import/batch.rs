//! Rows gathered into batches, with everything that was found out about them before the node was asked.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use wire::pb;

use super::conversation::Told;
use super::error::ImportError;
use super::profile::Profile;
use super::reader::RowReader;
use super::rows::{self, Note, RowRejection};

/// Rows in a batch: the service's limit of items.
pub const ROWS_MAX: usize = 1_000;
/// Encoded size at which a batch is closed early; one item more stays far under gRPC's 4 MiB.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Ids remembered to find repeats inside the file: 16 bytes and some slack each, 64 MiB in all. Beyond that, only
/// repeats of these are told.
const IDS_MAX: usize = 2_000_000;

/// Rows on their way to the node.
#[derive(Debug, Default)]
pub struct Batch {
    /// What is told.
    pub request: pb::IngestRequest,
    /// The line of each item.
    pub lines: Vec<u64>,
    /// Rows in it, taken and rejected.
    pub rows: u64,
    /// Rows that became no item.
    pub rejected: Vec<RowRejection>,
    /// Stamps in no known format.
    pub unread: Vec<Note>,
    /// Values of `addressed_to` that are none of the three.
    pub unmatched: Vec<Note>,
    /// Lines whose id stood before, with the line where it stood first.
    pub repeats: Vec<(u64, u64)>,
    bytes: usize,
}

impl Told for Batch {
    fn request(&self) -> &pb::IngestRequest {
        &self.request
    }
}

/// What all batches of one run share.
#[derive(Clone, Debug)]
pub struct Common {
    /// How rows are read.
    pub profile: Arc<Profile>,
    /// Version of rows that bring none.
    pub as_of: Option<Timestamp>,
    /// The intake they belong to.
    pub intake_id: String,
    /// Only say what would happen.
    pub validate_only: bool,
    /// Bytes that make the ids of this run's batches its own.
    pub run: [u8; 16],
    /// SHA-256 of the file.
    pub file: [u8; 32],
}

impl Common {
    /// The id of a batch: the same whenever this run tells it again, another in every other run, so that a second
    /// import of a file learns what became of it now and not what it was told the first time.
    fn batch_id(&self, number: u64) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.run);
        hasher.update(self.file);
        hasher.update(number.to_be_bytes());
        hasher.update(self.profile.label.as_bytes());
        hex::encode(&hasher.finalize()[..16])
    }

    fn batch(&self, number: u64) -> Batch {
        let request = pb::IngestRequest {
            request_id: self.batch_id(number),
            intake_id: self.intake_id.clone(),
            items: Vec::new(),
            validate_only: self.validate_only,
        };
        Batch {
            request,
            ..Batch::default()
        }
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.lines.len() + self.rejected.len() >= ROWS_MAX || self.bytes >= BYTES_MAX
    }
}

/// Reads the whole file into `out`, waiting whenever that is full; ends early when nobody reads on. Blocks.
pub fn gather(mut reader: RowReader, common: &Common, out: &mpsc::Sender<Result<Batch, ImportError>>) {
    let mut ids = Ids::default();
    let mut batch = common.batch(0);
    let mut number = 0;
    let failed = loop {
        match next(&mut reader, common, &mut ids, &mut batch) {
            Ok(true) if !batch.is_full() => {}
            Ok(more) => {
                number += 1;
                let full = std::mem::replace(&mut batch, common.batch(number));
                if out.blocking_send(Ok(full)).is_err() || !more {
                    return;
                }
            }
            Err(error) => break error,
        }
    };
    // Nobody to tell means that the other side failed first.
    let _ = out.blocking_send(Err(failed));
}

fn next(reader: &mut RowReader, common: &Common, ids: &mut Ids, batch: &mut Batch) -> Result<bool, ImportError> {
    let Some(row) = reader.next_row()? else {
        return Ok(false);
    };
    batch.rows += 1;
    match rows::parse(&common.profile, &row, common.as_of) {
        Err(rejection) => batch.rejected.push(rejection),
        Ok(parsed) => {
            batch
                .repeats
                .extend(ids.seen(&parsed.item, row.line).map(|first| (row.line, first)));
            batch.unread.extend(parsed.unread);
            batch.unmatched.extend(parsed.unmatched);
            batch.bytes += parsed.item.encoded_len();
            batch.lines.push(row.line);
            batch.request.items.push(parsed.item);
        }
    }
    Ok(true)
}

/// The ids met so far, by a keyed 64-bit hash: two of two million meet by chance once in ten million files.
#[derive(Default)]
struct Ids {
    keys: RandomState,
    lines: HashMap<u64, u64>,
}

impl Ids {
    /// The line where the item's id stood first, if it did.
    fn seen(&mut self, item: &pb::IngestItem, line: u64) -> Option<u64> {
        let incident = item.incident.as_ref()?;
        let key = self.keys.hash_one((&incident.source, &incident.external_id));
        if let Some(&first) = self.lines.get(&key) {
            return Some(first);
        }
        if self.lines.len() < IDS_MAX {
            self.lines.insert(key, line);
        }
        None
    }
}
