//! Aggregation as the ledger sees it: which days are sealed, when, and what a repeat costs.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod history;
mod sealing;
mod stage;
