//! A regional or municipal node: takes incidents in, aggregates them by local day, seals sheets and pushes its ledger.

pub mod admin;
pub mod aggregate;
pub mod belonging;
pub mod cli;
pub mod config;
mod corrections;
pub mod door;
pub mod explain;
pub mod figures;
pub mod import;
pub mod inspect;
pub mod intake;
pub mod members;
pub mod node;
pub mod pages;
pub mod process;
pub mod reports;
pub mod restored;
pub mod service;
pub mod sources;
pub mod status;
pub mod store;
pub mod uplink;
