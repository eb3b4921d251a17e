//! The formats are fixed: what is signed or stored has these bytes, today and in ten years.
//!
//! The files of `proto/golden/` hold one format each in hexadecimal, for programs in any language. A difference here
//! means that old ledgers would no longer verify: the format needs a new version, never new golden bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use domain::cell::{Cell, CellKey, Cells, Origin};
use domain::dictionary::Stamp;
use domain::incident::{AddressedTo, Incident, Stamps};
use domain::member::Cover;
use domain::sheet::{Basis, Closure, Completeness, MeasureTotal, SheetBody, SheetFacts};
use domain::tally::{DurationTally, Tally, TallyKind};
use domain::version::{Record, Standing, VersionKey, Withdrawal};
use domain::{Code, Day, FederationId, Histogram, NodeId, SheetPeriod, Zone};
use prost::Message;
use seal::{Digest, Envelope, SigningKey, merkle};
use wire::pb::journal_frame::Frame;
use wire::pb::replicate_request::Request;
use wire::pb::replicate_response::Response;
use wire::statement::{
    BodyRef, Decision, DictionaryInForce, Genesis, Membership, Refusal, Revocation, Ruling, SheetStatement,
};
use wire::{Preamble, Statement, body, envelope, pb, record};

fn code(text: &'static str) -> Code {
    Code::literal(text)
}

