//! What time it is. The only place that reads the wall clock; everybody else is handed a [`Clock`].
//!
//! Knows no zone and no calendar: a clock gives an instant.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A source of the current instant.
pub trait Clock: Send + Sync {
    /// The current instant. It may go backwards, as the machine's clock does when it is set.
    fn now(&self) -> Timestamp;
}

/// A clock that many parts of a process hold.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that moves only when told. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Puts the clock to `now`, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock by `step`, which may be negative; it stops at the ends of representable time.
    pub fn advance(&self, step: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now
            .saturating_add(step)
            .expect("a signed duration never needs a calendar to be added to an instant");
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_move_together() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let other = clock.clone();
        clock.advance(SignedDuration::from_secs(90));
        assert_eq!(other.now().as_second(), 90);
        other.advance(SignedDuration::from_secs(-30));
        assert_eq!(clock.now().as_second(), 60);
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!(other.now(), Timestamp::UNIX_EPOCH);
    }
}
