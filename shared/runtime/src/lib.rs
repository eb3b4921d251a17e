//! The process: everything a program needs around its own work.
//!
//! Owns the clock and chance, configuration, logging, exit codes, the directory lock, files written whole, waiting,
//! stopping, certificates, and both ends of a connection. Promises that time, chance, directories and the network are
//! arguments, so that a whole federation runs in one test.
//!
//! Knows no incident, no sheet, no ledger and no message of ours; it imports no other crate of this workspace.

pub mod accept;
pub mod admin;
pub mod admin_http;
pub mod archive;
pub mod backoff;
pub mod certificate;
pub mod clock;
pub mod command;
pub mod config;
pub mod connect;
mod connection;
mod crowd;
pub mod exit;
pub mod files;
mod guard;
pub mod health;
pub mod identity;
pub mod inspect;
pub mod listener;
pub mod lock;
pub mod memory;
pub mod metrics;
pub mod peer;
mod pinned;
pub mod pki;
pub mod random;
pub mod shutdown;
pub mod status;
pub mod supervisor;
pub mod tasks;
pub mod telemetry;
pub mod tls;
mod tls_key;
pub mod traced;

pub use certificate::Certificate;
pub use clock::{Clock, ManualClock, SharedClock, SystemClock};
pub use exit::Exit;
pub use identity::{Label, PeerName};
pub use lock::DirLock;
pub use peer::{LocalAdmin, Peer};
pub use random::{Random, SeededRandom, SharedRandom, SystemRandom};
pub use shutdown::Shutdown;
pub use tasks::Tasks;
