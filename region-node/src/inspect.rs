//! What a node shows to whoever watches it: whether it can take in and seal, and its numbers, read at the moment they are
//! asked for.
//!
//! A parent that does not answer is a warning: the node goes on taking in and sealing. Names and meanings of the numbers
//! stand in `docs/reference/metrics.md`, held by a test.

use std::fmt;
use std::sync::Arc;

use federation::{files, held};
use journal::timing::{RANGES_MICROS, sync_times};
use runtime::Certificate;
use runtime::inspect::{Finding, Inspected, Readiness};
use runtime::metrics::Page;

use crate::intake::SourceCounts;
use crate::node::Node;

/// What every number begins with.
pub const PREFIX: &str = "region_node";
/// A parent that was silent for so long is worth a look.
const PARENT_SILENT_MS: i64 = 60 * 60 * 1000;

/// A node that is looked at.
pub struct Inspection {
    node: Arc<Node>,
    since_ms: i64,
}

impl Inspection {
    /// Looks at the node from now on.
    pub fn new(node: &Arc<Node>) -> Self {
        Self {
            node: Arc::clone(node),
            since_ms: node.now_ms(),
        }
    }

    /// The parent as the uplink has it: a warning when nothing went well for an hour, or will not any more.
    fn parent(&self) -> (Finding, String) {
        let state = self.node.pusher.state();
        if let Some(reason) = state.halted {
            return (Finding::Warning, format!("отправка остановлена: {reason}"));
        }
        let silent_ms = self.node.now_ms() - state.last_success_ms.unwrap_or(self.since_ms);
        if silent_ms <= PARENT_SILENT_MS {
            return (Finding::Good, "на связи".to_owned());
        }
        let why = state
            .last_error
            .map_or_else(String::new, |(_, text)| format!(": {text}"));
        (
            Finding::Warning,
            format!("успешного обмена не было {} мин{why}", silent_ms / 60_000),
        )
    }

    /// What is left of a restore: until it is over, a person has something to do.
    fn restore(&self) -> (Finding, String) {
        if held(&self.node.ledger).is_held() {
            let text = "восстановлен из копии: листов не будет, пока родительский узел не отдаст принятое";
            return (Finding::Warning, text.to_owned());
        }
        match self.node.held_days() {
            0 => (Finding::Good, "ничего не удерживается".to_owned()),
            days => (
                Finding::Warning,
                format!("удержано дней {days}: передайте обращения заново, затем region-node backup resume"),
            ),
        }
    }

    /// When the oldest entry without a verdict was sealed, if one waits.
    fn oldest_waiting_ms(&self, cursor: u64) -> Option<i64> {
        let entries = held(&self.node.ledger).entries(cursor..cursor.saturating_add(1)).ok()?;
        entries.first().map(|entry| entry.received_at_ms)
    }

    fn uplink(&self, page: &mut Page<'_>) -> fmt::Result {
        let state = self.node.pusher.state();
        let size = held(&self.node.ledger).size();
        let refused = state.refused.len() as u64;
        let waiting = size.saturating_sub(state.cursor);
        let oldest_s = self
            .oldest_waiting_ms(state.cursor)
            .map_or(0, |sealed| (self.node.now_ms() - sealed).max(0) / 1000);
        page.gauge("ledger_size", "Entries in the node's ledger.", number(size))?;
        page.gauge(
            "uplink_waiting_entries",
            "Entries without the parent's verdict.",
            number(waiting),
        )?;
        page.gauge(
            "uplink_oldest_seconds",
            "Age of the oldest entry without the parent's verdict; 0 when none waits.",
            oldest_s,
        )?;
        page.counters(
            "uplink_entries",
            "Entries that have the parent's verdict.",
            ["result"],
            [
                (["taken".to_owned()], state.cursor.saturating_sub(refused)),
                (["refused".to_owned()], refused),
            ],
        )?;
        page.gauge(
            "uplink_last_success_timestamp_seconds",
            "When everything last had its verdict; 0 when not since the start.",
            state.last_success_ms.unwrap_or(0) / 1000,
        )?;
        page.gauge(
            "uplink_halted",
            "1 when nothing is sent because the parent could not be verified.",
            i64::from(state.halted.is_some()),
        )?;
        page.gauge(
            "uplink_parent_ledger_size",
            "Size of the parent's last proven checkpoint.",
            number(state.checkpoint.map_or(0, |(_, size, _)| size)),
        )
    }

    fn sheets(&self, page: &mut Page<'_>) -> fmt::Result {
        let sheets = self.node.status().sheets;
        page.gauge(
            "restore_held",
            "Days that are not sealed after a restore until their incidents are sent again.",
            i64::try_from(self.node.held_days()).unwrap_or(i64::MAX),
        )?;
        page.gauges(
            "sheets",
            "Days by the state of their last sheet; changed ones are not sealed yet.",
            "state",
            [
                ("open", number(sheets.open)),
                ("closed", number(sheets.closed)),
                ("changed", number(sheets.changed)),
                ("refused", number(sheets.refused_total)),
            ],
        )
    }

