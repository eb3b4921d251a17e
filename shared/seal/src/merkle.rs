//! The Merkle tree of RFC 6962: roots, and proofs that a leaf is in and that a tree only grew.
//!
//! The arithmetic is `tlog_tiles`' (a port of Go's `tlog`); this file owns the seam to it: our digests instead of its
//! hashes, the cases it leaves to the caller (the empty tree), and a bound on what a stranger may send. Promises that a
//! check never panics and that no proof leads to two different answers.
//!
//! Does not know what a leaf contains or where a tree is stored.

use tlog_tiles::{Error as TlogError, Hash, HashReader};

pub use crate::frontier::Frontier;
use crate::{Digest, SealError};

/// Root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Digest = Digest(tlog_tiles::EMPTY_HASH.0);

/// The longest proof that any tree can have: 64 levels for a size in 64 bits, and the node a consistency proof starts from.
const PROOF_HASHES_MAX: usize = 65;

/// Hash of a leaf: SHA-256 of a zero byte and the leaf's bytes, so a leaf is never taken for an inner node.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest(tlog_tiles::record_hash(leaf).0)
}

/// Hash of an inner node.
pub(crate) fn node_hash(left: Digest, right: Digest) -> Digest {
    Digest(tlog_tiles::node_hash(Hash(left.0), Hash(right.0)).0)
}

/// All hashes of a tree, in memory: about 64 bytes a leaf.
#[derive(Default)]
pub struct Tree {
    size: u64,
    stored: StoredHashes,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf hash and returns its position.
    pub fn append(&mut self, leaf: Digest) -> u64 {
        let position = self.size;
        let new = tlog_tiles::stored_hashes_for_record_hash(position, Hash(leaf.0), &self.stored)
            .expect("every completed subtree to the left is stored");
        self.stored.0.extend(new);
        self.size += 1;
        position
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the whole tree.
    pub fn root(&self) -> Digest {
        self.root_at(self.size).expect("a tree has its own size")
    }

    /// Root of the tree when it had `size` leaves; nothing if it never had as many.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        if size > self.size {
            return None;
        }
        let root = tlog_tiles::tree_hash(size, &self.stored).expect("every hash below the size is stored");
        Some(Digest(root.0))
    }

    /// Proof that the leaf at `position` is in the tree of the first `size` leaves.
    ///
    /// Where there is nothing to prove (no such leaf or size), the proof is empty, which no check accepts for a false
    /// claim: sizes may come from the other end of a conversation.
    #[must_use]
    pub fn prove_inclusion(&self, position: u64, size: u64) -> Vec<Digest> {
        if size > self.size || position >= size {
            return Vec::new();
        }
        let proof = tlog_tiles::prove_record(size, position, &self.stored);
        digests(proof.expect("every hash below the size is stored"))
    }

    /// Proof that the tree of the first `new` leaves begins with the tree of the first `old`.
    ///
    /// Empty where nothing needs proving (`old` is zero or equals `new`), and, as for
    /// [`prove_inclusion`](Self::prove_inclusion), where nothing can be proved.
    #[must_use]
    pub fn prove_consistency(&self, old: u64, new: u64) -> Vec<Digest> {
        if new > self.size || old > new || old == 0 {
            return Vec::new();
        }
        let proof = tlog_tiles::prove_tree(new, old, &self.stored);
        digests(proof.expect("every hash below the size is stored"))
    }
}

/// Checks that the tree of `size` leaves with this root has this leaf hash at `position`.
pub fn check_inclusion(
    leaf: Digest,
    position: u64,
    size: u64,
    root: Digest,
    proof: &[Digest],
) -> Result<(), SealError> {
    if position >= size {
        return Err(SealError::BadProof("такой позиции в дереве нет"));
    }
    tlog_tiles::check_record(&hashes(proof)?, size, Hash(root.0), position, Hash(leaf.0))
        .map_err(|_| SealError::BadProof("лист не приводит к корню"))
}

/// Checks that the new tree begins with the old one: nothing was changed or taken out.
///
/// Every tree begins with the empty one, and equal sizes must have equal roots; both with an empty proof.
pub fn check_consistency(
    old_size: u64,
    old_root: Digest,
    new_size: u64,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), SealError> {
    if old_size > new_size {
        return Err(SealError::BadProof("дерево стало меньше"));
    }
    if old_size == 0 {
        return check_growth_from_nothing(old_root, new_size, new_root, proof);
    }
    tlog_tiles::check_tree(&hashes(proof)?, new_size, Hash(new_root.0), old_size, Hash(old_root.0))
        .map_err(|_| SealError::BadProof("новое дерево не начинается со старого"))
}

fn check_growth_from_nothing(
    old_root: Digest,
    new_size: u64,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), SealError> {
    if old_root != EMPTY_ROOT || (new_size == 0 && new_root != EMPTY_ROOT) {
        return Err(SealError::BadProof("у пустого дерева другой корень"));
    }
    if !proof.is_empty() {
        return Err(SealError::BadProof("доказывать нечего, а доказательство есть"));
    }
    Ok(())
}

/// Hashes by the dense index of `tlog_tiles`.
#[derive(Default)]
struct StoredHashes(Vec<Hash>);

impl HashReader for StoredHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        let read = |&index: &u64| usize::try_from(index).ok().and_then(|index| self.0.get(index)).copied();
        indexes
            .iter()
            .map(|index| read(index).ok_or(TlogError::IndexesNotInTree))
            .collect()
    }
}

/// The bound comes before the check, which copies the proof once a level and keeps the copies: 64 times what was sent.
fn hashes(proof: &[Digest]) -> Result<Vec<Hash>, SealError> {
    if proof.len() > PROOF_HASHES_MAX {
        return Err(SealError::BadProof("доказательство длиннее глубины любого дерева"));
    }
    Ok(proof.iter().map(|digest| Hash(digest.0)).collect())
}

fn digests(hashes: Vec<Hash>) -> Vec<Digest> {
    hashes.into_iter().map(|hash| Digest(hash.0)).collect()
}
