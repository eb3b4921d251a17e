//! The page: the same sentences and tables as the text, with pictures of the same figures.
//!
//! Owns the article of a report, the style sheet it is shown with, and the page that carries both in one file. Promises
//! that it needs nothing else: no script, no font, no request; that every picture has its finding, its description and
//! its table, and reads in black and white; and that everything taken from a report is escaped. Where names and days lead
//! is the caller's to say, so the file and the served page are the same article. Knows no address and no reader.

mod bars;
mod calendar;
mod changes;
mod tables;
mod topics;

use askama::Template;
use domain::federation::Federation;
use domain::{Code, Day};

use crate::model::Report;
use crate::text::{self, Page, coverage};

/// The style sheet of the article, on the screen and on paper.
pub const STYLE: &str = include_str!("../templates/style.css");

/// Where the names and days of an article lead.
pub trait Links {
    /// The page of a child territory for the same period.
    fn territory(&self, code: &Code) -> Option<String>;
    /// The page of the same territory for one day.
    fn day(&self, day: Day) -> Option<String>;
}

/// In a file nothing leads anywhere.
#[derive(Clone, Copy, Debug)]
pub struct NoLinks;

impl Links for NoLinks {
    fn territory(&self, _: &Code) -> Option<String> {
        None
    }

    fn day(&self, _: Day) -> Option<String> {
        None
    }
}

/// What the article is made of; pictures and tables are markup already.
#[derive(Template)]
#[template(path = "article.html", whitespace = "minimize")]
struct Article {
    heading: String,
    had: Vec<String>,
    gaps: Vec<coverage::Gaps>,
    calendar: Option<String>,
    keys: Vec<changes::Key>,
    sentences: Vec<String>,
    bars: Option<String>,
    changes: Option<String>,
    topics: Option<String>,
    territories: Option<String>,
    breakdowns: Vec<String>,
    shares_note: String,
    as_of: String,
}

/// The article alone, to stand inside a page that shows it with [`STYLE`].
pub fn article(report: &Report, federation: &Federation, links: &dyn Links) -> String {
    let page = Page { report, federation };
    let article = Article {
        heading: text::heading(page),
        had: [Some(coverage::had(page)), coverage::compared(page)]
            .into_iter()
            .flatten()
            .collect(),
        gaps: coverage::gaps(page),
        calendar: calendar::figure(report, links),
        keys: changes::keys(page),
        sentences: text::sentences(page),
        bars: bars::figure(page, links),
        changes: changes::table(page),
        topics: topics::figure(page),
        territories: text::tables::territories(page).map(|table| tables::markup(&table, links)),
        breakdowns: text::tables::breakdowns(page)
            .iter()
            .map(|table| tables::markup(table, links))
            .collect(),
        shares_note: text::tables::shares_note(),
        as_of: text::as_of(page),
    };
    rendered(&article)
}

#[derive(Template)]
#[template(path = "file.html", whitespace = "minimize")]
struct File<'a> {
    title: String,
    style: &'a str,
    article: String,
}

/// The page that is one file.
pub(crate) fn file(report: &Report, federation: &Federation) -> String {
    let title = text::heading(Page { report, federation });
    let article = article(report, federation, &NoLinks);
    let mut page = rendered(&File {
        title,
        style: STYLE,
        article,
    });
    page.push('\n');
    page
}

fn rendered(template: &impl Template) -> String {
    template
        .render()
        .expect("our templates write to memory and cannot fail")
}

/// A share of a length in whole pixels, rounded half up; the whole of nothing has no length.
fn length(part: u64, whole: u64, pixels: u64) -> u64 {
    let (part, whole, pixels) = (u128::from(part), u128::from(whole), u128::from(pixels));
    let rounded = (part * pixels * 2 + whole).checked_div(whole * 2);
    rounded.map_or(0, |pixels| u64::try_from(pixels).unwrap_or(u64::MAX))
}

/// A line of a name in a picture, and the height of its foot.
type NameLine = (u64, String);

/// A name in at most two lines around a height, broken between words where one line does not hold it.
fn placed(name: &str, letters: usize, middle: u64) -> Vec<NameLine> {
    let lines = lines(name, letters);
    let first = if lines.len() == 1 { middle + 5 } else { middle - 3 };
    (0..).zip(lines).map(|(at, line)| (first + at * 16, line)).collect()
}

fn lines(name: &str, letters: usize) -> Vec<String> {
    let (mut done, mut last) = (Vec::new(), String::new());
    for word in name.split(' ') {
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > letters {
            if !done.is_empty() {
                last.push('…');
                break;
            }
            done.push(std::mem::take(&mut last));
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    done.push(last);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_takes_two_lines_and_never_a_third() {
        for (name, broken) in [
            ("Город", &["Город"][..]),
            ("", &[""]),
            (
                "Ханты-Мансийский автономный округ — Югра",
                &["Ханты-Мансийский", "автономный округ —…"],
            ),
            ("Район имени Лазо", &["Район имени Лазо"]),
            ("Неразрывноедлинноесловобольше", &["Неразрывноедлинноесловобольше"]),
        ] {
            assert_eq!(lines(name, 18), broken, "{name}");
        }
    }

    #[test]
    fn a_length_is_rounded_and_never_divides_by_nothing() {
        for (part, whole, pixels) in [(1, 2, 50), (1, 3, 33), (2, 3, 67), (0, 5, 0), (5, 0, 0), (7, 7, 100)] {
            assert_eq!(length(part, whole, 100), pixels, "{part}/{whole}");
        }
    }
}
