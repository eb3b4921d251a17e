//! Counting: what one incident adds to which cells of which local day.
//!
//! Each measure names its stamps in the dictionary and counts under the local day of its own event, in every one of its
//! dimension sets. A cell is a sum of these contributions and nothing else, so counting the children of a territory and
//! folding them is the same as counting all their incidents directly.

use std::collections::{BTreeMap, BTreeSet};

use crate::cell::{CellKey, Cells, add_counted};
use crate::code::Code;
use crate::day::Day;
use crate::dictionary::{Dictionary, Dimension, Measure};
use crate::incident::Incident;
use crate::tally::{DurationTally, Tally, TallyError, TallyKind};
use crate::zone::Zone;

/// Counts incidents by one dictionary in the days of one zone.
#[derive(Clone, Debug)]
pub struct Counter<'a> {
    dictionary: &'a Dictionary,
    zone: &'a Zone,
}

impl<'a> Counter<'a> {
    /// A counter for a node's dictionary and pinned zone.
    pub fn new(dictionary: &'a Dictionary, zone: &'a Zone) -> Self {
        Self { dictionary, zone }
    }

    /// The local days on which the incident has an event that some measure counts.
    pub fn days(&self, incident: &Incident) -> BTreeSet<Day> {
        self.dictionary
            .measures()
            .iter()
            .filter_map(|measure| self.event_day(measure, incident))
            .collect()
    }

    /// Adds the incident to the cells of every day that `cells` has a place for.
    pub fn add(&self, incident: &Incident, cells: &mut BTreeMap<Day, Cells>) -> Result<(), TallyError> {
        for measure in self.dictionary.measures() {
            let Some(day_cells) = self.event_day(measure, incident).and_then(|day| cells.get_mut(&day)) else {
                continue;
            };
            let tally = contribution(measure, incident);
            for set in &measure.sets {
                let key = CellKey {
                    measure: measure.code.clone(),
                    set: set.clone(),
                    values: self.values(set, incident),
                };
                add_counted(day_cells, key, &tally)?;
            }
        }
        Ok(())
    }

    /// The local day on which a measure counts the incident, if it does.
    pub fn day_of(&self, measure: &Code, incident: &Incident) -> Option<Day> {
        self.event_day(self.dictionary.measure(measure.as_str())?, incident)
    }

    fn event_day(&self, measure: &Measure, incident: &Incident) -> Option<Day> {
        incident.stamps.earliest(&measure.event).map(|at| self.zone.day_of(at))
    }

    fn values(&self, set: &Code, incident: &Incident) -> Vec<Code> {
        let dimensions = self
            .dictionary
            .set(set)
            .map(|set| set.dimensions.as_slice())
            .unwrap_or_default();
        dimensions.iter().map(|&dimension| value(dimension, incident)).collect()
    }
}

/// What one incident with the measure's event adds: one, a duration, or a one in a share.
fn contribution(measure: &Measure, incident: &Incident) -> Tally {
    let took = || {
        let end = incident.stamps.earliest(&measure.event)?;
        let start = incident.stamps.get(measure.since?)?;
        Some(end - start)
    };
    match measure.kind {
        TallyKind::Flow => Tally::Flow(1),
        TallyKind::Stock => Tally::Stock(0),
        TallyKind::Duration => Tally::Duration(took().map(DurationTally::of).unwrap_or_default()),
        TallyKind::Ratio => Tally::Ratio {
            num: u64::from(took().is_some_and(|s| within(measure, s))),
            den: 1,
        },
    }
}

/// Within the norm: not before the start, and not longer than the norm allows.
fn within(measure: &Measure, seconds: i64) -> bool {
    u64::try_from(seconds).is_ok_and(|seconds| measure.norm_seconds.is_some_and(|norm| seconds <= norm))
}

/// The incident's value of a dimension.
fn value(dimension: Dimension, incident: &Incident) -> Code {
    match dimension {
        Dimension::Source => incident.source.clone(),
        Dimension::Territory => incident.territory.clone(),
        Dimension::Topic => incident.topic.clone(),
        Dimension::Network => incident.network.clone(),
        Dimension::LegalKind => incident.legal_kind.clone(),
        Dimension::AddressedTo => Code::literal(incident.addressed_to.code()),
    }
}
