//! Aggregation: days whose events changed become cells, cells become sheets, sheets go into the node's own ledger.
//!
//! Promises that a day is sealed only when it says something that its last sheet did not, that one pass over the blocks
//! serves many days, and that a crash between sealing and settling costs one comparison. Knows no network: what is
//! appended is pushed by somebody else. [`Aggregator::step`] knows *what*; whoever calls it knows *when*.

pub mod correct;
pub mod days;
pub mod draft;
pub mod last;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::cell::Cells;
use domain::federation::Federation;
use domain::sheet::{Closure, SheetBody, SheetFacts};
use domain::tally::TallyError;
use domain::{Day, NodeId, SheetPeriod};
use federation::{SharedLedger, held};
use ledger::LedgerError;
use tracing::{info, info_span};
use wire::Statement;
use wire::statement::{BodyRef, SheetStatement};

pub use correct::{Previewed, WithdrawError};
pub use days::{Calendar, Known, Mode};
pub use draft::{Draft, Overfull, Sources};
pub use last::LastSheet;

use crate::intake::{Intake, IntakeError};

/// Days in one pass over the blocks: 400 days of at most [`domain::sheet::MAX_CELLS`] cells, in practice a thousand,
/// stay below 100 MiB.
const DAYS_IN_PASS: usize = 400;
/// Statements in one group: one fsync for 64 sheets, and a few MiB of bodies in memory.
const SHEETS_IN_GROUP: usize = 64;

/// What a node counts by. It changes when a dictionary or a membership comes down; sealed days stay as they are.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The federation: tree and dictionary.
    pub federation: Arc<Federation>,
    /// Hash of the federation file.
    pub dictionary: seal::Digest,
    /// Zone, covers, joining day and grace.
    pub calendar: Calendar,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Sheets appended to the ledger.
    pub sheets: u64,
}

/// Why a step did not finish. What was sealed before stands; the rest stays marked and is tried again.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// The incident store.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A sum left the range of 64 bits.
    #[error("день {day}: {error}")]
    Tally {
        /// The day.
        day: Day,
        /// What went wrong.
        error: TallyError,
    },
    /// A day does not fit a sheet. All other days were sealed.
    #[error(transparent)]
    Overfull(#[from] Overfull),
}

/// Told of every sheet that was appended.
pub type OnSealed = Arc<dyn Fn(&SheetFacts, &SheetBody) + Send + Sync>;

/// Turns changed days into sheets of the own ledger.
pub struct Aggregator {
    node: NodeId,
    intake: Arc<Intake>,
    ledger: SharedLedger,
    terms: RwLock<Arc<Terms>>,
    on_sealed: OnSealed,
    /// See [`Aggregator::hold_days_above`].
    horizon: RwLock<Option<u64>>,
    /// One step at a time: two would seal the same revision.
    turn: Mutex<()>,
}

impl Aggregator {
    /// An aggregator of `node` by `terms`.
    pub fn new(node: NodeId, intake: Arc<Intake>, ledger: SharedLedger, terms: Terms, on_sealed: OnSealed) -> Self {
        Self {
            node,
            intake,
            ledger,
            terms: RwLock::new(Arc::new(terms)),
            on_sealed,
            horizon: RwLock::default(),
            turn: Mutex::new(()),
        }
    }

    /// What the node counts by now.
    pub fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what counting rests on between two steps: a step that is under way would settle days by what it read
    /// before, and the marks of the change would be lost.
    pub fn between_steps<E>(&self, change: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        change()
    }

