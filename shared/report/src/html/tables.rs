//! A table of the report as markup: caption, headers with their scope, figures to the right.

use askama::Template;

use super::{Links, rendered};
use crate::table::Table;

#[derive(Template)]
#[template(path = "table.html", whitespace = "minimize")]
struct Markup<'a> {
    table: &'a Table,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    whole: bool,
    name: &'a str,
    href: Option<String>,
    /// Each with the name of its column, for a screen too narrow for columns.
    cells: Vec<(&'a str, &'a str)>,
}

/// The table; a row of a child territory leads to its page.
pub(super) fn markup(table: &Table, links: &dyn Links) -> String {
    let rows = table.rows.iter().map(|row| {
        let (name, cells) = row.cells.split_first().expect("a row has a name");
        let headers = table.header.iter().skip(1).map(String::as_str);
        Row {
            whole: row.whole,
            name,
            href: row.territory.as_ref().and_then(|code| links.territory(code)),
            cells: headers.zip(cells.iter().map(String::as_str)).collect(),
        }
    });
    rendered(&Markup {
        table,
        rows: rows.collect(),
    })
}
