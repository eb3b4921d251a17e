//! Versions of an incident: which of two attestations stands.
//!
//! A version has a key, the moment its source says it was true (`updated_at`, or the as-of of an export). An older key
//! is superseded; an equal key with other content yields to the later arrival, as after a mended import profile. A
//! tombstone (withdrawn, moved) yields only to a later key or to an explicit restore. So any history of versions,
//! withdrawals and repeats leaves what the history of its winners alone would leave.

use crate::code::Code;
use crate::incident::Incident;

/// When the source says this version was true, Unix milliseconds: `updated_at`, or the as-of of an export; fixed per source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionKey(pub i64);

/// Why an incident was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Withdrawal {
    /// The same message was recorded before.
    Duplicate,
    /// Not a citizen's message.
    Spam,
    /// Recorded by mistake.
    Mistake,
}

/// How an incident stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Counted.
    Live,
    /// Taken back: a tombstone.
    Withdrawn(Withdrawal),
    /// Left the node's territory for another: a tombstone that names where to.
    Moved(Code),
}

/// One version of one incident as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the source recorded. Of a tombstone, the last content known.
    pub incident: Incident,
    /// Key of the version.
    pub version: VersionKey,
    /// Counted or a tombstone.
    pub standing: Standing,
}

/// What an arriving version does to the one that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The first version of its incident.
    Accepted,
    /// Nothing new; the key may have grown.
    Unchanged,
    /// Takes the place of the one that stands.
    Updated,
    /// Older than the one that stands, which stays.
    Superseded,
}

impl Record {
    /// Whether the record counts in cells.
    pub fn is_live(&self) -> bool {
        self.standing == Standing::Live
    }

    fn same_content(&self, other: &Self) -> bool {
        self.standing == other.standing && self.incident == other.incident
    }
}

/// Lets an arriving version meet the standing one: what happens, and the record that stands afterwards.
///
/// `restore` lifts a tombstone whatever the keys say; the key never goes back.
pub fn meet(standing: Option<&Record>, arriving: &Record, restore: bool) -> (Outcome, Record) {
    let Some(current) = standing else {
        return (Outcome::Accepted, arriving.clone());
    };
    let newest = Record {
        version: arriving.version.max(current.version),
        ..arriving.clone()
    };
    if restore && !current.is_live() {
        return (Outcome::Updated, newest);
    }
    if arriving.version < current.version {
        return (Outcome::Superseded, current.clone());
    }
    if current.same_content(arriving) {
        return (Outcome::Unchanged, newest);
    }
    if arriving.version == current.version && !current.is_live() && arriving.is_live() {
        return (Outcome::Superseded, current.clone());
    }
    (Outcome::Updated, newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::tests::sample;
    use proptest::prelude::*;

    fn version() -> impl Strategy<Value = Record> {
        let standing = prop_oneof![
            3 => Just(Standing::Live),
            1 => Just(Standing::Withdrawn(Withdrawal::Duplicate)),
            1 => Just(Standing::Moved(Code::literal("66"))),
        ];
        (0_i64..4, 0_i64..3, standing).prop_map(|(key, content, standing)| Record {
            incident: sample("7", 1_600_000_000 + content),
            version: VersionKey(key),
            standing,
        })
    }

    fn play(history: &[Record]) -> Option<Record> {
        history.iter().fold(None, |standing, arriving| {
            Some(meet(standing.as_ref(), arriving, false).1)
        })
    }

    proptest! {
        #[test]
        fn a_history_equals_the_history_of_what_remains(history in proptest::collection::vec(version(), 1..8)) {
            let mut winners = Vec::new();
            let mut standing: Option<Record> = None;
            for arriving in &history {
                let (outcome, record) = meet(standing.as_ref(), arriving, false);
                if !matches!(outcome, Outcome::Superseded) {
                    winners.push(arriving.clone());
                }
                standing = Some(record);
            }
            prop_assert_eq!(play(&winners), standing.clone());
            let repeated: Vec<_> = history.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
            prop_assert_eq!(play(&repeated), standing.clone());
            let mut again = history.clone();
            again.push(standing.clone().unwrap());
            prop_assert_eq!(play(&again), standing);
        }
    }

    #[test]
    fn a_tombstone_yields_only_to_a_later_key_or_to_restore() {
        let dead = Record {
            incident: sample("7", 1_600_000_000),
            version: VersionKey(5),
            standing: Standing::Withdrawn(Withdrawal::Spam),
        };
        let live = |key| Record {
            standing: Standing::Live,
            version: VersionKey(key),
            ..dead.clone()
        };
        assert_eq!(meet(Some(&dead), &live(5), false).0, Outcome::Superseded);
        assert_eq!(meet(Some(&dead), &live(6), false).0, Outcome::Updated);
        assert_eq!(meet(Some(&dead), &live(4), true), (Outcome::Updated, live(5)));
    }
}
