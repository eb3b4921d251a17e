//! What the ledger promises, sentence by sentence, over real files.

#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test, in its builders too"
)]

mod crash;
mod durable;
mod faults;
mod forged;
mod member;
mod refusals;
mod replication;
mod stage;
