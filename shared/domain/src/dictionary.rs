//! The dictionary: what is counted, by what, and which codes may stand there.
//!
//! Owns [`Dictionary`]: measures with their stamps, dimension sets and the code lists. Promises, once built, that every
//! measure names stamps that fit its kind and sets that exist, and that a raw value means at most one code on any day.
//! Does not know territories (they are a tree of their own) and does not count.

mod list;
mod measure;
mod stamp;

use std::collections::HashSet;

use crate::code::Code;
pub use list::{CodeList, Entry, ListError};
pub use measure::{Dimension, DimensionSet, Measure, MeasureError};
pub use stamp::Stamp;

/// The code lists of a dictionary, one for each dimension but the territory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// What a message is about.
    pub topics: CodeList,
    /// The systems that messages come from.
    pub sources: CodeList,
    /// The social networks.
    pub networks: CodeList,
    /// Social message, message of a state portal, appeal under the law.
    pub legal_kinds: CodeList,
    /// To whom it was addressed: an official page or somewhere else.
    pub addressed_to: CodeList,
}

/// A versioned dictionary, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictionary {
    version: u32,
    lists: Lists,
    sets: Vec<DimensionSet>,
    measures: Vec<Measure>,
}

/// Why the parts are no dictionary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DictionaryError {
    /// Something is wrong inside a measure or a set.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Two sets with one code.
    #[error("набор разрезов {0} описан дважды")]
    DuplicateSet(Code),
    /// Two measures with one code.
    #[error("показатель {0} описан дважды")]
    DuplicateMeasure(Code),
    /// A measure that names a set that is not listed.
    #[error("показатель {measure}: набор разрезов «{set}» не описан")]
    UnknownSet {
        /// The measure.
        measure: Code,
        /// The set it names.
        set: Code,
    },
}

impl Dictionary {
    /// Checks the parts against one another.
    pub fn new(
        version: u32,
        lists: Lists,
        sets: Vec<DimensionSet>,
        measures: Vec<Measure>,
    ) -> Result<Dictionary, DictionaryError> {
        let mut set_codes = HashSet::new();
        for set in &sets {
            set.check()?;
            if !set_codes.insert(&set.code) {
                return Err(DictionaryError::DuplicateSet(set.code.clone()));
            }
        }
        let mut measure_codes = HashSet::new();
        for measure in &measures {
            measure.check()?;
            if !measure_codes.insert(&measure.code) {
                return Err(DictionaryError::DuplicateMeasure(measure.code.clone()));
            }
            if let Some(set) = measure.sets.iter().find(|set| !set_codes.contains(set)) {
                return Err(DictionaryError::UnknownSet {
                    measure: measure.code.clone(),
                    set: set.clone(),
                });
            }
        }
        Ok(Dictionary {
            version,
            lists,
            sets,
            measures,
        })
    }

    /// The version its author gave it; what identifies it is the hash of its bytes.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The measures in the order of the file, which is the order of a report.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The measure with this code.
    pub fn measure(&self, code: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.code.as_str() == code)
    }

    /// The dimension sets in the order of the file.
    pub fn sets(&self) -> &[DimensionSet] {
        &self.sets
    }

    /// The dimension set with this code.
    pub fn set(&self, code: &Code) -> Option<&DimensionSet> {
        self.sets.iter().find(|set| set.code == *code)
    }

    /// The code lists.
    pub const fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The code list of a dimension; none for the territory, which has a tree.
    pub const fn list(&self, dimension: Dimension) -> Option<&CodeList> {
        match dimension {
            Dimension::Source => Some(&self.lists.sources),
            Dimension::Territory => None,
            Dimension::Topic => Some(&self.lists.topics),
            Dimension::Network => Some(&self.lists.networks),
            Dimension::LegalKind => Some(&self.lists.legal_kinds),
            Dimension::AddressedTo => Some(&self.lists.addressed_to),
        }
    }
}

#[cfg(test)]
mod tests;
