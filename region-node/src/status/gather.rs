//! Gathering the status from the parts of a running node.

use domain::sheet::Closure;
use federation::held;
use federation::uplink::UplinkState;
use jiff::Timestamp;
use ledger::Reason;
use runtime::Certificate as Issued;

use super::{
    Certificate, EarlyAnswers, Intake, Ledger, REFUSED_MAX, RefusedSheet, SCHEMA, Sheets, Source, Status, Store,
};
use super::{Trial, UNMATCHED_MAX, Unmatched, Uplink};
use crate::intake::{IntakeSummary, SourceCounts};
use crate::node::Node;
use crate::sources::Client;

/// Seconds of a day on the clock.
const DAY_S: i64 = 86_400;

impl Node {
    /// How the node stands now. Waits for the ledger while somebody appends.
    pub fn status(&self) -> Status {
        let calendar = &self.aggregator.terms().calendar;
        let ledger = self.ledger_head();
        Status {
            schema: SCHEMA.to_owned(),
            node: self.identity.node.to_string(),
            federation: self.identity.federation.to_string(),
            parent: self.identity.parent.to_string(),
            parent_address: self.identity.parent_address.clone(),
            territories: calendar
                .covers
                .iter()
                .map(|cover| cover.territory.to_string())
                .collect(),
            zone: calendar.zone.to_string(),
            uplink: uplink(self.pusher.state(), ledger.size),
            ledger,
            sheets: self.sheets(),
            intake: Intake {
                trials: self.trials(),
                ..intake(self.intake.summary())
            },
            store: Store {
                rebuilt: self.opening.rebuilt.is_some(),
            },
            certificate: self.certificate(),
        }
    }

    fn ledger_head(&self) -> Ledger {
        let ledger = held(&self.ledger);
        Ledger {
            origin: ledger.origin(),
            size: ledger.size(),
            root: ledger.root().to_string(),
        }
    }

    fn sheets(&self) -> Sheets {
        let changed = self.intake.dirty_days().len() as u64;
        let mut sheets = Sheets {
            open: 0,
            closed: 0,
            changed,
            refused_total: 0,
            refused: Vec::new(),
        };
        let ledger = held(&self.ledger);
        for sheet in ledger.sheets().filter(|sheet| sheet.node == self.identity.node) {
            match sheet.facts.closure {
                Closure::Open => sheets.open += 1,
                Closure::Closed => sheets.closed += 1,
            }
            if let Some(reason) = &sheet.refused {
                sheets.refused.push(RefusedSheet {
                    period: sheet.period.to_string(),
                    revision: sheet.facts.revision,
                    reason: reason.to_string(),
                    message: Reason::from_code(reason.as_str())
                        .map(|known| known.to_string())
                        .unwrap_or_default(),
                });
            }
        }
        // By period, so the latest stand last.
        sheets.refused_total = sheets.refused.len() as u64;
        sheets.refused.reverse();
        sheets.refused.truncate(REFUSED_MAX);
        sheets
    }

    fn trials(&self) -> Vec<Trial> {
        let trials = self.sources.trials(self.clock.now()).into_iter();
        let told = |(client, counts): (Client, SourceCounts)| Trial {
            sent: source(&client.source, counts),
            name: client.name,
        };
        trials.map(told).collect()
    }

    fn certificate(&self) -> Certificate {
        let now = self.clock.now();
        // It was read when the node opened; one that cannot be read again is shown as run out.
        let not_after = Issued::from_pem(self.identity.tls.cert_chain_pem()).map_or(now, |issued| issued.not_after);
        let left_s = not_after.as_second() - now.as_second();
        Certificate {
            not_after: not_after.to_string(),
            days_left: left_s.div_euclid(DAY_S),
        }
    }
}

fn uplink(state: UplinkState, size: u64) -> Uplink {
    let moment = |ms| Timestamp::from_millisecond(ms).map(|at| at.to_string()).ok();
    Uplink {
        cursor: state.cursor,
        waiting: size.saturating_sub(state.cursor),
        last_push: state.last_success_ms.and_then(moment),
        last_error: state.last_error.map(|(code, text)| format!("{text} [{code}]")),
        halted: state.halted,
        clock_skew_s: state.clock_skew_ms.map(|ms| ms / 1_000),
    }
}

fn intake(summary: IntakeSummary) -> Intake {
    let mut sources: Vec<Source> = summary
        .sources
        .iter()
        .map(|(code, counts)| source(code.as_str(), *counts))
        .collect();
    for ((code, stamp), count) in summary.dropped_stamps {
        if let Some(source) = sources.iter_mut().find(|source| source.source == code.as_str()) {
            source.dropped_stamps.insert(stamp, count);
        }
    }
    for (code, (count, median_s)) in summary.early_answers {
        if let Some(source) = sources.iter_mut().find(|source| source.source == code.as_str()) {
            source.early_answers = Some(EarlyAnswers { count, median_s });
        }
    }
    let mut unmatched: Vec<Unmatched> = summary
        .unmatched
        .into_iter()
        .map(|raw| Unmatched {
            source: raw.source.to_string(),
            field: raw.field,
            value: raw.raw,
            count: raw.count,
        })
        .collect();
    unmatched.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    let beyond = unmatched.len().saturating_sub(UNMATCHED_MAX) as u64;
    unmatched.truncate(UNMATCHED_MAX);
    Intake {
        position: summary.position,
        incidents: summary.incidents,
        sources,
        trials: Vec::new(),
        unmatched,
        unmatched_beyond: summary.unmatched_beyond + beyond,
    }
}

fn source(code: &str, counts: SourceCounts) -> Source {
    let SourceCounts {
        accepted,
        unchanged,
        updated,
        superseded,
        rejected,
    } = counts;
    Source {
        source: code.to_owned(),
        accepted,
        unchanged,
        updated,
        superseded,
        rejected,
        ..Source::default()
    }
}