    /// Counts by other terms from the next step on.
    pub fn set_terms(&self, terms: Terms) {
        *self.terms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms);
    }

    /// Leaves alone days whose last sheet counted beyond this position of the journal: incidents were lost with a disk,
    /// and what was sealed before knew more. Nothing given, nothing is left alone.
    pub fn hold_days_above(&self, position: Option<u64>) {
        *self.horizon.write().unwrap_or_else(PoisonError::into_inner) = position;
    }

    /// How many days are left alone.
    pub fn held_days(&self) -> usize {
        let last = self.last_sheets();
        last.values().filter(|last| self.is_held(last)).count()
    }

    fn is_held(&self, last: &LastSheet) -> bool {
        let horizon = *self.horizon.read().unwrap_or_else(PoisonError::into_inner);
        horizon.is_some_and(|position| last.journal_position > position)
    }

    /// Seals what there is to seal at `now_ms`, Unix milliseconds. Blocks on the disk.
    pub fn step(&self, now_ms: i64, mode: Mode) -> Result<Sealed, AggregateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let span = info_span!("seal", ?mode);
        let _entered = span.enter();
        let step = self.look(now_ms, mode)?;
        let (mut sealed, mut overfull) = (Sealed::default(), None);
        for days in step.days.chunks(DAYS_IN_PASS) {
            let (sheets, too_full) = self.pass(&step, days)?;
            sealed.sheets += sheets;
            overfull = overfull.or(too_full);
        }
        if sealed.sheets > 0 {
            info!(sheets = sealed.sheets, looked_at = step.days.len(), "days sealed");
        }
        overfull.map_or(Ok(sealed), |too_full| Err(too_full.into()))
    }

    /// What is known before anything is counted. Declarations are read before the cells: a day may be called complete
    /// only for what came after the cells had everything that stood behind the declaration.
    fn look(&self, now_ms: i64, mode: Mode) -> Result<Step, AggregateError> {
        // First of all: what is journaled while the rest is read stays marked, and the next step sees it.
        let seen = self.intake.position();
        let terms = self.terms();
        let sources = Sources {
            declared: self.intake.declared(),
            seen: self.intake.sources_seen(),
            covers: terms.calendar.covers.clone(),
        };
        let (dirty, events) = (self.intake.dirty_days(), self.intake.event_days());
        let last = self.last_sheets();
        let known = Known {
            dirty: &dirty,
            events: &events,
            declared: &sources.declared,
            last: &last,
        };
        let mut days: Vec<Day> = terms.calendar.select(now_ms, mode, known).into_iter().collect();
        days.retain(|day| !last.get(day).is_some_and(|last| self.is_held(last)));
        // Changed days that the node does not answer for get no sheet, and would otherwise be looked at for ever.
        let today = terms.calendar.today(now_ms);
        let foreign: BTreeSet<Day> = dirty
            .into_iter()
            .filter(|day| *day <= today && !terms.calendar.speaks_on(*day, &events) && !last.contains_key(day))
            .collect();
        if !foreign.is_empty() {
            self.intake.settle(&foreign, seen)?;
        }
        Ok(Step {
            now_ms,
            seen,
            terms,
            sources,
            last,
            days,
        })
    }

    /// The node's own daily sheets as its ledger has them.
    fn last_sheets(&self) -> BTreeMap<Day, LastSheet> {
        let ledger = held(&self.ledger);
        ledger
            .sheets()
            .filter(|sheet| sheet.node == self.node && sheet.period == SheetPeriod::day(sheet.period.first()))
            .map(|sheet| {
                let last = LastSheet::new(sheet.position, &sheet.facts, sheet.refused.as_ref());
                (sheet.period.first(), last)
            })
            .collect()
    }

    /// Counts some days in one pass, seals those that say something new, and settles them.
    fn pass(&self, step: &Step, days: &[Day]) -> Result<(u64, Option<Overfull>), AggregateError> {
        let mut wanted: BTreeSet<Day> = days.iter().copied().collect();
        let (cells, position) = self.intake.cells(&wanted)?;
        let (mut sealed, mut overfull, mut group) = (0, None, Vec::new());
        for (day, cells) in cells {
            match self.draft(step, day, cells)? {
                Drafted::New(draft) => group.push(draft),
                Drafted::Nothing => {}
                Drafted::Overfull(too_full) => {
                    wanted.remove(&day);
                    overfull.get_or_insert(too_full);
                }
            }
            if group.len() == SHEETS_IN_GROUP {
                sealed += self.seal(step, std::mem::take(&mut group), position)?;
            }
        }
        sealed += self.seal(step, group, position)?;
        // Before: the sheets are durable and the days still marked. After: unmarked, unless they changed again since
        // the look: the cells may be newer, the declarations are not. A crash in between leaves marks, and the next step
        // finds that the drafts say nothing new.
        self.intake.settle(&wanted, step.seen)?;
        Ok((sealed, overfull))
    }

    /// The body that the last sheet of a day names.
    fn body_of(&self, last: &LastSheet) -> Result<Option<BodyRef>, AggregateError> {
        let entry = held(&self.ledger).entries(last.position..last.position + 1)?.pop();
        let Some(entry) = entry else { return Ok(None) };
        let envelope = wire::envelope::decode(&entry.envelope).map_err(LedgerError::from)?;
        let (_, said) = Statement::decode(&envelope.payload_type, &envelope.payload).map_err(LedgerError::from)?;
        Ok(said.body())
    }

    fn draft(&self, step: &Step, day: Day, cells: Cells) -> Result<Drafted, AggregateError> {
        let last = step.last.get(&day);
        let calendar = &step.terms.calendar;
        let expected = calendar.covers(day) && calendar.expects(day, &step.sources.declared);
        if cells.is_empty() && !expected {
            // What was counted of the day is withdrawn, undone or another node's. Was it spoken of, that is unsaid:
            // an empty sheet would look like a day on which nothing happened.
            let unsaid = last.is_none_or(|last| last.withdrawn);
            return Ok(if unsaid {
                Drafted::Nothing
            } else {
                Drafted::New(Draft::unsaying(day))
            });
        }
        let was_closed = last.is_some_and(|last| last.closure == Closure::Closed);
        let over = was_closed || calendar.is_over(day, step.now_ms);
        let closure = if over { Closure::Closed } else { Closure::Open };
        let dictionary = step.terms.federation.dictionary();
        let draft = match Draft::new(day, closure, cells, &step.sources, dictionary) {
            Ok(draft) => draft,
            Err(too_full) => return Ok(Drafted::Overfull(too_full)),
        };
        let news = match last {
            None => true,
            Some(last) => draft.says_more_than(last, self.body_of(last)?),
        };
        Ok(if news { Drafted::New(draft) } else { Drafted::Nothing })
    }

    /// Appends a group of drafts; returns how many.
    fn seal(&self, step: &Step, drafts: Vec<Draft>, position: u64) -> Result<u64, AggregateError> {
        if drafts.is_empty() {
            return Ok(0);
        }
        let mut ledger = held(&self.ledger);
        let mut sheets = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let day = draft.day;
            let period = SheetPeriod::day(day);
            let revision = ledger.highest_revision(&self.node, period).unwrap_or(0) + 1;
            let (zone, terms) = (&step.terms.calendar.zone, &step.terms);
            let dictionary = (terms.federation.dictionary(), terms.dictionary);
            let facts = draft
                .facts(revision, zone, dictionary, position, step.now_ms)
                .map_err(|error| AggregateError::Tally { day, error })?;
            sheets.push((
                SheetStatement {
                    facts,
                    body: draft.reference,
                },
                draft,
            ));
        }
        let entries = sheets
            .iter_mut()
            .map(|(sheet, draft)| {
                (
                    Statement::Sheet(Box::new(sheet.clone())),
                    Some(std::mem::take(&mut draft.bytes)),
                )
            })
            .collect();
        ledger.append_own(entries, step.now_ms)?;
        drop(ledger);
        for (sheet, draft) in &sheets {
            (self.on_sealed)(&sheet.facts, &draft.body);
        }
        Ok(sheets.len() as u64)
    }
}

/// What a step knows and has to do.
struct Step {
    now_ms: i64,
    /// Journal position before anything was read: no later change is settled by this step.
    seen: u64,
    terms: Arc<Terms>,
    sources: Sources,
    last: BTreeMap<Day, LastSheet>,
    days: Vec<Day>,
}

/// What became of a day.
enum Drafted {
    New(Draft),
    Nothing,
    Overfull(Overfull),
}
