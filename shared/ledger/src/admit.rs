//! The rules by which one entry of a child is taken or refused.
//!
//! Order matters: size, canonical form, the registered key and its signature come first, and not one byte of a payload is
//! read before. Then its place in its author's chain, then what its kind may say. A reason is given only where the bytes
//! and what stands before them decide for ever; anything that may change ends the stream instead.

mod sheet;

use domain::{FederationId, NodeId, SheetPeriod};
use seal::{Digest, Envelope, Verified};
use wire::statement::{Membership, Refusal};
use wire::{Preamble, Statement, WireError, envelope};

use crate::dictionaries::Dictionaries;
use crate::error::{StoreError, TakeError};
use crate::reason::Reason;
use crate::scope;
use crate::standing::{MemberKeys, Standing};
use crate::verdict::Incoming;

/// What an entry is judged by.
pub(crate) struct Judge<'a> {
    pub(crate) federation: &'a FederationId,
    /// The node whose ledger this is.
    pub(crate) own: &'a NodeId,
    /// The child that delivers it.
    pub(crate) child: &'a MemberKeys,
    pub(crate) standing: &'a Standing,
    pub(crate) dictionaries: &'a Dictionaries,
    pub(crate) now_ms: i64,
    /// Whether a revision of a sheet stands already.
    pub(crate) is_used: &'a dyn Fn(&NodeId, SheetPeriod, u32) -> Result<bool, StoreError>,
}

/// An entry that is taken.
pub(crate) struct Admitted {
    pub(crate) head: Preamble,
    pub(crate) statement: Digest,
    pub(crate) said: Statement,
    /// Whether the body goes with it.
    pub(crate) keeps_body: bool,
}

/// Whose statement is refused, as far as its signature vouches for it; sequence 0 when it was refused unread.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) node: NodeId,
    pub(crate) epoch: u32,
    pub(crate) sequence: u64,
    pub(crate) statement: Digest,
    /// Whether the author's signature was good: what is kept as evidence proves something then.
    pub(crate) is_signed: bool,
}

/// What becomes of an entry.
pub(crate) enum Judgement {
    Admitted(Box<Admitted>),
    Rejected(Reason, Claim),
}

/// What ends the judging of an entry early.
pub(crate) enum Stop {
    Refuse(Reason),
    End(TakeError),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refuse(reason)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::End(error.into())
    }
}

