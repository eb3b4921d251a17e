//! The members as a document: `region-node.members/1`.

use federation::held;
use ledger::{Ledger, MemberKeys};
use serde::{Deserialize, Serialize};

use crate::node::Node;

/// The schema's name and version.
const SCHEMA: &str = "region-node.members/1";

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// `region-node.members/1`.
    pub schema: String,
    /// The members by id, revoked ones and members of members too.
    pub members: Vec<MemberLine>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLine {
    /// Its id.
    pub node: String,
    /// Its parent: this node, or a member below it.
    pub parent: String,
    /// What it answers for.
    pub covers: Vec<CoverLine>,
    /// Its zone.
    pub zone: String,
    /// Its key epoch.
    pub epoch: u32,
    /// Why its keys hold no longer, if they do not.
    pub revoked: Option<String>,
    /// Entries of its ledger that have their verdict.
    pub cursor: u64,
    /// Its sheets in force.
    pub sheets: u64,
    /// The last day with a sheet in force.
    pub last_day: Option<String>,
    /// Its entries that this node refused.
    pub refused: u64,
}

/// A territory that a member answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverLine {
    /// Root of the subtree.
    pub territory: String,
    /// The source, when it is one.
    pub source: Option<String>,
    /// First day.
    pub from: String,
    /// First day no longer covered.
    pub until: Option<String>,
}

impl Node {
    /// The members below as they stand in the node's ledger.
    pub fn members(&self) -> Members {
        let ledger = held(&self.ledger);
        Members {
            schema: SCHEMA.to_owned(),
            members: ledger.all_members().map(|keys| line(&ledger, keys)).collect(),
        }
    }
}

fn line(ledger: &Ledger, keys: &MemberKeys) -> MemberLine {
    let membership = &keys.membership;
    let node = &membership.member;
    let sheets = || ledger.sheets().filter(|sheet| sheet.node == *node);
    let covers = membership.covers.iter().map(|cover| CoverLine {
        territory: cover.territory.to_string(),
        source: cover.source.as_ref().map(ToString::to_string),
        from: cover.from.to_string(),
        until: cover.until.map(|day| day.to_string()),
    });
    MemberLine {
        node: node.to_string(),
        parent: membership.parent.to_string(),
        covers: covers.collect(),
        zone: membership.zone.to_string(),
        epoch: membership.member_epoch,
        revoked: keys.revoked.as_ref().map(ToString::to_string),
        cursor: ledger.cursor(node).position,
        sheets: sheets().count() as u64,
        last_day: sheets()
            .map(|sheet| sheet.period.last())
            .max()
            .map(|day| day.to_string()),
        refused: ledger.refusals().filter(|refused| refused.node == *node).count() as u64,
    }
}
