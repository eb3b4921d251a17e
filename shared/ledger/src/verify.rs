//! The full check: everything in the ledger proved again from its anchor alone, as an auditor would.

use domain::NodeId;
use seal::merkle::{Tree, leaf_hash};
use seal::{Checkpoint, Digest, VerifyingKey};
use wire::{Statement, envelope};

use crate::author::Anchor;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::standing::Standing;
use crate::store::StoredEntry;

/// What a full check went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Entries with a good signature in an unbroken chain.
    pub entries: u64,
    /// Bodies that are the ones signed.
    pub bodies: u64,
    /// Root over the entries.
    pub root: Digest,
}

impl Ledger {
    /// Checks every signature, chain and body again from the anchor. Reads the whole ledger.
    pub fn verify_all(&self) -> Result<Verification, LedgerError> {
        let mut standing = Standing::default();
        let mut tree = Tree::new();
        let mut bodies = 0;
        loop {
            let entries = self.store.tail(tree.size())?;
            if entries.is_empty() {
                break;
            }
            for entry in &entries {
                let unproven = |reason: String| LedgerError::Unproven {
                    position: entry.position,
                    reason,
                };
                bodies += u64::from(self.verify_entry(&mut standing, entry).map_err(unproven)?);
                tree.append(leaf_hash(&entry.envelope));
            }
        }
        if tree.root() != self.root() {
            return Err(LedgerError::Unproven {
                position: tree.size(),
                reason: "корень дерева другой".to_owned(),
            });
        }
        Ok(Verification {
            entries: tree.size(),
            bodies,
            root: tree.root(),
        })
    }

    /// Compares how far each child's ledger was taken with the child's own signed checkpoint of that position, where one
    /// is kept. Returns how many agree.
    pub fn verify_cursors(&self) -> Result<u64, LedgerError> {
        let mut agree = 0;
        for cursor in self.cursors.values() {
            let Some(member) = self.standing.member(&cursor.child) else {
                continue;
            };
            // Of an earlier key epoch, or carried on by entries behind the record: there is nothing to compare with.
            let of_now = cursor.origin == self.origin_of(&cursor.child) && !cursor.checkpoint.is_empty();
            if !of_now {
                continue;
            }
            let said = Checkpoint::open(&cursor.checkpoint, &cursor.origin, &member.membership.ledger_key)?;
            let here = cursor.cursor();
            if said.size == here.position && said.root != here.root {
                return Err(LedgerError::Unproven {
                    position: self.size(),
                    reason: format!("позиция участника {} не та, что он подписал", cursor.child),
                });
            }
            agree += u64::from(said.size == here.position);
        }
        Ok(agree)
    }

    /// Checks one entry against what stands before it. Returns whether it has a body.
    fn verify_entry(&self, standing: &mut Standing, entry: &StoredEntry) -> Result<bool, String> {
        let sealed = envelope::decode(&entry.envelope).map_err(|error| error.to_string())?;
        let statement = sealed.statement_hash();
        let (author, key) = self.key_of(standing, entry, &sealed)?;
        let verified = sealed.verify(&key).map_err(|error| error.to_string())?;
        let read = verified.try_map(|sealed| Statement::decode(&sealed.payload_type, &sealed.payload));
        let (head, said) = read.map_err(|error| error.to_string())?.into_inner();
        if head.federation != self.author.federation || head.node != author {
            return Err("автор не тот".to_owned());
        }
        let by = entry.delivered_by.as_ref();
        if !standing.follows(&head, by.unwrap_or(&self.author.node)) {
            return Err("нарушена цепочка записей автора".to_owned());
        }
        let body = self.store.body(entry.position).map_err(|error| error.to_string())?;
        if let (Some(named), Some(bytes)) = (said.body(), &body)
            && !named.names(bytes)
        {
            return Err("содержание не то, что подписано".to_owned());
        }
        standing.fold(entry.position, by, &head, statement, &said);
        Ok(body.is_some())
    }

    /// Who must have signed an entry, and the key it was registered by.
    fn key_of(
        &self,
        standing: &Standing,
        entry: &StoredEntry,
        sealed: &seal::Envelope,
    ) -> Result<(NodeId, VerifyingKey), String> {
        let Some(child) = &entry.delivered_by else {
            let own = match &self.anchor {
                Anchor::Root { root_key } if entry.position == 0 => *root_key,
                _ => self.author.signing_key.verifying_key(),
            };
            return Ok((self.author.node.clone(), own));
        };
        let author = standing.author_of(&sealed.key_id).ok_or("ключ не зарегистрирован")?;
        let membership = &author.membership;
        if !standing.is_in_branch(&membership.member, child) {
            return Err("автор не из ветви участника".to_owned());
        }
        Ok((membership.member.clone(), membership.signing_key))
    }
}
