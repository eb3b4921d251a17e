//! Why a simulation failed: a broken promise of the product, or a step that could not be taken at all.

use std::fmt::Display;

/// A failure, in words for whoever replays the seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl Failure {
    /// A failure of this kind.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Says what was being done when something failed.
pub trait While<T> {
    /// Names the step.
    fn during(self, step: &str) -> Result<T, Failure>;
}

impl<T, E: Display> While<T> for Result<T, E> {
    fn during(self, step: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{step}: {error}")))
    }
}
