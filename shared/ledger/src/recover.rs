//! Getting the own ledger back: entries that a lost disk took away and the parent still has, appended byte for byte.
//!
//! Promises that nothing is believed of the parent but the bytes: every entry is signed by a key that this ledger
//! registers, follows in its author's chain and stands where it stood, so that the ledger is again the prefix that the
//! parent took. While the ledger is on hold nothing else is appended: it would be signed under a sequence already used.

use std::collections::BTreeMap;

use domain::NodeId;
use seal::merkle::leaf_hash;
use seal::{Envelope, VerifyingKey};
use wire::{Statement, envelope};

use crate::cursor::CursorRecord;
use crate::error::LedgerError;
use crate::group::Group;
use crate::ledger::{Ledger, Read};
use crate::store::NewEntry;

/// An entry of this ledger as the parent kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Position in this ledger.
    pub position: u64,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The body, when the parent still has it.
    pub body: Option<Vec<u8>>,
}

impl Ledger {
    /// Appends nothing but recovered entries from now on.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Appends as ever again.
    pub fn release(&mut self) {
        self.held = false;
    }

    /// Whether nothing but recovered entries is appended.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Appends entries that stood at this ledger's end before it was lost, as one group.
    pub fn recover(&mut self, entries: Vec<Recovered>, now_ms: i64) -> Result<(), LedgerError> {
        if self.stopped {
            return Err(LedgerError::Stopped);
        }
        let mut group = Group::new(&self.standing, self.size());
        let mut cursors = BTreeMap::new();
        for (expected, entry) in (self.size()..).zip(entries) {
            let position = entry.position;
            let unproven = |reason: String| LedgerError::Unproven { position, reason };
            if position != expected {
                return Err(unproven(format!("ожидалась запись {expected}")));
            }
            self.stand_again(&mut group, &mut cursors, entry, now_ms)
                .map_err(unproven)?;
        }
        self.commit(group, None)?;
        self.cursors.extend(cursors);
        Ok(())
    }

    /// Checks one entry against what stands before it, and adds it to the group.
    fn stand_again(
        &self,
        group: &mut Group,
        cursors: &mut BTreeMap<NodeId, CursorRecord>,
        entry: Recovered,
        now_ms: i64,
    ) -> Result<(), String> {
        let leaf = leaf_hash(&entry.envelope);
        let sealed = envelope::decode(&entry.envelope).map_err(|error| error.to_string())?;
        let statement = sealed.statement_hash();
        let (author, key, child) = self.bearer(group, &sealed)?;
        let verified = sealed.verify(&key).map_err(|error| error.to_string())?;
        let read = verified.try_map(|sealed| Statement::decode(&sealed.payload_type, &sealed.payload));
        let (head, said) = read.map_err(|error| error.to_string())?.into_inner();
        if head.federation != self.author.federation || head.node != author {
            return Err("автор не тот".to_owned());
        }
        if !group
            .standing
            .follows(&head, child.as_ref().unwrap_or(&self.author.node))
        {
            return Err("нарушена цепочка записей автора".to_owned());
        }
        match (said.body(), &entry.body) {
            (_, None) => {}
            (Some(named), Some(bytes)) if named.names(bytes) => {}
            _ => return Err("содержание не то, что подписано".to_owned()),
        }
        let delivered = match (&child, &said) {
            (Some(child), _) => Some((child.clone(), self.step_over(cursors, child, None, leaf))),
            (None, Statement::Refusal(refusal)) => {
                self.step_over(cursors, &refusal.delivered_by, Some(refusal.position), refusal.leaf);
                None
            }
            _ => None,
        };
        let entry = NewEntry {
            received_at_ms: now_ms,
            delivered,
            envelope: entry.envelope,
            body: entry.body,
        };
        group.push(entry, Read { head, statement, said });
        Ok(())
    }

    /// Who must have signed an entry, by which key, and the child whose ledger brought it; none for the node's own.
    fn bearer(&self, group: &Group, sealed: &Envelope) -> Result<(NodeId, VerifyingKey, Option<NodeId>), String> {
        let own = self.author.signing_key.verifying_key();
        if sealed.key_id == own.id() {
            return Ok((self.author.node.clone(), own, None));
        }
        let standing = &group.standing;
        let author = standing.author_of(&sealed.key_id).ok_or("ключ не зарегистрирован")?;
        let membership = &author.membership;
        let child = standing
            .lineage(&membership.member)
            .find(|above| above.membership.parent == self.author.node)
            .ok_or("автор не из ветви этого узла")?;
        Ok((
            membership.member.clone(),
            membership.signing_key,
            Some(child.membership.member.clone()),
        ))
    }

    /// Carries a child's cursor over one of its entries; returns where in the child's ledger that was. A refusal says
    /// its own position, and one that is not the next carries nothing.
    fn step_over(
        &self,
        cursors: &mut BTreeMap<NodeId, CursorRecord>,
        child: &NodeId,
        at: Option<u64>,
        leaf: seal::Digest,
    ) -> u64 {
        let cursor = cursors
            .entry(child.clone())
            .or_insert_with(|| self.cursor_record(child));
        let next = cursor.frontier.size();
        if at.is_none_or(|at| at == next) {
            cursor.frontier.append(leaf);
        }
        next
    }
}
