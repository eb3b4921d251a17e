//! The story of one message: what happened between its registration and its end, and after.

use domain::dictionary::Stamp;
use domain::incident::{Incident, Stamps};
use domain::{Code, Zone};

use super::durations;
use super::profile::Choice;
use super::splitmix::SplitMix64;

/// Answered messages in a thousand that are solved in the end.
const RESOLVED_PERMILLE: u32 = 945;
/// From the answer to the solution, seconds on average: a day and a half.
const RESOLUTION_MEAN_S: i64 = 36 * 3600;
/// Answered messages in a thousand that were passed to another body first, on the day of the answer.
const PASSED_ON_PERMILLE: u32 = 10;
/// Solved messages in a thousand that were opened again before they were solved for good.
const REOPENED_PERMILLE: u32 = 8;
/// An answer that takes longer than this is preceded by an interim one as often as not.
const LONG_S: i64 = 24 * 3600;

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a final answer.
    Answered,
    /// Passed to somebody who answers outside the system.
    Redirected,
    /// Closed: it needs no answer.
    NoAnswer,
    /// Not yet.
    Open,
}

/// A message before it has an id.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its values.
    pub choice: Choice,
    /// When it was registered, Unix seconds.
    pub registered: i64,
    /// When it ended, by its ending; its registration when it has not.
    pub ended: i64,
    /// How it ended.
    pub ending: Ending,
}

impl Story {
    /// The incident that a source system would have recorded. Nothing happens from `end` on.
    pub fn incident(self, id: Code, zone: &Zone, end: i64, random: &mut SplitMix64) -> Incident {
        let mut stamps = Stamps::registered_at(self.registered);
        self.before(&mut stamps, random);
        match self.ending {
            Ending::Answered => self.answered(&mut stamps, zone, end, random),
            Ending::Redirected => stamps.set(Stamp::Redirected, Some(self.ended)),
            Ending::NoAnswer => stamps.set(Stamp::NoAnswer, Some(self.ended)),
            Ending::Open => {}
        }
        let choice = self.choice;
        Incident {
            source: choice.source,
            external_id: id,
            network: choice.network,
            legal_kind: choice.legal_kind,
            territory: choice.territory,
            topic: choice.topic,
            addressed_to: choice.addressed_to,
            executor: None,
            intake: None,
            stamps,
        }
    }

    /// Found in a social network, registered, given to somebody.
    fn before(&self, stamps: &mut Stamps, random: &mut SplitMix64) {
        if self.choice.network != Code::none() {
            stamps.set(
                Stamp::Published,
                Some(self.registered - 300 - i64::from(random.below(5_400))),
            );
        }
        if self.ending != Ending::Open {
            stamps.set(Stamp::Assigned, Some(self.registered + self.took() / 20));
        }
    }

    fn answered(&self, stamps: &mut Stamps, zone: &Zone, end: i64, random: &mut SplitMix64) {
        let took = self.took();
        stamps.set(Stamp::FirstReaction, Some(self.registered + took / 4));
        if took > LONG_S && random.chance(500) {
            stamps.set(Stamp::Interim, Some(self.registered + took / 2));
        }
        stamps.set(Stamp::Final, Some(self.ended));
        let passed_on = self.ended - took / 3;
        // The earliest of the two is what counts as dealt with, so it stays in the local day of the answer.
        if random.chance(PASSED_ON_PERMILLE) && zone.day_of(passed_on) == zone.day_of(self.ended) {
            stamps.set(Stamp::Redirected, Some(passed_on));
        }
        let resolved = self.ended + i64::from(durations::share(random)) * RESOLUTION_MEAN_S / 1000;
        if random.chance(RESOLVED_PERMILLE) && resolved < end {
            stamps.set(Stamp::Resolved, Some(resolved));
            let again = i64::midpoint(self.ended, resolved);
            stamps.set(Stamp::Reopened, random.chance(REOPENED_PERMILLE).then_some(again));
        }
    }

    fn took(&self) -> i64 {
        self.ended - self.registered
    }
}
