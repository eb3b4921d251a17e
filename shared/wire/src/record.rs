//! Records of incidents as the journal and the store keep them. They never travel.

use domain::Code;
use domain::dictionary::Stamp;
use domain::incident::{AddressedTo, Incident, Stamps};
use domain::version::{Record, Standing, VersionKey, Withdrawal};

use crate::canonical::WireError;
use crate::pb;

/// The message of a record.
pub fn to_pb(record: &Record) -> pb::IncidentRecord {
    let incident = &record.incident;
    pb::IncidentRecord {
        source: incident.source.to_string(),
        external_id: incident.external_id.to_string(),
        network: incident.network.to_string(),
        legal_kind: incident.legal_kind.to_string(),
        territory: incident.territory.to_string(),
        topic: incident.topic.to_string(),
        addressed_to: addressed_to_pb(incident.addressed_to).into(),
        executor: incident.executor.as_ref().map(ToString::to_string).unwrap_or_default(),
        intake_point: incident.intake.as_ref().map(ToString::to_string).unwrap_or_default(),
        registered_s: incident.stamps.registered(),
        stamps: Stamp::ALL
            .into_iter()
            .filter(|&stamp| stamp != Stamp::Registered)
            .filter_map(|stamp| {
                Some(pb::RecordStamp {
                    kind: stamp_to_pb(stamp).into(),
                    at_s: incident.stamps.get(stamp)?,
                })
            })
            .collect(),
        version_ms: record.version.0,
        withdrawn: match record.standing {
            Standing::Withdrawn(reason) => withdrawal_to_pb(reason).into(),
            _ => pb::WithdrawalReason::Unspecified.into(),
        },
        moved_to: match &record.standing {
            Standing::Moved(territory) => territory.to_string(),
            _ => String::new(),
        },
    }
}

/// The record of a message that this program wrote.
pub fn from_pb(message: &pb::IncidentRecord) -> Result<Record, WireError> {
    let mut stamps = Stamps::registered_at(message.registered_s);
    for stamp in &message.stamps {
        let kind = stamp_from_pb(stamp.kind()).ok_or_else(|| WireError::field("stamps.kind", "неизвестная отметка"))?;
        stamps.set(kind, Some(stamp.at_s));
    }
    let standing = match (withdrawal_from_pb(message.withdrawn()), message.moved_to.as_str()) {
        (Some(reason), _) => Standing::Withdrawn(reason),
        (None, "") => Standing::Live,
        (None, territory) => Standing::Moved(code("moved_to", territory)?),
    };
    let incident = Incident {
        source: code("source", &message.source)?,
        external_id: code("external_id", &message.external_id)?,
        network: code("network", &message.network)?,
        legal_kind: code("legal_kind", &message.legal_kind)?,
        territory: code("territory", &message.territory)?,
        topic: code("topic", &message.topic)?,
        addressed_to: addressed_to_from_pb(message.addressed_to()),
        executor: optional("executor", &message.executor)?,
        intake: optional("intake_point", &message.intake_point)?,
        stamps,
    };
    Ok(Record {
        incident,
        version: VersionKey(message.version_ms),
        standing,
    })
}

fn code(field: &'static str, text: &str) -> Result<Code, WireError> {
    Code::new(text).map_err(|e| WireError::field(field, e))
}

fn optional(field: &'static str, text: &str) -> Result<Option<Code>, WireError> {
    if text.is_empty() {
        Ok(None)
    } else {
        code(field, text).map(Some)
    }
}

/// The message of an address.
pub fn addressed_to_pb(addressed_to: AddressedTo) -> pb::AddressedTo {
    match addressed_to {
        AddressedTo::Unknown => pb::AddressedTo::Unspecified,
        AddressedTo::OfficialPage => pb::AddressedTo::OfficialPage,
        AddressedTo::Other => pb::AddressedTo::Other,
    }
}

/// The address of a message.
pub fn addressed_to_from_pb(addressed_to: pb::AddressedTo) -> AddressedTo {
    match addressed_to {
        pb::AddressedTo::Unspecified => AddressedTo::Unknown,
        pb::AddressedTo::OfficialPage => AddressedTo::OfficialPage,
        pb::AddressedTo::Other => AddressedTo::Other,
    }
}

/// The message of a reason to take an incident back.
pub fn withdrawal_to_pb(reason: Withdrawal) -> pb::WithdrawalReason {
    match reason {
        Withdrawal::Duplicate => pb::WithdrawalReason::Duplicate,
        Withdrawal::Spam => pb::WithdrawalReason::Spam,
        Withdrawal::Mistake => pb::WithdrawalReason::Mistake,
    }
}

/// The reason of a message; nothing when none is given.
pub fn withdrawal_from_pb(reason: pb::WithdrawalReason) -> Option<Withdrawal> {
    match reason {
        pb::WithdrawalReason::Unspecified => None,
        pb::WithdrawalReason::Duplicate => Some(Withdrawal::Duplicate),
        pb::WithdrawalReason::Spam => Some(Withdrawal::Spam),
        pb::WithdrawalReason::Mistake => Some(Withdrawal::Mistake),
    }
}

const STAMPS: [(Stamp, pb::StampKind); 11] = [
    (Stamp::Published, pb::StampKind::Published),
    (Stamp::Detected, pb::StampKind::Detected),
    (Stamp::Registered, pb::StampKind::Registered),
    (Stamp::Assigned, pb::StampKind::Assigned),
    (Stamp::FirstReaction, pb::StampKind::FirstReaction),
    (Stamp::Interim, pb::StampKind::Interim),
    (Stamp::Final, pb::StampKind::Final),
    (Stamp::Redirected, pb::StampKind::Redirected),
    (Stamp::NoAnswer, pb::StampKind::NoAnswer),
    (Stamp::Resolved, pb::StampKind::Resolved),
    (Stamp::Reopened, pb::StampKind::Reopened),
];

fn stamp_to_pb(stamp: Stamp) -> pb::StampKind {
    STAMPS
        .iter()
        .find(|pair| pair.0 == stamp)
        .map(|pair| pair.1)
        .expect("every stamp has its kind")
}

fn stamp_from_pb(kind: pb::StampKind) -> Option<Stamp> {
    STAMPS.iter().find(|pair| pair.1 == kind).map(|pair| pair.0)
}
