//! The explanation of one figure: the signed sheets behind it, the part of each, and what is left out and why.
//!
//! Owns [`Explanation`] and its public schema [`SCHEMA`]. Promises that the parts listed and the parts not listed add up
//! to the figure, and that its numbers are the ones that the report prints. Does not know a ledger: where a sheet stands
//! is told by whoever builds it.

mod csv;
mod text;

use std::collections::BTreeMap;

use domain::federation::Federation;
use domain::{Code, NodeId, SheetPeriod, Tally};
use rollup::explain::{Contribution, Unfolded};
use rollup::{Explained, Value};
use serde::Serialize;

use crate::figure::Figure;
use crate::model::{AsOf, Scope, Span, as_text, scope};

/// The name and version of the JSON schema.
pub const SCHEMA: &str = "svodka.explanation/1";

/// Sheets listed one by one: 27 years of one node, or four months of 85; about 700 bytes each in JSON.
pub const LISTED_MAX: usize = 10_000;
/// Sheets listed that are left out.
pub const LEFT_OUT_MAX: usize = 1_000;

/// The written forms of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Russian text with tables.
    Text,
    /// The public schema, [`SCHEMA`].
    Json,
    /// One line per sheet.
    Csv,
}

impl Form {
    /// The form with this word on the command line.
    pub fn from_code(code: &str) -> Option<Form> {
        match code {
            "text" => Some(Form::Text),
            "json" => Some(Form::Json),
            "csv" => Some(Form::Csv),
            _ => None,
        }
    }
}

/// Where the statement of a sheet stands, who signed it and how it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stands {
    /// Position in the ledger that the report was made from.
    pub position: u64,
    /// Hash of the statement, in hex.
    pub statement: String,
    /// SHA-256 of the body with the cells, in hex.
    pub body: String,
    /// Name of the key that signed it: SHA-256 of the public key, in hex.
    pub signer: String,
    /// Nodes whose ledgers it went through, its author first; empty for the node's own.
    pub delivered_by: Vec<String>,
    /// Position in the ledger of the last of them.
    pub delivered_position: Option<u64>,
    /// When it was taken here, Unix milliseconds.
    pub received_at_ms: i64,
}

/// One sheet and its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// Its author.
    #[serde(serialize_with = "as_text")]
    pub node: NodeId,
    /// Its period.
    #[serde(serialize_with = "as_text")]
    pub period: SheetPeriod,
    /// Its revision.
    pub revision: u32,
    /// Counts here although the author's parent refused it.
    pub refused: bool,
    /// Where it stands.
    #[serde(flatten)]
    pub stands: Stands,
    /// Its part of the figure.
    pub value: Figure,
}

/// The parts of one node together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodePart {
    /// The node.
    #[serde(serialize_with = "as_text")]
    pub node: NodeId,
    /// How many of its sheets have a part.
    pub sheets: u64,
    /// Their parts together.
    pub value: Figure,
}

/// Parts that are not listed one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unlisted {
    /// How many sheets.
    pub sheets: u64,
    /// Their parts together.
    pub value: Figure,
}

/// Why a sheet has no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A higher revision counts.
    Superseded,
    /// Refused by the parent; with the reason.
    Refused,
    /// Taken back by its author; with the reason.
    Withdrawn,
    /// A ruling has taken its force away.
    Void,
    /// Its cells are not here.
    BodyMissing,
    /// The keys of its author were taken back; with the reason.
    Revoked,
    /// A part of its days lies outside the period.
    Partly,
}

impl Why {
    /// The code that machines read, the same as in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Why::Superseded => "superseded",
            Why::Refused => "refused",
            Why::Withdrawn => "withdrawn",
            Why::Void => "void",
            Why::BodyMissing => "body_missing",
            Why::Revoked => "revoked",
            Why::Partly => "partly",
        }
    }
}

impl From<Unfolded> for Why {
    fn from(why: Unfolded) -> Self {
        match why {
            Unfolded::Withdrawn => Why::Withdrawn,
            Unfolded::Partly => Why::Partly,
        }
    }
}

/// A sheet that has no part in the figure, though it could have had one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its author.
    #[serde(serialize_with = "as_text")]
    pub node: NodeId,
    /// Its period.
    #[serde(serialize_with = "as_text")]
    pub period: SheetPeriod,
    /// Its revision.
    pub revision: u32,
    /// Position in this ledger; a refused one stands in none.
    pub position: Option<u64>,
    /// Hash of the statement, in hex.
    pub statement: String,
    /// Why it has no part.
    pub why: Why,
    /// Code of the reason, where one was given.
    #[serde(serialize_with = "optional_text")]
    pub reason: Option<Code>,
}

