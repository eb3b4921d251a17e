//! One unit of the tree and one level of it, as the federation file describes them.

use crate::code::Code;
use crate::day::Day;
use crate::names::{CentreNoun, Names, Noun};
use crate::period::{Interval, Life};
use crate::zone::Zone;

/// A level of the tree: country, district, region, municipality or whatever a federation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The code that units name.
    pub code: Code,
    /// What a unit of the level is called: «регион».
    pub unit: Noun,
    /// What its centre is called: «центр управления региона»; absent where there is none.
    pub centre: Option<CentreNoun>,
}

/// The unit above, for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The unit above.
    pub code: Code,
    /// When it is.
    pub during: Interval,
}

/// A territory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The key: a string, since leading zeros count.
    pub code: Code,
    /// The code of its level.
    pub level: Code,
    /// Its names in the cases that are known.
    pub names: Names,
    /// An ISO 3166-2 code that also means the unit. Not every unit has one, so it is never the key.
    pub iso: Option<String>,
    /// Its main zone; a unit without one has that of the unit above.
    pub zone: Option<Zone>,
    /// When the unit exists.
    pub life: Life,
    /// The units above over time; empty for the root alone.
    pub parents: Vec<Parent>,
    /// The unit that took over when this one ended.
    pub successor: Option<Code>,
    /// Values of sources that mean this unit, byte for byte.
    pub aliases: Vec<String>,
}

impl Unit {
    /// The code of the unit above on the day, while the unit exists.
    pub fn parent_on(&self, on: Day) -> Option<&Code> {
        if !self.life.contains(on) {
            return None;
        }
        self.parents
            .iter()
            .find(|parent| parent.during.contains(on))
            .map(|parent| &parent.code)
    }

    /// Every value that means the unit exactly: code, ISO code, aliases.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        let own = std::iter::once(self.code.as_str()).chain(self.iso.as_deref());
        own.chain(self.aliases.iter().map(String::as_str))
    }
}
