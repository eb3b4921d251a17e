//! From one period to others: the years there are, the parts of a year, the neighbours.

use domain::{Code, Day, Period};

use crate::address;

/// A link among periods.
pub(crate) struct Way {
    pub(crate) text: String,
    pub(crate) href: String,
    /// It is the page that is shown.
    pub(crate) here: bool,
}

/// One line of links.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) ways: Vec<Way>,
}

const MONTHS: [&str; 12] = [
    "янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек",
];
const QUARTERS: [&str; 4] = ["I", "II", "III", "IV"];
/// Years in one line.
const YEARS_MAX: i16 = 30;

/// Years of the extent, and the quarters and months of the year that the period begins in.
pub(crate) fn lines(scope: &Code, shown: Option<Period>, extent: (Day, Day), year: i16) -> Vec<Line> {
    let way = |text: String, period: Period| Way {
        text,
        href: address::scope(scope, period),
        here: shown == Some(period),
    };
    let (first, last) = (extent.0.date().year(), extent.1.date().year());
    let years = (first.max(last - YEARS_MAX)..=last).rev();
    let years = years.filter_map(|year| Some(way(year.to_string(), Period::year(year).ok()?)));
    let quarters = (1..=4).zip(QUARTERS);
    let quarters = quarters.filter_map(|(n, name)| Some(way(name.to_owned(), Period::quarter(year, n).ok()?)));
    let months = (1..=12).zip(MONTHS);
    let months = months.filter_map(|(n, name)| Some(way(name.to_owned(), Period::month(year, n).ok()?)));
    vec![
        Line {
            name: "Год",
            ways: years.collect(),
        },
        Line {
            name: "Квартал",
            ways: quarters.collect(),
        },
        Line {
            name: "Месяц",
            ways: months.collect(),
        },
    ]
}

/// The period of the same kind before.
pub(crate) fn before(period: Period) -> Option<Period> {
    let last = period.first().previous();
    like(period, last)
}

/// The period of the same kind after.
pub(crate) fn after(period: Period) -> Option<Period> {
    like(period, period.last().next())
}

/// The period of the same kind that a neighbouring day lies in.
fn like(period: Period, day: Day) -> Option<Period> {
    let date = day.date();
    match period {
        Period::Day(_) => Some(Period::Day(day)),
        Period::Week { .. } => {
            let week = date.iso_week_date();
            Period::week(week.year(), week.week()).ok()
        }
        Period::Month { .. } => Period::month(date.year(), date.month()).ok(),
        Period::Quarter { .. } => Period::quarter(date.year(), (date.month() - 1) / 3 + 1).ok(),
        Period::Year { .. } => Period::year(date.year()).ok(),
        Period::Range { .. } => None,
    }
}

/// The same part of the year before.
pub(crate) fn a_year_before(period: Period) -> Option<Period> {
    let day = |day: Day| {
        let date = day.date();
        Day::ymd(date.year() - 1, date.month(), date.day())
    };
    match period {
        Period::Day(at) => day(at).map(Period::Day),
        Period::Week { year, week, .. } => Period::week(year - 1, week).ok(),
        Period::Month { year, month, .. } => Period::month(year - 1, month).ok(),
        Period::Quarter { year, quarter, .. } => Period::quarter(year - 1, quarter).ok(),
        Period::Year { year, .. } => Period::year(year - 1).ok(),
        Period::Range { first, last, .. } => Period::range(day(first)?, day(last)?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_period_has_its_neighbours_and_its_year_before() {
        let text = |period: Option<Period>| period.map(|period| period.to_string()).unwrap_or_default();
        for (period, previous, next, year) in [
            ("2022", "2021", "2023", "2021"),
            ("2022-Q1", "2021-Q4", "2022-Q2", "2021-Q1"),
            ("2022-12", "2022-11", "2023-01", "2021-12"),
            ("2022-W52", "2022-W51", "2023-W01", "2021-W52"),
            ("2024-02-29", "2024-02-28", "2024-03-01", ""),
            ("2022-11-15..2022-12-13", "", "", "2021-11-15..2021-12-13"),
        ] {
            let shown: Period = period.parse().unwrap();
            assert_eq!(text(before(shown)), previous);
            assert_eq!(text(after(shown)), next);
            assert_eq!(text(a_year_before(shown)), year, "{period}");
        }
    }
}
