//! The Russian text: coverage first, then sentences, then tables.
//!
//! Owns the order of the page. Promises neutral sentences in the past tense without a word of praise; what is missing is
//! left out or said to be missing, never shown as 0. «Обработано» stands for what was processed alone, «поступило» for what
//! was received, «дан ответ» for what was answered. Writes numbers, never makes them.
//!
//! Grammar that works with nouns from a file: a verb goes with a centre only in the plural («центры … обработали»), where
//! its gender does not show; otherwise the sentence is impersonal («в Свердловской области обработано …»). The noun of an
//! incident should be neuter («обращение»), so that «обработано 21 обращение» agrees. A name with one form only is said as
//! «по территории X».

mod coverage;
mod grid;
mod lead;
mod outcome;
mod place;
mod tables;
mod topics;

use domain::federation::Federation;

use crate::format::{for_period, grouped, plural};
use crate::model::Report;

/// A report with the federation whose nouns it is written in.
#[derive(Clone, Copy)]
struct Page<'a> {
    report: &'a Report,
    federation: &'a Federation,
}

/// The report as text, paragraphs apart by an empty line.
pub(crate) fn write(report: &Report, federation: &Federation) -> String {
    let page = Page { report, federation };
    let paragraphs = [
        Some(heading(page)),
        Some(coverage::paragraph(page)),
        Some(lead::count(page)),
        outcome::time(page),
        outcome::result(page),
        topics::sentence(page),
        tables::territories(page),
        tables::breakdowns(page),
        Some(as_of(page)),
    ];
    let mut text = paragraphs.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

/// T1: «Уральский федеральный округ: сводка обращений граждан за 2022 год».
fn heading(page: Page<'_>) -> String {
    let noun = &page.federation.incident_noun().many;
    format!(
        "{}: сводка {noun} граждан {}",
        page.report.scope.name,
        for_period(&page.report.period.code)
    )
}

/// What the report was made from, so that it can be made again.
fn as_of(page: Page<'_>) -> String {
    let as_of = &page.report.as_of;
    let entries = plural(as_of.ledger_size, "записи", "записей", "записей");
    format!(
        "Основание: журнал из {} {entries}, корень {}.",
        grouped(as_of.ledger_size),
        as_of.root
    )
}
