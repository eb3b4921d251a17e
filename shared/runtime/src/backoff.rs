//! How long to wait before trying again: exponential with full jitter, so that ninety nodes that lost their parent
//! together do not come back together. It never gives up: what waits is durable, and the link will return.

use std::time::Duration;

use crate::random::{Random, below};

/// The waiting times of one loop that retries.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    ceiling: Duration,
}

impl Backoff {
    /// Waits of up to `base` at first, doubling up to `cap`.
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self {
            base,
            cap,
            ceiling: base.min(cap),
        }
    }

    /// The next wait: anything from nothing to the current ceiling, which then doubles.
    pub fn next(&mut self, random: &dyn Random) -> Duration {
        let ceiling = u64::try_from(self.ceiling.as_millis()).unwrap_or(u64::MAX - 1);
        self.ceiling = self.ceiling.saturating_mul(2).min(self.cap);
        Duration::from_millis(below(random, ceiling.saturating_add(1)))
    }

    /// Begins again from the base, after a success.
    pub fn reset(&mut self) {
        self.ceiling = self.base.min(self.cap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn waits_grow_up_to_the_cap_and_never_end() {
        let random = SeededRandom::new(3);
        let (base, cap) = (Duration::from_millis(100), Duration::from_mins(1));
        let mut backoff = Backoff::new(base, cap);
        let mut ceiling = base;
        let mut longest = Duration::ZERO;
        for _ in 0..2_000 {
            let wait = backoff.next(&random);
            assert!(wait <= ceiling, "{wait:?} above {ceiling:?}");
            ceiling = (ceiling * 2).min(cap);
            longest = longest.max(wait);
        }
        assert!(longest > cap * 9 / 10, "the cap is reached: {longest:?}");
        backoff.reset();
        assert!(backoff.next(&random) <= base);
    }
}
