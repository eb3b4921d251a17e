//! A whole node beside a whole parent, over a network in memory and a clock set by hand.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod life;
mod program;
mod stage;
mod watch;
