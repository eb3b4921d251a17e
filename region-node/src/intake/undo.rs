//! Undoing a batch: what stood by it is recomputed from what the other batches attest.
//!
//! It promises that the same journal gives the same result whether the undo happens now or is replayed at a start, that
//! memory stays bounded however large the batch was, and that a crash half way is cured by doing it again. It reads the
//! journal and writes only the store.

use std::collections::BTreeSet;
use std::path::Path;

use domain::count::Counter;
use domain::version::Record;
use domain::{Code, Day};
use wire::pb;

use super::IntakeError;
use super::context::Context;
use super::history::{History, Identity, Wanted, spoken_of};
use crate::store::{Change, Event, Group, Note, Removal, Store};

/// Incidents looked at in one reading of the journal: with about 2 KB for what was said of each, 100 MB. A batch of a
/// million rows costs twenty readings, about a second each for a gigabyte.
const INCIDENTS_IN_PASS: usize = 50_000;

/// What an undo changes, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoEffect {
    /// Incidents that no other batch attests: they go.
    pub removed: u64,
    /// Incidents that go back to what other batches attest.
    pub changed: u64,
    /// Incidents that stand as they stood.
    pub kept: u64,
    /// Days whose figures or completeness change.
    pub days: BTreeSet<Day>,
}

/// The row of a batch that may be undone.
pub(super) fn standing(store: &Store, batch: &str) -> Result<pb::BatchRow, IntakeError> {
    let row = store
        .batch_row(batch)?
        .ok_or_else(|| IntakeError::UnknownBatch(batch.to_owned()))?;
    match row.undone {
        Some(_) => Err(IntakeError::AlreadyUndone(row.id)),
        None => Ok(row),
    }
}

/// A batch to undo, and where it is written what it said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Undoing<'a> {
    /// Directory of the journal.
    pub(super) journal: &'a Path,
    pub(super) row: &'a pb::BatchRow,
    /// The frame that undoes it, or the one that would.
    pub(super) sequence: u64,
}

/// One incident before and after.
struct Turn {
    identity: Identity,
    before: Option<Record>,
    after: Option<Record>,
}

/// Days that a source declared complete, before and after.
struct Redeclared {
    source: Code,
    before: Vec<(Day, Day)>,
    after: Vec<(Day, Day)>,
}

/// What one reading of the journal found.
struct Pass {
    turns: Vec<Turn>,
    /// Declared days that stand, where the batch spoke of them; with the last pass only.
    declared: Vec<Redeclared>,
    last: bool,
}

impl Undoing<'_> {
    /// What it would change.
    pub(super) fn effect(self, context: &Context) -> Result<UndoEffect, IntakeError> {
        let mut effect = UndoEffect::default();
        self.passes(&mut |pass| {
            note(&mut effect, &pass, context);
            Ok(())
        })?;
        Ok(effect)
    }

    /// Changes the store, whose last applied frame is the one before. Only with the last pass has the store applied the
    /// frame: what a crash leaves before that, the start does again, and finds what is done already.
    pub(super) fn apply(
        self,
        store: &mut Store,
        context: &Context,
        at_ms: i64,
        reason: &str,
    ) -> Result<UndoEffect, IntakeError> {
        let mut effect = UndoEffect::default();
        let sources = store.sources_seen();
        self.passes(&mut |pass| {
            note(&mut effect, &pass, context);
            let mut group = Group {
                applied: store.applied(),
                ..Group::default()
            };
            for Turn { identity, after, .. } in pass.turns {
                let standing = store.find(&identity.0, &identity.1)?;
                match (standing, after) {
                    (Some((place, before)), None) => group.removals.push(Removal { place, before }),
                    (Some((_, before)), Some(after)) if before == after => {}
                    (standing, Some(after)) => {
                        let (place, before) = standing.unzip();
                        group.changes.push(Change { place, before, after });
                    }
                    (None, None) => {}
                }
            }
            if pass.last {
                group.applied = self.sequence;
                group.marked.clone_from(&effect.days);
                group.redeclared = pass.declared.into_iter().map(|one| (one.source, one.after)).collect();
                group.notes.push(Note {
                    sequence: self.sequence,
                    at_ms,
                    batch: self.row.id.clone(),
                    event: Event::Undone(reason.to_owned()),
                });
            }
            Ok(store.apply(&group, context)?)
        })?;
        if store.sources_seen() != sources {
            // Other days said of the source that something came: they are looked at again.
            let first = context.zone.day_of(self.row.began_ms.div_euclid(1000));
            let last = context.zone.day_of(at_ms.div_euclid(1000));
            let mut marked = store.event_days();
            marked.extend((first.number()..=last.number()).filter_map(Day::new));
            let group = Group {
                applied: self.sequence,
                marked,
                ..Group::default()
            };
            store.apply(&group, context)?;
        }
        Ok(effect)
    }

    fn passes(self, visit: &mut dyn FnMut(Pass) -> Result<(), IntakeError>) -> Result<(), IntakeError> {
        let mut spoken = spoken_of(self.journal, self.row)?;
        loop {
            let rest = spoken.incidents.iter().nth(INCIDENTS_IN_PASS).cloned();
            let rest = rest.map(|first| spoken.incidents.split_off(&first)).unwrap_or_default();
            let last = rest.is_empty();
            let wanted = Wanted {
                incidents: std::mem::replace(&mut spoken.incidents, rest),
                declared: if last { spoken.declared.clone() } else { BTreeSet::new() },
            };
            visit(self.pass(wanted, last)?)?;
            if last {
                return Ok(());
            }
        }
    }

    fn pass(self, wanted: Wanted, last: bool) -> Result<Pass, IntakeError> {
        let mut history = History::read(self.journal, self.sequence, &wanted)?;
        let (before, declared_before) = (history.standing(&wanted.incidents), history.declared());
        history.undo(&self.row.id);
        let (after, declared_after) = (history.standing(&wanted.incidents), history.declared());
        let turns = wanted.incidents.into_iter().zip(before).zip(after);
        let declared = declared_before.into_iter().zip(declared_after.into_values());
        Ok(Pass {
            turns: turns
                .map(|((identity, before), after)| Turn {
                    identity,
                    before,
                    after,
                })
                .collect(),
            declared: declared
                .map(|((source, before), after)| Redeclared { source, before, after })
                .collect(),
            last,
        })
    }
}

/// Counts what a pass changes, and the days it touches.
fn note(effect: &mut UndoEffect, pass: &Pass, context: &Context) {
    let counter = Counter::new(context.federation.dictionary(), &context.zone);
    for Turn { before, after, .. } in &pass.turns {
        let says = |record: &Option<Record>| record.as_ref().map(|r| (r.incident.clone(), r.standing.clone()));
        match (before, after) {
            (_, None) => effect.removed += 1,
            _ if says(before) == says(after) => {
                effect.kept += 1;
                continue;
            }
            _ => effect.changed += 1,
        }
        let live = before.iter().chain(after).filter(|record| record.is_live());
        effect
            .days
            .extend(live.flat_map(|record| counter.days(&record.incident)));
    }
    for Redeclared { before, after, .. } in &pass.declared {
        let days = |ranges: &[(Day, Day)]| -> BTreeSet<Day> {
            let numbers = ranges.iter().flat_map(|(from, to)| from.number()..=to.number());
            numbers.filter_map(Day::new).collect()
        };
        effect.days.extend(days(before).symmetric_difference(&days(after)));
    }
}
