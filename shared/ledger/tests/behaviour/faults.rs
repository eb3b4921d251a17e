//! Replays, equivocation, flipped bits, mismatched cursors and checkpoints.

use ledger::{Outcome, TakeError};
use wire::Statement;

use crate::stage::{Child, NOW_MS, day_sheet, hub, membership, node, state, total, words};

#[test]
fn fault_08_a_replayed_batch_gets_the_same_verdicts_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    child.sheet("2022-12-01", 1, 5);
    child.bytes(vec![0xff; 20], None);
    child.sheet("2022-12-02", 1, 7);
    let first = child.push(&mut hub);
    let before = state(&hub);
    for (from, end) in [(0, 3), (0, 1), (1, 3), (1, 2)] {
        let again = child.deliver(&mut hub, from, end).unwrap();
        for verdict in &again.verdicts {
            let original = first
                .verdicts
                .iter()
                .find(|first| first.position == verdict.position)
                .unwrap();
            let expected = match original.outcome.clone() {
                Outcome::Taken { position, .. } => Outcome::Taken {
                    position,
                    repeated: true,
                },
                refused @ Outcome::Refused { .. } => refused,
            };
            assert_eq!(verdict.outcome, expected);
        }
        assert_eq!((again.changed, again.cursor), (Vec::new(), 3));
    }
    assert_eq!(state(&hub), before);
    assert_eq!(hub.refusals().len(), 1);
}

#[test]
fn what_another_child_brought_is_no_repetition() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let other = Statement::Membership(membership("tyu", 5, "hub", "71"));
    hub.append_own(vec![(other, None)], NOW_MS).unwrap();
    let (mut child, mut other) = (Child::new("sve", 2), Child::new("tyu", 5));
    child.sheet("2022-12-01", 1, 5);
    child.push(&mut hub);
    let taken = child.entries[0].clone();
    other.bytes(taken.envelope, taken.body);
    let own = hub.entries(1..2).unwrap().remove(0);
    other.bytes(own.envelope, None);
    for _ in 0..2 {
        let verdicts = other.deliver(&mut hub, 0, 2).unwrap();
        assert_eq!(words(&verdicts), ["UNKNOWN_AUTHOR", "UNKNOWN_AUTHOR"]);
    }
    assert_eq!(words(&child.deliver(&mut hub, 0, 1).unwrap()), ["REPEATED"]);
    assert_eq!(total(&hub), 5);
}

#[test]
fn fault_09_other_bytes_under_a_revision_are_refused_and_kept_and_the_first_count() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    child.sheet("2022-12-01", 1, 5);
    child.sheet("2022-12-01", 1, 6);
    assert_eq!(words(&child.push(&mut hub)), ["TAKEN", "REVISION_REUSED"]);
    child.sheet("2022-12-01", 1, 7);
    assert_eq!(words(&child.push(&mut hub)), ["REVISION_REUSED"]);
    assert_eq!(total(&hub), 5);
    for (number, entry) in child.entries[1..].iter().enumerate() {
        let kept = hub.evidence(number).unwrap().unwrap();
        assert_eq!((&kept.envelope, &kept.body), (&entry.envelope, &entry.body));
    }
}

#[test]
fn fault_10_revisions_come_in_any_order_and_the_highest_counts() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    for (revision, n) in [(3, 30), (1, 10), (2, 20)] {
        child.sheet("2022-12-01", revision, n);
        child.push(&mut hub);
        assert_eq!(total(&hub), 30);
    }
    child.sheet("2022-12-01", 4, 40);
    assert_eq!(child.push(&mut hub).changed.len(), 1);
    assert_eq!(total(&hub), 40);
}

#[test]
fn fault_10_a_batch_ahead_of_the_cursor_is_told_the_position_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    for (day, n) in [("2022-12-03", 1), ("2022-12-01", 2), ("2022-12-02", 4)] {
        child.sheet(day, 1, n);
    }
    child.deliver(&mut hub, 0, 1).unwrap();
    let before = state(&hub);
    let error = child.deliver(&mut hub, 2, 3).unwrap_err();
    assert!(matches!(error, TakeError::PositionExpected { expected: 1 }), "{error}");
    assert_eq!((error.code(), state(&hub)), ("POSITION_EXPECTED", before));
    // From there on everything comes, days in whatever order they were sealed.
    assert_eq!(words(&child.deliver(&mut hub, 1, 3).unwrap()), ["TAKEN", "TAKEN"]);
    assert_eq!(total(&hub), 7);
}

