//! The intake as its callers see it: what is let in, what stands afterwards, and what a fault leaves.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]
#![allow(
    clippy::unnecessary_wraps,
    reason = "what stands in a field of a message is optional there"
)]

mod door;
mod faults;
mod history;
mod repeats;
mod service;
mod stage;
mod undo;
