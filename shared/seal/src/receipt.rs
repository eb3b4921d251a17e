//! The receipt: proof that an entry is in a log, to be kept by whoever handed it in.
//!
//! Owns the joining of an inclusion proof with the signed checkpoint it leads to, so that the two are never checked
//! apart. Does not know what the entry says, and does not compare with earlier checkpoints: that takes a consistency
//! proof.

use crate::checkpoint::Checkpoint;
use crate::merkle::check_inclusion;
use crate::{Digest, SealError, VerifyingKey};

/// Where an entry stands in a log, with the proof of it. As received: nothing here is checked until [`Receipt::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Position of the leaf, from zero.
    pub position: u64,
    /// Inclusion proof, from the leaf upward.
    pub inclusion: Vec<Digest>,
    /// The log's signed note that the proof leads to.
    pub checkpoint: String,
}

impl Receipt {
    /// Checks that the log `origin`, by its `key`, has this leaf hash at this position, and returns the checkpoint.
    pub fn verify(&self, leaf: Digest, origin: &str, key: &VerifyingKey) -> Result<Checkpoint, SealError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, origin, key)?;
        check_inclusion(leaf, self.position, checkpoint.size, checkpoint.root, &self.inclusion)?;
        Ok(checkpoint)
    }
}
