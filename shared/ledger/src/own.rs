//! The node's own statements: what it may say of itself, the genesis of a hub, and refusals that came down.

use seal::SigningKey;
use wire::body::MAX_BODY_BYTES;
use wire::statement::{Genesis, Refusal};
use wire::{Statement, envelope};

use crate::author::Anchor;
use crate::error::LedgerError;
use crate::group::Group;
use crate::ledger::{Ledger, Read, read};

impl Ledger {
    /// Appends the genesis, the first entry of a hub, signed by the root key.
    pub fn append_genesis(&mut self, genesis: Genesis, root: &SigningKey, now_ms: i64) -> Result<u64, LedgerError> {
        let mut group = self.group()?;
        if self.size() > 0 {
            return Err(LedgerError::NotAllowed("журнал уже начат"));
        }
        let is_anchor = matches!(&self.anchor, Anchor::Root { root_key } if *root_key == root.verifying_key());
        if !is_anchor || !self.is_own(&genesis, root) {
            return Err(LedgerError::Anchor("ключи не те"));
        }
        let (position, _) = group.seal(&self.author, root, Statement::Genesis(genesis), None, now_ms)?;
        self.commit(group, None)?;
        Ok(position)
    }

    fn is_own(&self, genesis: &Genesis, root: &SigningKey) -> bool {
        genesis.root_key == root.verifying_key()
            && genesis.signing_key == self.author.signing_key.verifying_key()
            && genesis.ledger_key == self.author.ledger_key.verifying_key()
    }

    /// Appends statements of the node itself, each with the body it names, as one group. Returns their positions.
    pub fn append_own(
        &mut self,
        statements: Vec<(Statement, Option<Vec<u8>>)>,
        now_ms: i64,
    ) -> Result<Vec<u64>, LedgerError> {
        let mut group = self.group()?;
        if self.size() == 0 && matches!(self.anchor, Anchor::Root { .. }) {
            return Err(LedgerError::Anchor("нет начальной записи"));
        }
        let mut positions = Vec::with_capacity(statements.len());
        for (said, body) in statements {
            self.check_own(&group, &said, body.as_deref())?;
            positions.push(
                group
                    .seal(&self.author, &self.author.signing_key, said, body, now_ms)?
                    .0,
            );
        }
        self.commit(group, None)?;
        Ok(positions)
    }

    /// What a node may not say even of itself: anything that could not be taken back once it is signed.
    fn check_own(&mut self, group: &Group, said: &Statement, body: Option<&[u8]>) -> Result<(), LedgerError> {
        match (said.body(), body) {
            (None, None) => {}
            (Some(named), Some(bytes)) if bytes.len() <= MAX_BODY_BYTES && named.names(bytes) => {}
            _ => return Err(LedgerError::BodyMismatch),
        }
        match said {
            Statement::Genesis(_) => Err(LedgerError::NotAllowed("начальная запись пишется отдельно")),
            Statement::Membership(membership)
                if membership.parent != self.author.node
                    || membership.member == self.author.node
                    || !group.standing.may_register(membership) =>
            {
                Err(LedgerError::NotAllowed(
                    "участник или ключ уже зарегистрирован за другим",
                ))
            }
            Statement::Dictionary(_) => self
                .dictionaries
                .prepare(&self.author.federation, body.unwrap_or_default()),
            Statement::Sheet(sheet) => {
                let (node, facts) = (&self.author.node, &sheet.facts);
                let stands = self.store.by_period(node, facts.period, facts.revision)?.is_some();
                if stands || group.has_sheet(node, facts.period, facts.revision) {
                    return Err(LedgerError::RevisionUsed {
                        revision: facts.revision,
                    });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes a refusal that came down from the parent: the sheet it names counts no longer, or only marked when it is the
    /// node's own. The caller keeps refusals and notes them again after a restart.
    pub fn note_refused(&mut self, refusal: &[u8]) -> Result<Refusal, LedgerError> {
        let Anchor::Parent { node, signing_key } = &self.anchor else {
            return Err(LedgerError::NotAllowed("у этого узла нет вышестоящего"));
        };
        let verified = envelope::decode(refusal)?.verify(signing_key)?;
        let decoded = verified.try_map(|sealed| Statement::decode(&sealed.payload_type, &sealed.payload))?;
        let (head, Statement::Refusal(refused)) = decoded.into_inner() else {
            return Err(LedgerError::NotAllowed("это не отказ"));
        };
        if head.node != *node {
            return Err(LedgerError::NotAllowed("это отказ не вышестоящего узла"));
        }
        let changed = self
            .sheets
            .refuse(&self.author.node, refused.statement, refused.reason.clone());
        self.put_wanted(changed)?;
        Ok(refused)
    }

    /// The hub's ledger begins with the genesis of its anchor and of its author's keys.
    pub(crate) fn check_anchor(&self) -> Result<(), LedgerError> {
        let Anchor::Root { root_key } = &self.anchor else {
            return Ok(());
        };
        if self.size() == 0 {
            return Ok(());
        }
        let entry = self.entry(0)?;
        let signed = envelope::decode(&entry.envelope)?.verify(root_key);
        signed.map_err(|_| LedgerError::Anchor("первая запись подписана не корневым ключом"))?;
        let Read {
            head,
            said: Statement::Genesis(genesis),
            ..
        } = read(&entry)?
        else {
            return Err(LedgerError::Anchor("первая запись не начальная"));
        };
        let own = head.federation == self.author.federation
            && head.node == self.author.node
            && genesis.signing_key == self.author.signing_key.verifying_key()
            && genesis.ledger_key == self.author.ledger_key.verifying_key();
        if own {
            Ok(())
        } else {
            Err(LedgerError::Anchor("первая запись о других ключах"))
        }
    }
}
