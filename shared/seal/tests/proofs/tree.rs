//! Laws of the tree: it agrees with an independent implementation, its proofs hold for every size, and nothing else does.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use seal::merkle::{Frontier, Tree, check_consistency, check_inclusion, leaf_hash};
use seal::{Digest, SealError};
use sha2::Sha256;

use crate::leaf;

const SIZE: u64 = 64;

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|number| assert_eq!(tree.append(leaf(number)), number));
    tree
}

fn second_opinion(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|number| tree.push(number.to_be_bytes().to_vec()));
    tree
}

fn bytes(proof: &[Digest]) -> Vec<u8> {
    proof.iter().flat_map(|digest| digest.0).collect()
}

fn root_at(tree: &Tree, size: u64) -> Digest {
    tree.root_at(size).expect("the tree had this size")
}

fn their_root(tree: &Tree, size: u64) -> RootHash<Sha256> {
    RootHash::new(root_at(tree, size).0.into(), size)
}

#[test]
fn the_empty_tree_is_the_hash_of_nothing() {
    assert_eq!(Tree::new().root(), Digest::of(b""));
    assert_eq!(Frontier::new().root(), Digest::of(b""));
    assert_eq!(Tree::new().root_at(1), None);
}

#[test]
fn roots_and_proofs_agree_with_ct_merkle_at_every_size() {
    let ours = tree(SIZE);
    for size in 1..=SIZE {
        let theirs = second_opinion(size);
        assert_eq!(
            root_at(&ours, size).as_bytes(),
            theirs.root().as_bytes().as_slice(),
            "root of {size}"
        );
        for position in 0..size {
            let proof = bytes(&ours.prove_inclusion(position, size));
            let index = usize::try_from(position).unwrap();
            assert_eq!(
                proof,
                theirs.prove_inclusion(index).as_bytes(),
                "inclusion {position} in {size}"
            );
            let proof = InclusionProof::try_from_bytes(proof).unwrap();
            their_root(&ours, size)
                .verify_inclusion(&position.to_be_bytes().to_vec(), position, &proof)
                .unwrap();
        }
        for old in 1..=size {
            let proof = bytes(&ours.prove_consistency(old, size));
            let additions = usize::try_from(size - old).unwrap();
            assert_eq!(
                proof,
                theirs.prove_consistency(additions).as_bytes(),
                "consistency {old} to {size}"
            );
            let proof = ConsistencyProof::try_from_bytes(proof).unwrap();
            their_root(&ours, size)
                .verify_consistency(&their_root(&ours, old), &proof)
                .unwrap();
        }
    }
}

#[test]
fn every_proof_of_every_small_tree_holds_and_holds_nowhere_else() {
    let tree = tree(SIZE);
    for size in 0..=SIZE {
        let root = root_at(&tree, size);
        for position in 0..size {
            let proof = tree.prove_inclusion(position, size);
            check_inclusion(leaf(position), position, size, root, &proof).unwrap();
            for other in [position ^ 1, position + 1, size - 1, size]
                .into_iter()
                .filter(|&other| other != position)
            {
                assert!(
                    check_inclusion(leaf(position), other, size, root, &proof).is_err(),
                    "{position} at {other}"
                );
            }
        }
        for old in 0..=size {
            let proof = tree.prove_consistency(old, size);
            check_consistency(old, root_at(&tree, old), size, root, &proof).unwrap();
            if old != size {
                assert!(
                    check_consistency(size, root, old, root_at(&tree, old), &proof).is_err(),
                    "shrank to {old}"
                );
            }
        }
    }
}

#[test]
fn the_frontier_has_the_root_of_the_tree_and_survives_its_parts() {
    let mut tree = Tree::new();
    let mut frontier = Frontier::new();
    for number in 0..300 {
        assert_eq!((frontier.size(), frontier.root()), (tree.size(), tree.root()));
        frontier = Frontier::from_parts(frontier.size(), frontier.hashes().to_vec()).unwrap();
        frontier.append(leaf(number));
        tree.append(leaf(number));
    }
}

#[test]
fn what_cannot_be_proved_gives_an_empty_proof_that_nobody_accepts() {
    let tree = tree(5);
    let root = tree.root();
    for (position, size) in [(5, 5), (0, 6), (u64::MAX, u64::MAX), (0, 0)] {
        assert!(tree.prove_inclusion(position, size).is_empty());
        assert!(
            check_inclusion(leaf(0), position, size, root, &[]).is_err(),
            "{position} {size}"
        );
    }
    for (old, new) in [(5, 6), (3, 2), (u64::MAX, 5), (1, u64::MAX)] {
        assert!(tree.prove_consistency(old, new).is_empty());
        assert!(check_consistency(old, root, new, root, &[]).is_err(), "{old} {new}");
    }
}

