//! Tallies: the values that add up. Each kind is a commutative monoid over integers; there is no mean among them.
//!
//! A mean, a share or a percentile is made from a tally once, at print, by the report. What two tallies make together
//! does not depend on order or grouping, byte for byte, so an auditor repeats any fold and finds the same figure.
//! Snapshots of stocks are replaced before they are added: that rule is in the rollup, the value is here.

use crate::histogram::Histogram;

/// Why a tally cannot be taken or merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// A sum left the range of 64 bits.
    #[error("переполнение при сложении итогов")]
    Overflow,
    /// Two different kinds under one measure.
    #[error("итоги разных видов не складываются")]
    KindMismatch,
    /// Pairs unsorted, repeated, zero or outside the grid.
    #[error("неверная гистограмма")]
    MalformedHistogram,
    /// A numerator above its denominator, or a histogram that speaks for more than n.
    #[error("часть больше целого")]
    PartAboveWhole,
}

/// Durations: how many, their exact sum in seconds, and their histogram.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationTally {
    n: u64,
    sum_s: u64,
    negative: u64,
    histogram: Histogram,
}

impl DurationTally {
    /// A tally from its parts, as a decoder meets them. The histogram speaks for at most `n` durations.
    pub fn from_parts(n: u64, sum_s: u64, negative: u64, histogram: Histogram) -> Result<Self, TallyError> {
        let unheld = histogram.total() > n || (n == 0 && sum_s > 0);
        if unheld {
            Err(TallyError::PartAboveWhole)
        } else {
            Ok(Self {
                n,
                sum_s,
                negative,
                histogram,
            })
        }
    }

    /// One measured duration in seconds; one that ends before it starts is counted apart, as negative.
    pub fn of(seconds: i64) -> Self {
        let mut tally = Self::default();
        match u64::try_from(seconds) {
            Ok(seconds) => {
                tally.n = 1;
                tally.sum_s = seconds;
                tally.histogram.record(seconds).expect("one fits an empty histogram");
            }
            Err(_) => tally.negative = 1,
        }
        tally
    }

    /// Number of durations in the sum.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Exact sum of the durations, seconds.
    pub fn sum_s(&self) -> u64 {
        self.sum_s
    }

    /// For how many of the `n` the histogram, and so a percentile, speaks.
    pub fn n_hist(&self) -> u64 {
        self.histogram.total()
    }

    /// Ends before their starts: counted, never measured.
    pub fn negative(&self) -> u64 {
        self.negative
    }

    /// The histogram of the durations.
    pub fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// The mean in whole seconds, rounded half up: the one division, for print only.
    pub fn mean_s(&self) -> Option<u64> {
        let (n, sum) = (u128::from(self.n), u128::from(self.sum_s));
        (n > 0).then(|| u64::try_from((sum * 2 + n) / (n * 2)).expect("a mean is at most its sum"))
    }

    /// Adds another tally of durations.
    pub fn merge(&mut self, other: &Self) -> Result<(), TallyError> {
        self.n = add(self.n, other.n)?;
        self.sum_s = add(self.sum_s, other.sum_s)?;
        self.negative = add(self.negative, other.negative)?;
        self.histogram.merge(&other.histogram)
    }
}

/// The mergeable value of a measure in one cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tally {
    /// So many of something happened.
    Flow(u64),
    /// So many there are, by a dated snapshot; adds across territories, never along time.
    Stock(u64),
    /// Durations of something that happened.
    Duration(DurationTally),
    /// So many of so many.
    Ratio {
        /// The part.
        num: u64,
        /// The whole.
        den: u64,
    },
}

/// The kinds of tallies; a measure has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TallyKind {
    /// [`Tally::Flow`].
    Flow,
    /// [`Tally::Stock`].
    Stock,
    /// [`Tally::Duration`].
    Duration,
    /// [`Tally::Ratio`].
    Ratio,
}

impl TallyKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Flow, Self::Stock, Self::Duration, Self::Ratio];

    /// The code that machines read.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Stock => "stock",
            Self::Duration => "duration",
            Self::Ratio => "ratio",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The value that changes nothing when merged: what a complete cell without a single event holds.
    pub fn zero(self) -> Tally {
        match self {
            Self::Flow => Tally::Flow(0),
            Self::Stock => Tally::Stock(0),
            Self::Duration => Tally::Duration(DurationTally::default()),
            Self::Ratio => Tally::Ratio { num: 0, den: 0 },
        }
    }
}

impl Tally {
    /// A share whose part is within its whole.
    pub fn ratio(num: u64, den: u64) -> Result<Self, TallyError> {
        if num > den {
            Err(TallyError::PartAboveWhole)
        } else {
            Ok(Self::Ratio { num, den })
        }
    }

