//! Changing what a member answers for: one more cover, or the end of one. A new membership under the same keys says it.
//!
//! Giving is bound as an invitation is. Taking back may name any day after the cover's first: what the member counted of
//! later days counts no longer, and it is told so by the membership, which comes down to it.

use domain::member::{Cover, Member};
use domain::{Code, Day, NodeId};
use ledger::{Ledger, LedgerError};
use wire::Statement;
use wire::statement::Membership;

use super::Parent;
use super::invite::{InviteError, are_known, cover, taken};
use crate::held;

/// Why a member's covers stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum CoverError {
    /// Not registered by this parent, or its keys hold no longer.
    #[error("действующего участника {0} у этого узла нет")]
    Unknown(NodeId),
    /// It has no such cover, or none that lasts so long.
    #[error("узел {node} не отвечает за территорию {territory} на {day} и позже")]
    NotCovered {
        /// The member.
        node: NodeId,
        /// As asked.
        territory: Code,
        /// As asked.
        day: Day,
    },
    /// The cover begins on that day or later.
    #[error("покрытие начинается {from}, забрать его можно со следующего дня или позже; отозвать узел: members revoke")]
    NotBegun {
        /// The first day of the cover.
        from: Day,
    },
    /// What is asked for cannot be given.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Parent {
    /// Gives a member one more cover. What comes out is the position of the new membership.
    pub fn cover(
        &self,
        node: &NodeId,
        territory: Code,
        source: Option<Code>,
        from: Option<Day>,
    ) -> Result<u64, CoverError> {
        let open = self.invitations().outstanding(self.clock.now().as_millisecond());
        self.change(node, |ledger, mut membership| {
            let (_, federation) = ledger.current_dictionary().ok_or(InviteError::NoDictionary)?;
            let from = from.unwrap_or_else(|| self.earliest(&membership.zone));
            let wanted = [cover(territory, source, from)];
            are_known(&federation, &wanted)?;
            self.may_give(ledger, federation.tree(), &membership.zone, &wanted)?;
            let members: Vec<Member> = self.children_of(ledger).into_iter().chain(open).collect();
            if let Some((territory, node)) = taken(&federation, &members, node, &wanted) {
                return Err(InviteError::Taken { territory, node }.into());
            }
            let [wanted] = wanted;
            if ledger::lies_inside(federation.tree(), std::slice::from_ref(&wanted), &membership.covers) {
                return Err(InviteError::AlreadyCovered(wanted.territory).into());
            }
            membership.covers.push(wanted);
            Ok(membership)
        })
    }

    /// Takes a member's covers of a territory back from a day on; of one source, or of every. What comes out is the
    /// position of the new membership.
    pub fn uncover(&self, node: &NodeId, territory: &Code, source: Option<&Code>, day: Day) -> Result<u64, CoverError> {
        self.change(node, |_, mut membership| {
            let is_meant = |cover: &&mut Cover| {
                cover.territory == *territory
                    && (source.is_none() || cover.source.as_ref() == source)
                    && cover.until.is_none_or(|until| until > day)
            };
            let mut found = false;
            for cover in membership.covers.iter_mut().filter(is_meant) {
                if day <= cover.from {
                    return Err(CoverError::NotBegun { from: cover.from });
                }
                cover.until = Some(day);
                found = true;
            }
            if !found {
                let (node, territory) = (node.clone(), territory.clone());
                return Err(CoverError::NotCovered { node, territory, day });
            }
            Ok(membership)
        })
    }

    /// Appends the membership that `change` makes of the one that stands. The ledger is held from the look to the append.
    fn change(
        &self,
        node: &NodeId,
        change: impl FnOnce(&Ledger, Membership) -> Result<Membership, CoverError>,
    ) -> Result<u64, CoverError> {
        let now_ms = self.clock.now().as_millisecond();
        let position = {
            let mut ledger = held(&self.ledger);
            let standing = ledger
                .member(node)
                .filter(|keys| keys.membership.parent == self.node && keys.revoked.is_none());
            let membership = standing
                .ok_or_else(|| CoverError::Unknown(node.clone()))?
                .membership
                .clone();
            let changed = change(&ledger, membership)?;
            let position = ledger.size();
            ledger.append_own(vec![(Statement::Membership(changed), None)], now_ms)?;
            position
        };
        (self.on_change)(&[]);
        Ok(position)
    }
}
