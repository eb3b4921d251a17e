//! The spans of days that figures stand for.
//!
//! Owns [`Period`] (what a reader asks for), [`SheetPeriod`] (what one sheet stands for) and [`Life`] (when a unit or a
//! code is in use). Promises that a period always has at least one day, that its text form is unique and that reading it
//! back gives the same period. Does not know "today": relative periods are resolved by whoever has a clock.

mod life;
mod sheet;

use std::fmt;
use std::str::FromStr;

use jiff::civil::{ISOWeekDate, Weekday};

use crate::day::{Day, digits};
pub use life::{Interval, Life, LifeError};
pub use sheet::{Granularity, SheetPeriod};

/// A span of civil days that a report is asked for.
///
/// Made by the constructors or from text only, so it is always a period that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One day: `2022-12-13`.
    Day(Day),
    /// An ISO week, Monday to Sunday, by the year of its Thursday: `2022-W50`.
    #[non_exhaustive]
    Week {
        /// The ISO year, which near New Year is not the calendar's.
        year: i16,
        /// 1 to 53.
        week: i8,
    },
    /// A calendar month: `2022-12`.
    #[non_exhaustive]
    Month {
        /// 1 to 9999.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// A calendar quarter: `2022-Q4`.
    #[non_exhaustive]
    Quarter {
        /// 1 to 9999.
        year: i16,
        /// 1 to 4.
        quarter: i8,
    },
    /// A calendar year: `2022`.
    #[non_exhaustive]
    Year {
        /// 1 to 9999.
        year: i16,
    },
    /// Any days in a row, both ends included: `2022-11-15..2022-12-13`.
    #[non_exhaustive]
    Range {
        /// The first day.
        first: Day,
        /// The last day, not before the first.
        last: Day,
    },
}

/// Why a text or a set of numbers is no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// The text has none of the known forms.
    #[error(
        "период «{got}» не распознан: ожидается год 2022, квартал 2022-Q4, месяц 2022-12, неделя 2022-W50, \
         день 2022-12-13 или диапазон 2022-11-15..2022-12-13"
    )]
    Form {
        /// The text as it came.
        got: String,
    },
    /// The form is right, and the calendar has no such day, week, month or quarter.
    #[error("периода «{got}» нет в календаре")]
    NotInCalendar {
        /// The period as asked for.
        got: String,
    },
    /// A range that ends before it begins.
    #[error("диапазон {first}..{last} кончается раньше, чем начинается")]
    Reversed {
        /// The first day asked for.
        first: Day,
        /// The last day asked for.
        last: Day,
    },
    /// A sheet period must be a day, a month, a quarter or a year.
    #[error("«{got}» не может быть периодом листа: лист бывает за день, месяц, квартал или год")]
    NotASheet {
        /// The period as asked for.
        got: String,
    },
}

impl Period {
    /// The calendar year.
    pub fn year(year: i16) -> Result<Period, PeriodError> {
        exists((1..=9999).contains(&year), Period::Year { year })
    }

    /// A quarter, 1 to 4, of a calendar year.
    pub fn quarter(year: i16, quarter: i8) -> Result<Period, PeriodError> {
        exists(
            (1..=9999).contains(&year) && (1..=4).contains(&quarter),
            Period::Quarter { year, quarter },
        )
    }

    /// A month, 1 to 12, of a calendar year.
    pub fn month(year: i16, month: i8) -> Result<Period, PeriodError> {
        exists(Day::ymd(year, month, 1).is_some(), Period::Month { year, month })
    }

    /// An ISO week, 1 to 53, of an ISO year.
    pub fn week(year: i16, week: i8) -> Result<Period, PeriodError> {
        let sunday = ISOWeekDate::new(year, week, Weekday::Sunday);
        exists(
            (1..=9999).contains(&year) && sunday.is_ok(),
            Period::Week { year, week },
        )
    }

    /// The days from the first to the last, both included.
    pub fn range(first: Day, last: Day) -> Result<Period, PeriodError> {
        if last < first {
            Err(PeriodError::Reversed { first, last })
        } else {
            Ok(Period::Range { first, last })
        }
    }