    /// The kind of the tally.
    pub fn kind(&self) -> TallyKind {
        match self {
            Self::Flow(_) => TallyKind::Flow,
            Self::Stock(_) => TallyKind::Stock,
            Self::Duration(_) => TallyKind::Duration,
            Self::Ratio { .. } => TallyKind::Ratio,
        }
    }

    /// Adds another tally of the same kind. On error `self` may hold a part of the sum and must be thrown away.
    pub fn merge(&mut self, other: &Self) -> Result<(), TallyError> {
        match (self, other) {
            (Self::Flow(a), Self::Flow(b)) | (Self::Stock(a), Self::Stock(b)) => *a = add(*a, *b)?,
            (Self::Duration(a), Self::Duration(b)) => a.merge(b)?,
            (Self::Ratio { num, den }, Self::Ratio { num: n, den: d }) => {
                *num = add(*num, *n)?;
                *den = add(*den, *d)?;
            }
            _ => return Err(TallyError::KindMismatch),
        }
        Ok(())
    }

    /// Holds nothing: the same as [`TallyKind::zero`] of its kind.
    pub fn is_zero(&self) -> bool {
        *self == self.kind().zero()
    }
}

fn add(a: u64, b: u64) -> Result<u64, TallyError> {
    a.checked_add(b).ok_or(TallyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_tally(kind: TallyKind) -> BoxedStrategy<Tally> {
        let small = 0_u64..1_000_000;
        match kind {
            TallyKind::Flow => small.prop_map(Tally::Flow).boxed(),
            TallyKind::Stock => small.prop_map(Tally::Stock).boxed(),
            TallyKind::Ratio => (small, 0_u64..1_000)
                .prop_map(|(num, rest)| Tally::ratio(num, num + rest).unwrap())
                .boxed(),
            TallyKind::Duration => proptest::collection::vec(-100_i64..1_000_000, 0..6)
                .prop_map(|all| {
                    let mut sum = DurationTally::default();
                    for seconds in all {
                        sum.merge(&DurationTally::of(seconds)).unwrap();
                    }
                    Tally::Duration(sum)
                })
                .boxed(),
        }
    }

    fn several() -> impl Strategy<Value = (TallyKind, Vec<Tally>)> {
        let kinds = [TallyKind::Flow, TallyKind::Stock, TallyKind::Duration, TallyKind::Ratio];
        proptest::sample::select(kinds.to_vec())
            .prop_flat_map(|kind| (Just(kind), proptest::collection::vec(any_tally(kind), 0..8)))
    }

    fn fold<'a>(kind: TallyKind, tallies: impl IntoIterator<Item = &'a Tally>) -> Tally {
        tallies.into_iter().fold(kind.zero(), |mut sum, tally| {
            sum.merge(tally).unwrap();
            sum
        })
    }

    proptest! {
        #[test]
        fn a_fold_is_the_same_in_any_order_and_grouping(
            (kind, tallies) in several(), cut in 0_usize..8, turn in 0_usize..8,
        ) {
            let direct = fold(kind, &tallies);
            let mut turned = tallies.clone();
            turned.rotate_left(turn.min(tallies.len()));
            turned.reverse();
            prop_assert_eq!(&fold(kind, &turned), &direct);
            let (left, right) = tallies.split_at(cut.min(tallies.len()));
            prop_assert_eq!(&fold(kind, [&fold(kind, left), &fold(kind, right)]), &direct);
        }
    }

    #[test]
    fn a_mean_is_rounded_half_up_and_only_with_something_to_divide() {
        let mut tally = DurationTally::of(1);
        assert_eq!(DurationTally::default().mean_s(), None);
        tally.merge(&DurationTally::of(2)).unwrap();
        assert_eq!(tally.mean_s(), Some(2));
        tally.merge(&DurationTally::of(1)).unwrap();
        assert_eq!(tally.mean_s(), Some(1));
    }

    #[test]
    fn an_end_before_its_start_is_counted_apart() {
        let mut tally = DurationTally::of(-1);
        tally.merge(&DurationTally::of(10)).unwrap();
        assert_eq!((tally.n(), tally.sum_s(), tally.negative()), (1, 10, 1));
    }

    #[test]
    fn overflow_and_mixed_kinds_are_refused() {
        assert_eq!(Tally::Flow(u64::MAX).merge(&Tally::Flow(1)), Err(TallyError::Overflow));
        assert_eq!(Tally::Flow(1).merge(&Tally::Stock(1)), Err(TallyError::KindMismatch));
        assert_eq!(Tally::ratio(2, 1), Err(TallyError::PartAboveWhole));
    }
}
