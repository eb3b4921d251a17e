//! The node's own figures: its sheets in force, and those of its branch, folded in memory for its own reports.
//!
//! A projection of the ledger, built at start and kept up with every sheet sealed, taken or refused. A sheet of the node
//! that its parent refused still counts here, and the report says so. Knows no file and no network.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use domain::federation::Federation;
use domain::member::Member;
use domain::sheet::{SheetBody, SheetFacts};
use domain::{Code, Day, NodeId, Period, SheetPeriod};
use federation::{SharedLedger, held};
use ledger::{Ledger, LedgerError, SheetInForce};
use report::{AsOf, Format, Report};
use rollup::explain::{ExplainError, Explained};
use rollup::{CellName, Question, Rollup, RollupError, SheetStanding};
use wire::statement::Membership;

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

/// The fold of everything in force in the node's ledger.
pub struct Figures {
    node: NodeId,
    own: RwLock<Member>,
    ledger: SharedLedger,
    /// Locked after the ledger where both are held.
    rollup: Mutex<Rollup>,
    /// The members below that stand, with the position of the membership by which they do.
    standing: Mutex<BTreeMap<NodeId, u64>>,
    /// Own sheets that stand as refused already.
    marked: Mutex<BTreeSet<SheetPeriod>>,
}

impl Figures {
    /// Reads everything in force out of the ledger. `own` is the node's own membership, which stands in its parent's.
    pub fn open(own: &Membership, ledger: SharedLedger) -> Result<Self, LedgerError> {
        let figures = Self {
            node: own.member.clone(),
            own: RwLock::new(member_of(own)),
            ledger,
            rollup: Mutex::new(Rollup::new()),
            standing: Mutex::new(BTreeMap::new()),
            marked: Mutex::new(BTreeSet::new()),
        };
        figures.read_again()?;
        Ok(figures)
    }

    /// Forgets everything and reads the ledger again.
    pub fn read_again(&self) -> Result<(), LedgerError> {
        let ledger = held(&self.ledger);
        let (mut rollup, mut marked) = (locked(&self.rollup), locked(&self.marked));
        *rollup = Rollup::new();
        marked.clear();
        locked(&self.standing).clear();
        self.follow_members(&ledger, &mut rollup)?;
        for sheet in ledger.sheets().filter(|sheet| sheet.node == self.node) {
            put(&ledger, &mut rollup, sheet)?;
            if sheet.refused.is_some() {
                marked.insert(sheet.period);
            }
        }
        Ok(())
    }

