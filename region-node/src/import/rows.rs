//! One row becomes one item, or a rejection that says what was wrong.
//!
//! Only what the node could not know is judged here: the shape of the row and how its moments are written. Ids, codes,
//! plausibility and scope are the node's to judge, in one place for files and calls alike.

use domain::dictionary::Stamp;
use domain::incident::AddressedTo;
use jiff::Timestamp;
use wire::pb;
use wire::record::{addressed_to_pb, withdrawal_to_pb};

use super::field::Field;
use super::profile::Profile;
use super::reader::Row;

/// The longest piece of a value that a list shows, in characters.
const SHOWN: usize = 64;

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRejection {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Stable code for machines.
    pub code: String,
    /// The column, by its header in the file.
    pub field: String,
    /// For a person, what is wrong.
    pub reason: String,
    /// The value, cut.
    pub got: String,
}

/// A value of a row that was not used, though the row was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1.
    pub line: u64,
    /// The field.
    pub field: Field,
    /// The value, cut.
    pub got: String,
}

/// A row that can be told to the node.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What to tell.
    pub item: pb::IngestItem,
    /// Stamps in none of the profile's formats; the incident is told without them.
    pub unread: Vec<Note>,
    /// The value of `addressed_to` that is none of the three; the incident is told without it.
    pub unmatched: Option<Note>,
}

/// Turns a row into an item. `as_of` is the version of rows that bring none.
pub fn parse(profile: &Profile, row: &Row<'_>, as_of: Option<Timestamp>) -> Result<Parsed, RowRejection> {
    let (has, expected) = row.columns();
    if has != expected {
        let reason = format!("в строке столбцов: {has}, а в заголовке: {expected}; проверьте разделители и кавычки");
        return Err(reject(row, "COLUMN_COUNT", "", reason, ""));
    }
    let registered = required_moment(profile, row, Field::Stamp(Stamp::Registered), "REGISTERED_UNREADABLE")?;
    let updated_at = version(profile, row, as_of)?;
    let (action, withdrawal_reason) = action(profile, row)?;
    let source = profile
        .source
        .as_ref()
        .map_or_else(|| text(profile, row, Field::Source), ToString::to_string);
    let (addressed_to, unmatched) = addressed_to(profile, row);
    let mut incident = pb::Incident {
        external_id: text(profile, row, Field::ExternalId),
        source,
        network: text(profile, row, Field::Network),
        legal_kind: text(profile, row, Field::LegalKind),
        territory: text(profile, row, Field::Territory),
        topic: text(profile, row, Field::Topic),
        addressed_to: addressed_to_pb(addressed_to).into(),
        executor: text(profile, row, Field::Executor),
        intake_point: text(profile, row, Field::IntakePoint),
        registered: registered.map(moment),
        ..pb::Incident::default()
    };
    let unread = stamps(profile, row, &mut incident);
    let item = pb::IngestItem {
        incident: Some(incident),
        update_mask: None,
        updated_at: Some(moment(updated_at)),
        action: action.into(),
        withdrawal_reason: withdrawal_reason.into(),
    };
    Ok(Parsed {
        item,
        unread,
        unmatched,
    })
}

/// The text of a field after the profile's map, or its constant. An empty value stays empty: it may have a meaning.
fn text(profile: &Profile, row: &Row<'_>, field: Field) -> String {
    let Some(raw) = row.get(field) else {
        return profile.constants.get(&field).cloned().unwrap_or_default();
    };
    let mapped = profile.values.get(&field).and_then(|map| map.get(&*raw));
    mapped.cloned().unwrap_or_else(|| raw.into_owned())
}

/// An unreadable moment is a rejection; an empty one is left to the node, which says the same to every caller.
fn required_moment(
    profile: &Profile,
    row: &Row<'_>,
    field: Field,
    code: &str,
) -> Result<Option<Timestamp>, RowRejection> {
    let Some(raw) = row.get(field).filter(|raw| !raw.is_empty()) else {
        return Ok(None);
    };
    let read = profile.moments.read(&raw);
    read.map(Some).ok_or_else(|| {
        let reason = format!("время не распознано; пробовали: {}", profile.moments.tried());
        reject(row, code, field.name(), reason, &raw)
    })
}

