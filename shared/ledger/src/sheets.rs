//! Sheets in force: of each node and period the highest revision that counts.
//!
//! Knows positions and facts, never cells: bodies stay on disk. A sheet taken without its body never counts. A sheet that
//! the parent refused counts in its own node's view, marked, and in nobody else's.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use domain::sheet::SheetFacts;
use domain::{Code, Day, NodeId, SheetPeriod};
use seal::Digest;
use wire::Statement;
use wire::statement::{Decision, SheetStatement};

use crate::trail::{NotCounting, Uncounted};

/// A sheet that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetInForce {
    /// Its author.
    pub node: NodeId,
    /// Its period.
    pub period: SheetPeriod,
    /// Position of the statement.
    pub position: u64,
    /// Hash of the statement.
    pub statement: Digest,
    /// What it signs beside its body.
    pub facts: Arc<SheetFacts>,
    /// Reason of the parent's refusal; only ever set on the node's own sheets.
    pub refused: Option<Code>,
}

/// One revision, as briefly as the choice among them needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Revision {
    number: u32,
    position: u64,
    statement: Digest,
    has_body: bool,
}

/// What stands of one node and period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct History {
    /// Sorted by number.
    revisions: Vec<Revision>,
    in_force: Option<SheetInForce>,
}

/// All sheets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sheets {
    histories: BTreeMap<(NodeId, SheetPeriod), History>,
    /// Node and period of each sheet statement.
    places: HashMap<Digest, (NodeId, SheetPeriod)>,
    void: HashSet<Digest>,
    /// Refused by the parent, with the reason.
    refused: HashMap<Digest, Code>,
}

impl Sheets {
    /// Takes a sheet in. Returns whether it is in force now.
    pub(crate) fn add(
        &mut self,
        own: &NodeId,
        node: &NodeId,
        position: u64,
        statement: Digest,
        sheet: &SheetStatement,
        has_body: bool,
    ) -> bool {
        let period = sheet.facts.period;
        let number = sheet.facts.revision;
        self.places.insert(statement, (node.clone(), period));
        let history = self.histories.entry((node.clone(), period)).or_default();
        let at = history.revisions.partition_point(|revision| revision.number < number);
        history.revisions.insert(
            at,
            Revision {
                number,
                position,
                statement,
                has_body,
            },
        );
        let higher = history
            .in_force
            .as_ref()
            .is_none_or(|in_force| in_force.facts.revision < number);
        if !higher || !has_body || self.void.contains(&statement) {
            return false;
        }
        let refused = self.refused.get(&statement).cloned();
        if refused.is_some() && node != own {
            return false;
        }
        let facts = Arc::new(sheet.facts.clone());
        let node = node.clone();
        history.in_force = Some(SheetInForce {
            node,
            period,
            position,
            statement,
            facts,
            refused,
        });
        true
    }

    /// Applies a ruling. Returns whose sheet is another one now, and the position of the revision to put
    /// there, whose facts are in its entry.
    pub(crate) fn decide(&mut self, own: &NodeId, decision: &Decision) -> Option<((NodeId, SheetPeriod), Option<u64>)> {
        self.void.insert(decision.statement);
        self.choose_again(own, &decision.statement)
    }

    /// Notes that the parent refused a statement. Returns as [`Sheets::decide`].
    pub(crate) fn refuse(
        &mut self,
        own: &NodeId,
        statement: Digest,
        reason: Code,
    ) -> Option<((NodeId, SheetPeriod), Option<u64>)> {
        self.refused.insert(statement, reason.clone());
        let (node, period) = self.places.get(&statement)?.clone();
        if node != *own {
            return self.choose_again(own, &statement);
        }
        let history = self.histories.get_mut(&(node.clone(), period))?;
        if let Some(sheet) = history.in_force.as_mut().filter(|sheet| sheet.statement == statement) {
            sheet.refused = Some(reason);
        }
        Some(((node, period), None))
    }

