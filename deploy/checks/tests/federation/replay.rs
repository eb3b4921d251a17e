//! Bytes that come again, and bytes that do not arrive as they were sent.

use federation::held;
use tonic::Code;
use wire::pb;

use crate::harness::{Peer, Stage, figures, words};

async fn with_three_sheets() -> (Stage, Peer) {
    let stage = Stage::new().await;
    stage.join("north", "group-north").await;
    let mut peer = Peer::of(&stage, "north");
    peer.say(peer.sheet("2020-01-10", 1, "Boston", 5));
    peer.say(peer.sheet("2020-01-11", 1, "Allston", 70));
    peer.say(peer.sheet("2020-01-12", 1, "Charlestown", 6));
    (stage, peer)
}

/// Positions and proofs of a batch's verdicts, without the note whether they were given before.
fn receipts(answer: &pb::Acknowledgement) -> Vec<pb::Verdict> {
    let mut verdicts = answer.verdicts.clone();
    for verdict in &mut verdicts {
        if let Some(pb::verdict::Verdict::Taken(taken)) = &mut verdict.verdict {
            taken.repeated = false;
        }
    }
    verdicts
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_08_a_batch_brought_again_gets_the_same_receipts_and_changes_nothing() {
    let (stage, peer) = with_three_sheets().await;
    let first = peer.bring(&stage, 0).await.unwrap();
    assert_eq!(words(&first), ["TAKEN", "OUT_OF_SCOPE", "TAKEN"]);
    let (status, report) = (stage.hub().status(), stage.report("boston", "2020-01"));
    let again = peer.converse(
        &stage,
        vec![peer.batch(0..3), peer.batch(1..3), peer.batch(0..1), peer.batch(0..3)],
    );
    let again = again.await.unwrap();
    assert_eq!(words(&again[0]), ["REPEATED", "OUT_OF_SCOPE", "REPEATED"]);
    for (answer, range) in again.iter().zip([0..3, 1..3, 0..1, 0..3]) {
        assert_eq!(receipts(answer), receipts(&first)[range]);
        assert_eq!((&answer.checkpoint, answer.cursor), (&first.checkpoint, 3));
    }
    assert_eq!(stage.hub().status(), status);
    assert_eq!(stage.report("boston", "2020-01"), report);
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_08_an_old_envelope_in_a_new_place_counts_once() {
    let (stage, mut peer) = with_three_sheets().await;
    peer.bring(&stage, 0).await.unwrap();
    let report = figures(&stage.report("boston", "2020-01"));
    let old = peer.entries[0].clone();
    peer.put(old.envelope, old.body);
    peer.say(peer.sheet("2020-01-13", 1, "Boston", 9));
    assert_eq!(words(&peer.bring(&stage, 3).await.unwrap()), ["REPEATED", "TAKEN"]);
    assert_eq!(report["totals"]["incidents.received"]["n"], 11);
    assert_eq!(stage.received("2020-01"), 20);
    assert_eq!(stage.received("2020-01-10"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_08_a_hub_whose_index_was_deleted_knows_what_it_took() {
    let (mut stage, mut peer) = with_three_sheets().await;
    let first = peer.bring(&stage, 0).await.unwrap();
    let (status, report) = (stage.hub().status(), stage.report("boston", "2020-01"));
    stage.fell().await;
    std::fs::remove_dir_all(stage.hub_dir().join("ledger/index")).unwrap();
    stage.raise().await;
    let again = peer.bring(&stage, 0).await.unwrap();
    assert_eq!(words(&again), ["REPEATED", "OUT_OF_SCOPE", "REPEATED"]);
    assert_eq!(receipts(&again), receipts(&first));
    assert_eq!(stage.hub().status(), status);
    assert_eq!(stage.report("boston", "2020-01"), report);
    peer.say(peer.sheet("2020-01-10", 1, "Boston", 500));
    assert_eq!(words(&peer.bring(&stage, 3).await.unwrap()), ["REVISION_REUSED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_14_a_bit_flipped_on_the_way_ends_the_stream_and_leaves_no_trace() {
    let (stage, mut peer) = with_three_sheets().await;
    peer.bring(&stage, 0).await.unwrap();
    peer.say(peer.sheet("2020-01-13", 1, "Boston", 9));
    let (before, report) = (stage.hub().status(), stage.report("boston", "2020-01"));
    let batch = peer.batch(3..4);
    let bits = batch.entries[0].envelope.len() * 8;
    for bit in (0..bits).step_by(bits / 24) {
        let mut spoilt = batch.clone();
        spoilt.entries[0].envelope[bit / 8] ^= 1 << (bit % 8);
        let status = peer.converse(&stage, vec![spoilt]).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "bit {bit}: {status}");
        assert_eq!(
            runtime::status::reason(&status).as_deref(),
            Some("CHECKPOINT_MISMATCH"),
            "bit {bit}"
        );
    }
    assert_eq!(stage.hub().status(), before);
    assert_eq!(stage.report("boston", "2020-01"), report);
    let answers = peer.converse(&stage, vec![batch]).await.unwrap();
    assert_eq!(words(&answers[0]), ["TAKEN"], "the cursor stood where it stood");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_14_an_envelope_with_a_flipped_bit_is_refused_whoever_vouches_for_it() {
    let (stage, mut peer) = with_three_sheets().await;
    peer.say(peer.sheet("2020-01-13", 1, "Boston", 9));
    let whole = peer.entries.pop().unwrap();
    peer.bring(&stage, 0).await.unwrap();
    let report = figures(&stage.report("boston", "2020-01"));
    // The child signs a checkpoint over the spoilt bytes, so that only the envelope itself can give them away. Every field
    // is met: the step has no common divisor with eight.
    let bits = (0..whole.envelope.len() * 8).step_by(7);
    for bit in bits.clone() {
        let mut spoilt = whole.envelope.clone();
        spoilt[bit / 8] ^= 1 << (bit % 8);
        peer.put(spoilt, whole.body.clone());
    }
    let mut from = 3;
    let mut batches = Vec::new();
    while from < peer.entries.len() {
        let until = peer.entries.len().min(from + 128);
        batches.push(peer.batch(from..until));
        from = until;
    }
    let answers = peer.converse(&stage, batches).await.unwrap();
    let found: Vec<_> = answers.iter().flat_map(words).collect();
    assert_eq!(found.len(), bits.len());
    let reasons = ["BAD_SIGNATURE", "UNKNOWN_AUTHOR", "MALFORMED", "NON_CANONICAL"];
    assert!(found.iter().all(|word| reasons.contains(&word.as_str())), "{found:?}");
    assert!(found.iter().any(|word| word == "BAD_SIGNATURE"));
    assert_eq!(figures(&stage.report("boston", "2020-01")), report);
    let mut spoilt_body = whole.body.clone().unwrap();
    spoilt_body[0] ^= 1;
    peer.put(whole.envelope.clone(), Some(spoilt_body));
    peer.put(whole.envelope, whole.body);
    let last = peer.bring(&stage, peer.entries.len() - 2).await.unwrap();
    assert_eq!(words(&last)[0], "BODY_MISMATCH");
    let sample = held(stage.hub().ledger()).evidence(1).unwrap().expect("a sample");
    assert!(
        sample.envelope.len() <= 1024 && sample.body.is_none(),
        "of unsigned bytes no more than a sample is kept"
    );
}