impl Judge<'_> {
    /// Judges an entry.
    pub(crate) fn judge(&self, incoming: &Incoming) -> Result<Judgement, TakeError> {
        let mut claim = Claim {
            node: self.child.membership.member.clone(),
            epoch: self.child.membership.member_epoch,
            sequence: 0,
            statement: Digest::of(&incoming.envelope),
            is_signed: false,
        };
        match self.admit(incoming, &mut claim) {
            Ok(admitted) => Ok(Judgement::Admitted(Box::new(admitted))),
            Err(Stop::Refuse(reason)) => Ok(Judgement::Rejected(reason, claim)),
            Err(Stop::End(error)) => Err(error),
        }
    }

    fn admit(&self, incoming: &Incoming, claim: &mut Claim) -> Result<Admitted, Stop> {
        let envelope = envelope::decode(&incoming.envelope).map_err(|error| unreadable(&error))?;
        claim.statement = envelope.statement_hash();
        let (author, verified) = self.verify(envelope)?;
        claim.is_signed = true;
        let (head, said) = read(verified, author, claim)?;
        if head.federation != *self.federation {
            return Err(Reason::WrongFederation.into());
        }
        if !self.standing.follows(&head, &self.child.membership.member) {
            return Err(Reason::ChainBroken.into());
        }
        let keeps_body = self.kind_rules(author, &said, incoming)?;
        Ok(Admitted {
            head,
            statement: claim.statement,
            said,
            keeps_body,
        })
    }

    /// Finds the registered key, and checks the signature by it.
    fn verify(&self, envelope: Envelope) -> Result<(&MemberKeys, Verified<Envelope>), Reason> {
        let author = self.standing.author_of(&envelope.key_id).ok_or(Reason::UnknownAuthor)?;
        let member = &author.membership;
        if !self
            .standing
            .is_in_branch(&member.member, &self.child.membership.member)
        {
            return Err(Reason::UnknownAuthor);
        }
        let verified = envelope.verify(&member.signing_key).map_err(|_| Reason::BadSignature)?;
        if self
            .standing
            .lineage(&member.member)
            .any(|above| above.revoked.is_some())
        {
            return Err(Reason::AuthorRevoked);
        }
        Ok((author, verified))
    }

    /// Whether the author may say this. Returns whether the body is kept.
    fn kind_rules(&self, author: &MemberKeys, said: &Statement, incoming: &Incoming) -> Result<bool, Stop> {
        match said {
            Statement::Sheet(sheet) => return self.sheet_rules(author, sheet, incoming),
            Statement::Membership(membership) => self.membership_rules(author, membership)?,
            Statement::Refusal(refusal) => self.refusal_rules(author, refusal)?,
            Statement::Revocation(revocation) if !self.is_parent(author, &revocation.member) => {
                return Err(Reason::OutOfScope.into());
            }
            Statement::Revocation(_) => {}
            // A kind of the future may name a body; whoever knows it will check it, so it goes along as it came.
            Statement::Unknown(_) => return Ok(incoming.body.is_some()),
            Statement::Genesis(_) | Statement::Dictionary(_) | Statement::Decision(_) => {
                return Err(Reason::KindNotAllowed.into());
            }
        }
        Ok(false)
    }

    /// A member registers members of its own, inside what it covers itself, under keys that nobody else has.
    fn membership_rules(&self, author: &MemberKeys, membership: &Membership) -> Result<(), Stop> {
        let parent = &author.membership;
        if membership.parent != parent.member {
            return Err(Reason::OutOfScope.into());
        }
        if membership.member == *self.own || !self.standing.may_register(membership) {
            return Err(Reason::MemberTaken.into());
        }
        let (_, federation) = self.dictionaries.current().ok_or_else(no_dictionary)?;
        if scope::lies_inside(federation.tree(), &membership.covers, &parent.covers) {
            Ok(())
        } else {
            Err(Reason::OutOfScope.into())
        }
    }

    /// A member refuses only what its own members brought, and only in the name of their branch.
    fn refusal_rules(&self, author: &MemberKeys, refusal: &Refusal) -> Result<(), Stop> {
        let of_branch = self.standing.is_in_branch(&refusal.node, &refusal.delivered_by);
        if self.is_parent(author, &refusal.delivered_by) && of_branch {
            Ok(())
        } else {
            Err(Reason::OutOfScope.into())
        }
    }

    fn is_parent(&self, author: &MemberKeys, child: &NodeId) -> bool {
        let child = self.standing.member(child);
        child.is_some_and(|child| child.membership.parent == author.membership.member)
    }
}

/// Nothing can be placed in a tree before the first federation file is here.
fn no_dictionary() -> Stop {
    Stop::End(TakeError::DictionaryUnknown(Digest([0; 32])))
}

/// Reads a verified statement, and notes where in its author's chain it claims to stand.
fn read(verified: Verified<Envelope>, author: &MemberKeys, claim: &mut Claim) -> Result<(Preamble, Statement), Reason> {
    let decoded = verified.try_map(|envelope| {
        Statement::decode(&envelope.payload_type, &envelope.payload).map_err(|error| {
            // The six fields at the head are read as of a kind unknown: a statement that is signed but wrong still has
            // its place in the chain, and the chain can step over it.
            let head = Statement::decode("", &envelope.payload).ok().map(|(head, _)| head);
            (head, unreadable(&error))
        })
    });
    let member = &author.membership;
    let is_theirs = |head: &Preamble| head.node == member.member && head.epoch == member.member_epoch;
    let mut place = |head: &Preamble| {
        claim.node = member.member.clone();
        claim.epoch = member.member_epoch;
        claim.sequence = if is_theirs(head) { head.sequence } else { 0 };
    };
    match decoded {
        Ok(decoded) => {
            let (head, said) = decoded.into_inner();
            place(&head);
            if is_theirs(&head) {
                Ok((head, said))
            } else {
                Err(Reason::UnknownAuthor)
            }
        }
        Err((head, reason)) => {
            head.iter().for_each(&mut place);
            Err(reason)
        }
    }
}

fn unreadable(error: &WireError) -> Reason {
    match error {
        WireError::NonCanonical { .. } => Reason::NonCanonical,
        _ => Reason::Malformed,
    }
}
