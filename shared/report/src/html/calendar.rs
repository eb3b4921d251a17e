//! The calendar of coverage: a square for each day, weeks across, Monday first, a block for each year.
//!
//! Four states that differ by form and not by colour alone. A short period has large squares with the number of the day in
//! them. Knows only what the coverage of the report says.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use domain::{Code, Day};
use rollup::GapReason;

use super::{Links, NoLinks, rendered, tables};
use crate::format::{days, grouped, plural};
use crate::model::Report;
use crate::table::{Row, Table};

/// A picture of more days than four years says nothing any more.
const DAYS_MAX: usize = 4 * 366;
/// From so many weeks on squares are small.
const WEEKS_LARGE: i32 = 6;
const MONTHS: [&str; 12] = [
    "янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек",
];

/// How a day stands over all units that are expected on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Everything is there and declared complete.
    Whole,
    /// Something is missing, or not declared complete.
    Partly,
    /// Nothing is there.
    Missing,
    /// What was there was taken back or not accepted.
    Returned,
    /// Nothing is expected: the day is still to come.
    Ahead,
}

impl Standing {
    const ALL: [Standing; 5] = [
        Standing::Whole,
        Standing::Partly,
        Standing::Missing,
        Standing::Returned,
        Standing::Ahead,
    ];

    const fn class(self) -> &'static str {
        match self {
            Standing::Whole => "whole",
            Standing::Partly => "partly",
            Standing::Missing => "missing",
            Standing::Returned => "returned",
            Standing::Ahead => "ahead",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Standing::Whole => "данные полные",
            Standing::Partly => "данные неполные",
            Standing::Missing => "нет данных",
            Standing::Returned => "лист отозван или не принят",
            Standing::Ahead => "ещё не ожидается",
        }
    }
}

#[derive(Template)]
#[template(path = "calendar.html", whitespace = "minimize")]
struct Picture {
    finding: String,
    width: i32,
    height: i32,
    /// Whether days lead anywhere: then the picture is a group of links and not one image.
    linked: bool,
    large: bool,
    labels: Vec<Label>,
    squares: Vec<Square>,
    side: i32,
    legend: Vec<Standing>,
    table: String,
}

struct Label {
    x: i32,
    y: i32,
    text: String,
}

struct Square {
    x: i32,
    y: i32,
    standing: Standing,
    says: String,
    number: i8,
    href: Option<String>,
}

/// The measures of a calendar.
#[derive(Clone, Copy)]
struct Grid {
    side: i32,
    step: i32,
    left: i32,
    top: i32,
}

impl Grid {
    const SMALL: Grid = Grid {
        side: 12,
        step: 14,
        left: 30,
        top: 20,
    };
    const LARGE: Grid = Grid {
        side: 34,
        step: 38,
        left: 34,
        top: 8,
    };

    fn height(self) -> i32 {
        self.top + 7 * self.step
    }
}

/// The picture; none for one day, or for more than a few years.
pub(super) fn figure(report: &Report, links: &dyn Links) -> Option<String> {
    let all: Vec<Day> = report.period.code.days().collect();
    if !(2..=DAYS_MAX).contains(&all.len()) {
        return None;
    }
    let standings = standings(report, &all);
    let mut years: BTreeMap<i16, Vec<Day>> = BTreeMap::new();
    for day in &all {
        years.entry(day.date().year()).or_default().push(*day);
    }
    let weeks = years.values().map(|days| week(days, days[days.len() - 1]) + 1).max()?;
    let grid = if weeks <= WEEKS_LARGE { Grid::LARGE } else { Grid::SMALL };
    let (mut labels, mut squares) = (Vec::new(), Vec::new());
    for (block, days) in (0..).zip(years.values()) {
        let top = block * (grid.height() + grid.step);
        labels.extend(weekdays(grid, top));
        if weeks > WEEKS_LARGE {
            labels.extend(months(grid, top, days, years.len() > 1));
        }
        squares.extend(
            days.iter()
                .map(|day| square(grid, top, days, *day, standings[day], links)),
        );
    }
    let blocks = i32::try_from(years.len()).ok()?;
    let shown: BTreeSet<Standing> = standings.values().copied().collect();
    Some(rendered(&Picture {
        finding: finding(report),
        width: grid.left + weeks * grid.step + 4,
        height: blocks * (grid.height() + grid.step) - grid.step + 2,
        linked: squares.iter().any(|square| square.href.is_some()),
        large: weeks <= WEEKS_LARGE,
        labels,
        squares,
        side: grid.side,
        legend: Standing::ALL
            .into_iter()
            .filter(|standing| shown.contains(standing))
            .collect(),
        table: table(&standings),
    }))
}

/// What the picture shows, in one sentence.
fn finding(report: &Report) -> String {
    let coverage = &report.coverage;
    let lacking = coverage.days.expected.saturating_sub(coverage.days.had);
    let undeclared = coverage.days.had.saturating_sub(coverage.complete_days);
    match (coverage.days.expected, lacking, undeclared) {
        (0, ..) => "Данных за период пока не ожидается".to_owned(),
        (_, 0, 0) => "Данные есть за все дни и объявлены полными".to_owned(),
        (_, 0, _) => format!(
            "Данные есть за все дни, но не объявлены полными за {}",
            accusative(undeclared)
        ),
        (expected, ..) => format!("Нет данных за {} из {}", accusative(lacking), grouped(expected)),
    }
}

