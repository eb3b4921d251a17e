//! How long the disk took to make frames durable, for whoever watches the machine.
//!
//! It owns one tally for the whole process: how a disk behaves does not depend on which journal asked. It promises that
//! measuring costs two readings of a monotonic clock beside an fsync, and that nothing is decided by what it says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Upper ends of the ranges, microseconds. A disk with its own cache answers in the first four; a tenth of a second and
/// more is a disk in trouble.
pub const RANGES_MICROS: [u64; 11] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
];

static COUNTS: [AtomicU64; RANGES_MICROS.len() + 1] = [const { AtomicU64::new(0) }; RANGES_MICROS.len() + 1];
static SUM_MICROS: AtomicU64 = AtomicU64::new(0);

/// Every sync of this process so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncTimes {
    /// How many took at most so long, each counted in its own range alone; the last are those beyond every range.
    pub counts: [u64; RANGES_MICROS.len() + 1],
    /// All of them together, microseconds.
    pub sum_micros: u64,
}

/// What was measured so far.
pub fn sync_times() -> SyncTimes {
    SyncTimes {
        counts: COUNTS.each_ref().map(|count| count.load(Ordering::Relaxed)),
        sum_micros: SUM_MICROS.load(Ordering::Relaxed),
    }
}

/// Runs a sync and notes how long it took, whether or not it succeeded.
pub(crate) fn timed<T>(sync: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = sync();
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let range = RANGES_MICROS.partition_point(|end| *end < micros);
    COUNTS[range].fetch_add(1, Ordering::Relaxed);
    SUM_MICROS.fetch_add(micros, Ordering::Relaxed);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sync_is_counted_once() {
        let before = sync_times();
        assert_eq!(timed(|| 7), 7);
        let after = sync_times();
        assert!(after.counts.iter().sum::<u64>() > before.counts.iter().sum::<u64>());
        assert!(after.sum_micros >= before.sum_micros);
    }
}
