//! What a child believes of its parent: nothing that is not proved, and nothing that contradicts what it remembers.

use seal::merkle::{check_consistency, check_inclusion, leaf_hash};
use seal::{Checkpoint, Digest, SealError, VerifyingKey};
use wire::{Statement, envelope};

/// The parent's answer does not hold.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The parent's tree lacks what it signed before: a rewind or a fork. Pushing stops; the evidence is kept.
    #[error("история родительского узла не продолжает запомненную ({remembered} → {shown}): передача остановлена")]
    Fork {
        /// Size that was remembered.
        remembered: u64,
        /// Size that is shown now.
        shown: u64,
        /// The checkpoint shown.
        note: String,
    },
    /// A signature or proof does not hold.
    #[error("ответ родительского узла не подтверждается: {0}")]
    Unproven(String),
}

impl From<SealError> for TrustError {
    fn from(error: SealError) -> Self {
        Self::Unproven(error.to_string())
    }
}

/// The keys that the parent's answers are checked by.
pub struct Trust {
    /// Origin of the parent's checkpoints.
    pub origin: String,
    /// Key of its checkpoints.
    pub ledger_key: VerifyingKey,
    /// Key of its statements.
    pub signing_key: VerifyingKey,
}

impl Trust {
    /// A checkpoint that continues the remembered one.
    pub fn continued(
        &self,
        remembered: Option<&Checkpoint>,
        note: &str,
        proof: &[Vec<u8>],
    ) -> Result<Checkpoint, TrustError> {
        let shown = Checkpoint::open(note, &self.origin, &self.ledger_key)?;
        let Some(old) = remembered else { return Ok(shown) };
        let fork = || TrustError::Fork {
            remembered: old.size,
            shown: shown.size,
            note: note.to_owned(),
        };
        let proof = hashes(proof)?;
        check_consistency(old.size, old.root, shown.size, shown.root, &proof).map_err(|_| fork())?;
        Ok(shown)
    }

    /// An entry that stands in the parent's tree.
    pub fn included(
        &self,
        entry: &[u8],
        position: u64,
        proof: &[Vec<u8>],
        checkpoint: &Checkpoint,
    ) -> Result<(), TrustError> {
        check_inclusion(
            leaf_hash(entry),
            position,
            checkpoint.size,
            checkpoint.root,
            &hashes(proof)?,
        )?;
        Ok(())
    }

    /// A statement of the parent's own.
    pub fn statement(&self, sealed: &[u8]) -> Result<Statement, TrustError> {
        let unproven = |e: wire::WireError| TrustError::Unproven(e.to_string());
        let verified = envelope::decode(sealed).map_err(unproven)?.verify(&self.signing_key)?;
        let envelope = verified.get();
        Ok(Statement::decode(&envelope.payload_type, &envelope.payload)
            .map_err(unproven)?
            .1)
    }

    /// A refusal of this very entry of ours.
    pub fn refusal(&self, sealed: &[u8], entry: &[u8], position: u64) -> Result<(), TrustError> {
        match self.statement(sealed)? {
            Statement::Refusal(refusal) if refusal.leaf == leaf_hash(entry) && refusal.position == position => Ok(()),
            _ => Err(TrustError::Unproven(format!("отказ не о записи {position}"))),
        }
    }
}

fn hashes(proof: &[Vec<u8>]) -> Result<Vec<Digest>, SealError> {
    proof.iter().map(|hash| Digest::try_from(hash.as_slice())).collect()
}
