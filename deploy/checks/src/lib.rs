//! The repository as a test about its own shape reads it: packages, and source files line by line.
//!
//! Promises that a line's `code` has no comments and no string contents, so that a word found there is a word of the
//! program, and that lines compiled only for tests are marked. Knows no rule: rules are in `tests/tidy.rs`.

mod mask;
mod package;
pub mod programs;
mod source;

pub use package::{Package, packages, root};
pub use source::{Line, Source, sources, texts};
