//! Nouns and laws of the federation: territories, periods, the dictionary, incidents, tallies, cells, sheets.
//!
//! Everything here is a value or a pure function over values. There is no input or output, no async, no clock and no
//! randomness: the present moment is always an argument. Nothing stored, merged or compared is a floating-point number.
//! The crate knows no protobuf, no signatures and no particular country: territories, measures and nouns are data.

pub mod cell;
pub mod code;
pub mod count;
pub mod day;
pub mod dictionary;
pub mod federation;
pub mod histogram;
pub mod incident;
pub mod member;
pub mod names;
pub mod node;
pub mod period;
pub mod sheet;
pub mod tally;
pub mod territory;
pub mod version;
pub mod zone;

pub use code::Code;
pub use day::Day;
pub use histogram::Histogram;
pub use node::{FederationId, NodeId};
pub use period::{Granularity, Period, SheetPeriod};
pub use tally::{DurationTally, Tally};
pub use zone::Zone;
