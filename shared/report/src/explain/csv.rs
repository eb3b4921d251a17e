//! The explanation as CSV: the figure, its parts by node and by sheet, and what is left out, a line each.

use super::{Explanation, LeftOut, Sheet};
use crate::csv::{Numbers, Table, inert};
use crate::figure::Figure;

const HEADER: [&str; 21] = [
    "section",
    "node",
    "period",
    "revision",
    "position",
    "statement",
    "body",
    "signer",
    "delivered_by",
    "delivered_position",
    "why",
    "state",
    "n",
    "sum_s",
    "n_hist",
    "mean_s",
    "p50_s",
    "p90_s",
    "num",
    "den",
    "text",
];
/// Columns before `state`.
const HEAD: usize = 11;

pub(super) fn write(explanation: &Explanation) -> String {
    let mut table = Table::new(&HEADER);
    // The line of the figure is about no sheet, so its name stands where a sheet has its statement.
    let (empty, period) = (String::new, explanation.period.code.to_string());
    let name = explanation.cell.name.clone();
    let total = head(["total".to_owned(), empty(), period, empty(), empty(), name]);
    row(&mut table, &total, Some(&explanation.total));
    for part in &explanation.nodes {
        let node = head(["node".to_owned(), part.node.to_string()]);
        row(&mut table, &node, Some(&part.value));
    }
    for sheet in &explanation.contributions {
        row(&mut table, &of_sheet(sheet), Some(&sheet.value));
    }
    if let Some(unlisted) = &explanation.unlisted {
        row(&mut table, &head(["unlisted".to_owned()]), Some(&unlisted.value));
    }
    for sheet in &explanation.left_out {
        row(&mut table, &of_left_out(sheet), None);
    }
    table.finish()
}

/// The first columns, the rest of them empty.
fn head<const N: usize>(words: [String; N]) -> [String; HEAD] {
    let mut head = [const { String::new() }; HEAD];
    for (cell, word) in head.iter_mut().zip(words) {
        *cell = word;
    }
    head
}

fn of_sheet(sheet: &Sheet) -> [String; HEAD] {
    let stands = &sheet.stands;
    [
        "sheet".to_owned(),
        sheet.node.to_string(),
        sheet.period.to_string(),
        sheet.revision.to_string(),
        stands.position.to_string(),
        stands.statement.clone(),
        stands.body.clone(),
        stands.signer.clone(),
        stands.delivered_by.join(" "),
        stands.delivered_position.map(|at| at.to_string()).unwrap_or_default(),
        if sheet.refused { "refused" } else { "" }.to_owned(),
    ]
}

fn of_left_out(sheet: &LeftOut) -> [String; HEAD] {
    let reason = sheet
        .reason
        .as_ref()
        .map(|reason| format!(" {reason}"))
        .unwrap_or_default();
    let mut cells = head([
        "left_out".to_owned(),
        sheet.node.to_string(),
        sheet.period.to_string(),
        sheet.revision.to_string(),
        sheet.position.map(|at| at.to_string()).unwrap_or_default(),
        sheet.statement.clone(),
    ]);
    cells[HEAD - 1] = format!("{}{reason}", sheet.why.code());
    cells
}

fn row(table: &mut Table, head: &[String; HEAD], figure: Option<&Figure>) {
    let state = figure.map_or("", |figure| figure.state.code()).to_owned();
    let numbers = figure.map(Numbers::from).unwrap_or_default().written();
    let text = figure.map_or_else(String::new, |figure| inert(&figure.text));
    let head = head.iter().map(|cell| inert(cell));
    table.record(head.chain([state]).chain(numbers).chain([text]));
}
