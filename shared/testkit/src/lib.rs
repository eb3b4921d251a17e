//! What tests of several crates build with: ledgers with fixed keys, sheets, and links that can be cut.
//!
//! Everything is made from fixed seeds, so two runs make the same bytes. It is a dev-dependency only and knows no binary.

pub mod founded;
pub mod sheets;

pub use founded::{author, founded, root};
pub use sheets::empty_sheet;
