//! Coverage: of what is expected, how much is there, and which runs of days are not.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{Code, Day, NodeId};

use crate::answer::{Coverage, Gap, GapReason, Share};
use crate::attest::Attested;
use crate::expect::{Expected, ExpectedUnit};
use crate::store::Rollup;
use crate::stretch::Stretch;

/// Unit, position of the member, number of the source, reason.
type GapKey<'a> = (&'a Code, Option<usize>, Option<u32>, GapReason);

/// Counts days while they are walked in order.
#[derive(Debug, Default)]
struct Walk<'a> {
    days: Share,
    complete_days: u64,
    units: BTreeSet<&'a Code>,
    units_had: HashSet<&'a Code>,
    members_had: HashSet<usize>,
    gaps: HashMap<GapKey<'a>, Vec<(Day, Day)>>,
}

/// Counts what is expected and what is there. `attested` stands by position of the member.
pub(crate) fn coverage(
    rollup: &Rollup,
    expected: &Expected<'_>,
    attested: &[Option<Attested>],
    stretches: &[Stretch],
    heard: &HashMap<&NodeId, Vec<bool>>,
) -> Coverage {
    let mut walk = Walk::default();
    for (stretch, units) in stretches.iter().zip(&expected.units) {
        for unit in units {
            walk.units.insert(unit.code);
            for day in stretch.days() {
                walk.day(unit, attested, day);
            }
        }
    }
    Coverage {
        units: share(walk.units.len(), walk.units_had.len()),
        nodes: share(expected.members.len(), walk.members_had.len()),
        sources: sources(rollup, expected, attested, heard),
        days: walk.days,
        complete_days: walk.complete_days,
        until: stretches
            .iter()
            .filter(|stretch| stretch.expected)
            .map(|stretch| stretch.last)
            .max(),
        gaps: gaps(rollup, walk.gaps),
        overlap: Vec::new(),
    }
}

impl<'a> Walk<'a> {
    fn day(&mut self, unit: &ExpectedUnit<'a>, attested: &[Option<Attested>], day: Day) {
        self.days.expected += 1;
        if unit.members.is_empty() {
            self.gap((unit.code, None, None, GapReason::NoNode), day);
            return;
        }
        let (mut had, mut complete) = (true, true);
        for &member in &unit.members {
            let Some(word) = attested[member].as_ref().map(|attested| attested.on(day)) else {
                continue;
            };
            if let Some(reason) = word.lacking {
                had = false;
                self.gap((unit.code, Some(member), None, reason), day);
                continue;
            }
            self.units_had.insert(unit.code);
            self.members_had.insert(member);
            for &(source, reason) in &word.sources {
                complete = false;
                self.gap((unit.code, Some(member), source, reason), day);
            }
        }
        self.days.had += u64::from(had);
        self.complete_days += u64::from(had && complete);
    }

    fn gap(&mut self, key: GapKey<'a>, day: Day) {
        let runs = self.gaps.entry(key).or_default();
        match runs.last_mut() {
            Some((_, to)) if to.next() == day => *to = day,
            _ => runs.push((day, day)),
        }
    }
}

/// Sources that the nodes ever named, and those of them with a cell in the scope or a day declared complete.
fn sources(
    rollup: &Rollup,
    expected: &Expected<'_>,
    attested: &[Option<Attested>],
    heard: &HashMap<&NodeId, Vec<bool>>,
) -> Share {
    let mut total = Share::default();
    for &at in &expected.members {
        let member = &rollup.members[at];
        let covered = member.covers.iter().filter_map(|cover| cover.source.as_ref());
        let mut named: BTreeMap<&Code, bool> = covered.map(|source| (source, false)).collect();
        let sheets = rollup
            .nodes
            .get(&member.node)
            .into_iter()
            .flat_map(|sheets| sheets.by_period.values());
        let stated: BTreeSet<u32> = sheets
            .flat_map(|sheet| sheet.stated.iter().map(|stated| stated.source))
            .collect();
        for source in stated {
            let cell = heard.get(&member.node).is_some_and(|heard| heard[source as usize]);
            let declared = attested[at]
                .as_ref()
                .is_some_and(|attested| attested.declared.contains(&source));
            named.insert(rollup.codes.code(source), cell || declared);
        }
        total.expected += named.len() as u64;
        total.had += named.values().filter(|had| **had).count() as u64;
    }
    total
}

fn gaps(rollup: &Rollup, found: HashMap<GapKey<'_>, Vec<(Day, Day)>>) -> Vec<Gap> {
    let runs = found
        .into_iter()
        .flat_map(|(key, runs)| runs.into_iter().map(move |run| (key, run)));
    let gap = |((territory, member, source, reason), (from, to)): (GapKey<'_>, (Day, Day))| Gap {
        territory: territory.clone(),
        node: member.map(|at| rollup.members[at].node.clone()),
        source: source.map(|source| rollup.codes.code(source).clone()),
        from,
        to,
        reason,
    };
    let mut gaps: Vec<Gap> = runs.map(gap).collect();
    gaps.sort_unstable();
    gaps
}

fn share(expected: usize, had: usize) -> Share {
    Share {
        expected: expected as u64,
        had: had as u64,
    }
}
