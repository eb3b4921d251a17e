//! The body of a sheet as packed columns: the canonical bytes whose hash a statement signs, and back.
//!
//! Codes stand once in a sorted table; cells are grouped by measure and dimension set, sorted by their values, and each
//! number of a cell goes into the column of its kind. The same cells always give the same bytes, and bytes that our
//! encoder would not write are refused, so a hash stands for exactly one body.

mod block;

use std::collections::BTreeMap;

use domain::cell::{Cell, CellKey, Cells, Origin};
use domain::sheet::{Basis, Completeness, MAX_CELLS, SheetBody};
use domain::tally::TallyKind;
use domain::{Code, Day};
use prost::Message;

use crate::canonical::{self, WireError};
use crate::pb;

/// Largest body, bytes: 20,000 cells of full histograms stay far below it.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// Most entries of the code table; every cell of a full sheet may bring its own.
const MAX_CODES: usize = 4 * MAX_CELLS;

/// The canonical bytes of a body.
pub fn encode(body: &SheetBody) -> Vec<u8> {
    let table = Table::of(body);
    let mut groups: BTreeMap<(&Code, &Code), Vec<(&CellKey, &Cell)>> = BTreeMap::new();
    for (key, cell) in &body.cells {
        groups.entry((&key.measure, &key.set)).or_default().push((key, cell));
    }
    pb::SheetBody {
        codes: table.0.iter().map(ToString::to_string).collect(),
        collected: body
            .completeness
            .iter()
            .map(|((source, measure), completeness)| pb::Collected {
                source: table.place(source),
                measure: table.place(measure),
                completeness: completeness_to_pb(*completeness).into(),
            })
            .collect(),
        basis: body
            .basis
            .iter()
            .map(|basis| pb::Basis {
                document: table.place(&basis.document),
                number: table.place(&basis.number),
                date: basis.date.number(),
            })
            .collect(),
        blocks: groups
            .into_iter()
            .map(|(head, cells)| block::encode(&table, head, &cells))
            .collect(),
    }
    .encode_to_vec()
}

/// Reads a body. `kind_of` tells the kind of each measure, as the dictionary that the sheet names has it.
pub fn decode(bytes: &[u8], kind_of: impl Fn(&Code) -> Option<TallyKind>) -> Result<SheetBody, WireError> {
    canonical::at_most("содержание", bytes, MAX_BODY_BYTES)?;
    let message = pb::SheetBody::decode(bytes).map_err(|e| WireError::Malformed {
        what: "содержание",
        reason: e.to_string(),
    })?;
    let body = read(&message, kind_of)?;
    // One encoding again settles order, repeats, unused codes, unknown fields and overlong numbers together.
    if encode(&body) == bytes {
        Ok(body)
    } else {
        Err(WireError::NonCanonical {
            what: "содержание"
        })
    }
}

fn read(message: &pb::SheetBody, kind_of: impl Fn(&Code) -> Option<TallyKind>) -> Result<SheetBody, WireError> {
    if message.codes.len() > MAX_CODES {
        return Err(WireError::field(
            "codes",
            format!("{} кодов, больше {MAX_CODES}", message.codes.len()),
        ));
    }
    let codes = message
        .codes
        .iter()
        .map(|code| Code::new(code).map_err(|e| WireError::field("codes", e)));
    let table = Table(codes.collect::<Result<_, _>>()?);
    // A code that stood twice would let one pair of measure and set go by two different pairs of places.
    ascending(&table.0)?;
    let mut body = SheetBody::default();
    for collected in &message.collected {
        let key = (table.code(collected.source)?, table.code(collected.measure)?);
        body.completeness
            .insert(key, completeness_from_pb(collected.completeness())?);
    }
    for basis in &message.basis {
        body.basis.push(Basis {
            document: table.code(basis.document)?,
            number: table.code(basis.number)?,
            date: day("basis.date", basis.date)?,
        });
    }
    let cells: u64 = message.blocks.iter().map(|block| u64::from(block.cells)).sum();
    if cells > MAX_CELLS as u64 {
        return Err(WireError::field(
            "blocks.cells",
            format!("{cells} ячеек, больше {MAX_CELLS}"),
        ));
    }
    // Two blocks of one set could hold keys of different lengths, which the encoder never meets.
    let places: Vec<_> = message.blocks.iter().map(|block| (block.measure, block.set)).collect();
    ascending(&places)?;
    for block in &message.blocks {
        let measure = table.code(block.measure)?;
        let kind = kind_of(&measure)
            .ok_or_else(|| WireError::field("blocks.measure", format!("показателя {measure} нет в словаре")))?;
        block::decode(&table, block, &measure, kind, &mut body.cells)?;
    }
    Ok(body)
}

/// Refuses a list in which not every item is above the one before it.
fn ascending<T: PartialOrd>(items: &[T]) -> Result<(), WireError> {
    if items.is_sorted_by(|before, after| before < after) {
        Ok(())
    } else {
        Err(WireError::NonCanonical {
            what: "содержание"
        })
    }
}

/// The sorted codes of a body.
struct Table(Vec<Code>);

impl Table {
    fn of(body: &SheetBody) -> Self {
        let mut codes: Vec<Code> = Vec::new();
        body.completeness
            .keys()
            .for_each(|(source, measure)| codes.extend([source.clone(), measure.clone()]));
        body.basis
            .iter()
            .for_each(|basis| codes.extend([basis.document.clone(), basis.number.clone()]));
        for key in body.cells.keys() {
            codes.extend([key.measure.clone(), key.set.clone()]);
            codes.extend(key.values.iter().cloned());
        }
        codes.sort_unstable();
        codes.dedup();
        Self(codes)
    }

    fn place(&self, code: &Code) -> u32 {
        let at = self
            .0
            .binary_search(code)
            .expect("the table was made of all codes of this body");
        u32::try_from(at).expect("a body has fewer codes than 2^32")
    }

    fn code(&self, place: u32) -> Result<Code, WireError> {
        let code = self.0.get(place as usize).cloned();
        code.ok_or_else(|| WireError::field("codes", format!("нет кода с номером {place}")))
    }
}

fn completeness_to_pb(completeness: Completeness) -> pb::Completeness {
    match completeness {
        Completeness::Complete => pb::Completeness::Complete,
        Completeness::Begun => pb::Completeness::Begun,
        Completeness::NotCollected => pb::Completeness::NotCollected,
    }
}

fn completeness_from_pb(completeness: pb::Completeness) -> Result<Completeness, WireError> {
    match completeness {
        pb::Completeness::Complete => Ok(Completeness::Complete),
        pb::Completeness::Begun => Ok(Completeness::Begun),
        pb::Completeness::NotCollected => Ok(Completeness::NotCollected),
        pb::Completeness::Unspecified => Err(WireError::field("collected.completeness", "не указано")),
    }
}

fn day(field: &'static str, number: i32) -> Result<Day, WireError> {
    Day::new(number).ok_or_else(|| WireError::field(field, "вне календаря"))
}

fn origin_to_pb(origin: Origin) -> u32 {
    match origin {
        Origin::Incidents => 0,
        Origin::Totals(basis) => basis + 1,
    }
}

fn origin_from_pb(origin: u32) -> Origin {
    origin.checked_sub(1).map_or(Origin::Incidents, Origin::Totals)
}

fn insert(cells: &mut Cells, key: CellKey, cell: Cell) -> Result<(), WireError> {
    if cells.insert(key, cell).is_some() {
        return Err(WireError::NonCanonical {
            what: "содержание"
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
