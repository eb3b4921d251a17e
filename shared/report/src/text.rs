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

pub(crate) mod coverage;
pub(crate) mod grid;
mod lead;
mod outcome;
mod place;
pub(crate) mod tables;
mod topics;

use domain::federation::Federation;

use crate::format::{for_period, grouped, plural};
use crate::model::{AsOf, Report};
use crate::table::Table;

/// A report with the federation whose nouns it is written in.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) report: &'a Report,
    pub(crate) federation: &'a Federation,
}

/// The report as text, paragraphs apart by an empty line.
pub(crate) fn write(report: &Report, federation: &Federation) -> String {
    let page = Page { report, federation };
    let mut paragraphs = vec![heading(page), coverage::paragraph(page)];
    paragraphs.extend(sentences(page));
    paragraphs.extend(tables::territories(page).map(|table| drawn(&table)));
    paragraphs.extend(breakdowns(page));
    paragraphs.push(as_of(page));
    paragraphs.join("\n\n") + "\n"
}

/// What is said in words, a paragraph each: how many, how fast, with what result, about what.
pub(crate) fn sentences(page: Page<'_>) -> Vec<String> {
    let said = [
        Some(lead::count(page)),
        outcome::time(page),
        outcome::result(page),
        topics::sentence(page),
    ];
    said.into_iter().flatten().collect()
}

fn drawn(table: &Table) -> String {
    let note = table.note.as_ref().map(|note| format!("\n{note}")).unwrap_or_default();
    grid::draw(table) + &note
}

fn breakdowns(page: Page<'_>) -> Option<String> {
    let drawn: Vec<String> = tables::breakdowns(page).iter().map(drawn).collect();
    (!drawn.is_empty()).then(|| format!("{}\n{}", drawn.join("\n\n"), tables::shares_note()))
}

/// T1: «Уральский федеральный округ: сводка обращений граждан за 2022 год».
pub(crate) fn heading(page: Page<'_>) -> String {
    let noun = &page.federation.incident_noun().many;
    format!(
        "{}: сводка {noun} граждан {}",
        page.report.scope.name,
        for_period(&page.report.period.code)
    )
}

/// What the report was made from, so that it can be made again.
pub(crate) fn as_of(page: Page<'_>) -> String {
    basis(&page.report.as_of)
}

/// The ledger that something was made from.
pub(crate) fn basis(as_of: &AsOf) -> String {
    let entries = plural(as_of.ledger_size, "записи", "записей", "записей");
    format!(
        "Основание: журнал из {} {entries}, корень {}.",
        grouped(as_of.ledger_size),
        as_of.root
    )
}
