//! The histogram of whole seconds behind every percentile: fixed buckets, exact merges.
//!
//! Seconds below 128 have a bucket each; above, every octave up to 2³² is cut into 64 equal buckets. The grid is the
//! same for everybody for ever, so histograms of any nodes add up bucket by bucket, in any order, to the same bytes.
//! It knows nothing of means: the exact sum stands beside it in [`crate::DurationTally`].

use crate::tally::TallyError;

/// Buckets below this second are one second wide.
const EXACT: u32 = 128;
/// Buckets in each octave from 128 on.
const PER_OCTAVE: u32 = 64;
/// Number of buckets: 128 exact ones and 64 for each of the 25 octaves from 2⁷ to 2³².
pub const BUCKETS: u32 = EXACT + PER_OCTAVE * 25;

/// The bucket that counts `seconds`; anything from 2³² on (136 years) counts in the last one.
pub fn bucket_of(seconds: u64) -> u16 {
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    if seconds < EXACT {
        return u16::try_from(seconds).expect("below 128");
    }
    let octave = seconds.ilog2() - 7;
    let within = (seconds >> (octave + 1)) - PER_OCTAVE;
    u16::try_from(EXACT + octave * PER_OCTAVE + within).expect("at most 1,727")
}

/// The seconds a bucket answers with: its midpoint, rounded down. At most 0.8 % away from any value in it.
pub fn midpoint(bucket: u16) -> u64 {
    let bucket = u32::from(bucket);
    if bucket < EXACT {
        return u64::from(bucket);
    }
    let octave = (bucket - EXACT) / PER_OCTAVE;
    let within = (bucket - EXACT) % PER_OCTAVE;
    let width = 1_u64 << (octave + 1);
    let low = u64::from(within + PER_OCTAVE) * width;
    low + (width - 1) / 2
}

/// Counts of durations by bucket, sparse: pairs of bucket and count, sorted by bucket, no zero counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Histogram(Vec<(u16, u64)>);

impl Histogram {
    /// A histogram from sorted pairs, as a decoder meets them.
    pub fn from_pairs(pairs: Vec<(u16, u64)>) -> Result<Self, TallyError> {
        let sorted = pairs.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let known = pairs.last().is_none_or(|last| u32::from(last.0) < BUCKETS);
        if !sorted || !known || pairs.iter().any(|pair| pair.1 == 0) {
            return Err(TallyError::MalformedHistogram);
        }
        pairs
            .iter()
            .try_fold(0_u64, |sum, pair| sum.checked_add(pair.1))
            .ok_or(TallyError::Overflow)?;
        Ok(Self(pairs))
    }

    /// The sorted pairs of bucket and count.
    pub fn pairs(&self) -> &[(u16, u64)] {
        &self.0
    }

    /// How many durations it counts.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|pair| pair.1).sum()
    }

    /// Nothing counted yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts one more duration.
    pub fn record(&mut self, seconds: u64) -> Result<(), TallyError> {
        let bucket = bucket_of(seconds);
        match self.0.binary_search_by_key(&bucket, |pair| pair.0) {
            Ok(at) => self.0[at].1 = self.0[at].1.checked_add(1).ok_or(TallyError::Overflow)?,
            Err(at) => self.0.insert(at, (bucket, 1)),
        }
        Ok(())
    }

    /// Adds the counts of another histogram. The sum of all counts must fit 64 bits.
    pub fn merge(&mut self, other: &Self) -> Result<(), TallyError> {
        if other.0.is_empty() {
            return Ok(());
        }
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return Ok(());
        }
        let mut merged = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut total = 0_u64;
        while let Some(pair) = next_pair(&mut left, &mut right)? {
            total = total.checked_add(pair.1).ok_or(TallyError::Overflow)?;
            merged.push(pair);
        }
        self.0 = merged;
        Ok(())
    }

    /// The quantile `numerator/denominator`: the midpoint of the bucket of the ceil(q·n)-th smallest duration.
    ///
    /// Nothing when nothing is counted. `denominator` is never zero: callers ask for 1/2 or 9/10.
    pub fn quantile(&self, numerator: u64, denominator: u64) -> Option<u64> {
        let total = u128::from(self.total());
        let rank = (total * u128::from(numerator)).div_ceil(u128::from(denominator)).max(1);
        let mut seen = 0_u128;
        self.0.iter().find_map(|&(bucket, count)| {
            seen += u128::from(count);
            (seen >= rank).then(|| midpoint(bucket))
        })
    }
}

type Pairs<'a> = std::iter::Peekable<std::slice::Iter<'a, (u16, u64)>>;

/// The next pair of the union of two sorted runs, counts of one bucket added.
fn next_pair(left: &mut Pairs<'_>, right: &mut Pairs<'_>) -> Result<Option<(u16, u64)>, TallyError> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left.peek(), right.peek()) {
        (None, None) => return Ok(None),
        (Some(_), None) => Less,
        (None, Some(_)) => Greater,
        (Some(a), Some(b)) => a.0.cmp(&b.0),
    };
    Ok(match order {
        Less => left.next().copied(),
        Greater => right.next().copied(),
        Equal => match (left.next(), right.next()) {
            (Some(a), Some(b)) => Some((a.0, a.1.checked_add(b.1).ok_or(TallyError::Overflow)?)),
            _ => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_grid_has_1728_buckets_in_order() {
        assert_eq!(BUCKETS, 1728);
        assert_eq!(bucket_of(127), 127);
        assert_eq!(bucket_of(128), 128);
        assert_eq!(bucket_of(129), 128);
        assert_eq!(bucket_of(255), 191);
        assert_eq!(bucket_of(256), 192);
        assert_eq!(bucket_of(u64::from(u32::MAX)), 1727);
        assert_eq!(bucket_of(u64::MAX), 1727);
        for bucket in 0..1728 {
            assert_eq!(bucket_of(midpoint(bucket)), bucket);
        }
    }

    #[test]
    fn a_decoder_is_refused_zero_unsorted_unknown_and_overflowing_pairs() {
        for pairs in [
            vec![(3, 0)],
            vec![(4, 1), (3, 1)],
            vec![(3, 1), (3, 1)],
            vec![(1728, 1)],
        ] {
            assert_eq!(Histogram::from_pairs(pairs), Err(TallyError::MalformedHistogram));
        }
        assert_eq!(
            Histogram::from_pairs(vec![(1, u64::MAX), (2, 1)]),
            Err(TallyError::Overflow)
        );
    }

    proptest! {
        #[test]
        fn a_midpoint_errs_by_at_most_eight_in_a_thousand(seconds in 0_u64..=u64::from(u32::MAX)) {
            let error = midpoint(bucket_of(seconds)).abs_diff(seconds);
            prop_assert!(error * 1000 <= seconds * 8, "{seconds} is off by {error}");
        }

        #[test]
        fn a_quantile_is_the_bucket_of_the_ranked_value(
            mut values in proptest::collection::vec(0_u64..10_000_000, 1..200), tenths in 1_u64..=10,
        ) {
            let mut histogram = Histogram::default();
            for &value in &values {
                histogram.record(value).unwrap();
            }
            values.sort_unstable();
            let rank = (values.len() as u64 * tenths).div_ceil(10).max(1);
            let ranked = values[usize::try_from(rank - 1).unwrap()];
            prop_assert_eq!(histogram.quantile(tenths, 10), Some(midpoint(bucket_of(ranked))));
        }
    }
}
