//! What came of the items, for a status: outcomes per source, dropped stamps, and the raw values that matched nothing.
//!
//! Kept beside the store and never sent. Outcomes are found again from the journal; dropped stamps, rejections and raw
//! values are not in it, and a rebuilt store starts them anew.

use std::collections::{BTreeMap, BTreeSet};

use domain::Code;
use wire::pb;

use super::rejection::cut;
use crate::store::Store;

/// Raw values listed at most: at up to 300 bytes each, 300 KB. What comes beyond is counted together.
const UNMATCHED_KEPT: usize = 1_000;
const SEPARATOR: char = '\u{1f}';
const OUTCOME: &str = "outcome";
const DROPPED: &str = "dropped";
const UNMATCHED: &str = "unmatched";
const BEYOND: &str = "unmatched_beyond";

/// The intake for a status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntakeSummary {
    /// Sequence of the last journal frame applied.
    pub position: u64,
    /// Incidents in the store, tombstones included.
    pub incidents: u64,
    /// Items by outcome, for each source. Rejected items without a known source stand under the code `none`.
    pub sources: BTreeMap<Code, SourceCounts>,
    /// Stamps left out as implausible, by source and stamp code.
    pub dropped_stamps: BTreeMap<(Code, String), u64>,
    /// Answers that stand before their registration, by source: how many, and the median of the seconds between. They
    /// count as answers and give no duration.
    pub early_answers: BTreeMap<Code, (u64, u64)>,
    /// Raw values that matched nothing.
    pub unmatched: Vec<Unmatched>,
    /// Items whose unmatched value is beyond the list's bound.
    pub unmatched_beyond: u64,
}

/// Items of one source by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceCounts {
    /// First versions.
    pub accepted: u64,
    /// Nothing new.
    pub unchanged: u64,
    /// Later versions.
    pub updated: u64,
    /// Older than what stood.
    pub superseded: u64,
    /// Not taken.
    pub rejected: u64,
}

impl SourceCounts {
    /// Items of one answer.
    pub(crate) fn of(results: &[pb::ItemResult]) -> Self {
        let count = |outcome| results.iter().filter(|result| result.outcome() == outcome).count() as u64;
        Self {
            accepted: count(pb::ItemOutcome::Accepted),
            unchanged: count(pb::ItemOutcome::Unchanged),
            updated: count(pb::ItemOutcome::Updated),
            superseded: count(pb::ItemOutcome::Superseded),
            rejected: count(pb::ItemOutcome::Rejected),
        }
    }

    /// Adds more.
    pub(crate) fn add(&mut self, more: Self) {
        self.accepted += more.accepted;
        self.unchanged += more.unchanged;
        self.updated += more.updated;
        self.superseded += more.superseded;
        self.rejected += more.rejected;
    }
}

/// A raw value that matched no list and no unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmatched {
    /// The source.
    pub source: Code,
    /// Field of the incident.
    pub field: String,
    /// The value, cut to 64 characters.
    pub raw: String,
    /// Versions that had it.
    pub count: u64,
}

/// What a group adds to the counters.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    added: BTreeMap<String, u64>,
    fresh: BTreeSet<String>,
}

impl Counts {
    pub(super) fn into_added(self) -> BTreeMap<String, u64> {
        self.added
    }

    pub(super) fn outcome(&mut self, source: &str, outcome: pb::ItemOutcome) {
        self.add(name(OUTCOME, &[source, &(outcome as i32).to_string()]));
    }

    pub(super) fn dropped(&mut self, source: &Code, stamp: &str) {
        self.add(name(DROPPED, &[source.as_str(), stamp]));
    }

    pub(super) fn unmatched(&mut self, store: &Store, source: &Code, field: &str, raw: &str) {
        let value = name(UNMATCHED, &[source.as_str(), field, &cut(raw)]);
        if store.counters().contains_key(&value) || self.fresh.contains(&value) {
            return self.add(value);
        }
        let listed = named(store.counters(), UNMATCHED).count();
        if listed + self.fresh.len() >= UNMATCHED_KEPT {
            return self.add(name(BEYOND, &[source.as_str()]));
        }
        self.fresh.insert(value.clone());
        self.add(value);
    }

    fn add(&mut self, name: String) {
        *self.added.entry(name).or_default() += 1;
    }
}

/// The summary of a store.
pub(super) fn summary(store: &Store) -> IntakeSummary {
    let mut summary = IntakeSummary {
        position: store.applied(),
        incidents: store.incidents(),
        early_answers: store.early_answers(),
        ..IntakeSummary::default()
    };
    for (parts, count) in named(store.counters(), OUTCOME) {
        let ([source, outcome], Some(count)) = (parts[..].try_into().unwrap_or([""; 2]), Some(count)) else {
            continue;
        };
        let counts = summary.sources.entry(code(source)).or_default();
        match outcome
            .parse()
            .ok()
            .and_then(|number: i32| pb::ItemOutcome::try_from(number).ok())
        {
            Some(pb::ItemOutcome::Accepted) => counts.accepted += count,
            Some(pb::ItemOutcome::Unchanged) => counts.unchanged += count,
            Some(pb::ItemOutcome::Updated) => counts.updated += count,
            Some(pb::ItemOutcome::Superseded) => counts.superseded += count,
            Some(pb::ItemOutcome::Rejected) => counts.rejected += count,
            Some(pb::ItemOutcome::Unspecified) | None => {}
        }
    }
    for (parts, count) in named(store.counters(), DROPPED) {
        if let [source, stamp] = parts[..] {
            summary.dropped_stamps.insert((code(source), stamp.to_owned()), count);
        }
    }
    for (parts, count) in named(store.counters(), UNMATCHED) {
        if let [source, field, raw] = parts[..] {
            let (field, raw) = (field.to_owned(), raw.to_owned());
            summary.unmatched.push(Unmatched {
                source: code(source),
                field,
                raw,
                count,
            });
        }
    }
    summary.unmatched_beyond = named(store.counters(), BEYOND).map(|(_, count)| count).sum();
    summary
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap_or_else(|_| Code::none())
}

fn name(kind: &str, parts: &[&str]) -> String {
    parts
        .iter()
        .fold(kind.to_owned(), |name, part| format!("{name}{SEPARATOR}{part}"))
}

/// Counters of one kind: the parts of their names and their counts.
fn named<'a>(counters: &'a BTreeMap<String, u64>, kind: &str) -> impl Iterator<Item = (Vec<&'a str>, u64)> {
    let (from, to) = (format!("{kind}{SEPARATOR}"), format!("{kind}\u{20}"));
    counters
        .range(from..to)
        .map(|(name, &count)| (name.split(SEPARATOR).skip(1).collect(), count))
}
