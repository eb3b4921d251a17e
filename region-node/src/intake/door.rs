//! The door: an item of a call becomes a record that cannot be wrong, or is turned away with a reason.
//!
//! Only a bad id, source, version or registration time, or a *new* incident outside the node's scope is rejected. Codes
//! are judged on the registration day; what matches no list is kept as «не сопоставлено» and handed back to be listed.
//! The door knows the standing version of the incident, but not which of the two will stand.

use std::collections::BTreeSet;

use domain::incident::plausible;
use domain::version::{Record, Standing, VersionKey, Withdrawal};
use domain::{Code, Day};
use wire::pb;

use super::attest::first_is_whole;
use super::context::{Caller, Context};
use super::fields;
use super::reading::Reading;
use super::rejection::rejection;

/// What the door judges by: one moment and one context for a whole call.
pub(super) struct Door<'a> {
    pub(super) context: &'a Context,
    pub(super) caller: &'a Caller,
    /// Unix seconds.
    pub(super) now_s: i64,
}

/// Which incident an item speaks of, and by which version.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) source: Code,
    pub(super) id: Code,
    pub(super) version: VersionKey,
}

/// An item that was let in.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) record: Record,
    /// Lifts a tombstone.
    pub(super) restore: bool,
    /// Fields whose raw value matched nothing.
    pub(super) unmatched: Vec<(&'static str, String)>,
    /// Stamps left out as implausible.
    pub(super) dropped: Vec<&'static str>,
    /// Fields that the item named, sorted; empty when it told all of them.
    pub(super) named: Vec<String>,
    /// What it told, where that is not what arrives.
    pub(super) unheard: Option<Record>,
}

