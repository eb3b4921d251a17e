//! Days and periods: «за IV квартал 2022 года», «3–9 марта 2022 года».

use domain::{Day, Period};

const MONTHS: [&str; 12] = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
];
const MONTHS_GENITIVE: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];
const MONTHS_INSTRUMENTAL: [&str; 12] = [
    "январём",
    "февралём",
    "мартом",
    "апрелем",
    "маем",
    "июнем",
    "июлем",
    "августом",
    "сентябрём",
    "октябрём",
    "ноябрём",
    "декабрём",
];
const QUARTERS: [&str; 4] = ["I", "II", "III", "IV"];

fn name(names: &[&'static str], number: i8) -> &'static str {
    names[usize::try_from(number - 1).expect("months and quarters count from 1")]
}

fn quarter(number: i8) -> &'static str {
    name(&QUARTERS, number)
}

/// «13 декабря» with the year or without.
fn day_month(day: Day) -> String {
    let date = day.date();
    format!("{} {}", date.day(), name(&MONTHS_GENITIVE, date.month()))
}

fn year(day: Day) -> i16 {
    day.date().year()
}

/// A run of days: «13 декабря 2022 года», «12–18 декабря 2022 года», «с 28 ноября по 4 декабря 2022 года».
pub fn days(first: Day, last: Day) -> String {
    let (from, to) = (first.date(), last.date());
    let end = format!("{} {} года", day_month(last), year(last));
    if first == last {
        end
    } else if from.year() != to.year() {
        format!("с {} {} года по {end}", day_month(first), from.year())
    } else if from.month() != to.month() {
        format!("с {} по {end}", day_month(first))
    } else {
        format!("{}–{end}", from.day())
    }
}

/// Whether [`days`] begins with its own preposition and so needs the word «период» before it.
fn spans_months(first: Day, last: Day) -> bool {
    (first.date().year(), first.date().month()) != (last.date().year(), last.date().month())
}

/// «за 2022 год», «за декабрь 2022 года», «за 12–18 декабря 2022 года», «за период с 15 ноября по 13 декабря 2022 года».
pub fn for_period(period: &Period) -> String {
    let (first, last) = (period.first(), period.last());
    match *period {
        Period::Year { year, .. } => format!("за {year} год"),
        Period::Quarter { year, quarter: n, .. } => format!("за {} квартал {year} года", quarter(n)),
        Period::Month { year, month, .. } => format!("за {} {year} года", name(&MONTHS, month)),
        _ if spans_months(first, last) => format!("за период {}", days(first, last)),
        _ => format!("за {}", days(first, last)),
    }
}

/// What follows «по сравнению»: «с 2021 годом», «с декабрём 2021 года», «с периодом 12–18 декабря 2021 года».
pub fn with_period(period: &Period) -> String {
    let (first, last) = (period.first(), period.last());
    match *period {
        Period::Year { year, .. } => format!("с {year} годом"),
        Period::Quarter { year, quarter: n, .. } => format!("с {} кварталом {year} года", quarter(n)),
        Period::Month { year, month, .. } => format!("с {} {year} года", name(&MONTHS_INSTRUMENTAL, month)),
        _ if first == last => format!("с {}", days(first, last)),
        _ => format!("с периодом {}", days(first, last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_named_as_in_a_sentence() {
        for (period, accusative, instrumental) in [
            ("2022", "за 2022 год", "с 2022 годом"),
            ("2022-Q4", "за IV квартал 2022 года", "с IV кварталом 2022 года"),
            ("2022-12", "за декабрь 2022 года", "с декабрём 2022 года"),
            ("2022-03", "за март 2022 года", "с мартом 2022 года"),
            (
                "2022-W50",
                "за 12–18 декабря 2022 года",
                "с периодом 12–18 декабря 2022 года",
            ),
            ("2022-12-13", "за 13 декабря 2022 года", "с 13 декабря 2022 года"),
            (
                "2022-12-13..2022-12-13",
                "за 13 декабря 2022 года",
                "с 13 декабря 2022 года",
            ),
            (
                "2022-11-15..2022-12-13",
                "за период с 15 ноября по 13 декабря 2022 года",
                "с периодом с 15 ноября по 13 декабря 2022 года",
            ),
            (
                "2021-W52",
                "за период с 27 декабря 2021 года по 2 января 2022 года",
                "с периодом с 27 декабря 2021 года по 2 января 2022 года",
            ),
        ] {
            let period = period.parse().unwrap();
            assert_eq!(for_period(&period), accusative);
            assert_eq!(with_period(&period), instrumental);
        }
    }
}