fn node(id: &str) -> NodeId {
    NodeId::new(id).unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

fn preamble(author: &str, sequence: u64) -> Preamble {
    Preamble {
        federation: FederationId::new("ru").unwrap(),
        node: node(author),
        epoch: 1,
        sequence,
        previous: (sequence > 1).then(|| Digest::of(b"the statement before")),
    }
}

fn histogram() -> Histogram {
    Histogram::from_pairs(vec![(60, 1), (200, 2), (700, 1)]).unwrap()
}

fn sample_body() -> SheetBody {
    let key = |measure: &'static str, topic: &'static str| CellKey {
        measure: code(measure),
        set: code("topic"),
        values: vec![code("incident"), code("65701"), code(topic)],
    };
    let counted = |tally| Cell {
        origin: Origin::Incidents,
        snapshot: None,
        tally,
    };
    let duration = DurationTally::from_parts(5, 12_345, 1, histogram()).unwrap();
    let cells = Cells::from([
        (key("incidents.received", "roads"), counted(Tally::Flow(300))),
        (
            key("incidents.received", "waste"),
            Cell {
                origin: Origin::Totals(0),
                ..counted(Tally::Flow(7))
            },
        ),
        (key("response.time", "roads"), counted(Tally::Duration(duration))),
        (
            key("response.within_norm", "roads"),
            counted(Tally::Ratio { num: 4, den: 5 }),
        ),
        (
            key("pages.subscribers", "none"),
            Cell {
                snapshot: Some(day("2022-12-13")),
                ..counted(Tally::Stock(2_000_000))
            },
        ),
    ]);
    let measures = [
        "incidents.received",
        "response.time",
        "response.within_norm",
        "pages.subscribers",
    ];
    SheetBody {
        completeness: measures
            .map(|measure| ((code("incident"), code(measure)), Completeness::Complete))
            .into(),
        basis: vec![Basis {
            document: code("order"),
            number: code("17-р"),
            date: day("2022-01-31"),
        }],
        cells,
    }
}

fn kind_of(measure: &Code) -> TallyKind {
    match measure.as_str() {
        "response.time" => TallyKind::Duration,
        "response.within_norm" => TallyKind::Ratio,
        "pages.subscribers" => TallyKind::Stock,
        _ => TallyKind::Flow,
    }
}

fn sheet() -> Statement {
    let zone = Zone::new("Asia/Yekaterinburg").unwrap();
    let period = SheetPeriod::day(day("2022-12-13"));
    let facts = SheetFacts {
        period,
        bounds: zone.bounds(period.first()),
        closure: Closure::Closed,
        revision: 2,
        withdrawn: None,
        zone,
        tzdb: "2025b".into(),
        dictionary: *Digest::of(b"the federation file").as_bytes(),
        journal_position: 4096,
        sealed_at_ms: 1_670_961_600_000,
        cell_count: 5,
        totals: BTreeMap::from([
            (code("incidents.received"), MeasureTotal::Flow(307)),
            (code("pages.subscribers"), MeasureTotal::Stock(2_000_000)),
            (
                code("response.time"),
                MeasureTotal::Duration {
                    n: 5,
                    sum_s: 12_345,
                    n_hist: 4,
                    negative: 1,
                },
            ),
            (code("response.within_norm"), MeasureTotal::Ratio { num: 4, den: 5 }),
        ]),
    };
    Statement::Sheet(Box::new(SheetStatement {
        facts,
        body: BodyRef::of(&body::encode(&sample_body())),
    }))
}

fn membership() -> Statement {
    Statement::Membership(Membership {
        member: node("sverdlovsk"),
        member_epoch: 1,
        signing_key: key(3).verifying_key(),
        ledger_key: key(4).verifying_key(),
        tls_key: Digest::of(b"tls key"),
        ca_key: Some(Digest::of(b"ca key")),
        parent: node("hub"),
        hosted_by: Some(node("chelyabinsk")),
        zone: Zone::new("Asia/Yekaterinburg").unwrap(),
        covers: vec![Cover {
            territory: code("65"),
            source: Some(code("incident")),
            from: day("2000-01-01"),
            until: Some(day("2030-01-01")),
            daily_from: day("2021-01-01"),
        }],
        invitation: code("0123456789abcdef"),
        joined_at_ms: 1_640_995_200_000,
    })
}

fn statements() -> Vec<(&'static str, Preamble, Statement)> {
    let genesis = Genesis {
        root_key: key(1).verifying_key(),
        signing_key: key(2).verifying_key(),
        ledger_key: key(5).verifying_key(),
        created_at_ms: 1_640_995_200_000,
    };
    let dictionary = DictionaryInForce {
        version: code("1"),
        body: BodyRef::of(b"the federation file"),
    };
    let refusal = Refusal {
        node: node("sverdlovsk"),
        epoch: 1,
        sequence: 8,
        statement: Digest::of(b"statement"),
        leaf: Digest::of(b"leaf"),
        delivered_by: node("sverdlovsk"),
        position: 7,
        reason: code("OUT_OF_SCOPE"),
    };
    let revocation = Revocation {
        member: node("sverdlovsk"),
        member_epoch: 1,
        reason: code("KEY_LOST"),
    };
    let decision = Decision {
        node: node("sverdlovsk"),
        epoch: 1,
        sequence: 8,
        statement: Digest::of(b"statement"),
        ruling: Ruling::Void,
        reason: code("WRONG_FILE"),
    };
    vec![
        ("statement-genesis", preamble("hub", 1), Statement::Genesis(genesis)),
        ("statement-membership", preamble("hub", 3), membership()),
        (
            "statement-dictionary",
            preamble("hub", 2),
            Statement::Dictionary(dictionary),
        ),
        ("statement-sheet", preamble("sverdlovsk", 9), sheet()),
        ("statement-refusal", preamble("hub", 4), Statement::Refusal(refusal)),
        (
            "statement-revocation",
            preamble("hub", 5),
            Statement::Revocation(revocation),
        ),
        ("statement-decision", preamble("hub", 6), Statement::Decision(decision)),
    ]
}

fn sealed_sheet() -> Vec<u8> {
    let statement = sheet();
    let payload = statement.encode(&preamble("sverdlovsk", 9)).unwrap();
    envelope::encode(&Envelope::seal(statement.payload_type(), payload, &key(3)))
}

fn sample_record() -> Record {
    let mut stamps = Stamps::registered_at(1_670_900_000);
    stamps.set(Stamp::Final, Some(1_670_908_880));
    let incident = Incident {
        source: code("incident"),
        external_id: code("IM-42"),
        network: code("vk"),
        legal_kind: code("social_message"),
        territory: code("65701"),
        topic: code("roads"),
        addressed_to: AddressedTo::OfficialPage,
        executor: Some(code("65701-zhkh")),
        intake: None,
        stamps,
    };
    Record {
        incident,
        version: VersionKey(1_670_910_000_000),
        standing: Standing::Withdrawn(Withdrawal::Duplicate),
    }
}

fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let entry = pb::EntryFrame {
        position: 8,
        received_at_ms: 1_670_961_700_000,
        delivered_by: "sverdlovsk".into(),
        delivered_position: 7,
        envelope: sealed_sheet(),
        body_frame: 6,
    };
    let cursor = pb::CursorFrame {
        child: "sverdlovsk".into(),
        origin: "ru/sverdlovsk/1".into(),
        position: 8,
        right_edge: vec![merkle::leaf_hash(b"edge").as_bytes().to_vec()],
        checkpoint: "ru/sverdlovsk/1\n8\n".into(),
    };
    let uplink = pb::UplinkFrame {
        cursor: 8,
        checkpoint: "ru/hub/1\n9\n".into(),
        verdicts: vec![pb::RememberedVerdict {
            position: 7,
            parent_position: 8,
            refusal: vec![],
        }],
    };
    let items = pb::JournalItems {
        batch: "request-1".into(),
        items: vec![
            pb::JournalItem {
                item: Some(pb::journal_item::Item::Record(record::to_pb(&sample_record()))),
                restore: false,
                named: vec![],
            },
            pb::JournalItem {
                item: Some(pb::journal_item::Item::Unchanged(pb::IncidentReference {
                    source: "incident".into(),
                    external_id: "IM-43".into(),
                    version_ms: 5,
                })),
                restore: false,
                named: vec![],
            },
        ],
    };
    let journal = |frame| pb::JournalFrame {
        intake: "intake-1".into(),
        received_at_ms: 1_670_961_600_000,
        frame: Some(frame),
    };
    let declaration = pb::Declaration {
        source: "incident".into(),
        from_day: 18_993,
        to_day: 19_357,
        revoked: false,
    };
    let opened = pb::IntakeOpened {
        source: "incident".into(),
        profile: "svodka".into(),
        file_sha256: vec![7; 32],
        as_of_ms: 1_670_910_000_000,
    };
    vec![
        (
            "frame-entry",
            pb::LedgerFrame {
                frame: Some(pb::ledger_frame::Frame::Entry(entry)),
            }
            .encode_to_vec(),
        ),
        (
            "frame-cursor",
            pb::LedgerFrame {
                frame: Some(pb::ledger_frame::Frame::Cursor(cursor)),
            }
            .encode_to_vec(),
        ),
        ("frame-uplink", uplink.encode_to_vec()),
        ("frame-journal-opened", journal(Frame::Opened(opened)).encode_to_vec()),
        ("frame-journal-items", journal(Frame::Items(items)).encode_to_vec()),
        (
            "frame-journal-declaration",
            journal(Frame::Declaration(declaration)).encode_to_vec(),
        ),
    ]
}

