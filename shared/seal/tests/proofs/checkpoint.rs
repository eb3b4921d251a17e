//! Checkpoints, cosignatures and receipts: what is signed is what is read, and every other thing is refused with a code.

use proptest::prelude::*;
use seal::merkle::Tree;
use seal::{Checkpoint, Digest, Receipt, SealError, cosign, verify_cosignature};

use crate::{key, leaf};

const ORIGIN: &str = "example/node-1/1";
const WITNESS: &str = "example/witness-1";

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 5,
        root: Digest::of(b"root"),
    }
}

fn open(note: &str) -> Result<Checkpoint, SealError> {
    Checkpoint::open(note, ORIGIN, &key(1).verifying_key())
}

fn code<T: std::fmt::Debug>(result: Result<T, SealError>) -> &'static str {
    result.expect_err("a refusal").code()
}

#[test]
fn a_signed_checkpoint_opens_to_itself() {
    for size in [0, 5, u64::MAX] {
        let checkpoint = Checkpoint { size, ..checkpoint() };
        assert_eq!(open(&checkpoint.sign(&key(1))), Ok(checkpoint));
    }
}

#[test]
fn another_key_or_origin_is_refused() {
    let note = checkpoint().sign(&key(1));
    assert_eq!(
        code(Checkpoint::open(&note, ORIGIN, &key(2).verifying_key())),
        "UNKNOWN_KEY"
    );
    assert_eq!(
        code(Checkpoint::open(&note, "example/node-1/2", &key(1).verifying_key())),
        "UNKNOWN_KEY"
    );
}

/// Signs any text as the log, as a dishonest or broken log could.
fn signed(text: &str) -> String {
    use signed_note::{Note, Signature};
    let vkey = key(1).verifying_key();
    let id = signed_note::key_id(ORIGIN, &[&[1], vkey.to_bytes().as_slice()].concat());
    let signature = key(1).sign(text.as_bytes()).as_bytes().to_vec();
    let line = Signature::new(ORIGIN.to_owned(), id, signature).expect("the origin is a name");
    let note = Note::new(text.as_bytes(), &[line]).expect("the text has no control characters");
    String::from_utf8(note.to_bytes()).expect("a note is text")
}

#[test]
fn a_well_signed_text_of_another_form_is_refused() {
    let root = "SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=";
    let cases = [
        (format!("{ORIGIN}\n5\n{root}\nextra\n"), "an extension line"),
        (
            format!("example/other/1\n5\n{root}\n"),
            "another origin under this key's name",
        ),
        (format!("{ORIGIN}\nextra\n5\n{root}\n"), "an extra line before the size"),
        (format!("{ORIGIN}\n05\n{root}\n"), "a leading zero"),
        (format!("{ORIGIN}\n+5\n{root}\n"), "a sign"),
        (
            format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
            "a size beyond 64 bits",
        ),
        (format!("{ORIGIN}\n5\n{}\n", &root[..43]), "a root without padding"),
        (
            format!("{ORIGIN}\n5\n{}\n", root.replace("7I=", "7J=")),
            "a root with stray bits",
        ),
        (format!("{ORIGIN}\n5\nAAAA\n"), "a short root"),
        (format!("{ORIGIN}\n5\n"), "no root"),
        (format!("{ORIGIN}\n5\n{root}\n\n"), "an empty line"),
        (format!("\n{ORIGIN}\n5\n{root}\n"), "an empty origin"),
    ];
    assert!(open(&signed(&format!("{ORIGIN}\n5\n{root}\n"))).is_ok());
    for (text, name) in cases {
        assert_eq!(code(open(&signed(&text))), "BAD_CHECKPOINT", "{name}");
    }
}