fn version(profile: &Profile, row: &Row<'_>, as_of: Option<Timestamp>) -> Result<Timestamp, RowRejection> {
    if !profile.has_versions() {
        return Ok(as_of.expect("an import without a column of versions begins with an as-of"));
    }
    let read = required_moment(profile, row, Field::UpdatedAt, "UPDATED_AT_UNREADABLE")?;
    read.ok_or_else(|| {
        let reason = "нет времени изменения: без него не решить, какая версия новее".to_owned();
        reject(row, "UPDATED_AT_MISSING", Field::UpdatedAt.name(), reason, "")
    })
}

fn action(profile: &Profile, row: &Row<'_>) -> Result<(pb::IngestAction, pb::WithdrawalReason), RowRejection> {
    let put = (pb::IngestAction::Put, pb::WithdrawalReason::Unspecified);
    let (Some(rule), Some(raw)) = (&profile.withdrawal, row.withdrawal()) else {
        return Ok(put);
    };
    if let Some(&reason) = rule.reasons.get(&*raw) {
        return Ok((pb::IngestAction::Withdraw, withdrawal_to_pb(reason)));
    }
    match &rule.live {
        Some(live) if !live.iter().any(|value| *value == raw) => {
            let known: Vec<&str> = rule.reasons.keys().map(String::as_str).collect();
            let reason = format!("неизвестная причина отзыва; бывает: {}", known.join(", "));
            Err(reject(row, "WITHDRAWAL_UNKNOWN", "withdrawal", reason, &raw))
        }
        _ => Ok(put),
    }
}

fn addressed_to(profile: &Profile, row: &Row<'_>) -> (AddressedTo, Option<Note>) {
    let value = text(profile, row, Field::AddressedTo);
    match AddressedTo::parse(&value) {
        Some(addressed_to) => (addressed_to, None),
        None => (AddressedTo::Unknown, Some(note(row, Field::AddressedTo, &value))),
    }
}

fn stamps(profile: &Profile, row: &Row<'_>, incident: &mut pb::Incident) -> Vec<Note> {
    let mut unread = Vec::new();
    for stamp in Stamp::ALL.into_iter().filter(|&stamp| stamp != Stamp::Registered) {
        let field = Field::Stamp(stamp);
        let Some(raw) = row.get(field).filter(|raw| !raw.is_empty()) else {
            continue;
        };
        match profile.moments.read(&raw) {
            Some(at) => *slot(incident, stamp) = Some(moment(at)),
            None => unread.push(note(row, field, &raw)),
        }
    }
    unread
}

fn slot(incident: &mut pb::Incident, stamp: Stamp) -> &mut Option<prost_types::Timestamp> {
    match stamp {
        Stamp::Published => &mut incident.published,
        Stamp::Detected => &mut incident.detected,
        Stamp::Registered => &mut incident.registered,
        Stamp::Assigned => &mut incident.assigned,
        Stamp::FirstReaction => &mut incident.first_reaction,
        Stamp::Interim => &mut incident.interim,
        Stamp::Final => &mut incident.r#final,
        Stamp::Redirected => &mut incident.redirected,
        Stamp::NoAnswer => &mut incident.no_answer,
        Stamp::Resolved => &mut incident.resolved,
        Stamp::Reopened => &mut incident.reopened,
    }
}

/// A protobuf moment counts its fraction upwards, also before 1970.
fn moment(at: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp {
            seconds: seconds - 1,
            nanos: nanos + 1_000_000_000,
        }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

fn note(row: &Row<'_>, field: Field, got: &str) -> Note {
    Note {
        line: row.line,
        field,
        got: cut(got),
    }
}

fn reject(row: &Row<'_>, code: &str, field: &str, reason: String, got: &str) -> RowRejection {
    RowRejection {
        line: row.line,
        code: code.to_owned(),
        field: row.layout().column(field),
        reason,
        got: cut(got),
    }
}

/// A value short enough for a list.
pub(super) fn cut(value: &str) -> String {
    value.chars().take(SHOWN).collect()
}
