//! One column of a kept sheet: the cells of one measure in one dimension set, packed into bytes.
//!
//! A cell is the distance of its key from the one before, then the parts of its tally, all as variable-length integers:
//! three bytes for a usual count. Columns are only ever read from end to end, so no cell needs a place to be found by.

use domain::{Day, DurationTally, Tally};

/// The parts of a tally as they stand in a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Figure<'a> {
    /// A count.
    Flow(u64),
    /// A dated snapshot.
    Stock(u64, Day),
    /// The part and the whole.
    Ratio(u64, u64),
    /// Durations.
    Duration {
        /// How many.
        n: u64,
        /// Their sum, seconds.
        sum_s: u64,
        /// Ends before their starts.
        negative: u64,
        /// Packed pairs of bucket distance and count; read by [`pairs`].
        histogram: &'a [u8],
    },
}

/// Packed cells of one measure in one set.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Number of the measure's code.
    pub(crate) measure: u32,
    /// Number of the set's code.
    pub(crate) set: u32,
    bytes: Box<[u8]>,
}

const FLOW: u8 = 0;
const STOCK: u8 = 1;
const RATIO: u8 = 2;
const DURATION: u8 = 3;

impl Column {
    /// Packs cells given in the order of their keys, with the snapshot day of each stock.
    pub(crate) fn pack<'t>(measure: u32, set: u32, cells: impl Iterator<Item = (u32, Option<Day>, &'t Tally)>) -> Self {
        let mut bytes = Vec::new();
        let mut before = 0;
        for (key, snapshot, tally) in cells {
            put(&mut bytes, u64::from(key - before));
            before = key;
            put_tally(&mut bytes, snapshot, tally);
        }
        Self {
            measure,
            set,
            bytes: bytes.into_boxed_slice(),
        }
    }

    /// Calls `visit` with the key and the figure of every cell.
    pub(crate) fn each<E>(&self, mut visit: impl FnMut(u32, Figure<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rest = &*self.bytes;
        let mut key = 0;
        while !rest.is_empty() {
            key += u32::try_from(take(&mut rest)).expect("keys are packed from 32 bits");
            visit(key, take_figure(&mut rest))?;
        }
        Ok(())
    }
}

/// The pairs of bucket and count of a packed histogram, in order.
pub(crate) fn pairs(mut packed: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let mut bucket = 0;
    std::iter::from_fn(move || {
        if packed.is_empty() {
            return None;
        }
        bucket += usize::try_from(take(&mut packed)).expect("buckets are packed from 16 bits");
        Some((bucket, take(&mut packed)))
    })
}

fn put_tally(bytes: &mut Vec<u8>, snapshot: Option<Day>, tally: &Tally) {
    match tally {
        Tally::Flow(n) => {
            bytes.push(FLOW);
            put(bytes, *n);
        }
        Tally::Stock(value) => {
            bytes.push(STOCK);
            put(bytes, *value);
            // A stock without a day is refused before it gets here; the first day of all never wins over another.
            let day = snapshot.unwrap_or(Day::MIN) - Day::MIN;
            put(bytes, u64::from(day.unsigned_abs()));
        }
        Tally::Ratio { num, den } => {
            bytes.push(RATIO);
            put(bytes, *num);
            put(bytes, *den);
        }
        Tally::Duration(tally) => {
            bytes.push(DURATION);
            put_durations(bytes, tally);
        }
    }
}

fn put_durations(bytes: &mut Vec<u8>, tally: &DurationTally) {
    for part in [tally.n(), tally.sum_s(), tally.negative()] {
        put(bytes, part);
    }
    let mut packed = Vec::new();
    let mut before = 0;
    for &(bucket, count) in tally.histogram().pairs() {
        put(&mut packed, u64::from(bucket - before));
        before = bucket;
        put(&mut packed, count);
    }
    put(bytes, packed.len() as u64);
    bytes.extend_from_slice(&packed);
}

fn take_figure<'a>(rest: &mut &'a [u8]) -> Figure<'a> {
    let kind = rest[0];
    *rest = &rest[1..];
    match kind {
        FLOW => Figure::Flow(take(rest)),
        STOCK => {
            let value = take(rest);
            let day = i32::try_from(take(rest)).expect("days are packed from 32 bits");
            Figure::Stock(value, Day::MIN + day)
        }
        RATIO => Figure::Ratio(take(rest), take(rest)),
        _ => {
            let (n, sum_s, negative) = (take(rest), take(rest), take(rest));
            let length = usize::try_from(take(rest)).expect("lengths are packed from memory");
            let (histogram, after) = rest.split_at(length);
            *rest = after;
            Figure::Duration {
                n,
                sum_s,
                negative,
                histogram,
            }
        }
    }
}

/// Appends seven bits a byte, lowest first; the high bit says that more follow.
fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

fn take(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    let mut shift = 0;
    let mut at = 0;
    loop {
        let byte = rest[at];
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            *rest = &rest[at..];
            return value;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sum::Sum;
    use proptest::prelude::*;

    fn any_tally() -> impl Strategy<Value = Tally> {
        prop_oneof![
            any::<u64>().prop_map(Tally::Flow),
            any::<u64>().prop_map(Tally::Stock),
            (any::<u32>(), any::<u32>()).prop_map(|(a, b)| Tally::Ratio {
                num: u64::from(a.min(b)),
                den: u64::from(a.max(b))
            }),
            proptest::collection::vec(-5_i64..9_000_000_000, 0..6).prop_map(|all| {
                let mut sum = DurationTally::default();
                for seconds in all {
                    sum.merge(&DurationTally::of(seconds)).unwrap();
                }
                Tally::Duration(sum)
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_packed_column_reads_back(
            cells in proptest::collection::btree_map(any::<u32>(), (any_tally(), -9000_i32..90_000), 0..12),
        ) {
            let day = |number| Day::new(number);
            let column = Column::pack(1, 2, cells.iter().map(|(key, (tally, at))| (*key, day(*at), tally)));
            let mut read = Vec::new();
            column.each(|key, figure| {
                let mut sum = Sum::default();
                sum.add(&figure)?;
                let at = if let Figure::Stock(_, at) = figure { Some(at) } else { None };
                read.push((key, at, sum.tally()?.expect("one figure was added")));
                Ok::<(), domain::tally::TallyError>(())
            }).unwrap();
            let packed = cells.into_iter().map(|(key, (tally, at))| {
                (key, day(at).filter(|_| matches!(tally, Tally::Stock(_))), tally)
            });
            prop_assert_eq!(read, packed.collect::<Vec<_>>());
        }
    }
}
