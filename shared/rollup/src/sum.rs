//! A running sum of figures. Durations add into a dense histogram, so that adding a cell costs only its own buckets.

use domain::histogram::BUCKETS;
use domain::tally::TallyError;
use domain::{DurationTally, Histogram, Tally};

use crate::packed::{Figure, pairs};

/// What has been added so far, of any one kind.
#[derive(Clone, Debug, Default)]
pub(crate) enum Sum {
    /// Nothing.
    #[default]
    Empty,
    /// Counts.
    Flow(u64),
    /// Snapshots of different territories.
    Stock(u64),
    /// Shares.
    Ratio(u64, u64),
    /// Durations.
    Duration(Box<Durations>),
}

/// Durations with one count for every bucket.
#[derive(Clone, Debug)]
pub(crate) struct Durations {
    n: u64,
    sum_s: u64,
    negative: u64,
    buckets: Vec<u64>,
}

impl Sum {
    /// Adds the figure of one cell.
    pub(crate) fn add(&mut self, figure: &Figure<'_>) -> Result<(), TallyError> {
        match (&mut *self, *figure) {
            (Self::Empty, figure) => {
                *self = Self::zero_of(&figure);
                return self.add(&figure);
            }
            (Self::Flow(sum), Figure::Flow(n)) | (Self::Stock(sum), Figure::Stock(n, _)) => add(sum, n)?,
            (Self::Ratio(num, den), Figure::Ratio(part, whole)) => {
                add(num, part)?;
                add(den, whole)?;
            }
            (
                Self::Duration(sum),
                Figure::Duration {
                    n,
                    sum_s,
                    negative,
                    histogram,
                },
            ) => {
                sum.add(n, sum_s, negative)?;
                pairs(histogram).try_for_each(|(bucket, count)| add(&mut sum.buckets[bucket], count))?;
            }
            _ => return Err(TallyError::KindMismatch),
        }
        Ok(())
    }

    /// Adds another sum.
    pub(crate) fn join(&mut self, other: &Self) -> Result<(), TallyError> {
        match (&mut *self, other) {
            (_, Self::Empty) => {}
            (Self::Empty, other) => *self = other.clone(),
            (Self::Flow(sum), Self::Flow(n)) | (Self::Stock(sum), Self::Stock(n)) => add(sum, *n)?,
            (Self::Ratio(num, den), Self::Ratio(part, whole)) => {
                add(num, *part)?;
                add(den, *whole)?;
            }
            (Self::Duration(sum), Self::Duration(other)) => {
                sum.add(other.n, other.sum_s, other.negative)?;
                for (bucket, count) in sum.buckets.iter_mut().zip(&other.buckets) {
                    add(bucket, *count)?;
                }
            }
            _ => return Err(TallyError::KindMismatch),
        }
        Ok(())
    }

    /// The sum as a tally; nothing when nothing was added.
    pub(crate) fn tally(&self) -> Result<Option<Tally>, TallyError> {
        Ok(match self {
            Self::Empty => None,
            Self::Flow(n) => Some(Tally::Flow(*n)),
            Self::Stock(value) => Some(Tally::Stock(*value)),
            Self::Ratio(num, den) => Some(Tally::ratio(*num, *den)?),
            Self::Duration(sum) => Some(Tally::Duration(sum.tally()?)),
        })
    }

    fn zero_of(figure: &Figure<'_>) -> Self {
        match figure {
            Figure::Flow(_) => Self::Flow(0),
            Figure::Stock(..) => Self::Stock(0),
            Figure::Ratio(..) => Self::Ratio(0, 0),
            Figure::Duration { .. } => {
                let buckets = vec![0; BUCKETS as usize];
                Self::Duration(Box::new(Durations {
                    n: 0,
                    sum_s: 0,
                    negative: 0,
                    buckets,
                }))
            }
        }
    }
}

impl Durations {
    fn add(&mut self, n: u64, sum_s: u64, negative: u64) -> Result<(), TallyError> {
        add(&mut self.n, n)?;
        add(&mut self.sum_s, sum_s)?;
        add(&mut self.negative, negative)
    }

    fn tally(&self) -> Result<DurationTally, TallyError> {
        let counted = (0_u16..).zip(&self.buckets).filter(|(_, count)| **count > 0);
        let histogram = Histogram::from_pairs(counted.map(|(bucket, count)| (bucket, *count)).collect())?;
        DurationTally::from_parts(self.n, self.sum_s, self.negative, histogram)
    }
}

fn add(sum: &mut u64, more: u64) -> Result<(), TallyError> {
    *sum = sum.checked_add(more).ok_or(TallyError::Overflow)?;
    Ok(())
}
