//! The right edge of a Merkle tree: enough to append and to know the root, in at most 64 hashes.
//!
//! Owns the compact range that stands for a prefix of a log whose entries are not at hand, such as how far a parent has
//! taken a child's ledger. Promises the same root as the whole tree at every size. Cannot prove anything.

use crate::merkle::{EMPTY_ROOT, node_hash};
use crate::{Digest, SealError};

/// The largest size that a stored edge may claim: 2^63 appends later it would still not overflow.
const SIZE_MAX: u64 = u64::MAX / 2;

/// The roots of the full subtrees that a tree of `size` leaves is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Left to right, so from the largest subtree to the smallest: one for each bit set in `size`.
    hashes: Vec<Digest>,
}

impl Frontier {
    /// The edge of the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An edge that was stored or received. The hashes can only be judged by the root they give, their number here.
    pub fn from_parts(size: u64, hashes: Vec<Digest>) -> Result<Self, SealError> {
        if size > SIZE_MAX || u64::from(size.count_ones()) != hashes.len() as u64 {
            return Err(SealError::BadFrontier {
                size,
                hashes: hashes.len(),
            });
        }
        Ok(Self { size, hashes })
    }

    /// Appends a leaf hash.
    pub fn append(&mut self, leaf: Digest) {
        let mut node = leaf;
        // Every trailing one in the size is a full subtree that this leaf completes to one twice as large.
        for _ in 0..self.size.trailing_ones() {
            let left = self.hashes.pop().expect("one hash for each bit set in the size");
            node = node_hash(left, node);
        }
        self.hashes.push(node);
        self.size = self
            .size
            .checked_add(1)
            .expect("2^64 leaves are never reached one at a time");
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree: the same as [`merkle::Tree::root`](crate::merkle::Tree::root) over the same leaves.
    pub fn root(&self) -> Digest {
        self.hashes
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or(EMPTY_ROOT)
    }

    /// The subtree roots, left to right: what [`Frontier::from_parts`] takes.
    pub fn hashes(&self) -> &[Digest] {
        &self.hashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_wrong_number_are_refused() {
        let hash = Digest::of(b"x");
        for (size, hashes, good) in [
            (0, 0, true),
            (0, 1, false),
            (1, 1, true),
            (1, 0, false),
            (7, 3, true),
            (8, 3, false),
            (8, 1, true),
        ] {
            let made = Frontier::from_parts(size, vec![hash; hashes]);
            assert_eq!(made.is_ok(), good, "{size} {hashes}");
        }
        assert_eq!(
            Frontier::from_parts(u64::MAX, vec![hash; 64]).unwrap_err().code(),
            "BAD_FRONTIER"
        );
    }

    #[test]
    fn appending_to_the_largest_stored_edge_does_not_panic() {
        let size = SIZE_MAX;
        let mut frontier = Frontier::from_parts(size, vec![Digest::of(b"x"); 63]).unwrap();
        frontier.append(Digest::of(b"y"));
        assert_eq!((frontier.size(), frontier.hashes().len()), (SIZE_MAX + 1, 1));
    }
}
