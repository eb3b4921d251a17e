//! The fields of an incident that an item may speak of: the allow-list, by the names of the wire.

use domain::dictionary::Stamp;
use wire::pb;

/// A field that an item sets. The id and the source name the incident and are never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Network,
    LegalKind,
    Territory,
    Topic,
    AddressedTo,
    Executor,
    IntakePoint,
    Stamp(Stamp),
}

const PLAIN: [(&str, Field); 7] = [
    ("network", Field::Network),
    ("legal_kind", Field::LegalKind),
    ("territory", Field::Territory),
    ("topic", Field::Topic),
    ("addressed_to", Field::AddressedTo),
    ("executor", Field::Executor),
    ("intake_point", Field::IntakePoint),
];

/// Names that a mask may repeat without effect.
const IDENTITY: [&str; 2] = ["external_id", "source"];

/// Every field.
pub(super) fn all() -> Vec<Field> {
    PLAIN
        .into_iter()
        .map(|(_, field)| field)
        .chain(Stamp::ALL.map(Field::Stamp))
        .collect()
}

/// The fields that a mask names, or the first path that names none.
pub(super) fn named(paths: &[String]) -> Result<Vec<Field>, &str> {
    let others = paths.iter().filter(|path| !IDENTITY.contains(&path.as_str()));
    others.map(|path| field(path).ok_or(path.as_str())).collect()
}

fn field(path: &str) -> Option<Field> {
    let plain = PLAIN
        .into_iter()
        .find(|(name, _)| *name == path)
        .map(|(_, field)| field);
    plain.or_else(|| Stamp::from_code(path).map(Field::Stamp))
}

/// The stamp of a message, as it came.
pub(super) fn stamp(incident: &pb::Incident, stamp: Stamp) -> Option<&prost_types::Timestamp> {
    match stamp {
        Stamp::Published => incident.published.as_ref(),
        Stamp::Detected => incident.detected.as_ref(),
        Stamp::Registered => incident.registered.as_ref(),
        Stamp::Assigned => incident.assigned.as_ref(),
        Stamp::FirstReaction => incident.first_reaction.as_ref(),
        Stamp::Interim => incident.interim.as_ref(),
        Stamp::Final => incident.r#final.as_ref(),
        Stamp::Redirected => incident.redirected.as_ref(),
        Stamp::NoAnswer => incident.no_answer.as_ref(),
        Stamp::Resolved => incident.resolved.as_ref(),
        Stamp::Reopened => incident.reopened.as_ref(),
    }
}
