//! Import of files: a CSV of any size, read by a profile, told to the node through the same service that sources call.
//!
//! Owns profiles, reading and the conversation with the service. Promises that a file is examined whole before anything
//! of it is sent, that memory does not grow with the file, and that every row is answered for: taken, or listed with
//! its line and reason. Knows no store: what becomes of an item is the service's word.

pub mod batch;
pub mod conversation;
pub mod error;
pub mod examine;
pub mod field;
pub mod moment;
pub mod profile;
mod quoting;
pub mod reader;
pub mod rejected;
pub mod rows;
pub mod run;
pub mod summary;

pub use error::ImportError;
pub use profile::{Profile, ProfileError};
pub use run::{ImportPlan, run_import};
pub use summary::ImportSummary;
