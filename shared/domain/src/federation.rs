//! The federation file: everything that makes the product Russian, or Bostonian.
//!
//! Owns [`Federation`]: territorial tree, dictionary, levels and nouns, read from one TOML file whose format is documented
//! in `docs/reference/federation-file.md`. Promises that a file is taken whole or refused with the place and the reason.
//! Reads no disk: the text is an argument. Does not know who takes part; members are in the ledger.

mod build;
mod file;
mod syntax;
mod values;

use crate::code::Code;
use crate::dictionary::{Dictionary, DictionaryError, ListError};
use crate::names::Noun;
use crate::territory::{Level, TerritoryError, Tree};

/// The federation that ships: Russia.
pub const SHIPPED: &str = include_str!("../data/russia.toml");

/// The only format of the file so far.
pub const FORMAT: u32 = 1;

/// A federation as its file describes it.
#[derive(Clone, Debug)]
pub struct Federation {
    id: String,
    title: String,
    incident: Noun,
    default_norm_seconds: u64,
    dictionary: Dictionary,
    tree: Tree,
}

/// Why a text is no federation file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FederationError {
    /// It is not TOML, or a key is unknown, missing or of another type.
    #[error("строка {line}, столбец {column}: {reason}")]
    Syntax {
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A value that its key does not allow.
    #[error("{place}: {reason}")]
    Value {
        /// Which part of the file.
        place: String,
        /// What was got and what is expected.
        reason: String,
    },
    /// The units are no tree.
    #[error("дерево территорий: {0}")]
    Territory(#[from] TerritoryError),
    /// One of the lists is wrong.
    #[error("список {list}: {error}")]
    List {
        /// The key of the list.
        list: &'static str,
        /// What is wrong in it.
        error: ListError,
    },
    /// Measures and sets do not fit.
    #[error("словарь: {0}")]
    Dictionary(#[from] DictionaryError),
}

impl Federation {
    /// Reads a federation file.
    pub fn parse(text: &str) -> Result<Federation, FederationError> {
        build::federation(syntax::read(text)?)
    }

    /// The federation that is compiled in.
    pub fn shipped() -> Federation {
        Federation::parse(SHIPPED).expect("the shipped file is read by a test")
    }

    /// The id in node names and origins: `[a-z0-9-]{1,63}`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The title a person reads.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The levels of the tree, top first.
    pub fn levels(&self) -> &[Level] {
        self.tree.levels()
    }

    /// The level with this code.
    pub fn level(&self, code: &Code) -> Option<&Level> {
        self.tree.level(code)
    }

    /// The noun for one citizen's message: «обращение».
    pub const fn incident_noun(&self) -> &Noun {
        &self.incident
    }

    /// The norm in seconds of every share within norm that names none of its own.
    pub const fn default_norm_seconds(&self) -> u64 {
        self.default_norm_seconds
    }

    /// Measures, dimension sets and code lists.
    pub const fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// The territorial tree.
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }
}

#[cfg(test)]
mod tests;