    /// The first day of the period.
    pub fn first(&self) -> Day {
        match *self {
            Period::Day(day) => day,
            Period::Week { year, week } => monday(year, week),
            Period::Month { year, month } => month_start(year, month),
            Period::Quarter { year, quarter } => month_start(year, quarter * 3 - 2),
            Period::Year { year } => month_start(year, 1),
            Period::Range { first, .. } => first,
        }
    }

    /// The last day of the period, included.
    pub fn last(&self) -> Day {
        match *self {
            Period::Day(day) => day,
            Period::Week { year, week } => monday(year, week) + 6,
            Period::Month { year, month } => month_end(year, month),
            Period::Quarter { year, quarter } => month_end(year, quarter * 3),
            Period::Year { year } => month_end(year, 12),
            Period::Range { last, .. } => last,
        }
    }

    /// Every day of the period in order.
    pub fn days(&self) -> impl ExactSizeIterator<Item = Day> + DoubleEndedIterator + use<> {
        days_between(self.first(), self.last())
    }

    /// How many days the period has; never zero.
    #[allow(clippy::len_without_is_empty, reason = "a period has at least one day")]
    pub fn len(&self) -> u32 {
        (self.last() - self.first()).unsigned_abs() + 1
    }

    /// Whether the day is one of the period's.
    pub fn contains(&self, day: Day) -> bool {
        (self.first()..=self.last()).contains(&day)
    }
}

fn exists(holds: bool, period: Period) -> Result<Period, PeriodError> {
    if holds {
        Ok(period)
    } else {
        Err(PeriodError::NotInCalendar {
            got: period.to_string(),
        })
    }
}

fn monday(year: i16, week: i8) -> Day {
    let date = ISOWeekDate::new(year, week, Weekday::Monday)
        .expect("the constructor checked the week")
        .date();
    Day::from_date(date)
}

fn month_start(year: i16, month: i8) -> Day {
    Day::ymd(year, month, 1).expect("the constructor checked the month")
}

fn month_end(year: i16, month: i8) -> Day {
    Day::from_date(month_start(year, month).date().last_of_month())
}

/// The days from the first to the last, both included.
fn days_between(first: Day, last: Day) -> impl ExactSizeIterator<Item = Day> + DoubleEndedIterator {
    let count = usize::try_from(last - first + 1).expect("the last day is not before the first");
    (0..count).map(move |offset| first + i32::try_from(offset).expect("a calendar of 10,000 years fits in 32 bits"))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Day(day) => write!(f, "{day}"),
            Period::Week { year, week } => write!(f, "{year:04}-W{week:02}"),
            Period::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Period::Quarter { year, quarter } => write!(f, "{year:04}-Q{quarter}"),
            Period::Year { year } => write!(f, "{year:04}"),
            Period::Range { first, last } => write!(f, "{first}..{last}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Period, PeriodError> {
        let unknown = || PeriodError::Form { got: text.to_owned() };
        let day = |part: &str| part.parse::<Day>().map_err(|_| unknown());
        let number = |part: &[u8]| digits(part).ok_or_else(unknown);
        let small = |part: &[u8]| number(part).and_then(|n| i8::try_from(n).map_err(|_| unknown()));
        if let Some((first, last)) = text.split_once("..") {
            return Period::range(day(first)?, day(last)?);
        }
        match text.as_bytes() {
            year @ [_, _, _, _] => Period::year(number(year)?),
            [year @ .., b'-', b'Q', quarter] if year.len() == 4 => Period::quarter(number(year)?, small(&[*quarter])?),
            [year @ .., b'-', b'W', a, b] if year.len() == 4 => Period::week(number(year)?, small(&[*a, *b])?),
            [year @ .., b'-', a, b] if year.len() == 4 => Period::month(number(year)?, small(&[*a, *b])?),
            _ => day(text).map(Period::Day),
        }
    }
}

#[cfg(test)]
mod tests;
