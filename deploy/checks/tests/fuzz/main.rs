//! Every decoder of bytes that somebody else made, met by bytes that are almost right.
//!
//! 256 cases each by default; as many as wanted by `PROPTEST_CASES=1000000 cargo test -p checks --test fuzz`. A failure
//! prints the smallest bytes that show it.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod mutate;
mod targets;

use domain::{FederationId, NodeId};
use federation::Invitation;
use proptest::prelude::*;
use seal::{Checkpoint, Digest};

use mutate::{golden, near};

fn checkpoint() -> Vec<u8> {
    let head = Checkpoint {
        origin: targets::ORIGIN.to_owned(),
        size: 9,
        root: Digest::of(b"root"),
    };
    head.sign(&targets::key()).into_bytes()
}

fn invitation() -> Vec<u8> {
    let invitation = Invitation {
        federation: FederationId::new("ru").unwrap(),
        parent: NodeId::new("hub").unwrap(),
        node: NodeId::new("sverdlovsk").unwrap(),
        id: "0123456789abcdef".into(),
        secret: [7; 16],
        authority: Digest::of(b"key"),
        expires_at_ms: 5,
    };
    invitation.to_string().into_bytes()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A segment with a few frames, as the journal itself writes it.
fn segment() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let mut visit = |_: journal::FrameRef<'_>| Ok::<_, std::convert::Infallible>(());
    let (mut journal, _) = journal::Journal::open(directory.path(), journal::Options::default(), &mut visit).unwrap();
    for payload in golden("frame-journal") {
        journal.append(&payload).unwrap();
    }
    journal.sync().unwrap();
    drop(journal);
    std::fs::read(directory.path().join("00000000000000000001.seg")).unwrap()
}

const CSV: [&str; 3] = [
    "external_id,source,registered,updated_at,territory,topic\nA-1,incident,2022-12-01T10:00:00Z,2022-12-02T10:00:00Z,65,roads\n",
    "external_id;source;registered;updated_at;territory;topic;final\n\"A;1\";incident;2022-12-01T10:00:00+05:00;2022-12-02T10:00:00Z;65;roads;\n",
    "\u{feff}external_id\tsource\tregistered\tupdated_at\tterritory\ttopic\r\nA-1\tincident\t01.12.2022 10:00\t2022-12-02T10:00:00Z\t65\t\"ямы \"\"на\"\" дорогах\"\r\n",
];
const QUESTIONS: [&str; 8] = [
    "2022",
    "2022-Q4",
    "2022-12",
    "2022-W50",
    "2022-12-13",
    "2022-11-15..2022-12-13",
    "65701000",
    "RU-SVE",
];

proptest! {
    #[test]
    fn fault_26_an_envelope(bytes in near(golden("envelope"))) {
        targets::an_envelope(&bytes);
    }

    #[test]
    fn fault_27_a_statement(bytes in near(golden("statement"))) {
        targets::a_statement(&bytes);
    }

    #[test]
    fn fault_26_a_body(bytes in near(golden("body"))) {
        targets::a_body(&bytes);
    }

    #[test]
    fn fault_26_tallies(numbers in proptest::collection::vec(prop_oneof![0_u64..1 << 20, any::<u64>()], 6..20)) {
        let mut numbers = numbers;
        // Mostly well formed: sorted buckets, a whole that is large enough.
        for half in numbers.chunks_mut(3) {
            half.sort_unstable_by_key(|number| number & 0x7ff);
        }
        targets::tallies(&numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>());
    }

    #[test]
    fn fault_26_a_frame(bytes in near(golden("frame"))) {
        targets::a_frame(&bytes);
    }

    #[test]
    fn fault_26_a_segment(bytes in near(vec![segment()])) {
        targets::a_segment(&bytes);
    }

    #[test]
    fn fault_26_a_checkpoint(bytes in near(vec![checkpoint()])) {
        targets::a_checkpoint(&bytes);
    }

    #[test]
    fn fault_26_rows(bytes in near(texts(&CSV))) {
        targets::rows(&bytes);
    }

    #[test]
    fn fault_26_a_question(bytes in near(texts(&QUESTIONS))) {
        targets::a_question(&bytes);
    }

    #[test]
    fn fault_26_a_join_request(bytes in near(vec![targets::join_request()])) {
        targets::a_join_request(&bytes);
    }

    #[test]
    fn fault_26_an_invitation(bytes in near(vec![invitation()])) {
        targets::an_invitation(&bytes);
    }
}
