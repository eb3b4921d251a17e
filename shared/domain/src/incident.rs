//! An incident: one citizen's message as a source system recorded it, reduced to an allow-list.
//!
//! There is no text, no author and no free-form field: what is not named here cannot enter the system. Every value was
//! parsed at the door (codes are of the dictionary and the tree), so counting never meets a wrong one.

use crate::code::Code;
use crate::dictionary::Stamp;

/// First moment a stamp may have: 2000-01-01T00:00:00Z, Unix seconds.
pub const EARLIEST_STAMP: i64 = 946_684_800;
/// How far ahead of the present a stamp may lie: 26 hours cover the easternmost zone and a wrong clock.
pub const LATEST_AHEAD_S: i64 = 26 * 3600;

/// The id a source gives to an incident: 1 to 256 bytes, kept on the node, never sent anywhere.
pub type ExternalId = Code;

/// To whom the citizen wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressedTo {
    /// The source does not say.
    #[default]
    Unknown,
    /// Straight to an official page.
    OfficialPage,
    /// Anywhere else.
    Other,
}

impl AddressedTo {
    /// The code of the value in cells.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => Code::NONE,
            Self::OfficialPage => "official_page",
            Self::Other => "other",
        }
    }

    /// The value of a code, as files and calls write it; empty is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::OfficialPage, Self::Other, Self::Unknown]
            .into_iter()
            .find(|value| value.code() == text)
            .or_else(|| text.is_empty().then_some(Self::Unknown))
    }
}

/// The stamps of an incident, Unix seconds. Registration is always there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stamps {
    registered: i64,
    others: [Option<i64>; Stamp::ALL.len()],
}

impl Stamps {
    /// Stamps with the one that must be there.
    pub fn registered_at(registered: i64) -> Self {
        Self {
            registered,
            others: [None; Stamp::ALL.len()],
        }
    }

    /// The moment of a stamp, if the incident has it.
    pub fn get(&self, stamp: Stamp) -> Option<i64> {
        if stamp == Stamp::Registered {
            Some(self.registered)
        } else {
            self.others[stamp as usize]
        }
    }

    /// Sets or clears a stamp; clearing the registration leaves it as it is.
    pub fn set(&mut self, stamp: Stamp, at: Option<i64>) {
        match (stamp, at) {
            (Stamp::Registered, Some(at)) => self.registered = at,
            (Stamp::Registered, None) => {}
            (other, at) => self.others[other as usize] = at,
        }
    }

    /// The moment of registration.
    pub fn registered(&self) -> i64 {
        self.registered
    }

    /// The earliest of the named stamps that the incident has.
    pub fn earliest(&self, stamps: &[Stamp]) -> Option<i64> {
        stamps.iter().filter_map(|&stamp| self.get(stamp)).min()
    }
}

/// Whether a stamp lies between 2000 and 26 hours from now (`now_s`, Unix seconds).
pub fn plausible(at: i64, now_s: i64) -> bool {
    (EARLIEST_STAMP..=now_s.saturating_add(LATEST_AHEAD_S)).contains(&at)
}

/// One citizen's message as a source system recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The system it came from.
    pub source: Code,
    /// Its id in that system.
    pub external_id: ExternalId,
    /// Social network, or `none`.
    pub network: Code,
    /// Social message, ПОС message, appeal under 59-ФЗ, by the dictionary's code.
    pub legal_kind: Code,
    /// Unit of the territorial tree it is counted in.
    pub territory: Code,
    /// Topic, or `unmatched`.
    pub topic: Code,
    /// Official page or elsewhere.
    pub addressed_to: AddressedTo,
    /// Who answers, by the region's own code.
    pub executor: Option<Code>,
    /// The intake point inside the source (a thematic channel, say), by the region's own code.
    pub intake: Option<Code>,
    /// What happened to it and when.
    pub stamps: Stamps,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample(id: &str, registered: i64) -> Incident {
        Incident {
            source: Code::literal("incident"),
            external_id: Code::new(id).unwrap(),
            network: Code::literal("vk"),
            legal_kind: Code::literal("social_message"),
            territory: Code::literal("65"),
            topic: Code::literal("roads"),
            addressed_to: AddressedTo::OfficialPage,
            executor: None,
            intake: None,
            stamps: Stamps::registered_at(registered),
        }
    }

    #[test]
    fn a_stamp_is_plausible_from_2000_to_26_hours_ahead() {
        let now = 1_700_000_000;
        for (at, ok) in [
            (EARLIEST_STAMP, true),
            (EARLIEST_STAMP - 1, false),
            (now + LATEST_AHEAD_S, true),
            (now + LATEST_AHEAD_S + 1, false),
        ] {
            assert_eq!(plausible(at, now), ok, "{at}");
        }
    }

    #[test]
    fn registration_cannot_be_cleared() {
        let mut stamps = Stamps::registered_at(5);
        stamps.set(Stamp::Registered, None);
        stamps.set(Stamp::Final, Some(9));
        stamps.set(Stamp::Redirected, Some(7));
        assert_eq!(stamps.get(Stamp::Registered), Some(5));
        assert_eq!(
            stamps.earliest(&[Stamp::Final, Stamp::Redirected, Stamp::NoAnswer]),
            Some(7)
        );
    }
}
