//! The report model: everything that is said, in the order in which JSON says it.
//!
//! Owns [`Report`], the one model that text, JSON and CSV are written from; its serialised form is the public schema
//! [`SCHEMA`]. Promises a fixed order of fields and of lists, and that every number is final: whoever writes it out neither
//! divides nor rounds. Does not know how an answer was folded, nor any sentence.

use std::collections::BTreeMap;
use std::fmt::Display;

use domain::dictionary::Dimension;
use domain::federation::Federation;
use domain::{Code, Day, Period};
use rollup::{Answer, Row, Value};
use serde::{Serialize, Serializer};

use crate::compare::Comparison;
use crate::coverage::Cover;
use crate::figure::Figure;

/// The name and version of the JSON schema.
pub const SCHEMA: &str = "svodka.report/1";

/// The codes of the measures that the sentences are about.
pub mod measure {
    /// What came in.
    pub const RECEIVED: &str = "incidents.received";
    /// What was dealt with in any way.
    pub const PROCESSED: &str = "incidents.processed";
    /// What got a final answer.
    pub const ANSWERED: &str = "incidents.answered";
    /// What was solved.
    pub const RESOLVED: &str = "incidents.resolved";
    /// From registration to the final answer.
    pub const RESPONSE_TIME: &str = "response.time";
    /// From registration to the resolution.
    pub const RESOLUTION_TIME: &str = "resolution.time";
    /// Answers within the norm, of all answers.
    pub const WITHIN_NORM: &str = "response.within_norm";
}

/// The ledger that the report was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// How many entries it had.
    pub ledger_size: u64,
    /// The root of its tree, in hex.
    pub root: String,
}

/// What the report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// Code of the territory.
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// Code of its level.
    pub level: String,
    /// Its name.
    pub name: String,
}

/// The days the report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// As it was asked for: `2022-Q4`.
    #[serde(serialize_with = "as_text")]
    pub code: Period,
    /// The first day.
    #[serde(serialize_with = "as_text")]
    pub first: Day,
    /// The last day, included.
    #[serde(serialize_with = "as_text")]
    pub last: Day,
}

impl Span {
    pub(crate) fn of(period: Period) -> Span {
        Span {
            code: period,
            first: period.first(),
            last: period.last(),
        }
    }
}

/// Figures by measure, in the order of the dictionary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<(Code, Figure)>);

impl Values {
    fn of(values: &BTreeMap<Code, Value>, federation: &Federation) -> Values {
        let order = |code: &Code| {
            federation
                .dictionary()
                .measures()
                .iter()
                .position(|measure| measure.code == *code)
        };
        let mut figures: Vec<_> = values
            .iter()
            .map(|(code, value)| (code.clone(), Figure::of(value)))
            .collect();
        figures.sort_by_key(|(code, _)| order(code).unwrap_or(usize::MAX));
        Values(figures)
    }

    /// The figure of a measure.
    pub fn get(&self, measure: &str) -> Option<&Figure> {
        self.0
            .iter()
            .find(|(code, _)| code.as_str() == measure)
            .map(|(_, figure)| figure)
    }

    /// How many, when that is known.
    pub fn n(&self, measure: &str) -> Option<u64> {
        self.get(measure)?.n
    }

    /// Measures and figures in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Code, &Figure)> {
        self.0.iter().map(|(code, figure)| (code, figure))
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(code, figure)| (code.as_str(), figure)))
    }
}

/// The figures of one territory, topic, source or network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its code.
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// Its name.
    pub name: String,
    /// Belongs to the scope itself and to none of its children.
    pub attached: bool,
    /// Its figures.
    pub values: Values,
}

/// The same figures split otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breakdowns {
    /// By topic, the most received first.
    pub topic: Vec<Line>,
    /// By source.
    pub source: Vec<Line>,
    /// By social network.
    pub network: Vec<Line>,
}

/// A report, ready to be written out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// What it is about.
    pub scope: Scope,
    /// When.
    pub period: Span,
    /// The period it is compared with.
    pub compare: Option<Comparison>,
    /// What the figures include and what they lack.
    pub coverage: Cover,
    /// The ledger it was made from.
    pub as_of: AsOf,
    /// The figures of the scope.
    pub totals: Values,
    /// Child territories by name, then what is attached to the scope itself.
    pub rows: Vec<Line>,
    /// By topic, source and network.
    pub breakdowns: Breakdowns,
}

impl Report {
    /// The report of an answer, compared with the answer for another period if there is one.
    pub fn build(federation: &Federation, answer: &Answer, compare: Option<&Answer>, as_of: AsOf) -> Report {
        let totals = Values::of(&answer.totals, federation);
        let breakdowns = Breakdowns {
            topic: breakdown(federation, answer, Dimension::Topic),
            source: breakdown(federation, answer, Dimension::Source),
            network: breakdown(federation, answer, Dimension::Network),
        };
        let compare = compare.map(|before| {
            let topics = breakdown(federation, before, Dimension::Topic);
            let former = Values::of(&before.totals, federation);
            Comparison::build(
                federation,
                (answer, &totals, &breakdowns.topic),
                (before, former, &topics),
            )
        });
        Report {
            schema: SCHEMA,
            scope: scope(federation, &answer.scope),
            period: Span::of(answer.period),
            compare,
            coverage: Cover::of(&answer.coverage),
            as_of,
            totals,
            rows: rows(federation, &answer.rows),
            breakdowns,
        }
    }
}

pub(crate) fn scope(federation: &Federation, code: &Code) -> Scope {
    let level = federation
        .tree()
        .unit(code)
        .map_or_else(String::new, |unit| unit.level.to_string());
    Scope {
        code: code.clone(),
        level,
        name: territory_name(federation, code),
    }
}

/// The nominative of a unit; of the reserved codes what every list calls them; of any other code the code.
pub(crate) fn territory_name(federation: &Federation, code: &Code) -> String {
    match federation.tree().unit(code) {
        Some(unit) => unit.names.nominative().to_owned(),
        None => listed_name(federation, Dimension::Topic, code),
    }
}

/// The nominative of a code of a list, or the code itself.
pub(crate) fn listed_name(federation: &Federation, dimension: Dimension, code: &Code) -> String {
    let entry = federation
        .dictionary()
        .list(dimension)
        .and_then(|list| list.entry(code));
    entry.map_or_else(|| code.to_string(), |entry| entry.names.nominative().to_owned())
}

fn rows(federation: &Federation, rows: &[Row]) -> Vec<Line> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| {
        let sort_key = federation.tree().unit(&row.code).map(|unit| unit.names.sort_key());
        (row.attached, sort_key.is_none(), sort_key, &row.code)
    });
    rows.into_iter()
        .map(|row| line(federation, row, territory_name(federation, &row.code)))
        .collect()
}

/// The rows of a dimension, most received first, those without a number last, then by code.
fn breakdown(federation: &Federation, answer: &Answer, dimension: Dimension) -> Vec<Line> {
    let rows = answer.breakdowns.get(dimension.code()).into_iter().flatten();
    let mut lines: Vec<Line> = rows
        .map(|row| line(federation, row, listed_name(federation, dimension, &row.code)))
        .collect();
    lines.sort_by(|a, b| {
        let received = |line: &Line| line.values.n(measure::RECEIVED);
        received(b).cmp(&received(a)).then_with(|| a.code.cmp(&b.code))
    });
    lines
}

fn line(federation: &Federation, row: &Row, name: String) -> Line {
    Line {
        code: row.code.clone(),
        name,
        attached: row.attached,
        values: Values::of(&row.values, federation),
    }
}

/// Serialises what has one text form as that text.
pub(crate) fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
