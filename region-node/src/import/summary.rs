//! What became of a file: every row in exactly one count, and every value that was not used.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::Day;
use serde::{Serialize, Serializer};

use crate::status::EarlyAnswers;

/// The schema of the JSON form.
pub const SCHEMA: &str = "region-node.import/1";

/// Stamps that were dropped because their text is in none of the profile's formats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// How many.
    pub count: u64,
    /// The line of the first, from 1.
    pub line: u64,
    /// Its text, cut.
    pub got: String,
}

/// Days that were asked to be declared complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// First day.
    #[serde(serialize_with = "day")]
    pub from: Day,
    /// Last day.
    #[serde(serialize_with = "day")]
    pub to: Day,
    /// The sources they were declared for.
    pub sources: Vec<String>,
    /// Whether they were: not on a dry run, and not while rows of the node's own were rejected.
    pub declared: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn day<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// What became of a file. `read` = `accepted` + `unchanged` + `updated` + `superseded` + `rejected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The file.
    pub file: PathBuf,
    /// Name and digest of the profile.
    pub profile: String,
    /// Nothing was taken; the counts say what would be.
    pub dry_run: bool,
    /// The intake that the rows were journaled under; empty on a dry run.
    pub intake_id: String,
    /// Rows of the file.
    pub read: u64,
    /// First versions.
    pub accepted: u64,
    /// Nothing new.
    pub unchanged: u64,
    /// Took the place of an earlier version.
    pub updated: u64,
    /// Older than what stands.
    pub superseded: u64,
    /// Not taken; listed in `rejected_file`.
    pub rejected: u64,
    /// Of the rejected, those that belong to another node's territory.
    pub out_of_scope: u64,
    /// Rows whose id stood in an earlier row of the same file.
    pub repeated: u64,
    /// Line of the first such row and the line of the first row with its id.
    pub repeated_example: Option<(u64, u64)>,
    /// By field, values that match no list and are counted as «не сопоставлено».
    pub unmatched: BTreeMap<String, u64>,
    /// By stamp, moments that were dropped: implausible, or in no known format.
    pub dropped_stamps: BTreeMap<String, u64>,
    /// By stamp, those of them that are in no known format.
    pub unread_stamps: BTreeMap<String, Unread>,
    /// By source, answers of accepted rows that stand before their registration: counted, without a duration.
    pub early_answers: BTreeMap<String, EarlyAnswers>,
    /// The formats that were tried.
    pub formats: String,
    /// The list of rejected rows.
    pub rejected_file: Option<PathBuf>,
    /// The days asked to be declared complete.
    pub complete: Option<Completeness>,
}

impl ImportSummary {
    /// Whether the file changed nothing, though all of it was understood.
    pub fn nothing_changed(&self) -> bool {
        self.read > 0 && self.accepted + self.updated + self.rejected == 0
    }

    /// Whether rows were rejected that could have been this node's: what is declared complete would then not be.
    pub fn has_gaps(&self) -> bool {
        self.rejected > self.out_of_scope
    }
}