#[test]
fn fault_14_a_flipped_bit_anywhere_is_refused_and_the_next_entry_is_taken() {
    let mut good = Child::new("sve", 2);
    good.sheet("2022-12-01", 1, 5);
    let envelope = good.entries[0].envelope.clone();
    let body = good.entries[0].body.clone();
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    let bits = (0..envelope.len() * 8).step_by(17);
    for bit in bits.clone() {
        let mut flipped = envelope.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        child.bytes(flipped, body.clone());
    }
    let mut met = Vec::new();
    while hub.cursor(&node("sve")).position < child.entries.len() as u64 {
        let from = hub.cursor(&node("sve")).position;
        let taking = child
            .deliver(&mut hub, from, (from + 100).min(child.entries.len() as u64))
            .unwrap();
        met.extend(words(&taking));
    }
    let allowed = ["BAD_SIGNATURE", "NON_CANONICAL", "MALFORMED", "UNKNOWN_AUTHOR"];
    assert!(met.iter().all(|word| allowed.contains(&word.as_str())), "{met:?}");
    for word in ["BAD_SIGNATURE", "UNKNOWN_AUTHOR"] {
        assert!(met.iter().any(|met| met == word), "{word} was not met");
    }
    assert_eq!(total(&hub), 0);
    child.sheet("2022-12-02", 1, 7);
    assert_eq!(words(&child.push(&mut hub)), ["TAKEN"]);
    assert_eq!(total(&hub), 7);
}

#[test]
fn the_chain_steps_over_what_was_refused_read_or_unread() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    child.sheet("2022-12-01", 1, 1);
    // Refused with a good signature: its hash is known.
    child.sheet("1999-12-01", 1, 2);
    // Refused unread: only that one was there is known.
    child.sheet("2022-12-02", 1, 4);
    child.entries[2].envelope[10] ^= 1;
    child.sheet("2022-12-03", 1, 8);
    // A hole that no refusal stands for.
    child.sequence += 1;
    child.sheet("2022-12-04", 1, 16);
    child.sheet("2022-12-05", 1, 32);
    let taking = child.push(&mut hub);
    let words = words(&taking);
    assert_eq!(words[..2], ["TAKEN", "DAY_TOO_EARLY"]);
    assert_eq!(words[3..], ["TAKEN", "CHAIN_BROKEN", "TAKEN"]);
    assert_eq!(total(&hub), 1 + 8 + 32);
    hub.verify_all().unwrap();
}

#[test]
fn a_batch_that_does_not_fit_ends_the_stream_and_appends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    for n in 1..=4 {
        child.sheet(&format!("2022-12-0{n}"), 1, n);
    }
    child.deliver(&mut hub, 0, 2).unwrap();
    let before = state(&hub);
    let mut forked = Child::new("sve", 2);
    for n in 1..=4 {
        forked.sheet(&format!("2022-12-0{n}"), 1, n + 1);
    }
    let sve = node("sve");
    let rest = || child.entries[2..].to_vec();
    let stranger = Child {
        keys: crate::stage::author("tyu", 5),
        ..Child::new("sve", 2)
    };
    let unknown = {
        let (mut statement, body) = day_sheet("2022-12-03", 1, 3);
        statement.facts.dictionary = [9; 32];
        let mut child = Child::new("sve", 2);
        child.sheet("2022-12-01", 1, 1);
        child.sheet("2022-12-02", 1, 2);
        child.say(&Statement::Sheet(Box::new(statement)), Some(body));
        child
    };
    let results = [
        ("POSITION_EXPECTED", child.deliver(&mut hub, 3, 4)),
        (
            "CHECKPOINT_MISMATCH",
            hub.take(&sve, 2, rest(), &forked.checkpoint(4), NOW_MS),
        ),
        (
            "CHECKPOINT_MISMATCH",
            hub.take(&sve, 2, rest(), &child.checkpoint(3), NOW_MS),
        ),
        ("CHECKPOINT_MISMATCH", forked.deliver(&mut hub, 0, 2)),
        ("CHECKPOINT_MISMATCH", forked.deliver(&mut hub, 0, 1)),
        (
            "BAD_CHECKPOINT",
            hub.take(&sve, 2, rest(), &stranger.checkpoint(0), NOW_MS),
        ),
        ("BAD_CHECKPOINT", hub.take(&sve, 2, rest(), "", NOW_MS)),
        ("DICTIONARY_UNKNOWN", unknown.deliver(&mut hub, 2, 3)),
        ("NOT_A_MEMBER", stranger.deliver(&mut hub, 0, 0)),
        (
            "MESSAGE_TOO_LARGE",
            hub.take(&sve, 2, vec![rest()[0].clone(); 257], &child.checkpoint(4), NOW_MS),
        ),
    ];
    for (at, (code, result)) in results.into_iter().enumerate() {
        assert_eq!(result.map_err(|error: TakeError| error.code()), Err(code), "row {at}");
    }
    assert_eq!(state(&hub), before);
    assert_eq!(words(&child.push(&mut hub)), ["TAKEN", "TAKEN"]);
}