/// «за 1 день», «за 3 дня», «за 8 дней».
fn accusative(n: u64) -> String {
    format!("{} {}", grouped(n), plural(n, "день", "дня", "дней"))
}

/// How every day stands. A day that all units lack is missing, one that some lack is there in part.
fn standings(report: &Report, all: &[Day]) -> BTreeMap<Day, Standing> {
    let mut lacking: BTreeMap<Day, BTreeSet<&Code>> = BTreeMap::new();
    let (mut partly, mut returned) = (BTreeSet::new(), BTreeSet::new());
    for gap in &report.coverage.gaps {
        for offset in 0..=(gap.to - gap.from) {
            let day = gap.from + offset;
            match gap.reason {
                GapReason::Withdrawn | GapReason::Refused => drop(returned.insert(day)),
                GapReason::NotDeclared => drop(partly.insert(day)),
                _ if gap.source.is_some() => drop(partly.insert(day)),
                _ => drop(lacking.entry(day).or_default().insert(&gap.territory)),
            }
        }
    }
    let units = report.coverage.units.expected;
    let stands = |day: &Day| {
        if report.coverage.until.is_none_or(|until| *day > until) {
            return Standing::Ahead;
        }
        match lacking.get(day).map(|units| units.len() as u64) {
            Some(n) if n >= units => Standing::Missing,
            _ if returned.contains(day) => Standing::Returned,
            Some(_) => Standing::Partly,
            None if partly.contains(day) => Standing::Partly,
            None => Standing::Whole,
        }
    };
    all.iter().map(|day| (*day, stands(day))).collect()
}

/// The row of a day: 0 for Monday.
fn row(day: Day) -> i32 {
    i32::from(day.weekday().to_monday_zero_offset())
}

/// The column of a day, counted from the week of the first of `days`.
fn week(days: &[Day], day: Day) -> i32 {
    (day - days[0] + row(days[0])) / 7
}

fn weekdays(grid: Grid, top: i32) -> Vec<Label> {
    let label = |(at, text): (i32, &str)| Label {
        x: 0,
        y: top + grid.top + at * grid.step + grid.side / 2 + 4,
        text: text.to_owned(),
    };
    let all = [(0, "Пн"), (2, "Ср"), (4, "Пт"), (6, "Вс")];
    all.into_iter().map(label).collect()
}

/// Names over the weeks in which months begin; with several years the first has the year.
fn months(grid: Grid, top: i32, days: &[Day], with_year: bool) -> Vec<Label> {
    let begins = days.iter().filter(|day| day.date().day() == 1);
    let mut labels: Vec<Label> = begins
        .map(|day| Label {
            x: grid.left + week(days, *day) * grid.step,
            y: top + 12,
            text: MONTHS[usize::try_from(day.date().month() - 1).unwrap_or(0)].to_owned(),
        })
        .collect();
    if with_year && let Some(first) = labels.first_mut() {
        first.text = format!("{} {}", first.text, days[0].date().year());
    }
    labels
}

fn square(grid: Grid, top: i32, block: &[Day], day: Day, standing: Standing, links: &dyn Links) -> Square {
    Square {
        x: grid.left + week(block, day) * grid.step,
        y: top + grid.top + row(day) * grid.step,
        standing,
        says: format!("{}: {}", days(day, day), standing.label()),
        number: day.date().day(),
        href: (standing != Standing::Ahead).then(|| links.day(day)).flatten(),
    }
}

/// How many days of each month stand how.
fn table(standings: &BTreeMap<Day, Standing>) -> String {
    let shown: Vec<Standing> = Standing::ALL
        .into_iter()
        .filter(|standing| standings.values().any(|found| found == standing))
        .collect();
    let mut months: BTreeMap<(i16, i8), Vec<Standing>> = BTreeMap::new();
    for (day, standing) in standings {
        let date = day.date();
        months.entry((date.year(), date.month())).or_default().push(*standing);
    }
    let row = |((year, month), found): (&(i16, i8), &Vec<Standing>)| {
        let count = |standing: &Standing| found.iter().filter(|found| *found == standing).count() as u64;
        let mut cells = vec![format!("{month:02}.{year}")];
        cells.extend(shown.iter().map(|standing| grouped(count(standing))));
        Row::plain(cells)
    };
    let mut header = vec!["Месяц".to_owned()];
    header.extend(shown.iter().map(|standing| format!("Дней: {}", standing.label())));
    let table = Table {
        title: "Дни по месяцам".to_owned(),
        header,
        rows: months.iter().map(row).collect(),
        note: None,
    };
    tables::markup(&table, &NoLinks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_are_counted_from_the_first_day() {
        let days: Vec<Day> = "2022".parse::<domain::Period>().unwrap().days().collect();
        // 1 January 2022 was a Saturday.
        for (day, column, line) in [(0, 0, 5), (1, 0, 6), (2, 1, 0), (8, 1, 6), (9, 2, 0), (364, 52, 5)] {
            assert_eq!((week(&days, days[day]), row(days[day])), (column, line), "{day}");
        }
    }
}
