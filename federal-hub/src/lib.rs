//! The federal hub: takes the ledgers of its members, verifies and folds them, and answers with district reports.

pub mod admin;
pub mod cli;
pub mod config;
pub mod door;
pub mod explain;
pub mod figures;
pub mod hub;
pub mod init;
pub mod inspect;
pub mod pages;
pub mod process;
pub mod reports;
pub mod status;
