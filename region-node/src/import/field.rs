//! The fields of an incident that a column may fill: the allow-list of a file.

use std::fmt;

use domain::dictionary::Stamp;
use serde::de::{Deserialize, Deserializer, Error as _};

/// A field of an incident, by the name that profiles and our own column headers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Id in the source system.
    ExternalId,
    /// Code of the source.
    Source,
    /// Territory.
    Territory,
    /// Topic.
    Topic,
    /// Social network.
    Network,
    /// Legal kind.
    LegalKind,
    /// Official page or elsewhere.
    AddressedTo,
    /// Executor, by the region's own code.
    Executor,
    /// Intake point inside the source.
    IntakePoint,
    /// Moment at which the row was true.
    UpdatedAt,
    /// One of the stamps.
    Stamp(Stamp),
}

impl Field {
    /// The fields that are not stamps.
    const PLAIN: [Self; 10] = [
        Self::ExternalId,
        Self::Source,
        Self::Territory,
        Self::Topic,
        Self::Network,
        Self::LegalKind,
        Self::AddressedTo,
        Self::Executor,
        Self::IntakePoint,
        Self::UpdatedAt,
    ];

    /// Every name, for a refusal that offers the nearest.
    const NAMES: [&str; 21] = [
        "external_id",
        "source",
        "territory",
        "topic",
        "network",
        "legal_kind",
        "addressed_to",
        "executor",
        "intake_point",
        "updated_at",
        "published",
        "detected",
        "registered",
        "assigned",
        "first_reaction",
        "interim",
        "final",
        "redirected",
        "no_answer",
        "resolved",
        "reopened",
    ];

    /// Every field.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(Stamp::ALL.into_iter().map(Self::Stamp))
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Source => "source",
            Self::Territory => "territory",
            Self::Topic => "topic",
            Self::Network => "network",
            Self::LegalKind => "legal_kind",
            Self::AddressedTo => "addressed_to",
            Self::Executor => "executor",
            Self::IntakePoint => "intake_point",
            Self::UpdatedAt => "updated_at",
            Self::Stamp(stamp) => stamp.code(),
        }
    }

    /// The field with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|field| field.name() == name)
    }

    /// Whether the field holds a code or a name of a list, so that its values can be mapped or be one constant.
    pub const fn is_listed(self) -> bool {
        !matches!(self, Self::ExternalId | Self::Source | Self::UpdatedAt | Self::Stamp(_))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| D::Error::unknown_field(&name, &Self::NAMES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_fields_are_the_same_list() {
        assert!(Field::all().map(Field::name).eq(Field::NAMES));
    }
}
