//! The phrase engine: what a change is called.
//!
//! Owns the choice of words for a change of counts, times and shares, and for round numbers. Promises words that a reader
//! of the figures agrees with: each anchor («на треть», «вдвое») has a narrow band in which it is exact and a wider one in
//! which it is «почти» or «более чем». Pure and in integers: bands are compared by cross-multiplication. Does not know
//! sentences, and has no word of praise.

mod anchor;
mod count;
mod round;
mod share;
mod time;

pub use count::{CountChange, FEW, count_change};
pub use round::round_words;
pub use share::share_change;
pub use time::{TimeChange, time_change};
