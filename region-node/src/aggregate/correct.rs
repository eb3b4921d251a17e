//! Looking before sealing, and taking a sheet back.
//!
//! A preview counts what a step would seal and seals nothing. A sheet that is taken back says so in a revision of its own,
//! without cells and with a reason; the day gets figures again with its next change.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use domain::sheet::{Closure, MeasureTotal, SheetBody, SheetFacts};
use domain::{Code, SheetPeriod};
use federation::held;
use wire::Statement;
use wire::statement::{BodyRef, SheetStatement};

use super::{AggregateError, Aggregator, Drafted, Mode};

/// Why a sheet is not taken back.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// There is none.
    #[error("листа за {0} нет; список: region-node sheets list")]
    Absent(SheetPeriod),
    /// It is taken back already.
    #[error("лист за {0} уже отозван")]
    Already(SheetPeriod),
    /// Counting or the ledger.
    #[error(transparent)]
    Aggregate(#[from] AggregateError),
}

/// A sheet that a step would seal, or that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// Its period.
    pub period: SheetPeriod,
    /// Its revision.
    pub revision: u32,
    /// Open or closed.
    pub closure: Closure,
    /// It is sealed and waits.
    pub sealed: bool,
    /// Totals by measure.
    pub totals: BTreeMap<Code, MeasureTotal>,
    /// Revision and totals of what the parent counts.
    pub parent: Option<(u32, BTreeMap<Code, MeasureTotal>)>,
}

impl Aggregator {
    /// What a step asked for now would seal, and what is sealed and has no verdict below `cursor`. Blocks on the disk.
    pub fn preview(&self, now_ms: i64, cursor: u64) -> Result<Vec<Previewed>, AggregateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let step = self.look(now_ms, Mode::Now)?;
        let mut sheets: BTreeMap<SheetPeriod, Previewed> = BTreeMap::new();
        {
            let ledger = held(&self.ledger);
            let own = ledger.sheets().filter(|sheet| sheet.node == self.node);
            for sheet in own.filter(|sheet| sheet.position >= cursor) {
                sheets.insert(sheet.period, previewed(&sheet.facts, true));
            }
        }
        for days in step.days.chunks(super::DAYS_IN_PASS) {
            let (cells, position) = self.intake.cells(&days.iter().copied().collect())?;
            for (day, cells) in cells {
                let Drafted::New(draft) = self.draft(&step, day, cells)? else {
                    continue;
                };
                let revision = self.next_revision(SheetPeriod::day(day));
                let dictionary = (step.terms.federation.dictionary(), step.terms.dictionary);
                let facts = draft.facts(revision, &step.terms.calendar.zone, dictionary, position, now_ms);
                let facts = facts.map_err(|error| AggregateError::Tally { day, error })?;
                sheets.insert(facts.period, previewed(&facts, false));
            }
        }
        let ledger = held(&self.ledger);
        for sheet in sheets.values_mut() {
            let parent = ledger.sheet_below(&self.node, sheet.period, cursor)?;
            sheet.parent = parent.map(|facts| (facts.revision, facts.totals));
        }
        Ok(sheets.into_values().collect())
    }

    fn next_revision(&self, period: SheetPeriod) -> u32 {
        held(&self.ledger).highest_revision(&self.node, period).unwrap_or(0) + 1
    }

    /// Takes the sheet of a period back: its next revision has no cells and a reason. Says the revision and its position.
    pub fn withdraw(&self, period: SheetPeriod, reason: &Code, now_ms: i64) -> Result<(u32, u64), WithdrawError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let terms = self.terms();
        let mut ledger = held(&self.ledger);
        let standing = ledger.sheet(&self.node, period).ok_or(WithdrawError::Absent(period))?;
        if standing.facts.withdrawn.is_some() {
            return Err(WithdrawError::Already(period));
        }
        let body = SheetBody::default();
        let bytes = wire::body::encode(&body);
        let facts = SheetFacts {
            revision: ledger.highest_revision(&self.node, period).unwrap_or(0) + 1,
            withdrawn: Some(reason.clone()),
            // Otherwise the clock alone would close the day and say its figures again.
            closure: Closure::Closed,
            dictionary: *terms.dictionary.as_bytes(),
            journal_position: self.intake.position(),
            sealed_at_ms: now_ms,
            cell_count: 0,
            totals: BTreeMap::new(),
            ..standing.facts.as_ref().clone()
        };
        let sheet = SheetStatement {
            facts,
            body: BodyRef::of(&bytes),
        };
        let entry = (Statement::Sheet(Box::new(sheet.clone())), Some(bytes));
        let positions = ledger.append_own(vec![entry], now_ms).map_err(AggregateError::from)?;
        drop(ledger);
        (self.on_sealed)(&sheet.facts, &body);
        Ok((sheet.facts.revision, positions[0]))
    }
}

fn previewed(facts: &SheetFacts, sealed: bool) -> Previewed {
    Previewed {
        period: facts.period,
        revision: facts.revision,
        closure: facts.closure,
        sealed,
        totals: facts.totals.clone(),
        parent: None,
    }
}
