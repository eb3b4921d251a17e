//! What the crate promises, proved from outside: the laws of the tree, faults, published vectors and fixed bytes.

mod checkpoint;
mod faults;
mod golden;
mod tree;
mod vectors;

use seal::{Digest, SigningKey};

/// A key that is always the same for the same number.
fn key(number: u8) -> SigningKey {
    SigningKey::from_seed([number; 32])
}

/// The leaf that a test calls by its number.
fn leaf(number: u64) -> Digest {
    seal::merkle::leaf_hash(&number.to_be_bytes())
}
