//! Whose ledger it is, and what its truth hangs on.

use domain::{FederationId, NodeId};
use seal::{SigningKey, VerifyingKey};

/// The node that writes a ledger, with the keys it writes by.
#[derive(Debug)]
pub struct Author {
    /// The federation.
    pub federation: FederationId,
    /// The node.
    pub node: NodeId,
    /// Its key epoch, from 1.
    pub epoch: u32,
    /// Signs its statements.
    pub signing_key: SigningKey,
    /// Signs its checkpoints.
    pub ledger_key: SigningKey,
}

impl Author {
    /// The origin of the node's checkpoints: `<federation>/<node>/<epoch>`.
    pub fn origin(&self) -> String {
        origin(&self.federation, &self.node, self.epoch)
    }
}

/// The origin of a node's checkpoints.
pub(crate) fn origin(federation: &FederationId, node: &NodeId, epoch: u32) -> String {
    format!("{federation}/{node}/{epoch}")
}

/// What a verifier of the ledger begins with.
#[derive(Clone, Debug)]
pub enum Anchor {
    /// The hub: entry 0 is the genesis, signed by this key.
    Root {
        /// The offline root key.
        root_key: VerifyingKey,
    },
    /// A child: its ledger holds its own subtree only, and its parent registered its keys.
    Parent {
        /// The parent.
        node: NodeId,
        /// Key of the parent's statements: refusals that come down are checked by it.
        signing_key: VerifyingKey,
    },
}
