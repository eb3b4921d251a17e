//! Where a figure's sheet stands, who signed it and how it came here; and the revisions that do not count, with why.
//!
//! Reads what is known of sheets and the entries themselves. Promises nothing that an entry does not say: the key is the
//! one that the signature names and the ledger checked when it took the entry.

use std::collections::BTreeSet;

use domain::{Code, NodeId, Period, SheetPeriod};
use seal::{Digest, KeyId, VerifyingKey};
use wire::Statement;

use crate::error::{LedgerError, StoreError};
use crate::evidence::{Kept, RefusedItem};
use crate::ledger::{Ledger, read};
use crate::sheets::sheet_of;

/// Why a revision of a sheet does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCounting {
    /// A higher one counts.
    Superseded,
    /// A ruling has taken its force away.
    Void,
    /// The parent refused it, with the reason.
    Refused(Code),
    /// Its cells are not here.
    BodyMissing,
    /// Its author's keys were taken back, with the reason.
    Revoked(Code),
}

/// A revision of a sheet that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncounted {
    /// Its author.
    pub node: NodeId,
    /// Its period.
    pub period: SheetPeriod,
    /// Its number.
    pub revision: u32,
    /// Position of the statement; a child's refused one stands nowhere here and is kept as evidence.
    pub position: Option<u64>,
    /// Hash of the statement.
    pub statement: Digest,
    /// Why it does not count.
    pub why: NotCounting,
}

/// How a sheet's statement came to stand where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Position here.
    pub position: u64,
    /// Hash of the statement.
    pub statement: Digest,
    /// SHA-256 of the body that it names.
    pub body: Digest,
    /// The key that signed it.
    pub signer: KeyId,
    /// The nodes whose ledgers it went through before this one, its author first; none for the node's own.
    pub delivered_by: Vec<NodeId>,
    /// Position in the ledger of the last of them; nothing for the node's own.
    pub delivered_position: Option<u64>,
    /// When it was taken here, Unix milliseconds.
    pub received_at_ms: i64,
}

impl Ledger {
    /// The registered key that the entry at a position is signed by; nothing when its author has another one by now.
    pub fn registered_key(&self, position: u64) -> Result<Option<VerifyingKey>, LedgerError> {
        let entry = self.entry(position)?;
        let signer = wire::envelope::decode(&entry.envelope)?.key_id;
        let author = read(&entry)?.head.node;
        let registered = self
            .standing
            .member(&author)
            .map(|member| member.membership.signing_key);
        let own = (author == self.author.node).then(|| self.signing_key());
        Ok(registered.into_iter().chain(own).find(|key| key.id() == signer))
    }

    /// Every revision of these nodes' sheets that touches the period and does not count, refused ones as far as the
    /// evidence is kept.
    pub fn uncounted(&self, nodes: &BTreeSet<NodeId>, period: Period) -> Result<Vec<Uncounted>, LedgerError> {
        let mut found = Vec::new();
        for node in nodes {
            let revoked = self.standing.member(node).and_then(|member| member.revoked.clone());
            found.extend(self.sheets.uncounted(node, revoked.as_ref()));
        }
        for (number, item) in self.evidence.items().enumerate() {
            if nodes.contains(&item.node)
                && let Some(kept) = self.evidence.read(number)?
            {
                found.extend(refused(item, &kept));
            }
        }
        let touches = |sheet: SheetPeriod| sheet.first() <= period.last() && sheet.last() >= period.first();
        found.retain(|sheet| touches(sheet.period));
        Ok(found)
    }

    /// How a revision of a sheet came to stand where it stands.
    pub fn trail_of(&self, node: &NodeId, period: SheetPeriod, revision: u32) -> Result<Trail, LedgerError> {
        let absent = || StoreError::Damaged {
            position: self.size(),
            reason: format!("листа {node} за {period} редакции {revision} нет"),
        };
        let position = self.store.by_period(node, period, revision)?.ok_or_else(absent)?;
        Ok(self.trail(position)?.ok_or_else(absent)?)
    }

    /// How the sheet at a position came to stand there; nothing when the entry is no sheet.
    pub fn trail(&self, position: u64) -> Result<Option<Trail>, LedgerError> {
        let entry = self.entry(position)?;
        let envelope = wire::envelope::decode(&entry.envelope)?;
        let said = read(&entry)?;
        let author = said.head.node;
        let Some(sheet) = sheet_of(said.said) else {
            return Ok(None);
        };
        Ok(Some(Trail {
            position,
            statement: said.statement,
            body: sheet.body.digest,
            signer: envelope.key_id,
            delivered_by: entry
                .delivered_by
                .as_ref()
                .map_or_else(Vec::new, |last| self.standing.bearers(&author, last)),
            delivered_position: entry.delivered_by.map(|_| entry.delivered_position),
            received_at_ms: entry.received_at_ms,
        }))
    }
}

/// The sheet of a refused item; nothing when it was none, or cannot be read.
fn refused(item: &RefusedItem, kept: &Kept) -> Option<Uncounted> {
    let envelope = wire::envelope::decode(&kept.envelope).ok()?;
    let (_, said) = Statement::decode(&envelope.payload_type, &envelope.payload).ok()?;
    let sheet = sheet_of(said)?;
    Some(Uncounted {
        node: item.node.clone(),
        period: sheet.facts.period,
        revision: sheet.facts.revision,
        position: None,
        statement: envelope.statement_hash(),
        why: NotCounting::Refused(item.reason.clone()),
    })
}
