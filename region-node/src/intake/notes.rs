//! What a frame adds to what is known of its batch. The writer and the start-up note the same of the same frame.

use std::collections::BTreeSet;

use wire::pb;

use super::attest;
use super::batches::Batch;
use crate::store::{Event, Note};

/// The batch of a frame. A declaration that names no intake is a batch of its own.
pub(super) fn batch_of(intake: &str, sequence: u64) -> String {
    if intake.is_empty() {
        format!("days-{sequence}")
    } else {
        intake.to_owned()
    }
}

/// What a frame of items says. `outcomes` are numbered as on the wire.
pub(super) fn of_items(batch: &Batch, items: &[pb::JournalItem], outcomes: &[u8]) -> Event {
    let sources: BTreeSet<&str> = items
        .iter()
        .filter_map(attest::identity)
        .map(|(source, _)| source)
        .collect();
    let mut counts = pb::BatchCounts::default();
    for &outcome in outcomes {
        let count = match pb::ItemOutcome::try_from(i32::from(outcome)) {
            Ok(pb::ItemOutcome::Accepted) => &mut counts.accepted,
            Ok(pb::ItemOutcome::Unchanged) => &mut counts.unchanged,
            Ok(pb::ItemOutcome::Updated) => &mut counts.updated,
            Ok(pb::ItemOutcome::Superseded) => &mut counts.superseded,
            Ok(pb::ItemOutcome::Rejected | pb::ItemOutcome::Unspecified) | Err(_) => &mut counts.rejected,
        };
        *count += 1;
    }
    Event::Items {
        request: batch.request().to_owned(),
        sources: sources.into_iter().map(str::to_owned).collect(),
        counts,
    }
}

/// The note of a frame.
pub(super) fn note(sequence: u64, at_ms: i64, intake: &str, event: Event) -> Note {
    Note {
        sequence,
        at_ms,
        batch: batch_of(intake, sequence),
        event,
    }
}
