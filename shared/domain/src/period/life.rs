//! When something is in use: a unit, a membership, a code of a list.
//!
//! Intervals are half-open, so that the day a change takes effect is written once on both sides of it.

use std::fmt;

use crate::day::Day;

/// The days from `from` (included) to `until` (not included); an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Interval {
    /// The first day, or always before.
    pub from: Option<Day>,
    /// The first day on which it no longer holds, or never.
    pub until: Option<Day>,
}

impl Interval {
    /// All days.
    pub const ALWAYS: Interval = Interval {
        from: None,
        until: None,
    };

    /// Whether the day lies in the interval.
    pub fn contains(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// The days of both, or `None` when they share none.
    pub fn intersection(&self, other: &Interval) -> Option<Interval> {
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let both = Interval { from, until };
        (!both.is_empty()).then_some(both)
    }

    fn is_empty(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until <= from)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => write!(f, "всегда"),
            (Some(from), None) => write!(f, "с {from}"),
            (None, Some(until)) => write!(f, "до {until}"),
            (Some(from), Some(until)) => write!(f, "с {from} до {until}"),
        }
    }
}

/// The intervals in which something is in use: at least one, in order, none overlapping another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life(Vec<Interval>);

/// Why a list of intervals is no life.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// The list has no interval.
    #[error("не указан ни один промежуток")]
    Missing,
    /// An interval without a day.
    #[error("промежуток «{0}» не содержит ни одного дня")]
    Empty(Interval),
    /// Two intervals share days.
    #[error("промежутки «{0}» и «{1}» пересекаются")]
    Overlap(Interval, Interval),
}

impl Life {
    /// In use on all days.
    pub fn always() -> Life {
        Life(vec![Interval::ALWAYS])
    }

    /// The intervals, sorted; refused when one is empty or two overlap.
    pub fn new(mut intervals: Vec<Interval>) -> Result<Life, LifeError> {
        if intervals.is_empty() {
            return Err(LifeError::Missing);
        }
        if let Some(empty) = intervals.iter().find(|interval| interval.is_empty()) {
            return Err(LifeError::Empty(*empty));
        }
        intervals.sort_by_key(|interval| interval.from);
        match intervals
            .windows(2)
            .find(|pair| pair[0].intersection(&pair[1]).is_some())
        {
            Some(pair) => Err(LifeError::Overlap(pair[0], pair[1])),
            None => Ok(Life(intervals)),
        }
    }

    /// Whether it is in use on the day.
    pub fn contains(&self, day: Day) -> bool {
        self.0.iter().any(|interval| interval.contains(day))
    }

    /// The intervals in order.
    pub fn intervals(&self) -> &[Interval] {
        &self.0
    }

    /// The first days that both share, if any.
    pub fn shared_with(&self, other: &Life) -> Option<Interval> {
        self.0
            .iter()
            .find_map(|a| other.0.iter().find_map(|b| a.intersection(b)))
    }

    /// The first day of this life that the other lacks, if any; [`Day::MIN`] stands for an open beginning.
    pub fn first_day_outside(&self, other: &Life) -> Option<Day> {
        self.0.iter().find_map(|interval| other.first_gap_in(interval))
    }

    fn first_gap_in(&self, interval: &Interval) -> Option<Day> {
        let mut day = interval.from.unwrap_or(Day::MIN);
        for covered in &self.0 {
            if covered.contains(day) {
                // An open end covers all that follows.
                day = covered.until?;
            }
        }
        interval.contains(day).then_some(day)
    }
}
