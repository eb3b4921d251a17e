//! What the store knows of each source without reading a block: how many incidents, and how many answers stand before
//! their registration, by how much.
//!
//! Kept in memory only, counted per record, so that what is undone is gone from here too.

use std::collections::BTreeMap;

use domain::Code;
use domain::dictionary::Stamp;
use domain::histogram::{bucket_of, midpoint};
use domain::version::Record;

/// Incidents by source, tombstones included.
#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<Code, u64>);

impl Sources {
    /// One more or one less.
    pub(super) fn count(&mut self, source: &str, comes: bool) {
        let known = self.0.iter_mut().find(|(code, _)| code.as_str() == source);
        match known {
            Some((_, count)) if comes => *count += 1,
            Some((code, count)) => {
                *count -= 1;
                if *count == 0 {
                    let gone = code.clone();
                    self.0.remove(&gone);
                }
            }
            None => {
                if let Ok(code) = Code::new(source) {
                    self.0.insert(code, 1);
                }
            }
        }
    }

    /// Sources that an incident came from.
    pub(super) fn codes(&self) -> impl Iterator<Item = &Code> {
        self.0.keys()
    }
}

/// By how many seconds an answer stands before its registration, if it does and the record counts.
pub(super) fn early_by(record: &Record) -> Option<u64> {
    let stamps = &record.incident.stamps;
    let answered = stamps.get(Stamp::Final).filter(|_| record.is_live())?;
    u64::try_from(stamps.registered() - answered).ok().filter(|&by| by > 0)
}

/// Answers before their registration, by source, in the buckets of every histogram: at most 1,728 of each source.
#[derive(Debug, Default)]
pub(super) struct Early(BTreeMap<Code, BTreeMap<u16, u64>>);

impl Early {
    /// One more or one less.
    pub(super) fn count(&mut self, source: &Code, seconds: u64, comes: bool) {
        let buckets = self.0.entry(source.clone()).or_default();
        let bucket = bucket_of(seconds);
        let count = buckets.entry(bucket).or_default();
        *count = if comes { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            buckets.remove(&bucket);
        }
        if buckets.is_empty() {
            self.0.remove(source);
        }
    }

    /// How many there are of each source, and the median of the seconds.
    pub(super) fn medians(&self) -> BTreeMap<Code, (u64, u64)> {
        self.0
            .iter()
            .map(|(source, buckets)| (source.clone(), median(buckets)))
            .collect()
    }
}

fn median(buckets: &BTreeMap<u16, u64>) -> (u64, u64) {
    let total: u64 = buckets.values().sum();
    let mut below = 0;
    for (&bucket, &count) in buckets {
        below += count;
        if below >= total.div_ceil(2) {
            return (total, midpoint(bucket));
        }
    }
    (total, 0)
}