#[test]
fn growth_from_nothing_needs_the_true_empty_root_and_no_proof() {
    let (empty, root) = (Digest::of(b""), tree(3).root());
    check_consistency(0, empty, 3, root, &[]).unwrap();
    check_consistency(0, empty, 0, empty, &[]).unwrap();
    for (old, new_size, new, proof) in [
        (root, 3, root, vec![]),
        (empty, 0, root, vec![]),
        (empty, 3, root, vec![root]),
        (root, 0, root, vec![]),
    ] {
        assert_eq!(
            check_consistency(0, old, new_size, new, &proof).unwrap_err().code(),
            "BAD_PROOF"
        );
    }
}

#[test]
fn a_proof_longer_than_any_tree_is_deep_is_refused_before_it_is_copied() {
    let (hash, refusal) = (
        leaf(0),
        Err(SealError::BadProof("доказательство длиннее глубины любого дерева")),
    );
    let proof = vec![hash; 66];
    assert_eq!(check_inclusion(hash, 0, u64::MAX, hash, &proof), refusal);
    assert_eq!(check_consistency(1, hash, u64::MAX, hash, &proof), refusal);
    assert_ne!(check_inclusion(hash, 0, u64::MAX, hash, &proof[..65]), refusal);
}

#[test]
fn a_leaf_is_never_an_inner_node() {
    let (left, right) = (leaf(0), leaf(1));
    let inner_as_leaf = leaf_hash(&[left.0, right.0].concat());
    assert_ne!(tree(2).root(), inner_as_leaf);
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest)
}

/// Sizes near the edges of 64 bits as well as small ones.
fn size() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..200_u64,
        any::<u64>(),
        (0..4_u64).prop_map(|less| u64::MAX - less),
        (0..64_u32).prop_map(|n| 1 << n)
    ]
}

/// Every way to change one thing in a list of digests.
fn tampered(mut proof: Vec<Digest>, way: u8, place: usize, bit: usize) -> Option<Vec<Digest>> {
    let place = place.checked_rem(proof.len())?;
    match way {
        0 => proof[place].0[bit / 8] ^= 1 << (bit % 8),
        1 => drop(proof.remove(place)),
        2 => proof.insert(place, proof[place]),
        _ => {
            let other = (place + 1) % proof.len();
            if proof[place] == proof[other] {
                return None;
            }
            proof.swap(place, other);
        }
    }
    Some(proof)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_leaves_have_the_root_that_ct_merkle_gives(leaves in prop::collection::vec(any::<Vec<u8>>(), 0..80)) {
        let (mut ours, mut frontier, mut theirs) = (Tree::new(), Frontier::new(), MemoryBackedTree::<Sha256, Vec<u8>>::new());
        for leaf in leaves {
            ours.append(leaf_hash(&leaf));
            frontier.append(leaf_hash(&leaf));
            theirs.push(leaf);
        }
        let (our_root, their_root) = (ours.root(), theirs.root());
        prop_assert_eq!(our_root.0.as_slice(), their_root.as_bytes().as_slice());
        prop_assert_eq!(frontier.root(), ours.root());
    }

    #[test]
    fn tampered_proofs_are_refused(
        new in 2..200_u64, old in 1..200_u64, way in 0..4_u8, place in any::<usize>(), bit in 0..256_usize,
    ) {
        let old = old % new;
        let tree = tree(new);
        if let Some(proof) = tampered(tree.prove_inclusion(old, new), way, place, bit) {
            prop_assert!(check_inclusion(leaf(old), old, new, tree.root(), &proof).is_err());
        }
        if let Some(proof) = tampered(tree.prove_consistency(old, new), way, place, bit) {
            prop_assert!(check_consistency(old, root_at(&tree, old), new, tree.root(), &proof).is_err());
        }
    }

    #[test]
    fn another_leaf_or_root_is_refused(new in 1..200_u64, old in 0..200_u64, other in digest()) {
        let old = old % new;
        let tree = tree(new);
        let (inclusion, consistency) = (tree.prove_inclusion(old, new), tree.prove_consistency(old, new));
        prop_assert!(check_inclusion(other, old, new, tree.root(), &inclusion).is_err());
        prop_assert!(check_inclusion(leaf(old), old, new, other, &inclusion).is_err());
        prop_assert!(check_consistency(old, other, new, tree.root(), &consistency).is_err());
        if old > 0 {
            prop_assert!(check_consistency(old, root_at(&tree, old), new, other, &consistency).is_err());
        }
    }

    #[test]
    fn hostile_proofs_and_edges_never_panic(
        first in size(), second in size(), proof in prop::collection::vec(digest(), 0..70), a in digest(), b in digest(),
    ) {
        prop_assert!(check_inclusion(a, first, second, b, &proof).is_err());
        prop_assert!(check_consistency(first, a, second, b, &proof).is_err());
        if let Ok(mut frontier) = Frontier::from_parts(first, proof.clone()) {
            frontier.append(a);
            frontier.root();
        }
        let tree = tree(first % 40);
        let _ = (tree.prove_inclusion(second, first), tree.prove_consistency(first, second), tree.root_at(second));
    }
}
