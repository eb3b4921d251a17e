//! What an intake is told from outside: the federation it counts in, what it covers, and who is speaking.

use std::sync::Arc;

use domain::federation::Federation;
use domain::member::Cover;
use domain::{Code, Day, Zone};

/// What the intake judges and counts by. It changes when a dictionary or a membership comes down.
#[derive(Clone, Debug)]
pub struct Context {
    /// The territorial tree and the dictionary.
    pub federation: Arc<Federation>,
    /// Hash of the federation file that `federation` was read from.
    pub dictionary: seal::Digest,
    /// The node's pinned zone: its days are counted by.
    pub zone: Zone,
    /// What the node answers for; the territory of the first one is its home.
    pub covers: Vec<Cover>,
}

impl Context {
    /// Whether any cover of the node, of any time, speaks of the source.
    pub(crate) fn covers_source(&self, source: &Code) -> bool {
        self.covers.iter().any(|cover| speaks_of(cover, source))
    }

    /// Whether a unit of the tree is the node's business on a day, for a source.
    pub(crate) fn covers(&self, territory: &Code, source: &Code, on: Day) -> bool {
        let within = |cover: &Cover| self.federation.tree().is_within(territory, &cover.territory, on);
        self.covers
            .iter()
            .any(|cover| cover.holds_on(on) && speaks_of(cover, source) && within(cover))
    }

    /// Where an incident without a known territory is counted: the first cover that holds for it, else the first.
    pub(crate) fn home(&self, source: &Code, on: Day) -> Option<&Code> {
        let holding = self
            .covers
            .iter()
            .find(|cover| cover.holds_on(on) && speaks_of(cover, source));
        holding.or(self.covers.first()).map(|cover| &cover.territory)
    }
}

/// Whether a cover is for the source, on whatever days.
pub(crate) fn speaks_of(cover: &Cover, source: &Code) -> bool {
    cover.source.as_ref().is_none_or(|only| only == source)
}

/// Who brings incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The operator on the admin socket: may speak for any source.
    Local,
    /// A client certificate bound to one source.
    Source {
        /// Name in the certificate.
        name: String,
        /// The source it speaks for.
        source: Code,
    },
}

impl Caller {
    /// The scope of the caller's batch ids: its source, or nothing for the operator.
    pub(crate) fn scope(&self) -> &str {
        match self {
            Self::Local => "",
            Self::Source { source, .. } => source.as_str(),
        }
    }
}
