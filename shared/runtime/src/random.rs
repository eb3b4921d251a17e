//! Chance. The only place that asks the operating system for random bytes; everybody else is handed a [`Random`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes` with random values.
    fn fill(&self, bytes: &mut [u8]);
}

/// A source that many parts of a process hold.
pub type SharedRandom = Arc<dyn Random>;

/// The operating system's generator, fit for secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a Linux that runs us has getrandom(2)");
    }
}

/// The same bytes for the same seed (`SplitMix64`). For tests and demos, never for secrets.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// A sequence that depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn word(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// A number below `bound`, each equally likely. A bound of zero gives zero.
pub fn below(random: &dyn Random, bound: u64) -> u64 {
    if bound == 0 {
        return 0;
    }
    // Values at or above the largest multiple of the bound would favour the small remainders: draw again.
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let value = u64::from_le_bytes(bytes(random));
        if value < fair {
            return value % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_every_byte() {
        let draw = |seed| bytes::<20>(&SeededRandom::new(seed));
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn below_reaches_every_value_and_no_other() {
        let random = SeededRandom::new(1);
        let mut seen = [0_u32; 5];
        for _ in 0..1_000 {
            seen[usize::try_from(below(&random, 5)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|&times| times > 150), "{seen:?}");
        assert_eq!(below(&random, 0), 0);
        assert_eq!(below(&random, 1), 0);
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        assert_ne!(bytes::<16>(&SystemRandom), bytes::<16>(&SystemRandom));
    }
}