fn wire_messages() -> Vec<(&'static str, Vec<u8>)> {
    let batch = pb::Batch {
        first_position: 7,
        entries: vec![pb::Entry {
            envelope: sealed_sheet(),
            body: Some(body::encode(&sample_body())),
            body_dropped: false,
        }],
        checkpoint: "ru/sverdlovsk/1\n8\n".into(),
    };
    let verdict = pb::Verdict {
        position: 7,
        verdict: Some(pb::verdict::Verdict::Taken(pb::Taken {
            position: 8,
            inclusion: vec![vec![9; 32]],
            repeated: true,
        })),
    };
    let acknowledgement = pb::Acknowledgement {
        cursor: 8,
        verdicts: vec![verdict],
        checkpoint: "ru/hub/1\n9\n".into(),
        consistency: vec![vec![8; 32]],
    };
    vec![
        (
            "wire-batch",
            pb::ReplicateRequest {
                request: Some(Request::Batch(batch)),
            }
            .encode_to_vec(),
        ),
        (
            "wire-acknowledgement",
            pb::ReplicateResponse {
                response: Some(Response::Acknowledgement(acknowledgement)),
            }
            .encode_to_vec(),
        ),
    ]
}

/// Compares with the golden file; a format without one gets it written, and the test fails once to say so.
fn matches_golden(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../proto/golden")
        .join(format!("{name}.hex"));
    let hex = hex::encode(bytes);
    let lines: Vec<&str> = hex
        .as_bytes()
        .chunks(96)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let Ok(golden) = fs::read_to_string(&path) else {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        panic!("{name} had no golden bytes; they are written, look at them and run again");
    };
    assert_eq!(
        golden.replace('\n', ""),
        hex,
        "{name} is no longer what old ledgers hold"
    );
}

