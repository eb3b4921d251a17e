//! The report of a scope for a period, with the ways from it: up, down, to other periods, to the signed sheets of a day.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use domain::federation::Federation;
use domain::{Code, Day, Period};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use report::html::Links;
use report::{Format, Report};
use serde::Deserialize;

use super::{Frame, shown};
use crate::address;
use crate::guard::{Refusal, Visitor};
use crate::navigate::{self, Line};
use crate::reading::{Reading, SheetLine};
use crate::site::Site;

#[derive(Template)]
#[template(path = "scope.html", whitespace = "minimize")]
struct ScopePage {
    frame: Frame,
    lines: Vec<Line>,
    /// Before and after: what they are called and where they are.
    neighbours: Vec<(String, String)>,
    /// What one may compare with.
    comparisons: Vec<(String, String, bool)>,
    documents: Vec<(&'static str, String)>,
    article: String,
    /// Of a day: its signed sheets.
    sheets: Option<Vec<Sheet>>,
}

struct Sheet {
    href: String,
    node: String,
    period: String,
    revision: u32,
    standing: String,
}

/// What the address asks beside the scope and the period.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// A period, or nothing for no comparison; without the word, the year before if there is any of it.
    compare: Option<String>,
    /// Another form than the page.
    format: Option<String>,
}

/// A question that is understood.
struct Question {
    federation: Arc<Federation>,
    scope: Code,
    period: Period,
    compare: Option<Period>,
    extent: Option<(Day, Day)>,
}

/// The page, or the document.
pub(crate) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((scope, period)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    site.work(move |site| {
        let reading = &*site.reading;
        let question = question(reading, &scope, &period, &asked)?;
        let Question {
            federation,
            scope,
            period,
            compare,
            ..
        } = &question;
        let report = reading.report(federation, scope, *period, *compare)?;
        match asked.format.as_deref() {
            None => page_of(reading, &visitor, &question, &report),
            Some(format) => document(federation, &report, format),
        }
    })
    .await
}

fn question(reading: &dyn Reading, scope: &str, period: &str, asked: &Asked) -> Result<Question, Refusal> {
    let federation = reading.federation()?;
    let scope = Code::new(scope).map_err(|error| Refusal::absent(error.to_string()))?;
    if federation.tree().unit(&scope).is_none() {
        return Err(Refusal::absent(format!("Территории «{scope}» нет в дереве.")));
    }
    let parsed = |text: &str| {
        text.parse::<Period>()
            .map_err(|error| Refusal::absent(format!("Период не разобран: {error}.")))
    };
    let period = parsed(period)?;
    let extent = reading.extent();
    let compare = match asked.compare.as_deref() {
        Some("") => None,
        Some(text) => Some(parsed(text)?),
        None => {
            navigate::a_year_before(period).filter(|before| extent.is_some_and(|(first, _)| before.last() >= first))
        }
    };
    Ok(Question {
        federation,
        scope,
        period,
        compare,
        extent,
    })
}

fn document(federation: &Federation, report: &Report, format: &str) -> Result<Response, Refusal> {
    let form = Format::ALL.into_iter().find(|form| form.code() == format);
    let form = form.ok_or_else(|| Refusal::absent("Такого вида сводки нет."))?;
    let (kind, ending) = match form {
        Format::Text => ("text/plain; charset=utf-8", "txt"),
        Format::Json => ("application/json; charset=utf-8", "json"),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Html => ("text/html; charset=utf-8", "html"),
    };
    let name = format!("attachment; filename=\"svodka-{}.{ending}\"", report.period.code);
    let head = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((head, report::render(report, federation, form)).into_response())
}

fn page_of(
    reading: &dyn Reading,
    visitor: &Visitor,
    question: &Question,
    report: &Report,
) -> Result<Response, Refusal> {
    let Question {
        federation,
        scope,
        period,
        ..
    } = question;
    let links = Ways { period: *period, scope };
    let sheets = match period {
        Period::Day(day) => Some(reading.sheets(federation, scope, *day)?.iter().map(sheet).collect()),
        _ => None,
    };
    let year = period.first().date().year();
    let extent = question.extent.unwrap_or((period.first(), period.last()));
    let neighbours = [("←", navigate::before(*period)), ("→", navigate::after(*period))];
    let neighbour = |(sign, other): (&str, Option<Period>)| {
        let other = other?;
        let name = report::format::for_period(&other);
        let text = if sign == "←" {
            format!("← {name}")
        } else {
            format!("{name} →")
        };
        Some((text, address::scope(scope, other)))
    };
    let title = format!("{}, {}", report.scope.name, report::format::for_period(period));
    let page: Html<String> = shown(&ScopePage {
        frame: Frame::inside(reading, visitor, &title, way(reading, federation, scope, *period)),
        lines: navigate::lines(scope, Some(*period), extent, year),
        neighbours: neighbours.into_iter().filter_map(neighbour).collect(),
        comparisons: comparisons(question),
        documents: documents(question),
        article: report::html::article(report, federation, &links),
        sheets,
    });
    Ok(page.into_response())
}

/// Where an article's names and days lead.
struct Ways<'a> {
    scope: &'a Code,
    period: Period,
}

impl Links for Ways<'_> {
    fn territory(&self, code: &Code) -> Option<String> {
        Some(address::scope(code, self.period))
    }

    fn day(&self, day: Day) -> Option<String> {
        Some(address::day(self.scope, day))
    }
}

/// From the top of the tree down to the scope, for the same period.
fn way(reading: &dyn Reading, federation: &Federation, scope: &Code, period: Period) -> Vec<(String, String)> {
    let tree = federation.tree();
    let home = reading.home(federation);
    let mut above: Vec<_> = tree.ancestors(scope, period.last()).collect();
    // Above its own scope a node has nothing to show.
    if let Some(top) = above.iter().position(|unit| unit.code == home) {
        above.truncate(top + 1);
    } else if *scope == home {
        above.clear();
    }
    let step =
        |unit: &domain::territory::Unit| (unit.names.nominative().to_owned(), address::scope(&unit.code, period));
    above.into_iter().rev().map(step).collect()
}

fn comparisons(question: &Question) -> Vec<(String, String, bool)> {
    let Question {
        scope, period, compare, ..
    } = question;
    let choices = [navigate::a_year_before(*period), navigate::before(*period)];
    let mut periods: Vec<Period> = choices.into_iter().flatten().collect();
    periods.extend(*compare);
    periods.sort_unstable_by(|a, b| b.first().cmp(&a.first()).then(b.cmp(a)));
    periods.dedup();
    let none = (
        "без сравнения".to_owned(),
        address::compared(scope, *period, None),
        compare.is_none(),
    );
    let with = periods.into_iter().map(|other| {
        (
            report::format::with_period(&other),
            address::compared(scope, *period, Some(other)),
            *compare == Some(other),
        )
    });
    with.chain([none]).collect()
}

fn documents(question: &Question) -> Vec<(&'static str, String)> {
    let to = |format: &str| address::document(&question.scope, question.period, question.compare, format);
    vec![
        ("страница для печати", to("html")),
        ("текст", to("text")),
        ("CSV", to("csv")),
        ("JSON", to("json")),
    ]
}

fn sheet(line: &SheetLine) -> Sheet {
    let standing = match (&line.refused, line.closed) {
        (Some(reason), _) => format!("не принят: {reason}"),
        (None, true) => "закрыт".to_owned(),
        (None, false) => "открыт".to_owned(),
    };
    Sheet {
        href: address::entry(line.position),
        node: line.node.to_string(),
        period: line.period.to_string(),
        revision: line.revision,
        standing,
    }
}
