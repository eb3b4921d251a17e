//! A hundred seeds, and what a seed promises: whatever the faults were, every incident counts once.
//!
//! A failure prints the seed and the command line that plays it again; `--shrink` makes its script short.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sim::play::again;
use sim::{Script, play};

/// Seeds of the ordinary test run.
const SEEDS: u64 = 100;

#[test]
fn every_incident_counts_once_whatever_the_faults_were() {
    let (next, broken) = (AtomicU64::new(1), Mutex::new(Vec::new()));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS {
                        return;
                    }
                    match std::panic::catch_unwind(|| play(&Script::draw(seed))) {
                        Ok(Ok(_)) => {}
                        Ok(Err(found)) => broken
                            .lock()
                            .unwrap()
                            .push(format!("{found}\n  again: {}", again(seed))),
                        Err(_) => broken
                            .lock()
                            .unwrap()
                            .push(format!("a panic\n  again: {}", again(seed))),
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_seed_decides_every_byte_of_the_hubs_ledger() {
    for seed in [1, 3] {
        let script = Script::draw(seed);
        assert_eq!(script, Script::draw(seed));
        assert_eq!(play(&script).unwrap(), play(&script).unwrap(), "{}", again(seed));
    }
}
