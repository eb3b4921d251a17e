//! What one sheet stands for: a day, or a longer whole period before daily reporting began.

use std::fmt;
use std::str::FromStr;

use super::{Period, PeriodError, days_between};
use crate::day::Day;

/// The lengths a sheet may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// One local day: the rule.
    Day,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

impl Granularity {
    /// Every granularity, shortest first.
    pub const ALL: [Granularity; 4] = [
        Granularity::Day,
        Granularity::Month,
        Granularity::Quarter,
        Granularity::Year,
    ];

    /// The code that machines read.
    pub const fn code(self) -> &'static str {
        match self {
            Granularity::Day => "day",
            Granularity::Month => "month",
            Granularity::Quarter => "quarter",
            Granularity::Year => "year",
        }
    }
}

/// The whole day, month, quarter or year that a sheet stands for. Ordered by first day, then shorter before longer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SheetPeriod {
    first: Day,
    granularity: Granularity,
}

impl SheetPeriod {
    /// The period of this granularity that begins on this day; refused when none begins there.
    pub fn new(granularity: Granularity, first: Day) -> Result<SheetPeriod, PeriodError> {
        let period = SheetPeriod::containing(granularity, first);
        if period.first == first {
            Ok(period)
        } else {
            Err(PeriodError::NotASheet {
                got: format!("{} {first}", granularity.code()),
            })
        }
    }

    /// The sheet period of one day.
    pub const fn day(day: Day) -> SheetPeriod {
        SheetPeriod {
            first: day,
            granularity: Granularity::Day,
        }
    }

    /// The period of this granularity that the day lies in.
    pub fn containing(granularity: Granularity, day: Day) -> SheetPeriod {
        SheetPeriod {
            first: whole(granularity, day).first(),
            granularity,
        }
    }

    /// How long the sheet is.
    pub const fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// The first day.
    pub const fn first(&self) -> Day {
        self.first
    }

    /// The last day, included.
    pub fn last(&self) -> Day {
        self.period().last()
    }

    /// Whether the day lies in the period.
    pub fn contains(&self, day: Day) -> bool {
        self.period().contains(day)
    }

    /// Every day of the period in order.
    pub fn days(&self) -> impl ExactSizeIterator<Item = Day> + DoubleEndedIterator + use<> {
        days_between(self.first, self.last())
    }

    /// The same days as a report's period.
    pub fn period(&self) -> Period {
        whole(self.granularity, self.first)
    }
}

/// The day, month, quarter or year around a day.
fn whole(granularity: Granularity, day: Day) -> Period {
    let (year, month) = (day.date().year(), day.date().month());
    match granularity {
        Granularity::Day => Period::Day(day),
        Granularity::Month => Period::Month { year, month },
        Granularity::Quarter => Period::Quarter {
            year,
            quarter: (month + 2) / 3,
        },
        Granularity::Year => Period::Year { year },
    }
}

impl TryFrom<Period> for SheetPeriod {
    type Error = PeriodError;

    fn try_from(period: Period) -> Result<SheetPeriod, PeriodError> {
        let granularity = match period {
            Period::Day(_) => Granularity::Day,
            Period::Month { .. } => Granularity::Month,
            Period::Quarter { .. } => Granularity::Quarter,
            Period::Year { .. } => Granularity::Year,
            Period::Week { .. } | Period::Range { .. } => {
                return Err(PeriodError::NotASheet {
                    got: period.to_string(),
                });
            }
        };
        Ok(SheetPeriod {
            first: period.first(),
            granularity,
        })
    }
}

impl fmt::Display for SheetPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.period().fmt(f)
    }
}

impl fmt::Debug for SheetPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SheetPeriod {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<SheetPeriod, PeriodError> {
        text.parse::<Period>()?.try_into()
    }
}
