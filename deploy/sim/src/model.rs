//! What must be true: every incident as each node was told of it, by the rules of `docs` and nobody's code.
//!
//! The rules of versions are written a second time here on purpose, in a few lines: an oracle that asked the product
//! would agree with it.

use std::collections::BTreeMap;

use domain::Code;

use crate::source::Outcome;

/// What a source says of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Where it happened.
    pub territory: Code,
    /// When it was registered, Unix seconds.
    pub registered: i64,
    /// When it was answered.
    pub answered: Option<i64>,
}

/// What a source asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Count this version.
    Put,
    /// Take the incident back.
    Withdraw,
    /// Count this version though the incident was taken back.
    Restore,
}

/// One item of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Number of the incident.
    pub incident: usize,
    /// Key of the version, Unix seconds.
    pub version_s: i64,
    /// What is asked.
    pub fate: Fate,
    /// What is said.
    pub content: Content,
}

/// How an incident stands at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Live,
    Withdrawn,
    /// Left for a territory that the node does not answer for.
    Moved(Code),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    version_s: i64,
    standing: Standing,
    content: Content,
}

/// Every incident at every node.
#[derive(Clone, Debug, Default)]
pub struct Model {
    records: BTreeMap<(usize, usize), Record>,
}

impl Model {
    /// A node is told; `in_scope` says whether it answers for the territory on the day of registration.
    pub fn tell(&mut self, node: usize, told: &Told, in_scope: bool) -> Outcome {
        let key = (node, told.incident);
        let known = self.records.get(&key);
        let arriving = match (told.fate, known) {
            (Fate::Withdraw, None) => return Outcome::Rejected,
            (Fate::Withdraw, Some(known)) => (Standing::Withdrawn, known.content.clone()),
            (_, _) if in_scope => (Standing::Live, told.content.clone()),
            (_, None) => return Outcome::Rejected,
            (_, Some(known)) => (Standing::Moved(told.content.territory.clone()), known.content.clone()),
        };
        let (outcome, record) = meet(known, arriving, told.version_s, told.fate == Fate::Restore);
        self.records.insert(key, record);
        outcome
    }

    /// What stands of an incident at a node, live or not.
    pub fn content(&self, node: usize, incident: usize) -> Option<&Content> {
        self.records.get(&(node, incident)).map(|record| &record.content)
    }

    /// Key of the version that stands.
    pub fn version(&self, node: usize, incident: usize) -> Option<i64> {
        self.records.get(&(node, incident)).map(|record| record.version_s)
    }

    /// Every incident that is live at a node: node, incident, content.
    pub fn live(&self) -> impl Iterator<Item = (usize, usize, &Content)> {
        let live = self
            .records
            .iter()
            .filter(|(_, record)| record.standing == Standing::Live);
        live.map(|(&(node, incident), record)| (node, incident, &record.content))
    }
}

/// An older key changes nothing; a tombstone yields only to a later key or to a restore.
fn meet(known: Option<&Record>, arriving: (Standing, Content), version_s: i64, restore: bool) -> (Outcome, Record) {
    let (standing, content) = arriving;
    let Some(known) = known else {
        let record = Record {
            version_s,
            standing,
            content,
        };
        return (Outcome::Accepted, record);
    };
    let newest = Record {
        version_s: version_s.max(known.version_s),
        standing,
        content,
    };
    let dead = known.standing != Standing::Live;
    let same = newest.standing == known.standing && newest.content == known.content;
    if restore && dead {
        (Outcome::Updated, newest)
    } else if version_s < known.version_s {
        (Outcome::Superseded, known.clone())
    } else if same {
        (Outcome::Unchanged, newest)
    } else if version_s == known.version_s && dead && newest.standing == Standing::Live {
        (Outcome::Superseded, known.clone())
    } else {
        (Outcome::Updated, newest)
    }
}
