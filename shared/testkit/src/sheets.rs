//! Sheets as a node would seal them.

use std::collections::BTreeMap;

use domain::sheet::{Closure, SheetBody, SheetFacts};
use domain::zone::TZDB_VERSION;
use domain::{Day, SheetPeriod, Zone};
use seal::Digest;
use wire::statement::{BodyRef, SheetStatement};
use wire::{Statement, body};

/// A closed sheet of a day without a cell, with its body.
pub fn empty_sheet(day: Day, revision: u32, zone: &Zone, dictionary: Digest) -> (Statement, Option<Vec<u8>>) {
    let bytes = body::encode(&SheetBody::default());
    let facts = SheetFacts {
        period: SheetPeriod::day(day),
        bounds: zone.bounds(day),
        closure: Closure::Closed,
        revision,
        withdrawn: None,
        zone: zone.clone(),
        tzdb: TZDB_VERSION.into(),
        dictionary: *dictionary.as_bytes(),
        journal_position: 1,
        sealed_at_ms: 1,
        cell_count: 0,
        totals: BTreeMap::new(),
    };
    let body = BodyRef::of(&bytes);
    (Statement::Sheet(Box::new(SheetStatement { facts, body })), Some(bytes))
}
