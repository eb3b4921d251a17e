//! One function a decoder: bytes in, nothing out, a panic when the decoder breaks its promise.
//!
//! The promise is the same everywhere: any bytes are read without a panic, what is read is within its bounds, and where
//! a format is canonical, bytes that are taken are exactly those that the encoder writes for what was read.

use std::fs;

use domain::sheet::MAX_CELLS;
use domain::tally::{DurationTally, TallyKind};
use domain::{Code, Histogram, Period, SheetPeriod, Tally};
use federation::Invitation;
use indicatif::ProgressBar;
use prost::Message;
use region_node::import::Profile;
use region_node::import::examine::examine;
use region_node::import::reader::RowReader;
use seal::{Checkpoint, Envelope, SigningKey};
use wire::{Statement, body, envelope, pb, record};

/// The kinds of statements by the type that travels with them, and one that nobody knows.
const KINDS: [&str; 8] = [
    "genesis.v1",
    "membership.v1",
    "dictionary.v1",
    "sheet.v1",
    "refusal.v1",
    "revocation.v1",
    "decision.v1",
    "other.v9",
];
/// Whose checkpoint is asked for.
pub const ORIGIN: &str = "ru/hub/1";

pub fn key() -> SigningKey {
    SigningKey::from_seed([2; 32])
}

/// An envelope, in its own form and in DSSE JSON.
pub fn an_envelope(bytes: &[u8]) {
    if let Ok(read) = envelope::decode(bytes) {
        assert_eq!(envelope::encode(&read), bytes);
        assert_eq!(Envelope::from_dsse_json(&read.to_dsse_json()), Ok(read));
    }
    let _ = Envelope::from_dsse_json(&String::from_utf8_lossy(bytes));
}

/// A payload as each kind of statement.
pub fn a_statement(bytes: &[u8]) {
    for kind in KINDS {
        let kind = format!("application/vnd.svodka.{kind}+proto");
        match Statement::decode(&kind, bytes) {
            Ok((_, Statement::Unknown(_))) | Err(_) => {}
            Ok((place, said)) => assert_eq!(said.encode(&place).unwrap(), bytes, "{kind}"),
        }
    }
}

/// A body, under a dictionary that knows every measure.
pub fn a_body(bytes: &[u8]) {
    let kind_of = |measure: &Code| {
        Some(match measure.as_str() {
            "response.time" => TallyKind::Duration,
            "response.within_norm" => TallyKind::Ratio,
            "pages.subscribers" => TallyKind::Stock,
            _ => TallyKind::Flow,
        })
    };
    if let Ok(read) = body::decode(bytes, kind_of) {
        assert!(read.cells.len() <= MAX_CELLS);
        assert_eq!(body::encode(&read), bytes);
    }
}

/// Two tallies made of the bytes: whatever is taken merges to the same in both orders, or overflows in both.
pub fn tallies(bytes: &[u8]) {
    let (left, right) = bytes.split_at(bytes.len() / 2);
    let [left, right] = [left, right].map(duration);
    let (Some(left), Some(right)) = (left, right) else {
        return;
    };
    let merged = |mut into: DurationTally, from: &DurationTally| into.merge(from).map(|()| into);
    let (one, other) = (merged(left.clone(), &right), merged(right, &left));
    assert_eq!(one, other);
    if let Ok(sum) = one {
        assert!(sum.n_hist() <= sum.n());
        let _ = (sum.mean_s(), sum.histogram().quantile(9, 10), Tally::Duration(sum));
    }
}

fn duration(bytes: &[u8]) -> Option<DurationTally> {
    let mut numbers = bytes
        .chunks_exact(8)
        .map(|chunk| u64::from_le_bytes(chunk.try_into().unwrap()));
    let (n, sum_s, negative) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let pairs = numbers.map(|number| (u16::try_from(number & 0x7ff).unwrap(), number >> 11));
    let histogram = Histogram::from_pairs(pairs.collect()).ok()?;
    DurationTally::from_parts(n, sum_s, negative, histogram).ok()
}

