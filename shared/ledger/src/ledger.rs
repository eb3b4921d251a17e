//! The ledger of one node: asking it, and proving from it.
//!
//! What it says of members, chains and sheets is rebuilt from the entries at every start; there is no other copy that
//! could disagree. That is in `open`; appending is in `own` (the node's statements) and `take` (a child's).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use domain::federation::Federation;
use domain::member::Member;
use domain::sheet::{SheetBody, SheetFacts};
use domain::{Code, FederationId, NodeId, SheetPeriod};
use seal::merkle::Tree;
use seal::{Checkpoint, Digest, VerifyingKey};
use wire::{Preamble, Statement, body, envelope};

use crate::author::{Anchor, Author, origin};
use crate::cursor::{Cursor, CursorRecord};
use crate::dictionaries::Dictionaries;
use crate::error::{LedgerError, StoreError};
use crate::evidence::{Evidence, Kept, RefusedItem};
use crate::sheets::{SheetInForce, Sheets, sheet_of};
use crate::standing::{MemberKeys, Standing};
use crate::store::{Store, StoredEntry};
use crate::verdict::Incoming;

/// The ledger of one node.
pub struct Ledger {
    pub(crate) author: Author,
    pub(crate) anchor: Anchor,
    pub(crate) store: Box<dyn Store>,
    pub(crate) tree: Tree,
    pub(crate) standing: Standing,
    pub(crate) sheets: Sheets,
    pub(crate) dictionaries: Dictionaries,
    pub(crate) cursors: BTreeMap<NodeId, CursorRecord>,
    pub(crate) evidence: Evidence,
    /// See [`Ledger::is_stopped`].
    pub(crate) stopped: bool,
    /// See [`Ledger::hold`].
    pub(crate) held: bool,
}

/// An entry read again: its place in its author's chain, its hash and what it says.
pub(crate) struct Read {
    pub(crate) head: Preamble,
    pub(crate) statement: Digest,
    pub(crate) said: Statement,
}

impl Ledger {
    pub(crate) fn entry(&self, position: u64) -> Result<StoredEntry, LedgerError> {
        let missing = || StoreError::Damaged {
            position,
            reason: "записи нет".to_owned(),
        };
        Ok(self
            .store
            .read(position..position.saturating_add(1))?
            .pop()
            .ok_or_else(missing)?)
    }

    pub(crate) fn is_child(&self, node: &NodeId) -> bool {
        self.standing
            .member(node)
            .is_some_and(|member| member.membership.parent == self.author.node)
    }

    /// The origin of a member's checkpoints in its present key epoch.
    pub(crate) fn origin_of(&self, child: &NodeId) -> String {
        let epoch = self
            .standing
            .member(child)
            .map_or(1, |member| member.membership.member_epoch);
        origin(&self.author.federation, child, epoch)
    }

    /// The federation.
    pub fn federation_id(&self) -> &FederationId {
        &self.author.federation
    }

    /// The node whose ledger this is.
    pub fn node(&self) -> &NodeId {
        &self.author.node
    }

    /// The origin of its checkpoints.
    pub fn origin(&self) -> String {
        self.author.origin()
    }

