//! A table before it has a form: what it is called, what its columns are, and its cells as they are read.
//!
//! Text and page draw the same tables from here, so that a cell says the same in both. Knows no measure and no width.

use domain::Code;

/// A table of figures: the first column names, the others count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// How to read it.
    pub(crate) note: Option<String>,
}

/// A row, with as many cells as the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The child territory whose figures these are.
    pub(crate) territory: Option<Code>,
    /// The row of the whole, which the others are parts of.
    pub(crate) whole: bool,
    pub(crate) cells: Vec<String>,
}

impl Row {
    /// A row that leads nowhere.
    pub(crate) fn plain(cells: Vec<String>) -> Row {
        Row {
            territory: None,
            whole: false,
            cells,
        }
    }
}
