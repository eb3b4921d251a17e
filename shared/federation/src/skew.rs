//! How far two clocks are apart, and what follows: nothing, a warning, a refusal.
//!
//! Order in a ledger never depends on a clock, but days and certificates do. Knows neither end.

use std::fmt;

use jiff::Timestamp;

/// From here on it is told.
const TOLD_MS: u64 = 120 * 1_000;
/// Above this nothing is exchanged.
const REFUSED_MS: u64 = 300 * 1_000;

/// Two moments that should be one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Skew {
    ours: i64,
    theirs: i64,
}

impl Skew {
    /// Between two readings in Unix milliseconds; nothing when the other end gave none.
    pub(crate) fn between(ours: i64, theirs: i64) -> Option<Self> {
        (theirs != 0).then_some(Self { ours, theirs })
    }

    /// How far the other clock is ahead.
    pub(crate) fn ms(self) -> i64 {
        self.theirs.saturating_sub(self.ours)
    }

    /// Whether a person should know.
    pub(crate) fn is_told(self) -> bool {
        self.ours.abs_diff(self.theirs) > TOLD_MS
    }

    /// Whether it is too much to go on.
    pub(crate) fn is_refused(self) -> bool {
        self.ours.abs_diff(self.theirs) > REFUSED_MS
    }

    /// The own reading.
    pub(crate) fn ours(self) -> String {
        moment(self.ours)
    }

    /// The other one.
    pub(crate) fn theirs(self) -> String {
        moment(self.theirs)
    }
}

/// RFC 3339, or the number itself when it is no moment of the calendar.
fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} мс"), |at| at.to_string())
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "здесь {}, там {}", self.ours(), self.theirs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_07_two_minutes_are_told_and_five_refused_in_both_directions() {
        let now = 1_671_494_400_000;
        for (seconds, told, refused) in [
            (0, false, false),
            (120, false, false),
            (121, true, false),
            (300, true, false),
            (301, true, true),
            (315_360_000, true, true),
        ] {
            for theirs in [now + seconds * 1_000, now - seconds * 1_000] {
                let skew = Skew::between(now, theirs).unwrap();
                assert_eq!((skew.is_told(), skew.is_refused()), (told, refused), "{skew}");
                assert_eq!(skew.ms(), theirs - now);
            }
        }
        assert!(Skew::between(now, 0).is_none(), "an older node tells no time");
        assert!(Skew::between(i64::MIN, i64::MAX).unwrap().is_refused());
    }
}
