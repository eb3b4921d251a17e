//! What an item says of its incident, read into a record: the named fields over what stood, judged on the day of
//! registration.
//!
//! Rejects only a wrong registration and a new incident outside the scope; whatever else matches nothing is kept apart
//! for the caller to list. Knows no call and no other item.

use domain::dictionary::{CodeList, Stamp};
use domain::incident::{Incident, Stamps};
use domain::territory::Resolution;
use domain::version::{Record, Standing};
use domain::{Code, Day};
use wire::pb;

use super::attest::{blank, stays_away};
use super::door::{Door, IMPLAUSIBLE, Identity};
use super::fields::{self, Field};
use super::rejection::rejection;

/// One item being read into a record.
pub(super) struct Reading<'a> {
    pub(super) door: &'a Door<'a>,
    pub(super) at: usize,
    pub(super) identity: &'a Identity,
    pub(super) told: &'a pb::Incident,
    pub(super) unmatched: Vec<(&'static str, String)>,
    pub(super) dropped: Vec<&'static str>,
    /// What was told of an incident that moved away and stays there: it counts once the move is undone.
    pub(super) unheard: Option<Record>,
}

impl Reading<'_> {
    /// The record of the named fields over `base`; where the territory leads decides how it stands.
    pub(super) fn record(
        &mut self,
        named: &[Field],
        base: Option<&Record>,
        standing: Option<&Record>,
    ) -> Result<Record, pb::Rejection> {
        let stamps = self.stamps(named, base.map(|record| &record.incident.stamps))?;
        let day = self.door.context.zone.day_of(stamps.registered());
        let version = self.identity.version;
        if let Some(base) = base.filter(|base| stays_away(named, base)) {
            let incident = self.incident(named, Some(&base.incident), stamps, day);
            self.unheard = Some(Record {
                incident,
                version,
                standing: Standing::Live,
            });
            return Ok(Record {
                version,
                ..base.clone()
            });
        }
        let incident = self.incident(named, base.map(|record| &record.incident), stamps, day);
        if self.door.context.covers(&incident.territory, &incident.source, day) {
            return Ok(Record {
                incident,
                version,
                standing: Standing::Live,
            });
        }
        if let Some(known) = standing {
            let moved = Standing::Moved(incident.territory);
            return Ok(Record {
                incident: known.incident.clone(),
                version,
                standing: moved,
            });
        }
        let got = format!("{} ({day})", incident.territory);
        let message = "новое обращение вне территорий и сроков, за которые отвечает узел";
        Err(rejection(self.at, "incident.territory", "OUT_OF_SCOPE", &got, message))
    }

    fn stamps(&mut self, named: &[Field], base: Option<&Stamps>) -> Result<Stamps, pb::Rejection> {
        let registered = if named.contains(&Field::Stamp(Stamp::Registered)) || base.is_none() {
            self.registered()?
        } else {
            base.map_or(0, Stamps::registered)
        };
        let mut stamps = base.cloned().unwrap_or_else(|| Stamps::registered_at(registered));
        stamps.set(Stamp::Registered, Some(registered));
        for field in named {
            let Field::Stamp(stamp) = *field else { continue };
            if stamp == Stamp::Registered {
                continue;
            }
            let moment = self.door.moment(fields::stamp(self.told, stamp));
            if moment.is_err() {
                self.dropped.push(stamp.code());
            }
            stamps.set(stamp, moment.ok().flatten());
        }
        Ok(stamps)
    }

    fn registered(&self) -> Result<i64, pb::Rejection> {
        let field = "incident.registered";
        match self.door.moment(self.told.registered.as_ref()) {
            Ok(Some(registered)) => Ok(registered),
            Ok(None) => Err(rejection(
                self.at,
                field,
                "REGISTERED_REQUIRED",
                "",
                "нужен момент регистрации обращения",
            )),
            Err(got) => Err(rejection(self.at, field, "REGISTERED_IMPLAUSIBLE", &got, IMPLAUSIBLE)),
        }
    }

    fn incident(&mut self, named: &[Field], base: Option<&Incident>, stamps: Stamps, day: Day) -> Incident {
        let Identity { source, id, .. } = self.identity;
        let mut incident = base.cloned().unwrap_or_else(|| blank(source, id, stamps.registered()));
        incident.stamps = stamps;
        let (told, lists) = (self.told, self.door.context.federation.dictionary().lists());
        for field in named {
            match field {
                Field::Network => incident.network = self.listed("network", &lists.networks, &told.network, day),
                Field::LegalKind => {
                    incident.legal_kind = self.listed("legal_kind", &lists.legal_kinds, &told.legal_kind, day);
                }
                Field::Topic => incident.topic = self.listed("topic", &lists.topics, &told.topic, day),
                Field::Territory => incident.territory = self.territory(&told.territory, day),
                Field::AddressedTo => incident.addressed_to = wire::record::addressed_to_from_pb(told.addressed_to()),
                Field::Executor => incident.executor = self.own_code("executor", &told.executor),
                Field::IntakePoint => incident.intake = self.own_code("intake_point", &told.intake_point),
                Field::Stamp(_) => {}
            }
        }
        incident
    }

    fn listed(&mut self, field: &'static str, list: &CodeList, raw: &str, day: Day) -> Code {
        if let Some(entry) = list.resolve(raw, day) {
            return entry.code.clone();
        }
        self.unmatched.push((field, raw.to_owned()));
        Code::unmatched()
    }

    /// The unit that the value means; the node's home when it means none. An absent value is not an unmatched one.
    fn territory(&mut self, raw: &str, day: Day) -> Code {
        let context = self.door.context;
        match context.federation.tree().resolve(raw, day) {
            Resolution::Exact(unit) => unit,
            Resolution::Prefix(unit) => {
                self.unmatched.push(("territory", raw.to_owned()));
                unit
            }
            Resolution::Unknown => {
                if !raw.is_empty() {
                    self.unmatched.push(("territory", raw.to_owned()));
                }
                context
                    .home(&self.identity.source, day)
                    .cloned()
                    .unwrap_or_else(Code::unmatched)
            }
        }
    }

    /// A code that the region keeps for itself; one that is no code at all is left out and listed.
    fn own_code(&mut self, field: &'static str, raw: &str) -> Option<Code> {
        if raw.is_empty() {
            return None;
        }
        let code = Code::new(raw).ok();
        if code.is_none() {
            self.unmatched.push((field, raw.to_owned()));
        }
        code
    }
}
