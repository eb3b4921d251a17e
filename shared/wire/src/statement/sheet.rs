//! The sheet statement: the few facts that are signed, and the body they name by hash.

use std::collections::BTreeMap;

use domain::sheet::{Closure, MeasureTotal, SheetFacts};
use domain::{Code, Day, Granularity, SheetPeriod};
use seal::Digest;

use super::{Preamble, hash, id, optional, text};
use crate::canonical::{WireError, bytes32};
use crate::pb;

/// A body by its length and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyRef {
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the body.
    pub digest: Digest,
}

impl BodyRef {
    /// The reference to these bytes.
    pub fn of(body: &[u8]) -> Self {
        Self {
            length: body.len() as u64,
            digest: Digest::of(body),
        }
    }

    /// Whether these are the bytes that are meant.
    pub fn names(&self, body: &[u8]) -> bool {
        self.length == body.len() as u64 && self.digest == Digest::of(body)
    }
}

/// A sheet as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetStatement {
    /// Period, revision, totals and the other facts.
    pub facts: SheetFacts,
    /// The cells.
    pub body: BodyRef,
}

impl SheetStatement {
    pub(super) fn to_pb(&self, preamble: &Preamble) -> pb::Sheet {
        let facts = &self.facts;
        pb::Sheet {
            federation: preamble.federation.to_string(),
            node: preamble.node.to_string(),
            epoch: preamble.epoch,
            sequence: preamble.sequence,
            previous: preamble.previous_bytes(),
            kind: pb::Kind::Sheet.into(),
            granularity: granularity_to_pb(facts.period.granularity()).into(),
            first_day: facts.period.first().number(),
            start_s: facts.bounds.0,
            end_s: facts.bounds.1,
            closure: match facts.closure {
                Closure::Open => pb::Closure::Open.into(),
                Closure::Closed => pb::Closure::Closed.into(),
            },
            revision: facts.revision,
            withdrawn: text(facts.withdrawn.as_ref()),
            zone: facts.zone.to_string(),
            tzdb: facts.tzdb.clone(),
            dictionary: facts.dictionary.to_vec(),
            journal_position: facts.journal_position,
            sealed_at_ms: facts.sealed_at_ms,
            cell_count: facts.cell_count,
            totals: facts
                .totals
                .iter()
                .map(|(measure, total)| total_to_pb(measure, total))
                .collect(),
            body_length: self.body.length,
            body_sha256: self.body.digest.as_bytes().to_vec(),
        }
    }

    pub(super) fn from_pb(message: &pb::Sheet) -> Result<Self, WireError> {
        let closure = match message.closure() {
            pb::Closure::Open => Closure::Open,
            pb::Closure::Closed => Closure::Closed,
            pb::Closure::Unspecified => return Err(WireError::field("closure", "не указано")),
        };
        let first = Day::new(message.first_day).ok_or_else(|| WireError::field("first_day", "вне календаря"))?;
        let granularity = granularity_from_pb(message.granularity())?;
        let period = SheetPeriod::new(granularity, first).map_err(|e| WireError::field("first_day", e))?;
        if message.revision == 0 {
            return Err(WireError::field("revision", "счёт начинается с 1"));
        }
        if message.tzdb.is_empty() || message.tzdb.len() > 64 {
            return Err(WireError::field("tzdb", "нужна версия базы часовых поясов"));
        }
        let mut totals = BTreeMap::new();
        for total in &message.totals {
            let (measure, total) = total_from_pb(total)?;
            totals.insert(measure, total);
        }
        let facts = SheetFacts {
            period,
            bounds: (message.start_s, message.end_s),
            closure,
            revision: message.revision,
            withdrawn: optional("withdrawn", &message.withdrawn)?,
            zone: id("zone", &message.zone)?,
            tzdb: message.tzdb.clone(),
            dictionary: bytes32("dictionary", &message.dictionary)?,
            journal_position: message.journal_position,
            sealed_at_ms: message.sealed_at_ms,
            cell_count: message.cell_count,
            totals,
        };
        let body = BodyRef {
            length: message.body_length,
            digest: hash("body_sha256", &message.body_sha256)?,
        };
        Ok(Self { facts, body })
    }
}

fn granularity_to_pb(granularity: Granularity) -> pb::Granularity {
    match granularity {
        Granularity::Day => pb::Granularity::Day,
        Granularity::Month => pb::Granularity::Month,
        Granularity::Quarter => pb::Granularity::Quarter,
        Granularity::Year => pb::Granularity::Year,
    }
}

fn granularity_from_pb(granularity: pb::Granularity) -> Result<Granularity, WireError> {
    match granularity {
        pb::Granularity::Day => Ok(Granularity::Day),
        pb::Granularity::Month => Ok(Granularity::Month),
        pb::Granularity::Quarter => Ok(Granularity::Quarter),
        pb::Granularity::Year => Ok(Granularity::Year),
        pb::Granularity::Unspecified => Err(WireError::field("granularity", "не указано")),
    }
}

fn total_to_pb(measure: &Code, total: &MeasureTotal) -> pb::MeasureTotal {
    use pb::measure_total::Total;
    let total = match *total {
        MeasureTotal::Flow(n) => Total::Flow(n),
        MeasureTotal::Stock(value) => Total::Stock(value),
        MeasureTotal::Duration {
            n,
            sum_s,
            n_hist,
            negative,
        } => Total::Duration(pb::DurationTotal {
            n,
            sum_s,
            n_hist,
            negative,
        }),
        MeasureTotal::Ratio { num, den } => Total::Ratio(pb::RatioTotal { num, den }),
    };
    pb::MeasureTotal {
        measure: measure.to_string(),
        total: Some(total),
    }
}

fn total_from_pb(message: &pb::MeasureTotal) -> Result<(Code, MeasureTotal), WireError> {
    use pb::measure_total::Total;
    let total = match message
        .total
        .as_ref()
        .ok_or_else(|| WireError::field("totals.total", "не указано"))?
    {
        Total::Flow(n) => MeasureTotal::Flow(*n),
        Total::Stock(value) => MeasureTotal::Stock(*value),
        Total::Duration(d) => MeasureTotal::Duration {
            n: d.n,
            sum_s: d.sum_s,
            n_hist: d.n_hist,
            negative: d.negative,
        },
        Total::Ratio(r) => MeasureTotal::Ratio { num: r.num, den: r.den },
    };
    Ok((id("totals.measure", &message.measure)?, total))
}