    /// Whether nothing is appended any more: a write ended in doubt, or the files refuse every other until they are
    /// opened again. The owner must end the process then; the next start reads what stands.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Root of the tree over them.
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// Root of the tree when it had `size` entries; nothing if it never had as many.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        self.tree.root_at(size)
    }

    /// The signed note of the present head. Everything it covers is on the disk.
    pub fn checkpoint(&self) -> String {
        self.checkpoint_at(self.size()).expect("a tree has its own size")
    }

    /// The signed note of an earlier head, such as the end of a batch; nothing if there was none of that size.
    pub fn checkpoint_at(&self, size: u64) -> Option<String> {
        let root = self.tree.root_at(size)?;
        Some(
            Checkpoint {
                origin: self.author.origin(),
                size,
                root,
            }
            .sign(&self.author.ledger_key),
        )
    }

    /// Proof that the entry at `position` is in the tree of the first `size` entries; empty where there is none.
    pub fn prove_inclusion(&self, position: u64, size: u64) -> Vec<Digest> {
        self.tree.prove_inclusion(position, size)
    }

    /// Proof that the tree of `new` entries begins with that of `old`; empty where there is none.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Vec<Digest> {
        self.tree.prove_consistency(old, new)
    }

    /// How far a child's ledger has been taken; the start for one of which nothing was.
    pub fn cursor(&self, child: &NodeId) -> Cursor {
        self.cursor_record(child).cursor()
    }

    pub(crate) fn cursor_record(&self, child: &NodeId) -> CursorRecord {
        let origin = self.origin_of(child);
        // After a new key epoch the child writes a new ledger under a new origin.
        let kept = self
            .cursors
            .get(child)
            .filter(|cursor| cursor.origin == origin)
            .cloned();
        kept.unwrap_or_else(|| CursorRecord::start(child.clone(), origin))
    }

    /// The members in force: registered, and not revoked.
    pub fn members(&self) -> Vec<Member> {
        self.standing
            .members()
            .filter(|member| member.revoked.is_none())
            .map(member)
            .collect()
    }

    /// Every member with its keys, by id, revoked ones too.
    pub fn all_members(&self) -> impl Iterator<Item = &MemberKeys> {
        self.standing.members()
    }

    /// A member with its keys, revoked or not.
    pub fn member(&self, node: &NodeId) -> Option<&MemberKeys> {
        self.standing.member(node).map(AsRef::as_ref)
    }

    /// Every sheet in force, by node and period.
    pub fn sheets(&self) -> impl Iterator<Item = &SheetInForce> {
        self.sheets.iter()
    }

    /// The sheet in force of a node for a period.
    pub fn sheet(&self, node: &NodeId, period: SheetPeriod) -> Option<&SheetInForce> {
        self.sheets.get(node, period)
    }

    /// Whether a sheet stands from before its author's covers changed, for days that it answers for no longer. It may say
    /// what belongs to another now, and counts only when its author has said the days anew.
    pub fn is_overtaken(&self, sheet: &SheetInForce) -> bool {
        let Some(author) = self.member(&sheet.node) else {
            return false;
        };
        let covers = &author.membership.covers;
        let (first, last) = (sheet.period.first(), sheet.period.last());
        author.position > sheet.position
            && covers
                .iter()
                .any(|cover| cover.until.is_some_and(|until| until <= last))
            && !covers.iter().any(|cover| cover.holds_on(first) && cover.holds_on(last))
    }

    /// The highest revision that stands here for a node and period, refused and void ones included.
    pub fn highest_revision(&self, node: &NodeId, period: SheetPeriod) -> Option<u32> {
        self.sheets.highest_revision(node, period)
    }

    /// What the highest revision says that stands below a position of the ledger, neither refused nor void: with the
    /// parent's cursor as the position, what the parent counts.
    pub fn sheet_below(
        &self,
        node: &NodeId,
        period: SheetPeriod,
        below: u64,
    ) -> Result<Option<SheetFacts>, LedgerError> {
        let Some(position) = self.sheets.taken_below(node, period, below) else {
            return Ok(None);
        };
        Ok(sheet_of(read(&self.entry(position)?)?.said).map(|sheet| sheet.facts))
    }

    /// The cells of the sheet at a position; nothing when it is no sheet, or its body is gone.
    pub fn sheet_body(&self, position: u64) -> Result<Option<SheetBody>, LedgerError> {
        let Some(sheet) = sheet_of(read(&self.entry(position)?)?.said) else {
            return Ok(None);
        };
        let Some(bytes) = self.store.body(position)? else {
            return Ok(None);
        };
        if !sheet.body.names(&bytes) {
            return Err(StoreError::Damaged {
                position,
                reason: "содержание не то".to_owned(),
            }
            .into());
        }
        let digest = Digest(sheet.facts.dictionary);
        let federation = self
            .dictionaries
            .get(&digest)
            .ok_or(LedgerError::DictionaryUnknown(digest))?;
        let kind_of = |code: &Code| {
            federation
                .dictionary()
                .measure(code.as_str())
                .map(|measure| measure.kind)
        };
        Ok(Some(body::decode(&bytes, kind_of)?))
    }

    /// Takes in a federation file that came down from above; it is in force from here on. Gone after a restart.
    pub fn know_dictionary(&mut self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        self.dictionaries.know(&self.author.federation, bytes)
    }

    /// The federation file with this SHA-256.
    pub fn federation(&self, digest: &Digest) -> Option<Arc<Federation>> {
        self.dictionaries.get(digest).cloned()
    }

    /// The bytes of the federation file in force; empty when there is none yet.
    pub fn dictionary_file(&self) -> &[u8] {
        self.dictionaries.file()
    }

    /// Key by which anyone checks the node's statements.
    pub fn signing_key(&self) -> VerifyingKey {
        self.author.signing_key.verifying_key()
    }

    /// Key by which anyone checks the node's checkpoints.
    pub fn ledger_key(&self) -> VerifyingKey {
        self.author.ledger_key.verifying_key()
    }

    /// The federation file in force, with its SHA-256.
    pub fn current_dictionary(&self) -> Option<(Digest, Arc<Federation>)> {
        self.dictionaries
            .current()
            .map(|(digest, federation)| (digest, federation.clone()))
    }

    /// Entries of a range; its end may lie beyond the last.
    pub fn entries(&self, range: Range<u64>) -> Result<Vec<StoredEntry>, LedgerError> {
        Ok(self.store.read(range)?)
    }

    /// The body of an entry, if it is here.
    pub fn body(&self, position: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.store.body(position)?)
    }

    /// Entries of a range as the parent takes them, to go with [`Ledger::checkpoint_at`] of their end.
    pub fn outgoing(&self, range: Range<u64>) -> Result<Vec<Incoming>, LedgerError> {
        self.store
            .read(range)?
            .into_iter()
            .map(|entry| self.outgoing_entry(entry))
            .collect()
    }

    fn outgoing_entry(&self, entry: StoredEntry) -> Result<Incoming, LedgerError> {
        let body_dropped = !entry.has_body && read(&entry)?.said.body().is_some();
        Ok(Incoming {
            body: self.store.body(entry.position)?,
            envelope: entry.envelope,
            body_dropped,
        })
    }

    /// Where a statement stands.
    pub fn position_of(&self, statement: &Digest) -> Result<Option<u64>, LedgerError> {
        Ok(self.store.by_statement(statement)?)
    }

    /// Everything of children that was refused, oldest first, as far as it is kept.
    pub fn refusals(&self) -> impl ExactSizeIterator<Item = &RefusedItem> {
        self.evidence.items()
    }

    /// What is kept of the refused item with this number in [`Ledger::refusals`].
    pub fn evidence(&self, number: usize) -> Result<Option<Kept>, LedgerError> {
        Ok(self.evidence.read(number)?)
    }
}

/// Reads an entry that stands, without checking its signature again.
pub(crate) fn read(entry: &StoredEntry) -> Result<Read, LedgerError> {
    let envelope = envelope::decode(&entry.envelope)?;
    let (head, said) = Statement::decode(&envelope.payload_type, &envelope.payload)?;
    Ok(Read {
        head,
        statement: envelope.statement_hash(),
        said,
    })
}

fn member(keys: &MemberKeys) -> Member {
    let membership = &keys.membership;
    Member {
        node: membership.member.clone(),
        parent: membership.parent.clone(),
        hosted_by: membership.hosted_by.clone(),
        zone: membership.zone.clone(),
        covers: membership.covers.clone(),
        joined: membership.zone.day_of(membership.joined_at_ms.div_euclid(1000)),
    }
}
