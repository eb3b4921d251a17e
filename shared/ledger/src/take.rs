//! Taking a child's entries: in the child's order, without holes, each with a verdict for ever.
//!
//! First the batch as a whole: sizes, the cursor, the child's own checkpoint, to which its leaves must lead. Then each
//! entry by itself. What is taken, our refusals and the cursor become durable as one group before any verdict leaves, and
//! the same batch again gets the same verdicts.

use domain::{NodeId, SheetPeriod};
use seal::Checkpoint;
use seal::merkle::leaf_hash;
use wire::Statement;
use wire::body::MAX_BODY_BYTES;
use wire::envelope::{self, MAX_ENVELOPE_BYTES};
use wire::statement::Refusal;

use crate::admit::{Admitted, Claim, Judge, Judgement};
use crate::cursor::CursorRecord;
use crate::error::{StoreError, TakeError};
use crate::evidence::{RefusedItem, worth_keeping};
use crate::group::Group;
use crate::ledger::{Ledger, Read, read};
use crate::reason::Reason;
use crate::standing::MemberKeys;
use crate::store::NewEntry;
use crate::verdict::{Incoming, Outcome, Taking, Verdict};

/// Most entries of one batch.
pub(crate) const MAX_BATCH: usize = 256;

impl Ledger {
    /// Takes a batch of a child's ledger that begins at `first_position` of it and ends with the child's `checkpoint`.
    ///
    /// The batch may begin before the cursor: what has a verdict gets the same one again.
    pub fn take(
        &mut self,
        child: &NodeId,
        first_position: u64,
        entries: Vec<Incoming>,
        checkpoint: &str,
        now_ms: i64,
    ) -> Result<Taking, TakeError> {
        let mut group = self.group()?;
        check_sizes(&entries)?;
        let member = self
            .standing
            .member(child)
            .filter(|_| self.is_child(child))
            .ok_or(TakeError::NotAMember)?
            .clone();
        if let Some(reason) = &member.revoked {
            return Err(TakeError::MemberRevoked {
                reason: reason.to_string(),
            });
        }
        let before = self.cursor_record(child);
        let cursor = follow(&before, &member, first_position, &entries, checkpoint)?;
        let mut verdicts = Vec::with_capacity(entries.len());
        for (position, incoming) in (first_position..).zip(entries) {
            let outcome = match self.repeated(&group, child, position, &incoming)? {
                Some(outcome) => outcome,
                None if position < before.frontier.size() => return Err(TakeError::CheckpointMismatch),
                None => self.decide(&mut group, &member, position, incoming, now_ms)?,
            };
            verdicts.push(Verdict { position, outcome });
        }
        let end = cursor.frontier.size();
        let moved = end > before.frontier.size();
        self.evidence.sync().map_err(|error| self.stop_after(error))?;
        let changed = self.commit(group, moved.then_some(cursor))?;
        Ok(Taking {
            verdicts,
            cursor: end,
            changed,
        })
    }

    /// The verdict that these bytes of this position have already.
    fn repeated(
        &self,
        group: &Group,
        child: &NodeId,
        position: u64,
        incoming: &Incoming,
    ) -> Result<Option<Outcome>, TakeError> {
        if let Some(position) = group.position_of(&incoming.envelope) {
            return Ok(Some(Outcome::Taken {
                position,
                repeated: true,
            }));
        }
        let statement = envelope::decode(&incoming.envelope)
            .ok()
            .map(|envelope| envelope.statement_hash());
        let stands = statement
            .map(|statement| self.store.by_statement(&statement))
            .transpose()?
            .flatten();
        if let Some(stands) = stands {
            let entry = self.entry(stands)?;
            // What another child brought, or we said ourselves, is judged: it has no verdict as this child's.
            if entry.envelope == incoming.envelope && entry.delivered_by.as_ref() == Some(child) {
                return Ok(Some(Outcome::Taken {
                    position: stands,
                    repeated: true,
                }));
            }
        }
        let Some(refused) = self.store.refusal_of(&self.author.node, child, position)? else {
            return Ok(None);
        };
        let entry = self.entry(refused)?;
        Ok(match read(&entry)?.said {
            Statement::Refusal(refusal) if refusal.leaf == leaf_hash(&incoming.envelope) => Some(Outcome::Refused {
                reason: refusal.reason,
                position: refused,
                refusal: entry.envelope,
            }),
            _ => None,
        })
    }