    /// The node itself and the members below it.
    pub(crate) fn members(&self, ledger: &Ledger) -> Vec<Member> {
        let below = ledger.members().into_iter().filter(|member| member.node != self.node);
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner).clone();
        std::iter::once(own).chain(below).collect()
    }

    /// Takes up a membership of the node that came down.
    pub fn set_own(&self, own: &Membership) {
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = member_of(own);
        let ledger = held(&self.ledger);
        locked(&self.rollup).set_members(self.members(&ledger));
    }

    /// Takes the sheets of members that are revoked, and those from before a cover was taken back, out of the fold, and
    /// those of members that are there into it: they would be counted twice once this node restates the days.
    fn follow_members(&self, ledger: &Ledger, rollup: &mut Rollup) -> Result<(), LedgerError> {
        rollup.set_members(self.members(ledger));
        let in_force = ledger.all_members().filter(|keys| keys.revoked.is_none());
        let now: BTreeMap<NodeId, u64> = in_force
            .map(|keys| (keys.membership.member.clone(), keys.position))
            .collect();
        let mut standing = locked(&self.standing);
        if now == *standing {
            return Ok(());
        }
        for sheet in ledger.sheets().filter(|sheet| sheet.node != self.node) {
            match (standing.get(&sheet.node), now.get(&sheet.node)) {
                (before, after) if before == after => {}
                (_, Some(_)) if ledger.is_overtaken(sheet) => rollup.remove(&sheet.node, &sheet.period),
                (None, Some(_)) => put(ledger, rollup, sheet)?,
                (_, None) => rollup.remove(&sheet.node, &sheet.period),
                _ => {}
            }
        }
        *standing = now;
        Ok(())
    }

    /// Takes in a sheet that the node has just sealed.
    pub fn sealed(&self, facts: &SheetFacts, body: &SheetBody) {
        locked(&self.marked).remove(&facts.period);
        locked(&self.rollup).put(&self.node, facts, body, SheetStanding::InForce);
    }

    /// Marks the node's own sheets that the parent has refused since the last look.
    pub fn mark_refused(&self) -> Result<(), LedgerError> {
        let ledger = held(&self.ledger);
        let refused = |sheet: &&SheetInForce| sheet.node == self.node && sheet.refused.is_some();
        for sheet in ledger.sheets().filter(refused) {
            if locked(&self.marked).insert(sheet.period) {
                put(&ledger, &mut locked(&self.rollup), sheet)?;
            }
        }
        Ok(())
    }

    /// Reads again what stands of members below for these periods, and the members: entries of theirs were taken.
    pub fn refresh(&self, changed: &[(NodeId, SheetPeriod)]) -> Result<(), LedgerError> {
        let ledger = held(&self.ledger);
        let mut rollup = locked(&self.rollup);
        self.follow_members(&ledger, &mut rollup)?;
        let standing = locked(&self.standing);
        for (node, period) in changed {
            let counts = |sheet: &&SheetInForce| standing.contains_key(node) && !ledger.is_overtaken(sheet);
            match ledger.sheet(node, *period).filter(counts) {
                Some(sheet) => put(&ledger, &mut rollup, sheet)?,
                None => rollup.remove(node, period),
            }
        }
        Ok(())
    }

    /// The ledger that whatever is asked next is answered from.
    fn as_of(&self) -> AsOf {
        let ledger = held(&self.ledger);
        AsOf {
            ledger_size: ledger.size(),
            root: ledger.root().to_string(),
        }
    }

    /// Takes one figure of what stands now apart.
    pub(crate) fn take_apart(
        &self,
        federation: &Federation,
        inquiry: &Inquiry,
        name: &CellName,
    ) -> Result<(AsOf, Explained), ExplainError> {
        let as_of = self.as_of();
        let question = Question {
            scope: inquiry.scope.clone(),
            period: inquiry.period,
            today: inquiry.today,
        };
        Ok((as_of, locked(&self.rollup).explain(federation, &question, name)?))
    }

    /// Writes a report of what stands now.
    pub fn report(&self, federation: &Federation, inquiry: &Inquiry) -> Result<String, RollupError> {
        let report = self.model(federation, inquiry)?;
        Ok(report::render(&report, federation, inquiry.format))
    }

    /// The report of what stands now, not yet written in any form.
    pub fn model(&self, federation: &Federation, inquiry: &Inquiry) -> Result<Report, RollupError> {
        let as_of = self.as_of();
        let rollup = locked(&self.rollup);
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
        Ok(Report::build(federation, &answer, before.as_ref(), as_of))
    }
}

/// A panic of another holder leaves a projection as its last finished change left it.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put(ledger: &Ledger, rollup: &mut Rollup, sheet: &SheetInForce) -> Result<(), LedgerError> {
    let standing = match sheet.refused {
        Some(_) => SheetStanding::Refused,
        None => SheetStanding::InForce,
    };
    let body = ledger.sheet_body(sheet.position)?.ok_or(LedgerError::BodyMismatch)?;
    rollup.put(&sheet.node, &sheet.facts, &body, standing);
    Ok(())
}

/// The node's own membership as the rollup wants it.
fn member_of(membership: &Membership) -> Member {
    Member {
        node: membership.member.clone(),
        parent: membership.parent.clone(),
        hosted_by: membership.hosted_by.clone(),
        zone: membership.zone.clone(),
        covers: membership.covers.clone(),
        joined: membership.zone.day_of(membership.joined_at_ms.div_euclid(1000)),
    }
}
