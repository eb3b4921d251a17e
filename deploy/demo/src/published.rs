//! What the press wrote in December 2022 and January 2023, each line beside ours.
//!
//! A number must agree to the unit that was printed; words («почти», «более») must fit the rules that our own reports
//! choose words by.

use std::fmt::Write as _;

use crate::measured::Measured;

/// A published line and ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose figure, and for which days.
    pub about: &'static str,
    /// What was published.
    pub published: &'static str,
    /// What we have.
    pub ours: String,
    /// Whether the published words are true of ours.
    pub holds: bool,
}

const SVERDLOVSK: &str = "Свердловская область, с 1 января по 13 декабря 2022 года";
const DISTRICT: &str = "Уральский федеральный округ, 2022 год";

/// Every published line that messages and response times can answer.
pub fn lines(ours: &Measured) -> Vec<Line> {
    let minutes = minutes(ours.sverdlovsk_mean_s);
    let faster = minutes_before(ours).saturating_sub(minutes);
    let (first, now) = (ours.sverdlovsk_mean_first_s, ours.sverdlovsk_mean_s);
    let processed = ours.sverdlovsk_processed;
    let line = |about, published, ours, holds| Line {
        about,
        published,
        ours,
        holds,
    };
    vec![
        line(
            SVERDLOVSK,
            "рассмотрели 54 548 сообщений",
            grouped(processed),
            processed == 54_548,
        ),
        line(
            SVERDLOVSK,
            "более 54 тысяч",
            grouped(processed),
            is_more_than(processed, 54_000),
        ),
        line(
            SVERDLOVSK,
            "среднее время ответа — 2 часа 28 минут",
            hours(now),
            minutes == 148,
        ),
        line(
            SVERDLOVSK,
            "за год сократилось почти на час",
            format!("на {faster} мин: было {}", hours(ours.sverdlovsk_mean_before_s)),
            (50..=59).contains(&faster),
        ),
        line(
            SVERDLOVSK,
            "с начала работы — почти в три раза",
            format!("в {} раза: в январе 2021 года {}", tenths(first, now), hours(first)),
            first < 3 * now && first * 100 >= now * 280,
        ),
        line(
            DISTRICT,
            "обработали почти 400 тыс. обращений",
            grouped(ours.district_processed),
            is_almost(ours.district_processed, 400_000),
        ),
        line(
            DISTRICT,
            "среднее время ответа составило всего три часа",
            hours(ours.district_mean_s),
            self::minutes(ours.district_mean_s) == 180,
        ),
    ]
}

fn minutes_before(ours: &Measured) -> u64 {
    minutes(ours.sverdlovsk_mean_before_s)
}

/// «Более N»: above it by at most three hundredths.
fn is_more_than(value: u64, round: u64) -> bool {
    value > round && (value - round) * 100 <= round * 3
}

/// «Почти N»: below it by at most two hundredths.
fn is_almost(value: u64, round: u64) -> bool {
    value < round && (round - value) * 100 <= round * 2
}

/// Whole minutes, half up.
fn minutes(seconds: u64) -> u64 {
    (seconds + 30) / 60
}

/// `8880` → `2 ч 28 мин`.
pub fn hours(seconds: u64) -> String {
    let minutes = minutes(seconds);
    format!("{} ч {:02} мин", minutes / 60, minutes % 60)
}

/// `54548` → `54 548`, with no-break spaces.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// A quotient with one decimal, down: `2,9`.
fn tenths(part: u64, whole: u64) -> String {
    let tenths = part * 10 / whole.max(1);
    let mut text = (tenths / 10).to_string();
    let _ = write!(text, ",{}", tenths % 10);
    text
}

#[cfg(test)]
mod tests;
