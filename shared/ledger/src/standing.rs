//! Who may say what next: members with their keys, and every author's chain. It follows from the order of entries alone.
//!
//! Small (a few hundred bytes a node), so a group of entries is judged on a copy that is kept only when they are durable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{Code, NodeId};
use seal::{Digest, KeyId};
use wire::statement::Membership;
use wire::{Preamble, Statement};

/// Levels of a federation's tree of nodes; longer chains of parents are a loop.
const MAX_DEPTH: usize = 16;

/// A member as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberKeys {
    /// Its latest membership.
    pub membership: Membership,
    /// Code of the reason, once its keys hold no longer.
    pub revoked: Option<Code>,
    /// Position of the membership.
    pub position: u64,
}

/// The last statement of an author's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChainEnd {
    pub(crate) sequence: u64,
    pub(crate) statement: Digest,
}

/// Members and chains at one position of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    chains: HashMap<(NodeId, u32), ChainEnd>,
    members: BTreeMap<NodeId, Arc<MemberKeys>>,
    authors: HashMap<KeyId, NodeId>,
    /// The highest key epoch of a node that was revoked, with the reason.
    revoked: HashMap<NodeId, (u32, Code)>,
    /// Entries of a node's ledger that were refused unread: so many sequences may be missing in the chains of its branch.
    unread: HashMap<NodeId, u64>,
}

impl Standing {
    /// The end of an author's chain.
    pub(crate) fn chain(&self, node: &NodeId, epoch: u32) -> Option<ChainEnd> {
        self.chains.get(&(node.clone(), epoch)).copied()
    }

    /// The member with this id.
    pub(crate) fn member(&self, node: &NodeId) -> Option<&Arc<MemberKeys>> {
        self.members.get(node)
    }

    /// Every member, revoked ones too.
    pub(crate) fn members(&self) -> impl Iterator<Item = &MemberKeys> {
        self.members.values().map(AsRef::as_ref)
    }

    /// The member that registered a signing key.
    pub(crate) fn author_of(&self, key: &KeyId) -> Option<&Arc<MemberKeys>> {
        self.members.get(self.authors.get(key)?)
    }

    /// The node and the members above it, as far as they are registered here.
    pub(crate) fn lineage(&self, node: &NodeId) -> impl Iterator<Item = &MemberKeys> {
        let first = self.members.get(node);
        std::iter::successors(first, |member| self.members.get(&member.membership.parent))
            .take(MAX_DEPTH)
            .map(AsRef::as_ref)
    }

    /// Whether a node is `top` or stands below it.
    pub(crate) fn is_in_branch(&self, node: &NodeId, top: &NodeId) -> bool {
        self.lineage(node).any(|member| member.membership.member == *top)
    }

    /// Whether a membership leaves others' ids and keys alone, and goes forward in the member's key epochs.
    pub(crate) fn may_register(&self, membership: &Membership) -> bool {
        let of_key = self.authors.get(&membership.signing_key.id());
        let old = self.members.get(&membership.member).map(|member| &member.membership);
        of_key.is_none_or(|node| *node == membership.member)
            && old.is_none_or(|old| old.parent == membership.parent && old.member_epoch <= membership.member_epoch)
    }

    /// Whether a statement is the next of its author's chain, or follows where entries were refused unread.
    pub(crate) fn follows(&self, head: &Preamble, below: &NodeId) -> bool {
        let end = self.chain(&head.node, head.epoch);
        let last = end.map_or(0, |end| end.sequence);
        match head.sequence.checked_sub(last) {
            Some(1) => head.previous == end.map(|end| end.statement),
            Some(step) if step > 1 => step - 1 <= self.unread_above(&head.node, below),
            _ => false,
        }
    }

    /// Sequences that may be missing in the chain of a node delivered by `below`.
    fn unread_above(&self, node: &NodeId, below: &NodeId) -> u64 {
        self.bearers(node, below)
            .iter()
            .filter_map(|node| self.unread.get(node))
            .sum()
    }

    /// The nodes whose ledgers carry the statements of `node`, up to the one that delivers them.
    pub(crate) fn bearers(&self, node: &NodeId, top: &NodeId) -> Vec<NodeId> {
        let mut bearers = Vec::new();
        for member in self.lineage(node) {
            bearers.push(member.membership.member.clone());
            if member.membership.member == *top {
                break;
            }
        }
        bearers
    }

    /// Takes a statement in: it ends its author's chain, and says what it says. `delivered_by` is the child that brought
    /// it; nothing for the node's own.
    pub(crate) fn fold(
        &mut self,
        position: u64,
        delivered_by: Option<&NodeId>,
        head: &Preamble,
        hash: Digest,
        said: &Statement,
    ) {
        self.advance(
            &head.node,
            head.epoch,
            ChainEnd {
                sequence: head.sequence,
                statement: hash,
            },
            delivered_by,
        );
        match said {
            Statement::Membership(membership) => self.register(position, membership),
            Statement::Revocation(revocation) => {
                let revoked = (revocation.member_epoch, revocation.reason.clone());
                self.revoked.insert(revocation.member.clone(), revoked);
                self.mark_revoked(&revocation.member);
            }
            Statement::Refusal(refusal) if refusal.sequence == 0 => {
                *self.unread.entry(refusal.delivered_by.clone()).or_default() += 1;
            }
            Statement::Refusal(refusal) => {
                let end = ChainEnd {
                    sequence: refusal.sequence,
                    statement: refusal.statement,
                };
                self.advance(&refusal.node, refusal.epoch, end, Some(&refusal.delivered_by));
            }
            _ => {}
        }
    }

    /// Moves the end of a chain forward, never back. Sequences left out use up what was refused unread.
    fn advance(&mut self, node: &NodeId, epoch: u32, end: ChainEnd, delivered_by: Option<&NodeId>) {
        let last = self.chain(node, epoch).map_or(0, |end| end.sequence);
        if end.sequence <= last {
            return;
        }
        let mut missing = end.sequence - last - 1;
        let bearers = delivered_by.filter(|_| missing > 0).map(|top| self.bearers(node, top));
        for bearer in bearers.into_iter().flatten() {
            if let Some(unread) = self.unread.get_mut(&bearer) {
                let used = missing.min(*unread);
                *unread -= used;
                missing -= used;
            }
        }
        self.chains.insert((node.clone(), epoch), end);
    }

    fn register(&mut self, position: u64, membership: &Membership) {
        let node = &membership.member;
        if let Some(old) = self.members.get(node) {
            self.authors.remove(&old.membership.signing_key.id());
        }
        self.authors.insert(membership.signing_key.id(), node.clone());
        let member = MemberKeys {
            membership: membership.clone(),
            revoked: None,
            position,
        };
        self.members.insert(node.clone(), Arc::new(member));
        self.mark_revoked(node);
    }

    /// A revocation holds for its key epoch and all before it, whatever is registered again.
    fn mark_revoked(&mut self, node: &NodeId) {
        if let (Some((epoch, reason)), Some(member)) = (self.revoked.get(node), self.members.get_mut(node))
            && member.membership.member_epoch <= *epoch
        {
            Arc::make_mut(member).revoked = Some(reason.clone());
        }
    }
}
