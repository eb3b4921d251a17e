//! A plain text table: names to the left, figures to the right.

use crate::table::Table;

/// The lines of a table under its title and header; its note stands elsewhere.
pub(crate) fn draw(table: &Table) -> String {
    let cells = |at: usize| table.rows.iter().map(move |row| &row.cells[at]);
    let widths: Vec<usize> = (0..table.header.len())
        .map(|at| {
            let all = cells(at).chain([&table.header[at]]);
            all.map(|cell| width(cell)).max().unwrap_or_default()
        })
        .collect();
    let rule = "─".repeat(widths.iter().sum::<usize>() + GAP.len() * (widths.len() - 1));
    let drawn = table.rows.iter().map(|row| draw_row(&row.cells, &widths));
    [table.title.clone(), draw_row(&table.header, &widths), rule]
        .into_iter()
        .chain(drawn)
        .collect::<Vec<_>>()
        .join("\n")
}

const GAP: &str = "  ";

/// Every letter and sign that names and figures are made of is one column wide.
fn width(cell: &str) -> usize {
    cell.chars().count()
}

fn draw_row(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(at, (cell, wide))| {
        let blank = " ".repeat(wide - width(cell));
        if at == 0 {
            format!("{cell}{blank}")
        } else {
            format!("{blank}{cell}")
        }
    });
    padded.collect::<Vec<_>>().join(GAP)
}