    /// Judges an entry that has no verdict yet, and adds it or its refusal to the group.
    fn decide(
        &mut self,
        group: &mut Group,
        member: &MemberKeys,
        position: u64,
        incoming: Incoming,
        now_ms: i64,
    ) -> Result<Outcome, TakeError> {
        let is_used = |node: &NodeId, period: SheetPeriod, revision: u32| {
            let stands = self.store.by_period(node, period, revision)?.is_some();
            Ok::<_, StoreError>(stands || group.has_sheet(node, period, revision))
        };
        let judge = Judge {
            federation: &self.author.federation,
            own: &self.author.node,
            child: member,
            standing: &group.standing,
            dictionaries: &self.dictionaries,
            now_ms,
            is_used: &is_used,
        };
        match judge.judge(&incoming)? {
            Judgement::Admitted(admitted) => {
                let Admitted {
                    head,
                    statement,
                    said,
                    keeps_body,
                } = *admitted;
                let delivered = Some((member.membership.member.clone(), position));
                let body = incoming.body.filter(|_| keeps_body);
                let entry = NewEntry {
                    received_at_ms: now_ms,
                    delivered,
                    envelope: incoming.envelope,
                    body,
                };
                let position = group.push(entry, Read { head, statement, said });
                Ok(Outcome::Taken {
                    position,
                    repeated: false,
                })
            }
            Judgement::Rejected(reason, claim) => self.refuse(
                group,
                &member.membership.member,
                position,
                &incoming,
                reason,
                claim,
                now_ms,
            ),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a refusal names everything about what it refuses"
    )]
    fn refuse(
        &mut self,
        group: &mut Group,
        child: &NodeId,
        position: u64,
        incoming: &Incoming,
        reason: Reason,
        claim: Claim,
        now_ms: i64,
    ) -> Result<Outcome, TakeError> {
        let leaf = leaf_hash(&incoming.envelope);
        let item = RefusedItem {
            node: claim.node.clone(),
            delivered_by: child.clone(),
            position,
            reason: reason.code(),
            leaf,
            received_at_ms: now_ms,
        };
        let kept = worth_keeping(&incoming.envelope, incoming.body.as_ref(), claim.is_signed);
        self.evidence
            .keep(item, &kept)
            .map_err(|error| self.stop_after(error))?;
        let refusal = Refusal {
            node: claim.node,
            epoch: claim.epoch,
            sequence: claim.sequence,
            statement: claim.statement,
            leaf,
            delivered_by: child.clone(),
            position,
            reason: reason.code(),
        };
        let said = Statement::Refusal(refusal);
        let (position, refusal) = group.seal(&self.author, &self.author.signing_key, said, None, now_ms)?;
        Ok(Outcome::Refused {
            reason: reason.code(),
            position,
            refusal,
        })
    }
}

/// Carries the cursor over the batch, and checks that the child's checkpoint says the same.
fn follow(
    before: &CursorRecord,
    member: &MemberKeys,
    first: u64,
    entries: &[Incoming],
    checkpoint: &str,
) -> Result<CursorRecord, TakeError> {
    let expected = before.frontier.size();
    if first > expected {
        return Err(TakeError::PositionExpected { expected });
    }
    let opened = Checkpoint::open(checkpoint, &before.origin, &member.membership.ledger_key)
        .map_err(TakeError::BadCheckpoint)?;
    let mut after = before.clone();
    for (_, incoming) in (first..).zip(entries).filter(|(position, _)| *position >= expected) {
        after.frontier.append(leaf_hash(&incoming.envelope));
    }
    let end = first + entries.len() as u64;
    // A batch that ends before the cursor is compared entry by entry instead: of so early a tree no edge is kept.
    let same_root = end < expected || opened.root == after.frontier.root();
    if opened.size != end || !same_root {
        return Err(TakeError::CheckpointMismatch);
    }
    checkpoint.clone_into(&mut after.checkpoint);
    Ok(after)
}

fn check_sizes(entries: &[Incoming]) -> Result<(), TakeError> {
    let at_most = |what, got, limit| {
        if got > limit {
            Err(TakeError::MessageTooLarge { what, got, limit })
        } else {
            Ok(())
        }
    };
    at_most("записей в пачке", entries.len(), MAX_BATCH)?;
    for entry in entries {
        at_most("байт в конверте", entry.envelope.len(), MAX_ENVELOPE_BYTES)?;
        at_most(
            "байт в содержании",
            entry.body.as_ref().map_or(0, Vec::len),
            MAX_BODY_BYTES,
        )?;
    }
    Ok(())
}
