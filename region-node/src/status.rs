//! How the node stands, as one document: `region-node.status/1` for machines, a page of text for people.
//!
//! The document only names what is true at one moment; it decides nothing. Moments are RFC 3339 in UTC.

mod gather;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cli::Lang;
pub use text::text;

/// The schema's name and version. A field may be added under it; none changes its meaning.
pub const SCHEMA: &str = "region-node.status/1";
/// Refused sheets listed at most; their number is given whole.
pub const REFUSED_MAX: usize = 100;
/// Raw values that matched nothing, listed at most.
pub const UNMATCHED_MAX: usize = 200;

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: String,
    /// The node.
    pub node: String,
    /// Its federation.
    pub federation: String,
    /// Its parent.
    pub parent: String,
    /// Where it dials the parent.
    pub parent_address: String,
    /// The territories it answers for.
    pub territories: Vec<String>,
    /// Zone of its days.
    pub zone: String,
    /// Its ledger.
    pub ledger: Ledger,
    /// What the parent has of it.
    pub uplink: Uplink,
    /// Its sheets.
    pub sheets: Sheets,
    /// What came in.
    pub intake: Intake,
    /// The store of incidents.
    pub store: Store,
    /// The certificate that the parent issued.
    pub certificate: Certificate,
}

/// The ledger's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Origin of its checkpoints.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root of the tree over them, hexadecimal.
    pub root: String,
}

/// How far the ledger has come at the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uplink {
    /// Entries that have their verdict.
    pub cursor: u64,
    /// Entries that have none yet.
    pub waiting: u64,
    /// The last exchange that ended well.
    pub last_push: Option<String>,
    /// The last exchange that did not, since then.
    pub last_error: Option<String>,
    /// Why nothing is sent any more: the parent could not be verified, and the evidence is kept.
    pub halted: Option<String>,
    /// How many seconds the parent's clock is ahead of this node's (negative: behind), while that is worth telling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew_s: Option<i64>,
}

/// Sheets by their last revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheets {
    /// Days whose last sheet is open.
    pub open: u64,
    /// Days whose last sheet is closed.
    pub closed: u64,
    /// Days that changed and are not sealed yet.
    pub changed: u64,
    /// Sheets that the parent refused.
    pub refused_total: u64,
    /// The latest of them.
    pub refused: Vec<RefusedSheet>,
}

/// A sheet that the parent refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedSheet {
    /// Day or longer period.
    pub period: String,
    /// The revision.
    pub revision: u32,
    /// Stable code of the reason.
    pub reason: String,
    /// The reason for a person.
    pub message: String,
}

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// Last position of the intake journal.
    pub position: u64,
    /// Incidents in the store, withdrawn ones included.
    pub incidents: u64,
    /// By source.
    pub sources: Vec<Source>,
    /// Clients on trial, with what they sent since the start; nothing of it is in a sheet.
    #[serde(default)]
    pub trials: Vec<Trial>,
    /// Raw values that matched no list, the most frequent first; kept here only.
    pub unmatched: Vec<Unmatched>,
    /// How many such values there are beyond this list.
    pub unmatched_beyond: u64,
}

/// A client on trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// What it sent, by outcome.
    pub sent: Source,
}

/// One source: its items by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its code.
    pub source: String,
    /// First versions.
    pub accepted: u64,
    /// Nothing new.
    pub unchanged: u64,
    /// Later versions.
    pub updated: u64,
    /// Older than what stood.
    pub superseded: u64,
    /// Not taken.
    pub rejected: u64,
    /// Stamps that were dropped as implausible, by stamp.
    pub dropped_stamps: BTreeMap<String, u64>,
    /// Answers that stand before their registration: the clock or the zone of the source is wrong.
    #[serde(default)]
    pub early_answers: Option<EarlyAnswers>,
}

/// Answers before their registration. They count as answers and give no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyAnswers {
    /// How many.
    pub count: u64,
    /// Median of the seconds between.
    pub median_s: u64,
}

impl EarlyAnswers {
    /// The sentence: «ответ раньше поступления: 412, медиана −2 ч — проверьте пояс».
    pub fn sentence(&self, lang: Lang) -> String {
        let Self { count, median_s } = self;
        let (amount, unit) = match median_s {
            0..60 => (*median_s, lang.pick("с", "s")),
            60..3600 => ((median_s + 30) / 60, lang.pick("мин", "min")),
            _ => ((median_s + 1800) / 3600, lang.pick("ч", "h")),
        };
        lang.say(
            &format!("ответ раньше поступления: {count}, медиана −{amount} {unit} — проверьте пояс"),
            &format!("answered before registered: {count}, median −{amount} {unit}: check the zone"),
        )
    }
}

/// A raw value that matched no list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// Its source.
    pub source: String,
    /// The field.
    pub field: String,
    /// The value.
    pub value: String,
    /// How often it came.
    pub count: u64,
}

/// The store of incidents, a projection of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// Whether this start rebuilt it from the journal, because it was damaged or gone.
    pub rebuilt: bool,
}

/// The certificate that the parent issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its last moment.
    pub not_after: String,
    /// Whole days until then; negative after it.
    pub days_left: i64,
}