/// The payload of a frame: of a journal, a ledger, an uplink's memory.
pub fn a_frame(bytes: &[u8]) {
    if let Ok(frame) = pb::JournalFrame::decode(bytes)
        && let Some(pb::journal_frame::Frame::Items(items)) = frame.frame
    {
        for item in items.items {
            if let Some(pb::journal_item::Item::Record(written)) = item.item
                && let Ok(read) = record::from_pb(&written)
            {
                assert_eq!(record::from_pb(&record::to_pb(&read)).unwrap(), read);
            }
        }
    }
    if let Ok(frame) = pb::LedgerFrame::decode(bytes)
        && let Some(pb::ledger_frame::Frame::Entry(entry)) = frame.frame
    {
        an_envelope(&entry.envelope);
    }
    let _ = pb::UplinkFrame::decode(bytes);
}

/// A file of frames: what is torn is cut, what is damaged stops, and what is replayed was written.
pub fn a_segment(bytes: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("00000000000000000001.seg"), bytes).unwrap();
    let mut payloads = 0;
    let mut visit = |frame: journal::FrameRef<'_>| {
        payloads += frame.payload.len();
        Ok::<_, std::convert::Infallible>(())
    };
    let _ = journal::Journal::open(directory.path(), journal::Options::default(), &mut visit);
    assert!(payloads <= bytes.len());
}

/// The signed head of a ledger.
pub fn a_checkpoint(bytes: &[u8]) {
    let note = String::from_utf8_lossy(bytes);
    if let Ok(read) = Checkpoint::open(&note, ORIGIN, &key().verifying_key()) {
        assert_eq!(
            (read.origin.as_str(), read.size),
            (ORIGIN, 9),
            "nothing else was ever signed"
        );
    }
}

/// A file of rows.
pub fn rows(bytes: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rows.csv");
    fs::write(&path, bytes).unwrap();
    let profile = Profile::load("svodka").unwrap();
    let bar = ProgressBar::hidden();
    let Ok(examined) = examine(&path, &profile, &bar) else {
        return;
    };
    let Ok(mut reader) = RowReader::open(&path, &profile, &examined, &bar) else {
        return;
    };
    while let Ok(Some(row)) = reader.next_row() {
        let _ = region_node::import::rows::parse(&profile, &row, None);
    }
}

/// What is asked for in a question: a period, a scope, a day.
pub fn a_question(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(period) = text.parse::<Period>() {
        assert_eq!(period.to_string().parse::<Period>().as_ref(), Ok(&period), "{text}");
        assert!(period.first() <= period.last());
    }
    if let Ok(period) = text.parse::<SheetPeriod>() {
        assert_eq!(period.to_string().parse::<SheetPeriod>(), Ok(period), "{text}");
    }
    if let Ok(code) = Code::new(&text) {
        assert_eq!(code.as_str(), text);
        assert!(code.as_str().len() <= 256);
    }
}

/// A request to join: nothing passes for proven but what its keys signed.
pub fn a_join_request(bytes: &[u8]) {
    if let Ok(request) = pb::JoinRequest::decode(bytes)
        && federation::proof::check_join(&request).is_ok()
    {
        assert_eq!(request.encode_to_vec(), join_request(), "nothing else was ever signed");
    }
}

/// The one request that was signed.
pub fn join_request() -> Vec<u8> {
    let mut request = pb::JoinRequest {
        invitation: "0123456789abcdef".into(),
        secret: vec![7; 16],
        certificate_request: "-----BEGIN CERTIFICATE REQUEST-----".into(),
        signing_key: key().verifying_key().to_bytes().to_vec(),
        ledger_key: SigningKey::from_seed([3; 32]).verifying_key().to_bytes().to_vec(),
        ..Default::default()
    };
    federation::proof::sign_join(&mut request, &key(), &SigningKey::from_seed([3; 32]));
    request.encode_to_vec()
}

/// The text of an invitation.
pub fn an_invitation(bytes: &[u8]) {
    if let Ok(read) = String::from_utf8_lossy(bytes).parse::<Invitation>() {
        assert_eq!(read.to_string().parse::<Invitation>().unwrap(), read);
    }
}
