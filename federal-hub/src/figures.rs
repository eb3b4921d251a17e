//! The hub's figures: every sheet in force of every member, folded in memory.
//!
//! A projection of the ledger, built at start and kept up with every batch taken. It knows no file and no network.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use domain::federation::Federation;
use domain::{Code, Day, NodeId, Period, SheetPeriod};
use federation::{SharedLedger, held};
use ledger::{Ledger, LedgerError, SheetInForce};
use report::{AsOf, Format, Report};
use rollup::explain::{ExplainError, Explained};
use rollup::{CellName, Question, Rollup, RollupError, SheetStanding};

/// What a reader asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Code of the scope.
    pub scope: Code,
    /// The period.
    pub period: Period,
    /// A period to compare with.
    pub compare: Option<Period>,
    /// The form of the document.
    pub format: Format,
    /// The present day.
    pub today: Day,
}

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The question does not fit the federation.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// The figure cannot be taken apart.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ReportError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rollup(error) => error.code(),
            Self::Explain(error) => error.code(),
            Self::Ledger(error) => error.code(),
        }
    }
}

/// The fold of everything in force.
pub struct Figures {
    ledger: SharedLedger,
    /// Locked after the ledger where both are held.
    fold: RwLock<Fold>,
}

/// What is folded: the sheets in force of the members that stand.
struct Fold {
    rollup: Rollup,
    /// The members that stand, with the position of the membership by which they do.
    standing: BTreeMap<NodeId, u64>,
}

impl Figures {
    /// Reads everything in force out of the ledger.
    pub fn open(ledger: SharedLedger) -> Result<Self, LedgerError> {
        let mut fold = Fold {
            rollup: Rollup::new(),
            standing: BTreeMap::new(),
        };
        fold.follow_members(&held(&ledger))?;
        let fold = RwLock::new(fold);
        Ok(Self { ledger, fold })
    }

    /// Reads again what stands for these nodes and periods, and the members: entries were taken.
    pub fn refresh(&self, changed: &[(NodeId, SheetPeriod)]) -> Result<(), LedgerError> {
        let ledger = held(&self.ledger);
        let mut fold = self.fold.write().unwrap_or_else(PoisonError::into_inner);
        fold.follow_members(&ledger)?;
        for (node, period) in changed {
            let counts = |sheet: &&SheetInForce| fold.standing.contains_key(node) && !ledger.is_overtaken(sheet);
            match ledger.sheet(node, *period).filter(counts) {
                Some(sheet) => put(&ledger, &mut fold.rollup, sheet)?,
                None => fold.rollup.remove(node, period),
            }
        }
        Ok(())
    }

    /// The ledger that whatever is asked next is answered from. A member that joined or was revoked since the last batch
    /// is so in the answer already.
    fn as_of(&self) -> Result<AsOf, LedgerError> {
        let ledger = held(&self.ledger);
        let mut fold = self.fold.write().unwrap_or_else(PoisonError::into_inner);
        fold.follow_members(&ledger)?;
        Ok(AsOf {
            ledger_size: ledger.size(),
            root: ledger.root().to_string(),
        })
    }

    /// Takes one figure of what stands now apart.
    pub(crate) fn take_apart(
        &self,
        federation: &Federation,
        inquiry: &Inquiry,
        name: &CellName,
    ) -> Result<(AsOf, Explained), ReportError> {
        let as_of = self.as_of()?;
        let fold = self.fold.read().unwrap_or_else(PoisonError::into_inner);
        let question = Question {
            scope: inquiry.scope.clone(),
            period: inquiry.period,
            today: inquiry.today,
        };
        Ok((as_of, fold.rollup.explain(federation, &question, name)?))
    }

    /// Writes a report of what stands now.
    pub fn report(&self, federation: &Federation, inquiry: &Inquiry) -> Result<String, ReportError> {
        let report = self.model(federation, inquiry)?;
        Ok(report::render(&report, federation, inquiry.format))
    }

    /// The report of what stands now, not yet written in any form.
    pub fn model(&self, federation: &Federation, inquiry: &Inquiry) -> Result<Report, ReportError> {
        let as_of = self.as_of()?;
        let fold = self.fold.read().unwrap_or_else(PoisonError::into_inner);
        let ask = |period| {
            let question = Question {
                scope: inquiry.scope.clone(),
                period,
                today: inquiry.today,
            };
            fold.rollup.ask(federation, &question)
        };
        let answer = ask(inquiry.period)?;
        let before = inquiry.compare.map(ask).transpose()?;
        Ok(Report::build(federation, &answer, before.as_ref(), as_of))
    }
}

impl Fold {
    /// Takes the sheets of members that are revoked out of the fold, and those of members that are (again) there into it.
    /// A revoked member's figures would otherwise stand in the sums without anybody in the coverage, and be counted twice
    /// once another node restates its days; so would what a member counted before its cover was taken back.
    fn follow_members(&mut self, ledger: &Ledger) -> Result<(), LedgerError> {
        self.rollup.set_members(ledger.members());
        let in_force = ledger.all_members().filter(|keys| keys.revoked.is_none());
        let standing: BTreeMap<NodeId, u64> = in_force
            .map(|keys| (keys.membership.member.clone(), keys.position))
            .collect();
        if standing == self.standing {
            return Ok(());
        }
        for sheet in ledger.sheets() {
            match (self.standing.get(&sheet.node), standing.get(&sheet.node)) {
                (before, now) if before == now => {}
                (_, Some(_)) if ledger.is_overtaken(sheet) => self.rollup.remove(&sheet.node, &sheet.period),
                (None, Some(_)) => put(ledger, &mut self.rollup, sheet)?,
                (_, None) => self.rollup.remove(&sheet.node, &sheet.period),
                _ => {}
            }
        }
        self.standing = standing;
        Ok(())
    }
}

fn put(ledger: &Ledger, rollup: &mut Rollup, sheet: &SheetInForce) -> Result<(), LedgerError> {
    let body = ledger.sheet_body(sheet.position)?.ok_or(LedgerError::BodyMismatch)?;
    rollup.put(&sheet.node, &sheet.facts, &body, SheetStanding::InForce);
    Ok(())
}
