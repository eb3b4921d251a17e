//! A calendar day as one number.
//!
//! Owns [`Day`]: the count of days since 1970-01-01, its ISO form and its arithmetic. Promises that every value has
//! exactly one four-digit ISO form, and that adding never leaves the calendar (it stops at its edge). Does not know time
//! zones: which instants make up a day is the business of [`crate::zone`].

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use jiff::Span;
use jiff::civil::{Date, Weekday, date};

const EPOCH: Date = date(1970, 1, 1);
const SECONDS: i64 = 86_400;

/// A civil date, counted in days since 1970-01-01 (which is 0).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// 0001-01-01.
    pub const MIN: Day = Day(-719_162);
    /// 9999-12-31.
    pub const MAX: Day = Day(2_932_896);

    /// The day with this number; `None` outside the years 1 to 9999.
    pub const fn new(number: i32) -> Option<Day> {
        if number < Day::MIN.0 || number > Day::MAX.0 {
            None
        } else {
            Some(Day(number))
        }
    }

    /// The day of a year, a month and a day of the month; `None` when there is none.
    pub fn ymd(year: i16, month: i8, day: i8) -> Option<Day> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        Date::new(year, month, day).ok().map(Day::from_date)
    }

    /// The day of a civil date. Dates before the year 1 become [`Day::MIN`].
    pub fn from_date(date: Date) -> Day {
        let number = date.duration_since(EPOCH).as_secs() / SECONDS;
        Day::clamped(number)
    }

    /// The day that lies nearest to this number of days since 1970-01-01.
    pub(crate) fn clamped(number: i64) -> Day {
        let inside = number.clamp(i64::from(Day::MIN.0), i64::from(Day::MAX.0));
        Day(i32::try_from(inside).expect("clamped to the calendar, which fits in 32 bits"))
    }

    /// Days since 1970-01-01; negative before it.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The civil date.
    pub fn date(self) -> Date {
        EPOCH
            .checked_add(Span::new().days(self.0))
            .expect("every Day lies in the calendar of jiff")
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }

    /// The day after; the last day of the calendar is followed by itself.
    #[must_use]
    pub fn next(self) -> Day {
        self + 1
    }

    /// The day before; the first day of the calendar is preceded by itself.
    #[must_use]
    pub fn previous(self) -> Day {
        self - 1
    }

    /// Seconds from 1970-01-01T00:00 to the midnight that begins the day, on a clock without a zone.
    pub(crate) fn civil_seconds(self) -> i64 {
        SECONDS * i64::from(self.0)
    }

    /// The day of a count of seconds on a clock without a zone.
    pub(crate) fn of_civil_seconds(seconds: i64) -> Day {
        Day::clamped(seconds.div_euclid(SECONDS))
    }
}

impl Add<i32> for Day {
    type Output = Day;

    fn add(self, days: i32) -> Day {
        Day::clamped(i64::from(self.0) + i64::from(days))
    }
}

impl Sub<i32> for Day {
    type Output = Day;

    fn sub(self, days: i32) -> Day {
        Day::clamped(i64::from(self.0) - i64::from(days))
    }
}

impl Sub for Day {
    type Output = i32;

    /// Days from the other to this one.
    fn sub(self, other: Day) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("день «{got}» не распознан: ожидается существующая дата вида 2022-12-13")]
pub struct DayError {
    /// The text as it came.
    pub got: String,
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Day, DayError> {
        parse(text).ok_or_else(|| DayError { got: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = digits(&bytes[..4])?;
    let month = i8::try_from(digits(&bytes[5..7])?).ok()?;
    let day = i8::try_from(digits(&bytes[8..])?).ok()?;
    Day::ymd(year, month, day)
}

/// The number that up to four bytes of ASCII digits spell; signs and blanks are refused, unlike in `str::parse`.
pub(crate) fn digits(bytes: &[u8]) -> Option<i16> {
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    bytes.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_and_known_days_have_their_numbers() {
        for (text, number) in [
            ("0001-01-01", Day::MIN.0),
            ("1969-12-31", -1),
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2022-12-13", 19_339),
            ("9999-12-31", Day::MAX.0),
        ] {
            assert_eq!(text.parse::<Day>().map(Day::number), Ok(number), "{text}");
        }
        assert_eq!(Day::MAX.next(), Day::MAX);
        assert_eq!(Day::MIN - i32::MAX, Day::MIN);
        assert_eq!(Day::new(Day::MAX.0 + 1), None);
    }

    #[test]
    fn other_texts_are_refused_with_what_was_got() {
        for text in [
            "",
            "2022-2-3",
            "2023-02-29",
            "2022-13-01",
            "0000-01-01",
            "+022-01-01",
            "2022-12-13 ",
            "13.12.2022",
        ] {
            let error = text.parse::<Day>().expect_err(text);
            assert!(error.to_string().contains(&format!("«{text}»")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn number_date_and_text_name_the_same_day(number in Day::MIN.0..=Day::MAX.0) {
            let day = Day::new(number).unwrap();
            prop_assert_eq!(Day::from_date(day.date()), day);
            prop_assert_eq!(day.to_string().parse::<Day>(), Ok(day));
            prop_assert_eq!(day.next() - day, i32::from(day != Day::MAX));
        }
    }
}
