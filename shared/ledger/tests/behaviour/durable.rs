//! What stays after a restart: with and without the index, after a torn tail, after damage.

use std::fs;
use std::path::{Path, PathBuf};

use ledger::Ledger;

use crate::stage::{Child, hub, node, open_hub, state, total, words};

fn filled(directory: &Path) -> (Ledger, Child) {
    let mut hub = hub(directory);
    let mut child = Child::new("sve", 2);
    child.sheet("2022-12-01", 1, 5);
    child.sheet("1999-12-01", 1, 6);
    child.sheet("2022-12-02", 1, 7);
    child.push(&mut hub);
    (hub, child)
}

fn segment(directory: &Path, kind: &str) -> PathBuf {
    directory.join(kind).join("00000000000000000001.seg")
}

#[test]
fn a_restart_without_the_index_tells_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, child) = filled(directory.path());
    let before = state(&hub);
    drop(hub);
    let (hub, opening) = open_hub(directory.path());
    assert_eq!((state(&hub), opening.entries, opening.indexed), (before.clone(), 6, 0));
    drop(hub);
    fs::remove_dir_all(directory.path().join("index")).unwrap();
    let (hub, opening) = open_hub(directory.path());
    assert_eq!(
        (state(&hub), opening.indexed, opening.index_damaged),
        (before.clone(), 6, None)
    );
    drop(hub);
    let (mut hub, opening) = open_hub(directory.path());
    assert_eq!((opening.indexed, opening.index_damaged), (0, None));
    let again = child.deliver(&mut hub, 0, 3).unwrap();
    assert_eq!(words(&again), ["REPEATED", "DAY_TOO_EARLY", "REPEATED"]);
    assert_eq!(state(&hub), before);
}

#[test]
fn no_flipped_bit_of_the_index_changes_what_the_ledger_tells() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, child) = filled(directory.path());
    let before = state(&hub);
    drop(hub);
    let db = directory.path().join("index/db");
    let whole = fs::read(&db).unwrap();
    let written: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
    let mut mended = 0;
    for at in written.into_iter().step_by(written_step(&whole)) {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        fs::write(&db, flipped).unwrap();
        let (mut hub, opening) = open_hub(directory.path());
        mended += u32::from(opening.index_damaged.is_some() || opening.indexed > 0);
        let again = child.deliver(&mut hub, 0, 3).unwrap();
        assert_eq!(words(&again), ["REPEATED", "DAY_TOO_EARLY", "REPEATED"], "byte {at}");
        assert_eq!(state(&hub), before, "byte {at}");
    }
    assert!(mended > 0);
}

/// So that a dozen flips are spread over what is written.
fn written_step(file: &[u8]) -> usize {
    file.iter().filter(|byte| **byte != 0).count() / 12
}

#[test]
fn an_index_of_another_ledger_is_not_believed() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(filled(one.path()));
    let mut hub = hub(other.path());
    let mut child = Child::new("sve", 2);
    for n in 1..=3 {
        child.sheet(&format!("2022-12-0{n}"), 1, n);
    }
    child.push(&mut hub);
    drop(hub);
    fs::remove_dir_all(one.path().join("index")).unwrap();
    fs::rename(other.path().join("index"), one.path().join("index")).unwrap();
    assert!(open_hub(one.path()).1.index_damaged.is_some());
}

#[test]
fn fault_03_a_torn_tail_is_cut_and_the_child_brings_the_rest_again() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, child) = filled(directory.path());
    let before = state(&hub);
    drop(hub);
    let path = segment(directory.path(), "entries");
    let whole = fs::read(&path).unwrap();
    for cut in [1, 50, 200, 400, 700, 1_000] {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let (mut hub, opening) = open_hub(directory.path());
        assert!(opening.truncated.len() <= 1 && hub.size() <= 6);
        let cursor = hub.cursor(&node("sve")).position;
        child.deliver(&mut hub, cursor, 3).unwrap();
        assert_eq!(state(&hub), before, "{cut} bytes");
        hub.verify_all().unwrap();
        drop(hub);
        assert_eq!(state(&open_hub(directory.path()).0), before, "{cut} bytes, again");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_lost_body_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path()));
    let path = segment(directory.path(), "bodies");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let anchor = ledger::Anchor::Root {
        root_key: crate::stage::root_key().verifying_key(),
    };
    let opened = Ledger::open(
        directory.path(),
        crate::stage::author("hub", 1),
        anchor,
        ledger::Options::default(),
    );
    assert_eq!(opened.map(|_| ()).map_err(|error| error.code()), Err("LEDGER_DAMAGED"));
}

#[test]
fn an_anchor_that_is_not_the_ledgers_own_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path()));
    let root_key = seal::SigningKey::from_seed([98; 32]).verifying_key();
    let cases = [
        (crate::stage::author("hub", 1), root_key),
        (crate::stage::author("hub", 7), crate::stage::root_key().verifying_key()),
    ];
    for (author, root_key) in cases {
        let anchor = ledger::Anchor::Root { root_key };
        let opened = Ledger::open(directory.path(), author, anchor, ledger::Options::default());
        assert_eq!(opened.map(|_| ()).map_err(|error| error.code()), Err("ANCHOR_MISMATCH"));
    }
}

#[test]
fn proofs_lead_to_the_signed_checkpoint() {
    let directory = tempfile::tempdir().unwrap();
    let (hub, _) = filled(directory.path());
    let key = crate::stage::author("hub", 1).ledger_key.verifying_key();
    for entry in hub.entries(0..100).unwrap() {
        let receipt = seal::Receipt {
            position: entry.position,
            inclusion: hub.prove_inclusion(entry.position, hub.size()),
            checkpoint: hub.checkpoint(),
        };
        let head = receipt
            .verify(seal::merkle::leaf_hash(&entry.envelope), "ru/hub/1", &key)
            .unwrap();
        assert_eq!((head.size, head.root), (6, hub.root()));
    }
    let old = seal::Checkpoint::open(&hub.checkpoint_at(2).unwrap(), "ru/hub/1", &key).unwrap();
    let proof = hub.prove_consistency(2, 6);
    seal::merkle::check_consistency(2, old.root, 6, hub.root(), &proof).unwrap();
    assert_eq!((hub.checkpoint_at(7), total(&hub)), (None, 12));
}
