//! The shape of a profile's TOML, key by key, before anything is checked. Unknown keys are refused everywhere.

use std::collections::BTreeMap;

use domain::version::Withdrawal;
use serde::Deserialize;

use super::WithdrawalRule;
use crate::import::field::Field;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub source: Option<String>,
    #[serde(default)]
    pub delimiter: Delimiter,
    #[serde(default)]
    pub encoding: Encoding,
    pub as_of: Option<String>,
    #[serde(default)]
    pub other_columns: OtherColumns,
    #[serde(default)]
    pub optional: Vec<Field>,
    pub columns: BTreeMap<Field, String>,
    #[serde(default)]
    pub constants: BTreeMap<Field, String>,
    #[serde(default)]
    pub values: BTreeMap<Field, BTreeMap<String, String>>,
    #[serde(default)]
    pub time: TimeTable,
    pub withdrawal: Option<WithdrawalTable>,
}

/// What separates the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Delimiter {
    /// Whichever of the three splits the header into the most mapped columns.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// A comma.
    #[serde(rename = ",")]
    Comma,
    /// A semicolon, as Excel writes in Russia.
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "\t")]
    Tab,
}

/// How letters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8 if the whole file is valid UTF-8, else Windows-1251.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1251.
    #[serde(rename = "windows-1251")]
    Windows1251,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OtherColumns {
    #[default]
    Ignore,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeTable {
    #[serde(default = "rfc3339")]
    pub formats: Vec<String>,
    pub zone: Option<String>,
}

impl Default for TimeTable {
    fn default() -> Self {
        Self {
            formats: rfc3339(),
            zone: None,
        }
    }
}

fn rfc3339() -> Vec<String> {
    vec!["rfc3339".to_owned()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawalTable {
    pub column: String,
    #[serde(default)]
    pub optional: bool,
    pub values: BTreeMap<String, Reason>,
    pub live: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reason {
    Duplicate,
    Spam,
    Mistake,
}

impl WithdrawalTable {
    pub(super) fn into_rule(self) -> WithdrawalRule {
        let reason = |reason| match reason {
            Reason::Duplicate => Withdrawal::Duplicate,
            Reason::Spam => Withdrawal::Spam,
            Reason::Mistake => Withdrawal::Mistake,
        };
        WithdrawalRule {
            column: self.column,
            optional: self.optional,
            reasons: self
                .values
                .into_iter()
                .map(|(value, why)| (value, reason(why)))
                .collect(),
            live: self.live,
        }
    }
}
