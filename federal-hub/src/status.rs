//! How the hub stands: one JSON document for machines, one text for the operator.

use std::fmt::Write;

use federation::held;
use ledger::{Ledger, MemberKeys};
use serde::{Deserialize, Serialize};

use crate::hub::Hub;

/// Refused entries that a status lists; the rest are in the evidence files.
const REFUSALS_LISTED: usize = 100;

/// The document, `federal-hub.status/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `federal-hub.status/1`.
    pub schema: String,
    /// The federation.
    pub federation: String,
    /// Entries of the ledger.
    pub ledger_size: u64,
    /// Root of its tree, hexadecimal.
    pub ledger_root: String,
    /// Sheets in force.
    pub sheets: u64,
    /// SHA-256 of the federation file in force.
    pub dictionary: String,
    /// The members.
    pub members: Vec<MemberStatus>,
    /// Entries that were refused, the latest last.
    pub refusals: Vec<RefusalStatus>,
    /// How many were refused in all.
    pub refused_in_all: u64,
    /// Where a damaged index was moved at this start.
    pub index_damaged: Option<String>,
}

/// The document of the members alone, `federal-hub.nodes/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// `federal-hub.nodes/1`.
    pub schema: String,
    /// The members.
    pub members: Vec<MemberStatus>,
}

impl From<Vec<MemberStatus>> for Members {
    fn from(members: Vec<MemberStatus>) -> Self {
        Self {
            schema: "federal-hub.nodes/1".into(),
            members,
        }
    }
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberStatus {
    /// Its id.
    pub node: String,
    /// Codes of the territories it covers.
    pub territories: Vec<String>,
    /// Its zone.
    pub zone: String,
    /// Its key epoch.
    pub epoch: u32,
    /// Key of its statements, hexadecimal.
    pub signing_key: String,
    /// Why its keys hold no longer, if they do not.
    pub revoked: Option<String>,
    /// Entries of its ledger that have their verdict.
    pub cursor: u64,
    /// Its sheets in force.
    pub sheets: u64,
    /// The last day with a sheet in force.
    pub last_day: Option<String>,
    /// When the last of its entries came, RFC 3339.
    pub last_received: Option<String>,
    /// Its refused entries.
    pub refused: u64,
}

/// One refused entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalStatus {
    /// The author, or the child that brought it.
    pub node: String,
    /// Position in the child's ledger.
    pub position: u64,
    /// Stable code of the reason.
    pub reason: String,
    /// When, RFC 3339.
    pub received: String,
}

impl Hub {
    /// How the hub stands now.
    pub fn status(&self) -> Status {
        let members = self.members();
        let ledger = held(&self.ledger);
        let all = ledger.refusals();
        let refused_in_all = all.len() as u64;
        let refusals = all
            .skip(ledger.refusals().len().saturating_sub(REFUSALS_LISTED))
            .map(|refused| RefusalStatus {
                node: refused.node.to_string(),
                position: refused.position,
                reason: refused.reason.to_string(),
                received: instant(refused.received_at_ms),
            });
        Status {
            schema: "federal-hub.status/1".into(),
            federation: self.federation_id().to_string(),
            ledger_size: ledger.size(),
            ledger_root: ledger.root().to_string(),
            sheets: ledger.sheets().count() as u64,
            dictionary: ledger
                .current_dictionary()
                .map(|(hash, _)| hash.to_string())
                .unwrap_or_default(),
            members,
            refusals: refusals.collect(),
            refused_in_all,
            index_damaged: self
                .opening
                .index_damaged
                .as_ref()
                .map(|path| path.display().to_string()),
        }
    }

    /// The members by id, revoked ones too: what they brought stays in the ledger.
    pub fn members(&self) -> Vec<MemberStatus> {
        let ledger = held(&self.ledger);
        ledger.all_members().map(|keys| member(&ledger, keys)).collect()
    }
}

fn member(ledger: &Ledger, keys: &MemberKeys) -> MemberStatus {
    let membership = &keys.membership;
    let node = &membership.member;
    let sheets: Vec<_> = ledger.sheets().filter(|sheet| sheet.node == *node).collect();
    let last = sheets.iter().max_by_key(|sheet| sheet.position);
    let received = last.and_then(|sheet| ledger.entries(sheet.position..sheet.position + 1).ok()?.pop());
    let last_day = sheets.iter().map(|sheet| sheet.period.last()).max();
    MemberStatus {
        node: node.to_string(),
        territories: membership
            .covers
            .iter()
            .map(|cover| cover.territory.to_string())
            .collect(),
        zone: membership.zone.to_string(),
        epoch: membership.member_epoch,
        signing_key: hex::encode(membership.signing_key.to_bytes()),
        revoked: keys.revoked.as_ref().map(ToString::to_string),
        cursor: ledger.cursor(node).position,
        sheets: sheets.len() as u64,
        last_day: last_day.map(|day| day.to_string()),
        last_received: received.map(|entry| instant(entry.received_at_ms)),
        refused: ledger.refusals().filter(|refused| refused.node == *node).count() as u64,
    }
}

fn instant(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

/// The members as a table.
pub fn members_text(members: &[MemberStatus]) -> String {
    if members.is_empty() {
        return "Участников пока нет. Пригласить: federal-hub invite УЗЕЛ --territory КОД --dir КАТАЛОГ\n".into();
    }
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header([
        "узел",
        "территории",
        "записей",
        "листов",
        "последний день",
        "отказов",
        "состояние",
    ]);
    for member in members {
        let state = member
            .revoked
            .as_ref()
            .map_or_else(|| "участник".to_owned(), |reason| format!("отозван: {reason}"));
        let last_day = member.last_day.clone().unwrap_or_else(|| "—".into());
        let numbers = [member.cursor, member.sheets].map(|number| number.to_string());
        let [cursor, sheets] = numbers;
        let territories = member.territories.join(", ");
        table.add_row([
            member.node.clone(),
            territories,
            cursor,
            sheets,
            last_day,
            member.refused.to_string(),
            state,
        ]);
    }
    format!("{table}\n")
}

/// The status for a person.
pub fn text(status: &Status) -> String {
    let mut text = format!(
        "Федерация {}: записей в журнале {}, листов в силе {}\nКорень журнала: {}\n",
        status.federation, status.ledger_size, status.sheets, status.ledger_root
    );
    if let Some(moved) = &status.index_damaged {
        let _infallible = writeln!(text, "Указатель был повреждён, перенесён в {moved} и построен заново");
    }
    text.push_str(&members_text(&status.members));
    if status.refused_in_all == 0 {
        text.push_str("Отказов нет\n");
        return text;
    }
    let _infallible = writeln!(text, "Отказов: {}", status.refused_in_all);
    for refused in &status.refusals {
        let RefusalStatus {
            node,
            position,
            reason,
            received,
        } = refused;
        let _infallible = writeln!(text, "  {received}  {node}, запись {position}: {reason}");
    }
    text
}