impl Door<'_> {
    /// Reads who is meant: the first half, which needs no standing version.
    pub(super) fn identify(&self, at: usize, item: &pb::IngestItem) -> Result<Identity, pb::Rejection> {
        let told = item.incident.as_ref();
        let id = told.map(|incident| incident.external_id.as_str()).unwrap_or_default();
        let field = "incident.external_id";
        if id.is_empty() {
            return Err(rejection(
                at,
                field,
                "EXTERNAL_ID_REQUIRED",
                "",
                "нужен номер обращения в источнике",
            ));
        }
        let id = Code::new(id).map_err(|error| {
            rejection(
                at,
                field,
                "EXTERNAL_ID_INVALID",
                id,
                &format!("номер обращения: {error}"),
            )
        })?;
        let day = told.and_then(|incident| self.moment(incident.registered.as_ref()).ok()?);
        let day = self.context.zone.day_of(day.unwrap_or(self.now_s));
        let source = self.source(
            at,
            told.map(|incident| incident.source.as_str()).unwrap_or_default(),
            day,
        )?;
        Ok(Identity {
            source,
            id,
            version: self.version(at, item)?,
        })
    }

    /// Reads what is said of it: the second half.
    pub(super) fn admit(
        &self,
        at: usize,
        item: &pb::IngestItem,
        identity: &Identity,
        standing: Option<&Record>,
    ) -> Result<Arrival, pb::Rejection> {
        let unknown = |message: &str| {
            rejection(
                at,
                "incident.external_id",
                "UNKNOWN_INCIDENT",
                identity.id.as_str(),
                message,
            )
        };
        match pb::IngestAction::try_from(item.action) {
            Ok(pb::IngestAction::Withdraw) => {
                let known = standing.ok_or_else(|| unknown("отозвать можно только принятое обращение"))?;
                let reason = wire::record::withdrawal_from_pb(item.withdrawal_reason());
                let standing = Standing::Withdrawn(reason.unwrap_or(Withdrawal::Mistake));
                let record = Record {
                    incident: known.incident.clone(),
                    version: identity.version,
                    standing,
                };
                Ok(Arrival {
                    record,
                    restore: false,
                    unmatched: Vec::new(),
                    dropped: Vec::new(),
                    named: Vec::new(),
                    unheard: None,
                })
            }
            Ok(action) => {
                let paths = item
                    .update_mask
                    .as_ref()
                    .map(|mask| mask.paths.as_slice())
                    .unwrap_or_default();
                let named = fields::named(paths).map_err(|path| {
                    rejection(
                        at,
                        "update_mask",
                        "UNKNOWN_FIELD",
                        path,
                        "в маске нет такого поля обращения",
                    )
                })?;
                let whole = paths.is_empty();
                if standing.is_none() && !whole && !first_is_whole(&named) {
                    return Err(unknown(
                        "обращение неизвестно: первая версия называет registered и territory",
                    ));
                }
                let named = if whole { fields::all() } else { named };
                let base = standing.filter(|_| !whole);
                let told = item.incident.clone().unwrap_or_default();
                let mut reading = Reading {
                    door: self,
                    at,
                    identity,
                    told: &told,
                    unmatched: Vec::new(),
                    dropped: Vec::new(),
                    unheard: None,
                };
                let record = reading.record(&named, base, standing)?;
                let restore = action == pb::IngestAction::Restore;
                Ok(Arrival {
                    record,
                    restore,
                    unmatched: reading.unmatched,
                    dropped: reading.dropped,
                    named: paths.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
                    unheard: reading.unheard,
                })
            }
            Err(_) => {
                let got = item.action.to_string();
                Err(rejection(at, "action", "UNKNOWN_ACTION", &got, "такого действия нет"))
            }
        }
    }

    fn source(&self, at: usize, raw: &str, on: Day) -> Result<Code, pb::Rejection> {
        let refused = |code, message: &str| rejection(at, "incident.source", code, raw, message);
        let source = match (raw, self.caller) {
            ("", Caller::Source { source, .. }) => source.clone(),
            ("", Caller::Local) => return Err(refused("SOURCE_REQUIRED", "нужен код источника")),
            _ => known_source(self.context, raw, on)
                .ok_or_else(|| refused("SOURCE_UNKNOWN", "такого источника нет в словаре"))?,
        };
        if let Caller::Source { source: own, .. } = self.caller
            && *own != source
        {
            return Err(refused(
                "SOURCE_NOT_YOURS",
                &format!("сертификат выдан для источника «{own}»"),
            ));
        }
        if !self.context.covers_source(&source) {
            return Err(refused("SOURCE_NOT_COVERED", "узел не отвечает за этот источник"));
        }
        Ok(source)
    }

    fn version(&self, at: usize, item: &pb::IngestItem) -> Result<VersionKey, pb::Rejection> {
        let Some(updated) = &item.updated_at else {
            return Err(rejection(
                at,
                "updated_at",
                "VERSION_REQUIRED",
                "",
                "нужен момент, на который верны данные",
            ));
        };
        match self.moment(Some(updated)) {
            Ok(_) => Ok(VersionKey(
                updated.seconds * 1_000 + i64::from(updated.nanos / 1_000_000),
            )),
            Err(got) => Err(rejection(at, "updated_at", "VERSION_IMPLAUSIBLE", &got, IMPLAUSIBLE)),
        }
    }

    /// The Unix seconds of a plausible moment, or the implausible one as text.
    pub(super) fn moment(&self, told: Option<&prost_types::Timestamp>) -> Result<Option<i64>, String> {
        let Some(told) = told else { return Ok(None) };
        let whole = (0..1_000_000_000).contains(&told.nanos);
        if whole && plausible(told.seconds, self.now_s) {
            Ok(Some(told.seconds))
        } else {
            Err(shown(told))
        }
    }
}

/// What a person is told of a moment that cannot be.
pub(super) const IMPLAUSIBLE: &str = "ожидается момент от 2000-01-01 до 26 часов вперёд";

fn shown(told: &prost_types::Timestamp) -> String {
    let exact = jiff::Timestamp::new(told.seconds, told.nanos);
    exact.map_or_else(
        |_| format!("{} s {} ns", told.seconds, told.nanos),
        |moment| moment.to_string(),
    )
}

/// The source that a code or alias means on a day; a code that is closed by then still names its source.
pub(super) fn known_source(context: &Context, raw: &str, on: Day) -> Option<Code> {
    let sources = &context.federation.dictionary().lists().sources;
    let entry = sources
        .resolve(raw, on)
        .or_else(|| sources.entry(&Code::new(raw).ok()?))?;
    let listed = ![Code::NONE, Code::UNMATCHED].contains(&entry.code.as_str());
    listed.then(|| entry.code.clone())
}