    /// After `statement` stopped counting: the next revision below it, if it was the one in force.
    fn choose_again(&mut self, own: &NodeId, statement: &Digest) -> Option<((NodeId, SheetPeriod), Option<u64>)> {
        let key = self.places.get(statement)?.clone();
        let history = self.histories.get_mut(&key)?;
        if history
            .in_force
            .as_ref()
            .is_none_or(|sheet| sheet.statement != *statement)
        {
            return None;
        }
        history.in_force = None;
        let counts = |revision: &&Revision| {
            revision.has_body
                && !self.void.contains(&revision.statement)
                && (key.0 == *own || !self.refused.contains_key(&revision.statement))
        };
        let next = history.revisions.iter().rev().find(counts);
        let wanted = next.map(|revision| revision.position);
        Some((key, wanted))
    }

    /// Puts the revision in force that [`Sheets::decide`] or [`Sheets::refuse`] asked for.
    pub(crate) fn put(&mut self, node: &NodeId, position: u64, statement: Digest, facts: SheetFacts) {
        let period = facts.period;
        let refused = self.refused.get(&statement).cloned();
        if let Some(history) = self.histories.get_mut(&(node.clone(), period)) {
            let facts = Arc::new(facts);
            let node = node.clone();
            history.in_force = Some(SheetInForce {
                node,
                period,
                position,
                statement,
                facts,
                refused,
            });
        }
    }

    /// Every sheet in force, by node and period.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SheetInForce> {
        self.histories.values().filter_map(|history| history.in_force.as_ref())
    }

    /// The sheet in force of a node for a period.
    pub(crate) fn get(&self, node: &NodeId, period: SheetPeriod) -> Option<&SheetInForce> {
        self.histories.get(&(node.clone(), period))?.in_force.as_ref()
    }

    /// Position of the highest revision below a position of the ledger that is neither refused nor void.
    pub(crate) fn taken_below(&self, node: &NodeId, period: SheetPeriod, below: u64) -> Option<u64> {
        let revisions = &self.histories.get(&(node.clone(), period))?.revisions;
        let stands = |revision: &&Revision| {
            revision.position < below
                && !self.void.contains(&revision.statement)
                && !self.refused.contains_key(&revision.statement)
        };
        revisions.iter().rev().find(stands).map(|revision| revision.position)
    }

    /// The revisions of a node's sheets that do not count; with the node's keys taken back, none does.
    pub(crate) fn uncounted(&self, node: &NodeId, revoked: Option<&Code>) -> Vec<Uncounted> {
        let from = (node.clone(), SheetPeriod::day(Day::MIN));
        let histories = self.histories.range(from..).take_while(|((of, _), _)| of == node);
        let revisions = histories.flat_map(|((_, period), history)| {
            let revisions = history.revisions.iter();
            revisions.map(move |revision| (*period, revision, self.not_counting(history, revision, revoked)))
        });
        let uncounted = revisions.filter_map(|(period, revision, why)| {
            Some(Uncounted {
                node: node.clone(),
                period,
                revision: revision.number,
                position: Some(revision.position),
                statement: revision.statement,
                why: why?,
            })
        });
        uncounted.collect()
    }

    fn not_counting(&self, history: &History, revision: &Revision, revoked: Option<&Code>) -> Option<NotCounting> {
        let in_force = history.in_force.as_ref();
        if in_force.is_some_and(|sheet| sheet.statement == revision.statement) {
            return revoked.cloned().map(NotCounting::Revoked);
        }
        let refused = self.refused.get(&revision.statement).cloned();
        Some(if self.void.contains(&revision.statement) {
            NotCounting::Void
        } else if let Some(reason) = refused {
            NotCounting::Refused(reason)
        } else if revision.has_body {
            NotCounting::Superseded
        } else {
            NotCounting::BodyMissing
        })
    }

    /// The highest revision that stands, counting or not.
    pub(crate) fn highest_revision(&self, node: &NodeId, period: SheetPeriod) -> Option<u32> {
        self.histories
            .get(&(node.clone(), period))?
            .revisions
            .last()
            .map(|revision| revision.number)
    }
}

/// The sheet of a statement that must be one.
pub(crate) fn sheet_of(said: Statement) -> Option<SheetStatement> {
    match said {
        Statement::Sheet(sheet) => Some(*sheet),
        _ => None,
    }
}
