//! The rollup: sheets in force folded along time, across territories and by dimension, with their coverage.
//!
//! Pure: no input or output, no async, no clock. It knows no signatures and no ledger; it is given sheets and members
//! and answers questions. What it answers does not depend on the order in which sheets came.
//!
//! One question goes through the modules in this order: `stretch` cuts the period where the tree or the membership
//! changes, `place` says where in the scope a territory stands in each stretch, `overlap` says what is another's to
//! count, `fold` and `stock` add up cells,
//! `expect` and `attest` say what should be there and what is, `coverage` counts both, `state` puts a word to each value.
//! `explain` goes the same way for one figure, sheet by sheet.

pub mod answer;
mod ask;
mod attest;
mod coverage;
mod expect;
pub mod explain;
mod fold;
mod intern;
mod overlap;
mod packed;
mod place;
mod plan;
mod state;
mod stock;
mod store;
mod stretch;
mod sum;

pub use answer::{Answer, Coverage, Gap, GapReason, Overlap, Row, Share, Value};
pub use ask::{Question, RollupError};
pub use explain::{CellName, Explained};
pub use store::{Rollup, SheetStanding};
