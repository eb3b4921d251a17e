//! What the hub shows to whoever watches it: whether it can take and answer, and its numbers, read at the moment they are
//! asked for.
//!
//! A member that is silent is the member's business and shows in the numbers. Names and meanings stand in
//! `docs/reference/metrics.md`, held by a test.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use federation::files::{self, IdentityDir};
use federation::held;
use journal::timing::{RANGES_MICROS, sync_times};
use runtime::Certificate;
use runtime::inspect::{Finding, Inspected, Readiness};
use runtime::metrics::Page;

use crate::hub::Hub;

/// What every number begins with.
pub const PREFIX: &str = "federal_hub";

/// A hub that is looked at.
pub struct Inspection {
    hub: Arc<Hub>,
    since_ms: i64,
}

impl Inspection {
    /// Looks at the hub from now on.
    pub fn new(hub: &Arc<Hub>) -> Self {
        Self {
            hub: Arc::clone(hub),
            since_ms: hub.clock.now().as_millisecond(),
        }
    }

    fn ledger(&self, page: &mut Page<'_>) -> fmt::Result {
        let ledger = held(&self.hub.ledger);
        let size = ledger.size();
        let last = ledger.entries(size.saturating_sub(1)..size).unwrap_or_default();
        let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
        for refused in ledger.refusals() {
            *rejected.entry(refused.reason.to_string()).or_default() += 1;
        }
        let sheets = ledger.sheets().count() as u64;
        let members = ledger.members().len() as u64;
        drop(ledger);
        page.gauge("ledger_size", "Entries in the hub's ledger.", number(size))?;
        page.gauge(
            "ledger_last_entry_timestamp_seconds",
            "When the last entry was taken; the checkpoint is as old.",
            last.first().map_or(0, |entry| entry.received_at_ms / 1000),
        )?;
        page.gauge("sheets_in_force", "Sheets that count.", number(sheets))?;
        page.gauge("members", "Members in force.", number(members))?;
        page.counters(
            "envelopes_rejected",
            "Entries of members that were refused, by reason.",
            ["reason"],
            rejected.into_iter().map(|(reason, count)| ([reason], count)),
        )
    }

    /// Seconds since each member called, counted from the start for those that have not.
    fn members(&self, page: &mut Page<'_>) -> fmt::Result {
        let now_ms = self.hub.clock.now().as_millisecond();
        let seen = self.hub.parent.last_seen();
        let members = self.hub.parent.members();
        let silent = members.iter().map(|member| {
            let last_ms = seen.get(&member.node).copied().unwrap_or(self.since_ms);
            (member.node.as_str(), (now_ms - last_ms).max(0) / 1000)
        });
        page.gauges(
            "node_last_seen_seconds",
            "Seconds since a member last called, or since the start when it has not.",
            "node",
            silent,
        )
    }

    fn certificates(&self, page: &mut Page<'_>) -> fmt::Result {
        let authority = IdentityDir::of(self.hub.dir())
            .text(files::CA_CERTIFICATE)
            .unwrap_or_default();
        let authority = Certificate::from_pem(&authority).map_or(0, |certificate| certificate.not_after.as_second());
        let listener = self.hub.door_until_s.load(Ordering::Relaxed);
        page.gauges(
            "certificate_expiry_timestamp_seconds",
            "Last moment of the hub's certificates; 0 when one is not there.",
            "certificate",
            [("listener", listener), ("authority", authority)],
        )
    }
}

impl Inspected for Inspection {
    fn readiness(&self) -> Readiness {
        let ledger = held(&self.hub.ledger);
        let (finding, text) = if ledger.is_stopped() {
            (
                Finding::Bad,
                "сбой диска: больше не пишется, нужен перезапуск".to_owned(),
            )
        } else {
            (Finding::Good, format!("записей {}", ledger.size()))
        };
        Readiness::default().with("ledger", finding, text)
    }

    fn summary(&self) -> String {
        let ledger = held(&self.hub.ledger);
        let (size, members) = (ledger.size(), ledger.members().len());
        if ledger.is_stopped() {
            format!("Сбой диска: записей {size}, приём остановлен")
        } else {
            format!("Работает: записей {size}, участников {members}")
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
        self.ledger(page)?;
        self.members(page)?;
        self.certificates(page)?;
        page.counter(
            "tls_handshake_failures",
            "TLS handshakes that failed on the members' port.",
            self.hub.members_door.get().map_or(0, |door| door.failed_handshakes()),
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

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
