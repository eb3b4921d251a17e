//! What people read: the report model and its four written forms.
//!
//! Owns [`Report`], its public JSON schema, the Russian sentences, the CSV and the page. Promises that text, JSON, CSV and
//! page state the same figures, because all are written from one model in which every number is final. Pure: no input or output, no
//! async, no clock. It knows no ledger, no sheets and no country: nouns, names and their cases come from the federation.

mod compare;
mod coverage;
mod csv;
pub mod explain;
pub mod figure;
pub mod format;
pub mod html;
mod model;
pub mod phrase;
mod table;
mod text;

use domain::federation::Federation;

pub use compare::{Change, Comparison, TopicChange};
pub use coverage::{Cover, Hole, Part};
pub use figure::{Figure, State};
pub use model::{AsOf, Breakdowns, Line, Report, SCHEMA, Scope, Span, Values, measure};

/// The written forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Russian sentences and tables for people.
    Text,
    /// The public schema, [`SCHEMA`].
    Json,
    /// One line per figure, for spreadsheets.
    Csv,
    /// One page with pictures that needs nothing but itself, for reading, sending on and printing.
    Html,
}

impl Format {
    /// Every form.
    pub const ALL: [Format; 4] = [Format::Text, Format::Json, Format::Csv, Format::Html];

    /// The word on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Html => "html",
        }
    }
}

/// The report in one of its forms, ending with a line break. `federation` is the one it was built with.
pub fn render(report: &Report, federation: &Federation, format: Format) -> String {
    match format {
        Format::Text => text::write(report, federation),
        Format::Json => json(report),
        Format::Csv => csv::write(report, federation),
        Format::Html => html::file(report, federation),
    }
}

fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("the model has text keys only") + "\n"
}
