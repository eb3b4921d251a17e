//! The shape of the federation file, key by key, before anything is checked. Unknown keys are refused everywhere.

use serde::Deserialize;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub format: u32,
    pub id: String,
    pub title: String,
    pub matching: String,
    pub default_norm_s: u64,
    pub incident: NounTable,
    #[serde(rename = "level")]
    pub levels: Vec<LevelTable>,
    pub dictionary: DictionaryTable,
    #[serde(rename = "unit")]
    pub units: Vec<UnitTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NounTable {
    pub one: String,
    pub few: String,
    pub many: String,
    pub plural: Option<String>,
    pub genitive: Option<String>,
    pub prepositional: Option<String>,
    pub prepositional_plural: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CentreTable {
    pub one: String,
    pub plural: String,
    pub many: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelTable {
    pub code: String,
    pub noun: NounTable,
    pub centre: Option<CentreTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DictionaryTable {
    pub version: u32,
    #[serde(default, rename = "set")]
    pub sets: Vec<SetTable>,
    #[serde(default, rename = "measure")]
    pub measures: Vec<MeasureTable>,
    #[serde(default, rename = "topic")]
    pub topics: Vec<EntryTable>,
    #[serde(default, rename = "source")]
    pub sources: Vec<EntryTable>,
    #[serde(default, rename = "network")]
    pub networks: Vec<EntryTable>,
    #[serde(default, rename = "legal_kind")]
    pub legal_kinds: Vec<EntryTable>,
    #[serde(default)]
    pub addressed_to: Vec<EntryTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetTable {
    pub code: String,
    pub dimensions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureTable {
    pub code: String,
    pub kind: String,
    #[serde(default)]
    pub event: Vec<String>,
    pub since: Option<String>,
    pub norm_s: Option<u64>,
    pub sets: Vec<String>,
    pub total_set: String,
    pub max_age_days: Option<u32>,
    pub name: String,
    pub verb: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryTable {
    pub code: String,
    pub name: String,
    pub genitive: Option<String>,
    pub prepositional: Option<String>,
    pub sort: Option<String>,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub from: Option<Datetime>,
    pub until: Option<Datetime>,
    pub successor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitTable {
    pub code: String,
    pub level: String,
    pub name: String,
    pub genitive: Option<String>,
    pub prepositional: Option<String>,
    pub sort: Option<String>,
    pub iso: Option<String>,
    pub zone: Option<String>,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub from: Option<Datetime>,
    pub until: Option<Datetime>,
    #[serde(default)]
    pub life: Vec<IntervalTable>,
    pub successor: Option<String>,
    pub parent: Option<String>,
    #[serde(default)]
    pub parents: Vec<ParentTable>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntervalTable {
    pub from: Option<Datetime>,
    pub until: Option<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParentTable {
    pub code: String,
    pub from: Option<Datetime>,
    pub until: Option<Datetime>,
}