#[test]
fn every_statement_has_its_golden_bytes_and_reads_back() {
    for (name, preamble, statement) in statements() {
        let payload = statement.encode(&preamble).unwrap();
        assert_eq!(
            Statement::decode(statement.payload_type(), &payload).unwrap(),
            (preamble, statement),
            "{name}"
        );
        matches_golden(name, &payload);
    }
}

#[test]
fn the_body_and_the_envelope_have_their_golden_bytes_and_read_back() {
    let bytes = body::encode(&sample_body());
    assert_eq!(
        body::decode(&bytes, |measure| Some(kind_of(measure))).unwrap(),
        sample_body()
    );
    matches_golden("body", &bytes);
    let sealed = sealed_sheet();
    assert_eq!(envelope::encode(&envelope::decode(&sealed).unwrap()), sealed);
    matches_golden("envelope", &sealed);
}

#[test]
fn every_frame_has_its_golden_bytes() {
    assert_eq!(
        record::from_pb(&record::to_pb(&sample_record())).unwrap(),
        sample_record()
    );
    for (name, bytes) in frames() {
        matches_golden(name, &bytes);
    }
}

#[test]
fn replication_has_its_golden_bytes() {
    for (name, bytes) in wire_messages() {
        matches_golden(name, &bytes);
    }
}

#[test]
fn fault_27_what_our_encoder_would_not_write_is_refused() {
    let preamble = preamble("hub", 5);
    let statement = Statement::Revocation(Revocation {
        member: node("sverdlovsk"),
        member_epoch: 1,
        reason: code("KEY_LOST"),
    });
    let good = statement.encode(&preamble).unwrap();
    let unknown_field = [good.as_slice(), &[0xF8, 0x07, 0x01]].concat();
    let repeated_field = [good.as_slice(), &[0x40, 0x01]].concat();
    let explicit_default = [good.as_slice(), &[0x52, 0x00]].concat();
    let mut overlong = good.clone();
    let epoch_at = overlong.windows(2).position(|pair| pair == [0x18, 0x01]).unwrap();
    overlong.splice(epoch_at..epoch_at + 2, [0x18, 0x81, 0x00]);
    for bytes in [unknown_field, repeated_field, explicit_default, overlong] {
        let refused = Statement::decode(statement.payload_type(), &bytes).unwrap_err();
        assert_eq!(refused.code(), "NON_CANONICAL", "{refused}");
    }
}

#[test]
fn an_unknown_kind_is_placed_in_its_chain_and_kept() {
    let (_, preamble, statement) = statements().remove(4);
    let payload = statement.encode(&preamble).unwrap();
    let (placed, kept) = Statement::decode("application/vnd.svodka.refusal.v2+proto", &payload).unwrap();
    assert_eq!(placed, preamble);
    assert_eq!(
        kept,
        Statement::Unknown("application/vnd.svodka.refusal.v2+proto".into())
    );
    assert!(kept.encode(&placed).is_err());
}
