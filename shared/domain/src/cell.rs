//! Cells: one tally for one combination of dimensions, and the map of them that a sheet is.
//!
//! A key names its measure, one of the measure's declared dimension sets and a value for each dimension of that set.
//! Sets overlap on purpose (each answers another question), so cells of different sets are never added up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::code::Code;
use crate::day::Day;
use crate::tally::{Tally, TallyError};

/// What a cell counts: a measure under one value for each dimension of one set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// Code of the measure.
    pub measure: Code,
    /// Code of the dimension set.
    pub set: Code,
    /// One value for each dimension, in the order the set declares them.
    pub values: Vec<Code>,
}

/// Where the figure of a cell comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Counted from incidents.
    Incidents,
    /// Entered as totals without rows; the number is the place of the basis in the sheet's basis table, from 0.
    Totals(u32),
}

/// A figure of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Counted or entered.
    pub origin: Origin,
    /// Day of the snapshot that a stock was taken from; nothing for the other kinds.
    pub snapshot: Option<Day>,
    /// The value.
    pub tally: Tally,
}

/// All cells of a sheet, in the order of their keys.
pub type Cells = BTreeMap<CellKey, Cell>;

/// Adds what incidents say to a cell, making it when it is not there.
pub fn add_counted(cells: &mut Cells, key: CellKey, tally: &Tally) -> Result<(), TallyError> {
    match cells.entry(key) {
        Entry::Vacant(place) => {
            place.insert(Cell {
                origin: Origin::Incidents,
                snapshot: None,
                tally: tally.clone(),
            });
            Ok(())
        }
        Entry::Occupied(mut place) => place.get_mut().tally.merge(tally),
    }
}
