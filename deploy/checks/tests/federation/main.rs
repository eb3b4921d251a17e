//! Whole federations in one process: a hub and its nodes on real files, over a network in memory whose links can be cut,
//! by a clock set by hand.
//!
//! One binary, since each would link both programs whole. Every test builds its own federation in its own directory.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod boston;
mod days;
mod explain;
mod harness;
mod outage;
mod rebuild;
mod refusal;
mod replay;
mod restore;
mod subnodes;
mod undo;
