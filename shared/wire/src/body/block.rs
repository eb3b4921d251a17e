//! One block of a body: the cells of one measure in one dimension set, a column for each number.

use domain::cell::{Cell, CellKey, Cells};
use domain::tally::{DurationTally, Tally, TallyKind};
use domain::{Code, Histogram};

use super::{Table, day, insert, origin_from_pb, origin_to_pb};
use crate::canonical::WireError;
use crate::pb;

/// Packs sorted cells into columns.
pub(super) fn encode(table: &Table, head: (&Code, &Code), cells: &[(&CellKey, &Cell)]) -> pb::CellBlock {
    let dimensions = cells.first().map_or(0, |(key, _)| key.values.len());
    let mut block = pb::CellBlock {
        measure: table.place(head.0),
        set: table.place(head.1),
        cells: u32::try_from(cells.len()).expect("a body has at most 20,000 cells"),
        ..Default::default()
    };
    for dimension in 0..dimensions {
        block
            .values
            .extend(cells.iter().map(|(key, _)| table.place(&key.values[dimension])));
    }
    for (_, cell) in cells {
        push(&mut block, cell);
    }
    clear_zeros(&mut block.origins);
    clear_zeros(&mut block.negative);
    block
}

fn push(block: &mut pb::CellBlock, cell: &Cell) {
    block.origins.push(origin_to_pb(cell.origin));
    match &cell.tally {
        Tally::Flow(n) => block.n.push(*n),
        Tally::Stock(value) => {
            block.n.push(*value);
            block.snapshots.push(cell.snapshot.map_or(0, domain::Day::number));
        }
        Tally::Ratio { num, den } => {
            block.n.push(*den);
            block.num.push(*num);
        }
        Tally::Duration(duration) => push_duration(block, duration),
    }
}

fn push_duration(block: &mut pb::CellBlock, duration: &DurationTally) {
    block.n.push(duration.n());
    block.sum_s.push(duration.sum_s());
    block.negative.push(duration.negative());
    let pairs = duration.histogram().pairs();
    block
        .pairs
        .push(u32::try_from(pairs.len()).expect("at most 1,728 buckets"));
    let mut before = 0;
    for &(bucket, count) in pairs {
        block.buckets.push(u32::from(bucket) - before);
        block.counts.push(count);
        before = u32::from(bucket);
    }
}

/// A column of zeros is left out: most sheets have no totals without rows and no answer before its question.
fn clear_zeros<T: Default + PartialEq>(column: &mut Vec<T>) {
    if column.iter().all(|value| *value == T::default()) {
        column.clear();
    }
}

/// Unpacks the columns into cells.
pub(super) fn decode(
    table: &Table,
    block: &pb::CellBlock,
    measure: &Code,
    kind: TallyKind,
    cells: &mut Cells,
) -> Result<(), WireError> {
    let count = block.cells as usize;
    let set = table.code(block.set)?;
    if count == 0 || !block.values.len().is_multiple_of(count) {
        return Err(WireError::field(
            "blocks.values",
            "число значений не делится на число ячеек",
        ));
    }
    let dimensions = block.values.len() / count;
    let mut columns = Columns::of(block, kind)?;
    for at in 0..count {
        let values = (0..dimensions).map(|dimension| table.code(block.values[dimension * count + at]));
        let key = CellKey {
            measure: measure.clone(),
            set: set.clone(),
            values: values.collect::<Result<_, _>>()?,
        };
        let origin = origin_from_pb(block.origins.get(at).copied().unwrap_or_default());
        let snapshot = block
            .snapshots
            .get(at)
            .map(|&number| day("blocks.snapshots", number))
            .transpose()?;
        insert(
            cells,
            key,
            Cell {
                origin,
                snapshot,
                tally: columns.tally(at)?,
            },
        )?;
    }
    Ok(())
}

/// The number columns of a block with a place in the flattened histograms.
struct Columns<'a> {
    block: &'a pb::CellBlock,
    kind: TallyKind,
    pair: usize,
}

impl<'a> Columns<'a> {
    /// Checks once that every column has the length its kind asks for, so that indexing cannot fail.
    fn of(block: &'a pb::CellBlock, kind: TallyKind) -> Result<Self, WireError> {
        let count = block.cells as usize;
        let duration = if kind == TallyKind::Duration { count } else { 0 };
        let pairs: u64 = block.pairs.iter().map(|&pairs| u64::from(pairs)).sum();
        let fits = block.n.len() == count
            && block.num.len() == if kind == TallyKind::Ratio { count } else { 0 }
            && block.snapshots.len() == if kind == TallyKind::Stock { count } else { 0 }
            && block.sum_s.len() == duration
            && block.pairs.len() == duration
            && (block.negative.is_empty() || block.negative.len() == duration)
            && (block.origins.is_empty() || block.origins.len() == count)
            && block.buckets.len() as u64 == pairs
            && block.counts.len() as u64 == pairs;
        if fits {
            Ok(Self { block, kind, pair: 0 })
        } else {
            Err(WireError::field("blocks", "столбцы не той длины для вида показателя"))
        }
    }

    fn tally(&mut self, at: usize) -> Result<Tally, WireError> {
        let n = self.block.n[at];
        match self.kind {
            TallyKind::Flow => Ok(Tally::Flow(n)),
            TallyKind::Stock => Ok(Tally::Stock(n)),
            TallyKind::Ratio => Tally::ratio(self.block.num[at], n).map_err(|e| WireError::field("blocks.num", e)),
            TallyKind::Duration => self.duration(at, n),
        }
    }

    fn duration(&mut self, at: usize, n: u64) -> Result<Tally, WireError> {
        let mut bucket = 0_u32;
        let mut pairs = Vec::with_capacity(self.block.pairs[at].min(domain::histogram::BUCKETS) as usize);
        for _ in 0..self.block.pairs[at] {
            let step = self.block.buckets[self.pair];
            bucket = bucket.saturating_add(step);
            let known = u16::try_from(bucket).map_err(|_| WireError::field("blocks.buckets", "вне сетки"))?;
            pairs.push((known, self.block.counts[self.pair]));
            self.pair += 1;
        }
        let negative = self.block.negative.get(at).copied().unwrap_or_default();
        let histogram = Histogram::from_pairs(pairs).map_err(|e| WireError::field("blocks.buckets", e))?;
        let tally = DurationTally::from_parts(n, self.block.sum_s[at], negative, histogram);
        tally.map(Tally::Duration).map_err(|e| WireError::field("blocks.n", e))
    }
}
