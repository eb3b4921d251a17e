//! Which unit a value from a source means.

use super::{Tree, Unit};
use crate::code::Code;
use crate::day::Day;

/// How a value that is no code, ISO code or alias is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Not at all.
    Exact,
    /// A value of ASCII digits means the unit with the longest code that it begins with, as in hierarchical classifiers.
    /// Values with anything but digits are words, of which a beginning means nothing.
    Prefix,
}

impl Matching {
    /// Every way, the stricter first.
    pub const ALL: [Matching; 2] = [Matching::Exact, Matching::Prefix];

    /// The word in the federation file.
    pub const fn code(self) -> &'static str {
        match self {
            Matching::Exact => "exact",
            Matching::Prefix => "prefix",
        }
    }
}

/// What a value turned out to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is the code, the ISO code or an alias of this unit.
    Exact(Code),
    /// It is a finer code inside this unit.
    Prefix(Code),
    /// It means no unit that exists on the day.
    Unknown,
}

impl Resolution {
    /// The unit, if there is one.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Resolution::Exact(code) | Resolution::Prefix(code) => Some(code),
            Resolution::Unknown => None,
        }
    }
}

impl Tree {
    /// The unit that a value means on the day. Values are compared byte for byte; trimming is the reader's business.
    pub fn resolve(&self, raw: &str, on: Day) -> Resolution {
        if let Some(unit) = self.named(raw, on) {
            return Resolution::Exact(unit.code.clone());
        }
        match self.matching {
            Matching::Exact => Resolution::Unknown,
            Matching::Prefix => self.longest_prefix(raw, on),
        }
    }

    fn named(&self, raw: &str, on: Day) -> Option<&Unit> {
        let candidates = self.by_value.get(raw)?;
        candidates
            .iter()
            .map(|&at| &self.units[at])
            .find(|unit| unit.life.contains(on))
    }

    fn longest_prefix(&self, raw: &str, on: Day) -> Resolution {
        if !raw.bytes().all(|byte| byte.is_ascii_digit()) {
            return Resolution::Unknown;
        }
        let longest = raw.len().min(crate::code::MAX_CODE_BYTES + 1);
        let living = |length| {
            self.by_code
                .get(&raw[..length])
                .map(|&at| &self.units[at])
                .filter(|u| u.life.contains(on))
        };
        (1..longest)
            .rev()
            .find_map(living)
            .map_or(Resolution::Unknown, |unit| Resolution::Prefix(unit.code.clone()))
    }
}