/// Which figure it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Its whole name: `incidents.received,topic=roads`.
    pub name: String,
    /// Code of the measure.
    #[serde(serialize_with = "as_text")]
    pub measure: Code,
    /// What a heading calls the measure.
    pub heading: String,
}

/// A figure with the sheets behind it, ready to be written out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// Which figure.
    pub cell: Cell,
    /// What it is about.
    pub scope: Scope,
    /// When.
    pub period: Span,
    /// The ledger it was made from.
    pub as_of: AsOf,
    /// The figure, as the report has it.
    pub total: Figure,
    /// How many sheets have a part.
    pub sheets: u64,
    /// The parts by node.
    pub nodes: Vec<NodePart>,
    /// The parts by node and period, at most [`LISTED_MAX`].
    pub contributions: Vec<Sheet>,
    /// The parts beyond that.
    pub unlisted: Option<Unlisted>,
    /// Sheets without a part, by node, period and revision, at most [`LEFT_OUT_MAX`].
    pub left_out: Vec<LeftOut>,
    /// How many more there are.
    pub left_out_unlisted: u64,
}

impl Explanation {
    /// Writes down a figure that was taken apart. `stands` is asked for each sheet that is listed.
    pub fn build<E>(
        federation: &Federation,
        explained: &Explained,
        as_of: AsOf,
        mut stands: impl FnMut(&Contribution) -> Result<Stands, E>,
        mut left_out: Vec<LeftOut>,
    ) -> Result<Explanation, E> {
        let (listed, rest) = explained
            .contributions
            .split_at(LISTED_MAX.min(explained.contributions.len()));
        let sheet = |part: &Contribution| {
            Ok(Sheet {
                node: part.node.clone(),
                period: part.period,
                revision: part.revision,
                refused: part.standing == rollup::SheetStanding::Refused,
                stands: stands(part)?,
                value: figure(&part.tally),
            })
        };
        left_out.sort_by(|a, b| (&a.node, a.period, a.revision).cmp(&(&b.node, b.period, b.revision)));
        let beyond = left_out.len().saturating_sub(LEFT_OUT_MAX);
        left_out.truncate(LEFT_OUT_MAX);
        Ok(Explanation {
            schema: SCHEMA,
            cell: cell(federation, explained),
            scope: scope(federation, &explained.scope),
            period: Span::of(explained.period),
            as_of,
            total: Figure::of(&explained.total),
            sheets: explained.contributions.len() as u64,
            nodes: by_node(&explained.contributions),
            contributions: listed.iter().map(sheet).collect::<Result<_, E>>()?,
            unlisted: sum(rest).map(|tally| Unlisted {
                sheets: rest.len() as u64,
                value: figure(&tally),
            }),
            left_out,
            left_out_unlisted: beyond as u64,
        })
    }
}

/// The explanation in one of its forms, ending with a line break.
pub fn render(explanation: &Explanation, form: Form) -> String {
    match form {
        Form::Text => text::write(explanation),
        Form::Json => serde_json::to_string_pretty(explanation).expect("the model has text keys only") + "\n",
        Form::Csv => csv::write(explanation),
    }
}

fn cell(federation: &Federation, explained: &Explained) -> Cell {
    let measure = &explained.name.measure;
    let listed = federation.dictionary().measure(measure.as_str());
    Cell {
        name: explained.name.to_string(),
        measure: measure.clone(),
        heading: listed.map_or_else(|| measure.to_string(), |measure| measure.name.clone()),
    }
}

fn by_node(parts: &[Contribution]) -> Vec<NodePart> {
    let mut nodes: BTreeMap<&NodeId, Vec<Contribution>> = BTreeMap::new();
    for part in parts {
        nodes.entry(&part.node).or_default().push(part.clone());
    }
    let node = |(node, parts): (&NodeId, Vec<Contribution>)| {
        let value = figure(&sum(&parts)?);
        Some(NodePart {
            node: node.clone(),
            sheets: parts.len() as u64,
            value,
        })
    };
    nodes.into_iter().filter_map(node).collect()
}

/// The parts together; nothing when there are none.
fn sum(parts: &[Contribution]) -> Option<Tally> {
    let (first, rest) = parts.split_first()?;
    let mut sum = first.tally.clone();
    for part in rest {
        sum.merge(&part.tally).expect("the whole was added up before its parts");
    }
    Some(sum)
}

fn figure(tally: &Tally) -> Figure {
    let value = if tally.is_zero() { Value::Zero } else { Value::Known };
    Figure::of(&value(tally.clone()))
}

#[allow(clippy::ref_option, reason = "serde hands over a reference")]
fn optional_text<S: serde::Serializer>(value: &Option<Code>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
