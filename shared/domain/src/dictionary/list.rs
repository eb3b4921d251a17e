//! A list of codes with names, aliases and dates.
//!
//! Codes are closed with a date and a successor, never deleted: an old sheet keeps naming what it named.

use std::collections::HashMap;

use crate::code::Code;
use crate::day::Day;
use crate::names::Names;
use crate::period::{Interval, Life};

/// One code of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// Its names.
    pub names: Names,
    /// Values of sources that mean it, byte for byte.
    pub aliases: Vec<String>,
    /// When it is in use.
    pub life: Life,
    /// The code that took over.
    pub successor: Option<Code>,
}

/// The codes of one dimension. Always has `none` («не указано») and `unmatched` («не сопоставлено»), unlisted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// As listed, then the two reserved ones.
    entries: Vec<Entry>,
    by_code: HashMap<Code, usize>,
    by_value: HashMap<String, Vec<usize>>,
}

/// How many reserved entries stand at the end.
const RESERVED: usize = 2;

/// What is wrong with a list, and with which of its codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// `none` or `unmatched`.
    #[error("код «{0}» зарезервирован и есть в каждом списке")]
    Reserved(Code),
    /// Two entries with one code.
    #[error("код «{0}» описан дважды")]
    Duplicate(Code),
    /// One value that means two codes at once.
    #[error("значение «{value}» обозначает сразу два кода: «{first}» и «{second}» ({during})")]
    DuplicateValue {
        /// The code or alias.
        value: String,
        /// One code.
        first: Code,
        /// The other.
        second: Code,
        /// When both are in use.
        during: Interval,
    },
    /// A successor that is not in the list, or is the code itself.
    #[error("код «{code}»: преемник «{successor}» не описан")]
    UnknownSuccessor {
        /// The code.
        code: Code,
        /// The successor it names.
        successor: Code,
    },
    /// A successor of a code that is never closed.
    #[error("код «{0}»: указан преемник, но не указано, до какого дня он действует")]
    SuccessorWithoutEnd(Code),
}

impl Default for CodeList {
    fn default() -> CodeList {
        CodeList::new(Vec::new()).expect("a list of the reserved codes alone is well-formed")
    }
}

impl CodeList {
    /// Checks and indexes the entries.
    pub fn new(mut entries: Vec<Entry>) -> Result<CodeList, ListError> {
        if let Some(entry) = entries.iter().find(|entry| is_reserved(&entry.code)) {
            return Err(ListError::Reserved(entry.code.clone()));
        }
        entries.push(reserved(Code::none(), "не указано"));
        entries.push(reserved(Code::unmatched(), "не сопоставлено"));
        let mut by_code = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if by_code.insert(entry.code.clone(), at).is_some() {
                return Err(ListError::Duplicate(entry.code.clone()));
            }
        }
        entries.iter().try_for_each(|entry| check_successor(entry, &by_code))?;
        let by_value = index_values(&entries)?;
        Ok(CodeList {
            entries,
            by_code,
            by_value,
        })
    }

    /// The listed entries in the order of the file, without the two reserved ones.
    pub fn entries(&self) -> &[Entry] {
        &self.entries[..self.entries.len() - RESERVED]
    }

    /// The entry with this code, in use or not; reserved ones included.
    pub fn entry(&self, code: &Code) -> Option<&Entry> {
        self.by_code.get(code).map(|&at| &self.entries[at])
    }

    /// The entry in use on the day that a value of a source means: by code, name or alias, byte for byte. An empty value that
    /// is nobody's alias means `none`; no entry means that the value counts as `unmatched`.
    pub fn resolve(&self, raw: &str, on: Day) -> Option<&Entry> {
        let candidates = self
            .by_value
            .get(raw)
            .into_iter()
            .flatten()
            .map(|&at| &self.entries[at]);
        let found = candidates.into_iter().find(|entry| entry.life.contains(on));
        if raw.is_empty() {
            found.or_else(|| self.entry(&Code::none()))
        } else {
            found
        }
    }
}

fn is_reserved(code: &Code) -> bool {
    [Code::NONE, Code::UNMATCHED].contains(&code.as_str())
}

fn reserved(code: Code, name: &str) -> Entry {
    Entry {
        code,
        names: Names::only(name),
        aliases: Vec::new(),
        life: Life::always(),
        successor: None,
    }
}

fn check_successor(entry: &Entry, codes: &HashMap<Code, usize>) -> Result<(), ListError> {
    let Some(successor) = &entry.successor else {
        return Ok(());
    };
    if *successor == entry.code || !codes.contains_key(successor) {
        return Err(ListError::UnknownSuccessor {
            code: entry.code.clone(),
            successor: successor.clone(),
        });
    }
    if entry.life.intervals().iter().any(|interval| interval.until.is_none()) {
        return Err(ListError::SuccessorWithoutEnd(entry.code.clone()));
    }
    Ok(())
}

fn index_values(entries: &[Entry]) -> Result<HashMap<String, Vec<usize>>, ListError> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let own = [entry.code.as_str(), entry.names.nominative()];
        for value in own.into_iter().chain(entry.aliases.iter().map(String::as_str)) {
            let holders = index.entry(value.to_owned()).or_default();
            for other in holders
                .iter()
                .filter(|&&other| other != at)
                .map(|&other| &entries[other])
            {
                if let Some(during) = other.life.shared_with(&entry.life) {
                    let (value, first, second) = (value.to_owned(), other.code.clone(), entry.code.clone());
                    return Err(ListError::DuplicateValue {
                        value,
                        first,
                        second,
                        during,
                    });
                }
            }
            if !holders.contains(&at) {
                holders.push(at);
            }
        }
    }
    Ok(index)
}
