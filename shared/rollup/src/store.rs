//! What the rollup keeps: the members, and for every node and period the sheet that stands.
//!
//! A sheet put for a node and a period replaces the one that stood there, whole. Nothing is ever folded ahead, so a
//! replaced or removed sheet leaves no trace in any answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::cell::Cell;
use domain::member::Member;
use domain::sheet::{Completeness, SheetBody, SheetFacts};
use domain::{Day, NodeId, SheetPeriod};

use crate::intern::{Codes, Keys};
use crate::packed::Column;

/// How a sheet stands with the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SheetStanding {
    /// Taken, or not yet judged.
    InForce,
    /// Refused by the parent. In its own node's report it counts, and the coverage marks it.
    Refused,
}

/// What was said of one measure of one source, by the numbers of their codes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stated {
    pub(crate) source: u32,
    pub(crate) measure: u32,
    pub(crate) completeness: Completeness,
}

/// A sheet as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) period: SheetPeriod,
    pub(crate) revision: u32,
    pub(crate) first: Day,
    pub(crate) last: Day,
    pub(crate) standing: SheetStanding,
    pub(crate) withdrawn: bool,
    /// All of one source in a row.
    pub(crate) stated: Vec<Stated>,
    pub(crate) columns: Vec<Column>,
}

/// The sheets of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeSheets {
    pub(crate) by_period: BTreeMap<SheetPeriod, Sheet>,
    /// Numbers of all codes that ever were a value in a cell of the node: says fast that a node has nothing in a scope.
    pub(crate) values: BTreeSet<u32>,
}

impl NodeSheets {
    /// The sheets that lie wholly inside the days from `first` to `last`.
    pub(crate) fn inside(&self, first: Day, last: Day) -> impl Iterator<Item = &Sheet> {
        let from = SheetPeriod::day(first);
        self.by_period
            .range(from..)
            .map(|(_, sheet)| sheet)
            .take_while(move |sheet| sheet.first <= last)
            .filter(move |sheet| sheet.last <= last)
    }
}

/// Sheets in force, in memory, and the answers to questions about them (see [`Rollup::ask`]).
#[derive(Clone, Debug, Default)]
pub struct Rollup {
    pub(crate) members: Vec<Member>,
    pub(crate) nodes: BTreeMap<NodeId, NodeSheets>,
    pub(crate) codes: Codes,
    pub(crate) keys: Keys,
}

impl Rollup {
    /// A rollup without members and sheets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the members: who answers for what is asked of them, not of the sheets.
    pub fn set_members(&mut self, members: Vec<Member>) {
        self.members = members;
    }

    /// Puts a sheet in the place of whatever stood for the node and the period. One that unsays the period leaves nothing
    /// there.
    pub fn put(&mut self, node: &NodeId, facts: &SheetFacts, body: &SheetBody, standing: SheetStanding) {
        if facts.unsays() {
            return self.remove(node, &facts.period);
        }
        let stated = body
            .completeness
            .iter()
            .map(|((source, measure), completeness)| Stated {
                source: self.codes.intern(source),
                measure: self.codes.intern(measure),
                completeness: *completeness,
            });
        let mut sheet = Sheet {
            period: facts.period,
            revision: facts.revision,
            first: facts.period.first(),
            last: facts.period.last(),
            standing,
            withdrawn: facts.withdrawn.is_some(),
            stated: stated.collect(),
            columns: Vec::new(),
        };
        let sheets = self.nodes.entry(node.clone()).or_default();
        if !sheet.withdrawn {
            sheet.columns = pack(&mut self.codes, &mut self.keys, &mut sheets.values, body);
        }
        sheets.by_period.insert(facts.period, sheet);
    }

    /// Removes the sheet of a node for a period, if one stands there.
    pub fn remove(&mut self, node: &NodeId, period: &SheetPeriod) {
        if let Some(sheets) = self.nodes.get_mut(node) {
            sheets.by_period.remove(period);
            if sheets.by_period.is_empty() {
                self.nodes.remove(node);
            }
        }
    }
}

fn pack(codes: &mut Codes, keys: &mut Keys, values: &mut BTreeSet<u32>, body: &SheetBody) -> Vec<Column> {
    let mut columns: HashMap<(u32, u32), Vec<(u32, &Cell)>> = HashMap::new();
    let mut numbers = Vec::new();
    for (key, cell) in &body.cells {
        numbers.clear();
        numbers.extend(key.values.iter().map(|value| codes.intern(value)));
        values.extend(&numbers);
        let column = columns
            .entry((codes.intern(&key.measure), codes.intern(&key.set)))
            .or_default();
        column.push((keys.intern(&numbers), cell));
    }
    let packed = columns.into_iter().map(|((measure, set), mut cells)| {
        cells.sort_unstable_by_key(|(key, _)| *key);
        Column::pack(
            measure,
            set,
            cells.into_iter().map(|(key, cell)| (key, cell.snapshot, &cell.tally)),
        )
    });
    packed.collect()
}
