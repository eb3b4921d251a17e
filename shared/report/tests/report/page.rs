//! The page: what it says in its pictures, and what it never needs or lets through.

use domain::federation::Federation;
use domain::{Code, Day};
use report::html::{self, Links, NoLinks};
use report::{Format, Report, render};
use rollup::{Answer, GapReason};

use crate::build::{as_of, seen, share};
use crate::districts::{full, gap, rows, years};
use crate::smaller::{region, town};

fn page(now: &Answer, before: Option<&Answer>) -> String {
    seen(&Federation::shipped(), now, before, Format::Html)
}

/// The page below its style sheet, which is a file of its own.
fn body(page: &str) -> &str {
    page.split_once("</style>").unwrap().1
}

/// A district's month in which days stand in every way.
fn month() -> Answer {
    let mut now = full("2022-12", 40, 100, false);
    let all = ["37", "65", "71", "718", "719", "75"];
    let missing = all.map(|unit| gap(unit, None, None, ["2022-12-05", "2022-12-06"], GapReason::NoSheet));
    now.coverage.gaps = missing.to_vec();
    now.coverage.gaps.extend([
        gap(
            "37",
            Some("kurgan"),
            None,
            ["2022-12-08", "2022-12-08"],
            GapReason::NoSheet,
        ),
        gap(
            "65",
            Some("sverdlovsk"),
            Some("pos"),
            ["2022-12-12", "2022-12-14"],
            GapReason::NotDeclared,
        ),
        gap(
            "75",
            Some("chelyabinsk"),
            None,
            ["2022-12-16", "2022-12-16"],
            GapReason::Refused,
        ),
    ]);
    now.coverage.until = Some("2022-12-25".parse().unwrap());
    now.coverage.days = share(136, 150);
    now.coverage.complete_days = 133;
    now
}

#[test]
fn a_districts_page_has_its_pictures_with_their_findings_and_tables() {
    let now = month();
    let before = full("2021-12", 32, 126, true);
    insta::assert_snapshot!(body(&page(&now, Some(&before))));
}

#[test]
fn a_municipalitys_day_has_no_pictures_to_draw() {
    let now = town("2022-12-13", [23, 21, 21, 2, 20]);
    insta::assert_snapshot!(body(&page(&now, None)));
}

/// No script, no request, no inline style: what the served page's policy forbids stands nowhere in the article either.
#[test]
fn a_page_needs_nothing_but_itself() {
    let [now, before] = years();
    let page = page(&now, Some(&before));
    for forbidden in [
        "<script",
        "http://",
        "https://",
        "url(http",
        "@import",
        "<link",
        "<img",
        "<iframe",
        "javascript:",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let article = body(&page);
    assert!(!article.contains(" style="), "an inline style");
    assert!(
        !article.contains(" on"),
        "an event handler, or a word that looks like one"
    );
    assert!(article.matches("<figure").count() >= 3);
    for figure in article.split("<figure").skip(1) {
        for part in ["<figcaption", "<title", "<desc", "<details><summary>Таблица к рисунку"] {
            assert!(figure.contains(part), "{part}");
        }
    }
    assert!(page.len() < 250 * 1024, "{} bytes", page.len());
}

/// What a report carries are names of others' making.
#[test]
fn a_name_is_text_and_never_markup() {
    let canary = r#"<img src=x onerror="alert(1)">"#;
    let mut report = Report::build(&Federation::shipped(), &full("2022-12", 40, 100, false), None, as_of());
    report.scope.name = canary.to_owned();
    report.rows[0].name = canary.to_owned();
    report.breakdowns.topic[0].name = canary.to_owned();
    let page = render(&report, &Federation::shipped(), Format::Html);
    assert!(!page.contains("<img"), "a name became markup");
    assert!(page.matches("&#60;img src=x onerror=").count() >= 3);
}

/// Territories lead to themselves, days to themselves, and what belongs to the whole leads nowhere.
struct Addresses;

impl Links for Addresses {
    fn territory(&self, code: &Code) -> Option<String> {
        Some(format!("/to/{code}"))
    }

    fn day(&self, day: Day) -> Option<String> {
        Some(format!("/on/{day}"))
    }
}

#[test]
fn names_and_days_lead_where_the_caller_says() {
    let federation = Federation::shipped();
    let now = Report::build(
        &federation,
        &region("2022-12", [20, 19, 18, 10, 17], [5, 6, 7]),
        None,
        as_of(),
    );
    let article = html::article(&now, &federation, &Addresses);
    for href in [r#"href="/to/65701""#, r#"href="/to/65751""#, r#"href="/on/2022-12-31""#] {
        assert!(article.contains(href), "{href}");
    }
    assert!(!article.contains(r#""/to/65""#), "the scope leads to itself");
    assert!(!html::article(&now, &federation, &NoLinks).contains("href="));
}

#[test]
fn without_a_number_there_is_no_picture_of_it() {
    let mut now = full("2022-12", 40, 100, false);
    now.rows = rows(40, 100).into_iter().take(1).collect();
    assert!(!page(&now, None).contains("bars-finding"), "one bar compares nothing");
}