    fn intake(&self, page: &mut Page<'_>) -> fmt::Result {
        let summary = self.node.intake.summary();
        page.gauge(
            "incidents",
            "Incidents in the store, withdrawn ones included.",
            number(summary.incidents),
        )?;
        page.gauge(
            "intake_journal_position",
            "Last position of the intake journal that is applied.",
            number(summary.position),
        )?;
        let items = summary.sources.iter().flat_map(|(source, counts)| {
            outcomes(*counts).map(|(result, count)| ([source.to_string(), result.to_owned()], count))
        });
        page.counters(
            "intake_items",
            "Items taken in, by outcome.",
            ["source", "result"],
            items,
        )?;
        page.gauge(
            "intake_unmatched_values",
            "Distinct raw values that matched no list.",
            number(summary.unmatched.len() as u64),
        )
    }

    fn certificates(&self, page: &mut Page<'_>) -> fmt::Result {
        let identity = &self.node.identity;
        // From the file: the uplink renews it while the process runs.
        let uplink = identity.files.text(files::TLS_CERTIFICATE).unwrap_or_default();
        let until = [
            ("uplink", uplink.as_str()),
            ("authority", identity.authority.certificate_pem()),
        ];
        let until = until.map(|(name, pem)| {
            let until = Certificate::from_pem(pem).map_or(0, |certificate| certificate.not_after.as_second());
            (name, until)
        });
        page.gauges(
            "certificate_expiry_timestamp_seconds",
            "Last moment of the node's certificates; 0 when one cannot be read.",
            "certificate",
            until,
        )
    }
}

impl Inspected for Inspection {
    fn readiness(&self) -> Readiness {
        let ledger = held(&self.node.ledger);
        let (stopped, size) = (ledger.is_stopped(), ledger.size());
        drop(ledger);
        let verdict = |failed| if failed { Finding::Bad } else { Finding::Good };
        let say = |failed, good: String, bad: &str| if failed { bad.to_owned() } else { good };
        let intake_failed = self.node.intake.failed();
        let position = self.node.intake.position();
        let (parent, told) = self.parent();
        let (restore, waits) = self.restore();
        Readiness::default()
            .with(
                "ledger",
                verdict(stopped),
                say(
                    stopped,
                    format!("записей {size}"),
                    "сбой диска: больше не пишется, нужен перезапуск",
                ),
            )
            .with(
                "intake",
                verdict(intake_failed),
                say(
                    intake_failed,
                    format!("позиция {position}"),
                    "сбой диска при записи журнала приёма, нужен перезапуск",
                ),
            )
            .with("parent", parent, told)
            .with("restore", restore, waits)
    }

    fn summary(&self) -> String {
        let size = held(&self.node.ledger).size();
        let waiting = size.saturating_sub(self.node.pusher.state().cursor);
        let address = self.node.ingest_address();
        if self.readiness().is_ready() {
            format!("Работает: приём на {address}, записей {size}, ждут ответа {waiting}")
        } else {
            format!("Сбой диска: записей {size}, приём остановлен")
        }
    }

    fn measure(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauges(
            "build_info",
            "The program's version; always 1.",
            "version",
            [(env!("CARGO_PKG_VERSION"), 1)],
        )?;
        page.gauge(
            "ready",
            "1 when /readyz answers 200.",
            i64::from(self.readiness().is_ready()),
        )?;
        self.uplink(page)?;
        self.sheets(page)?;
        self.intake(page)?;
        self.certificates(page)?;
        page.counter(
            "tls_handshake_failures",
            "TLS handshakes that failed on the intake port.",
            self.node.door.get().map_or(0, |door| door.failed_handshakes()),
        )?;
        page.gauge(
            "store_rebuilt",
            "1 when this start rebuilt the incident store from the journal.",
            i64::from(self.node.opening.rebuilt.is_some()),
        )?;
        let syncs = sync_times();
        page.durations(
            "store_sync_duration_seconds",
            "How long the disk took to make frames durable.",
            &RANGES_MICROS,
            &syncs.counts,
            syncs.sum_micros,
        )
    }
}

fn outcomes(counts: SourceCounts) -> [(&'static str, u64); 5] {
    let SourceCounts {
        accepted,
        unchanged,
        updated,
        superseded,
        rejected,
    } = counts;
    [
        ("accepted", accepted),
        ("unchanged", unchanged),
        ("updated", updated),
        ("superseded", superseded),
        ("rejected", rejected),
    ]
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
