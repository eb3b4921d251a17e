//! A plain text table: names to the left, figures to the right.

/// The lines of a table under its title and header; every row has as many cells as the header.
pub(super) fn draw(title: &str, header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(ToString::to_string).collect();
    let widths: Vec<usize> = (0..header.len())
        .map(|at| {
            rows.iter()
                .chain([&header])
                .map(|row| width(&row[at]))
                .max()
                .unwrap_or_default()
        })
        .collect();
    let rule = "─".repeat(widths.iter().sum::<usize>() + GAP.len() * (widths.len() - 1));
    let drawn = rows.iter().map(|row| draw_row(row, &widths));
    [title.to_owned(), draw_row(&header, &widths), rule]
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
