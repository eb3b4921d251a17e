//! The hub's figures: every sheet in force of every member, folded in memory.
//!
//! A projection of the ledger, built at start and kept up with every batch taken. It knows no file and no network.

use std::sync::{PoisonError, RwLock};

use domain::federation::Federation;
use domain::{Code, Day, NodeId, Period, SheetPeriod};
use federation::{SharedLedger, held};
use ledger::{Ledger, LedgerError, SheetInForce};
use report::{AsOf, Format, Report};
use rollup::{Question, Rollup, RollupError, SheetStanding};

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

/// The fold of everything in force.
pub struct Figures {
    ledger: SharedLedger,
    /// Locked after the ledger where both are held.
    rollup: RwLock<Rollup>,
}

impl Figures {
    /// Reads everything in force out of the ledger.
    pub fn open(ledger: SharedLedger) -> Result<Self, LedgerError> {
        let mut rollup = Rollup::new();
        {
            let ledger = held(&ledger);
            rollup.set_members(ledger.members());
            for sheet in ledger.sheets() {
                put(&ledger, &mut rollup, sheet)?;
            }
        }
        Ok(Self {
            ledger,
            rollup: RwLock::new(rollup),
        })
    }

    /// Reads again what stands for these nodes and periods, and the members: entries were taken.
    pub fn refresh(&self, changed: &[(NodeId, SheetPeriod)]) -> Result<(), LedgerError> {
        let ledger = held(&self.ledger);
        let mut rollup = self.rollup.write().unwrap_or_else(PoisonError::into_inner);
        rollup.set_members(ledger.members());
        for (node, period) in changed {
            match ledger.sheet(node, *period) {
                Some(sheet) => put(&ledger, &mut rollup, sheet)?,
                None => rollup.remove(node, period),
            }
        }
        Ok(())
    }

    /// Writes a report of what stands now.
    pub fn report(&self, federation: &Federation, inquiry: &Inquiry) -> Result<String, RollupError> {
        let (as_of, members) = {
            let ledger = held(&self.ledger);
            (
                AsOf {
                    ledger_size: ledger.size(),
                    root: ledger.root().to_string(),
                },
                ledger.members(),
            )
        };
        // A member that joined since the last batch is expected in this report already.
        self.rollup
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .set_members(members);
        let rollup = self.rollup.read().unwrap_or_else(PoisonError::into_inner);
        let ask = |period| {
            let question = Question {
                scope: inquiry.scope.clone(),
                period,
                today: inquiry.today,
            };
            rollup.ask(federation, &question)
        };
        let answer = ask(inquiry.period)?;
        let before = inquiry.compare.map(ask).transpose()?;
        let report = Report::build(federation, &answer, before.as_ref(), as_of);
        Ok(report::render(&report, federation, inquiry.format))
    }
}

fn put(ledger: &Ledger, rollup: &mut Rollup, sheet: &SheetInForce) -> Result<(), LedgerError> {
    let body = ledger.sheet_body(sheet.position)?.ok_or(LedgerError::BodyMismatch)?;
    rollup.put(&sheet.node, &sheet.facts, &body, SheetStanding::InForce);
    Ok(())
}
