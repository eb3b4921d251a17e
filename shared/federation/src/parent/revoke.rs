//! Taking a member's keys back. The statement in the ledger is the whole act: who may speak is asked of the ledger.

use domain::{Code, NodeId};
use ledger::LedgerError;
use wire::Statement;
use wire::statement::Revocation;

use super::Parent;
use crate::held;

/// A revocation that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its position in the ledger.
    pub position: u64,
    /// The key epoch that ends with it.
    pub member_epoch: u32,
}

/// Why nobody is revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// Not registered by this parent: its own parent is the one to revoke it.
    #[error("узла {0} нет среди участников; список: federal-hub nodes")]
    Unknown(NodeId),
    /// The keys hold no longer as it is.
    #[error("узел {node} уже отозван: {reason}")]
    Already {
        /// The member.
        node: NodeId,
        /// Code of the reason that stands.
        reason: Code,
    },
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Parent {
    /// Revokes the present key epoch of a member. Open streams of it end with their next batch; an invitation made anew
    /// begins another epoch.
    pub fn revoke(&self, node: &NodeId, reason: Code) -> Result<Revoked, RevokeError> {
        let now_ms = self.clock.now().as_millisecond();
        // Held from the look to the append, so that of two revocations one finds the other.
        let mut ledger = held(&self.ledger);
        let member = ledger.member(node).filter(|keys| keys.membership.parent == self.node);
        let keys = member.ok_or_else(|| RevokeError::Unknown(node.clone()))?;
        if let Some(reason) = keys.revoked.clone() {
            return Err(RevokeError::Already {
                node: node.clone(),
                reason,
            });
        }
        let member_epoch = keys.membership.member_epoch;
        let revocation = Statement::Revocation(Revocation {
            member: node.clone(),
            member_epoch,
            reason,
        });
        let position = ledger.size();
        ledger.append_own(vec![(revocation, None)], now_ms)?;
        drop(ledger);
        (self.on_change)(&[]);
        Ok(Revoked { position, member_epoch })
    }
}
