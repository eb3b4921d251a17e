//! The frames of the entries file as bytes, and back. The only room here that names generated types.

use domain::NodeId;
use prost::Message;
use seal::Digest;
use seal::merkle::Frontier;
use wire::pb;
use wire::pb::ledger_frame::Frame as PbFrame;

use crate::cursor::CursorRecord;
use crate::store::NewEntry;

/// An entry frame, with the frame of its body by sequence; 0 when there is none.
#[derive(Clone, Debug)]
pub(crate) struct EntryFrame {
    pub(crate) position: u64,
    pub(crate) received_at_ms: i64,
    pub(crate) delivered: Option<(NodeId, u64)>,
    pub(crate) envelope: Vec<u8>,
    pub(crate) body_frame: u64,
}

/// A frame of the entries file.
pub(crate) enum Frame {
    Entry(EntryFrame),
    Cursor(CursorRecord),
}

/// The bytes of an entry frame.
pub(crate) fn encode_entry(position: u64, entry: &NewEntry, body_frame: u64) -> Vec<u8> {
    let (delivered_by, delivered_position) = entry
        .delivered
        .as_ref()
        .map_or((String::new(), 0), |(child, position)| (child.to_string(), *position));
    let frame = pb::EntryFrame {
        position,
        received_at_ms: entry.received_at_ms,
        delivered_by,
        delivered_position,
        envelope: entry.envelope.clone(),
        body_frame,
    };
    pb::LedgerFrame {
        frame: Some(PbFrame::Entry(frame)),
    }
    .encode_to_vec()
}

/// The bytes of a cursor frame.
pub(crate) fn encode_cursor(cursor: &CursorRecord) -> Vec<u8> {
    let frame = pb::CursorFrame {
        child: cursor.child.to_string(),
        origin: cursor.origin.clone(),
        position: cursor.frontier.size(),
        right_edge: cursor
            .frontier
            .hashes()
            .iter()
            .map(|hash| hash.as_bytes().to_vec())
            .collect(),
        checkpoint: cursor.checkpoint.clone(),
    };
    pb::LedgerFrame {
        frame: Some(PbFrame::Cursor(frame)),
    }
    .encode_to_vec()
}

/// Reads a frame that this program wrote; the error says what is wrong with it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Frame, String> {
    let message = pb::LedgerFrame::decode(bytes).map_err(|error| error.to_string())?;
    match message.frame.ok_or("пустой кадр")? {
        PbFrame::Entry(frame) => entry(frame).map(Frame::Entry),
        PbFrame::Cursor(frame) => cursor(frame).map(Frame::Cursor),
    }
}

fn entry(frame: pb::EntryFrame) -> Result<EntryFrame, String> {
    let delivered = if frame.delivered_by.is_empty() {
        None
    } else {
        let child = NodeId::new(&frame.delivered_by).map_err(|error| error.to_string())?;
        Some((child, frame.delivered_position))
    };
    Ok(EntryFrame {
        position: frame.position,
        received_at_ms: frame.received_at_ms,
        delivered,
        envelope: frame.envelope,
        body_frame: frame.body_frame,
    })
}

fn cursor(frame: pb::CursorFrame) -> Result<CursorRecord, String> {
    let hashes: Result<Vec<Digest>, _> = frame
        .right_edge
        .iter()
        .map(|hash| Digest::try_from(hash.as_slice()))
        .collect();
    let hashes = hashes.map_err(|error| error.to_string())?;
    Ok(CursorRecord {
        child: NodeId::new(&frame.child).map_err(|error| error.to_string())?,
        origin: frame.origin,
        frontier: Frontier::from_parts(frame.position, hashes).map_err(|error| error.to_string())?,
        checkpoint: frame.checkpoint,
    })
}