#[test]
fn a_note_with_one_bit_changed_never_opens_to_something_else() {
    let note = checkpoint().sign(&key(1));
    for bit in 0..note.len() * 8 {
        let mut bytes = note.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(open(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn a_cosignature_says_when_and_leaves_the_log_s_signature_alone() {
    let note = cosign(&checkpoint().sign(&key(1)), WITNESS, &key(3), 1_679_315_147).unwrap();
    assert_eq!(open(&note), Ok(checkpoint()));
    assert_eq!(
        verify_cosignature(&note, WITNESS, &key(3).verifying_key()),
        Ok(1_679_315_147)
    );
    assert_eq!(
        code(verify_cosignature(&note, "example/other", &key(3).verifying_key())),
        "UNKNOWN_KEY"
    );
    assert_eq!(
        code(verify_cosignature(&note, WITNESS, &key(4).verifying_key())),
        "UNKNOWN_KEY"
    );
    // The log's own line is no cosignature, even when asked for by its name and key.
    assert_eq!(
        code(verify_cosignature(&note, ORIGIN, &key(1).verifying_key())),
        "UNKNOWN_KEY"
    );

    let again = cosign(&note, WITNESS, &key(3), 1_679_315_148).unwrap();
    assert_eq!(
        verify_cosignature(&again, WITNESS, &key(3).verifying_key()),
        Ok(1_679_315_148)
    );
    assert_eq!(
        again.lines().count(),
        note.lines().count(),
        "the earlier one is replaced"
    );
}

#[test]
fn a_cosignature_moved_to_another_checkpoint_is_refused() {
    let note = cosign(&checkpoint().sign(&key(1)), WITNESS, &key(3), 7).unwrap();
    let line = note.lines().last().unwrap();
    let other = Checkpoint {
        size: 6,
        ..checkpoint()
    }
    .sign(&key(1));
    let moved = format!("{other}{line}\n");
    assert_eq!(
        verify_cosignature(&moved, WITNESS, &key(3).verifying_key()),
        Err(SealError::BadSignature)
    );
}

#[test]
fn what_cannot_be_cosigned_is_refused() {
    let note = checkpoint().sign(&key(1));
    assert_eq!(code(cosign(&note, WITNESS, &key(3), u64::MAX)), "BAD_COSIGNATURE");
    assert_eq!(code(cosign(&note, "a name with spaces", &key(3), 1)), "BAD_COSIGNATURE");
    assert_eq!(code(cosign("no note", WITNESS, &key(3), 1)), "BAD_CHECKPOINT");
    assert_eq!(
        code(cosign(&signed("only text\n"), WITNESS, &key(3), 1)),
        "BAD_CHECKPOINT"
    );
}

#[test]
fn a_receipt_holds_for_its_leaf_its_place_and_its_log() {
    let mut tree = Tree::new();
    for number in 0..9 {
        tree.append(leaf(number));
    }
    let signed = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 9,
        root: tree.root(),
    };
    let receipt = Receipt {
        position: 4,
        inclusion: tree.prove_inclusion(4, 9),
        checkpoint: signed.sign(&key(1)),
    };
    let vkey = key(1).verifying_key();

    assert_eq!(receipt.verify(leaf(4), ORIGIN, &vkey), Ok(signed));
    assert_eq!(code(receipt.verify(leaf(5), ORIGIN, &vkey)), "BAD_PROOF");
    assert_eq!(
        code(
            Receipt {
                position: 5,
                ..receipt.clone()
            }
            .verify(leaf(4), ORIGIN, &vkey)
        ),
        "BAD_PROOF"
    );
    assert_eq!(
        code(
            Receipt {
                inclusion: vec![],
                ..receipt.clone()
            }
            .verify(leaf(4), ORIGIN, &vkey)
        ),
        "BAD_PROOF"
    );
    assert_eq!(code(receipt.verify(leaf(4), "example/node-1/2", &vkey)), "UNKNOWN_KEY");
    assert_eq!(
        code(
            Receipt {
                checkpoint: String::new(),
                ..receipt
            }
            .verify(leaf(4), ORIGIN, &vkey)
        ),
        "BAD_CHECKPOINT"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_opened_without_a_panic(text in "(\\PC|\n){0,80}", seconds: u64) {
        let vkey = key(1).verifying_key();
        prop_assert!(open(&text).is_err());
        prop_assert!(verify_cosignature(&text, WITNESS, &vkey).is_err());
        prop_assert!(cosign(&text, WITNESS, &key(1), seconds).is_err());
        prop_assert!(open(&signed(&(text + "\n"))).is_err());
    }
}
