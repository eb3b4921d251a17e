//! What the node's own ledger says last of a day: enough to tell when to look again, and whether the next sheet would
//! say anything new.

use domain::Code;
use domain::sheet::{Closure, SheetFacts};

/// Codes of the refusals that saying the day again lifts. `DAY_IN_FUTURE`: the day lay ahead by the parent's clock, and
/// it will come. `REVISION_REUSED`: this node lost its ledger and counts revisions from 1 again; each time it says the day
/// the number grows by one, until it is above what the parent has.
const LIFTED_BY_REPEAT: [&str; 2] = ["DAY_IN_FUTURE", "REVISION_REUSED"];

/// The node's own sheet of one day that counts in its own ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSheet {
    /// Position of its statement.
    pub position: u64,
    /// Open or closed.
    pub closure: Closure,
    /// It took the day back, and the parent did not refuse that.
    pub withdrawn: bool,
    /// Whether it counts for nothing above: it took the day back, or the parent refused it.
    pub void_above: bool,
    /// Whether the parent refused it for a reason that saying the same again lifts: the day lay ahead by its clock, or
    /// the revision was used before this node lost its ledger.
    pub say_again: bool,
    /// When it was sealed, Unix milliseconds.
    pub sealed_at_ms: i64,
    /// Position of the intake journal that it counted up to.
    pub journal_position: u64,
}

impl LastSheet {
    /// The sheet with these facts at a position, refused by the parent or not.
    pub fn new(position: u64, facts: &SheetFacts, refused: Option<&Code>) -> Self {
        Self {
            position,
            closure: facts.closure,
            withdrawn: facts.withdrawn.is_some() && refused.is_none(),
            void_above: facts.withdrawn.is_some() || refused.is_some(),
            say_again: refused.is_some_and(|reason| LIFTED_BY_REPEAT.contains(&reason.as_str())),
            sealed_at_ms: facts.sealed_at_ms,
            journal_position: facts.journal_position,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Zone;
    use domain::cell::Cells;
    use domain::federation::Federation;

    use super::*;
    use crate::aggregate::{Draft, Sources};

    #[test]
    fn only_a_day_ahead_and_a_used_revision_are_said_again() {
        let (federation, day) = (Federation::shipped(), "2022-12-13".parse().unwrap());
        let dictionary = federation.dictionary();
        let draft = Draft::new(day, Closure::Closed, Cells::new(), &Sources::default(), dictionary).unwrap();
        let named = (dictionary, seal::Digest::of(b""));
        let zone = Zone::new("Asia/Yekaterinburg").unwrap();
        let facts = draft.facts(1, &zone, named, 0, 0).unwrap();
        for (reason, expected) in [
            (None, (false, false)),
            (Some("OUT_OF_SCOPE"), (true, false)),
            (Some("DAY_IN_FUTURE"), (true, true)),
            (Some("REVISION_REUSED"), (true, true)),
        ] {
            let last = LastSheet::new(0, &facts, reason.map(Code::literal).as_ref());
            assert_eq!((last.void_above, last.say_again), expected, "{reason:?}");
        }
    }
}
