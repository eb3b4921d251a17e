//! A federation in one process: a hub and its nodes as they are, on real files, by clocks set by hand, over a network
//! whose faults a seed decides. It takes a script of random operations and then asks whether every incident counts once.
//!
//! **Where the boundary is.** Two kinds of steps never overlap. A *local* step (an incident comes in, a day is sealed, a
//! node is opened again from its files) is called from the one thread of a simulation and runs to its end: the intake's
//! writer thread and sled do their work before the next step begins, so nothing depends on how threads are scheduled. A
//! *talk* runs in turmoil: one thread, simulated time, a runtime for each machine, our own accept loop and dialer over
//! its sockets with mutual TLS. Work that a service hands to a blocking thread is waited for inside the tick in which it
//! began, since paused time does not move meanwhile. Between talks no connection is open.
//!
//! What a seed decides: the federation, its keys, the script, every latency and fault, and so every byte of every
//! ledger. What it does not: TLS session secrets and serial numbers of certificates, which no ledger holds.
//!
//! **The oracle.** Each incident has a topic of its own, so it counts in private cells; whatever the faults were, each
//! such cell must end at exactly 1 where the incident stands and be absent everywhere else ([`oracle`]).
//!
//! A machine is stopped by dropping it between two steps of its program, as `kill -9` would; what it had written is
//! there afterwards. Power cuts, which lose what was not synced, are the business of another rig.

pub mod failure;
pub mod link;
pub mod machine;
pub mod map;
pub mod model;
pub mod oracle;
pub mod play;
pub mod script;
pub mod shrink;
pub mod source;
pub mod talk;
pub mod world;

pub use failure::Failure;
pub use play::{Ended, play};
pub use script::Script;
