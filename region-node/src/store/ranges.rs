//! A set of days as ranges: what a source declared complete.

use domain::Day;

/// Ranges of days, both ends included, in order, not touching one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(Day, Day)>);

impl Ranges {
    pub(crate) fn as_slice(&self) -> &[(Day, Day)] {
        &self.0
    }

    /// The set of the days of some ranges.
    pub(super) fn of(ranges: &[(Day, Day)]) -> Self {
        let mut set = Self::default();
        for &(from, to) in ranges {
            set.insert(from, to);
        }
        set
    }

    /// Takes the days in.
    pub(crate) fn insert(&mut self, from: Day, to: Day) {
        let (mut from, mut to) = (from, to);
        self.0.retain(|&(first, last)| {
            let apart = last.next() < from || to.next() < first;
            if !apart {
                from = from.min(first);
                to = to.max(last);
            }
            apart
        });
        self.0.push((from, to));
        self.0.sort_unstable();
    }

    /// Takes the days out.
    pub(crate) fn remove(&mut self, from: Day, to: Day) {
        let kept = self.0.iter().flat_map(|&(first, last)| {
            let before = (first < from).then(|| (first, last.min(from.previous())));
            let after = (to < last).then(|| (first.max(to.next()), last));
            before.into_iter().chain(after)
        });
        self.0 = kept.collect();
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let numbers = self.0.iter().flat_map(|&(from, to)| [from, to]);
        numbers.flat_map(|day| day.number().to_be_bytes()).collect()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks::<8>();
        let day = |bytes: &[u8]| Day::new(i32::from_be_bytes(bytes.try_into().ok()?));
        let ranges = pairs.iter().map(|pair| Some((day(&pair[..4])?, day(&pair[4..])?)));
        rest.is_empty()
            .then(|| ranges.collect::<Option<_>>().map(Self))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn days(ranges: &Ranges) -> BTreeSet<i32> {
        ranges
            .as_slice()
            .iter()
            .flat_map(|&(from, to)| from.number()..=to.number())
            .collect()
    }

    proptest! {
        #[test]
        fn ranges_are_the_set_of_their_days(steps in proptest::collection::vec((0..30_i32, 0..6_i32, any::<bool>()), 0..12)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for (from, length, revoked) in steps {
                let (first, last) = (Day::new(from).unwrap(), Day::new(from + length).unwrap());
                if revoked {
                    ranges.remove(first, last);
                    set.retain(|day| !(from..=from + length).contains(day));
                } else {
                    ranges.insert(first, last);
                    set.extend(from..=from + length);
                }
                prop_assert_eq!(days(&ranges), set.clone());
                prop_assert!(ranges.as_slice().windows(2).all(|pair| pair[0].1.next() < pair[1].0));
                prop_assert_eq!(Ranges::decode(&ranges.encode()), Some(ranges.clone()));
            }
        }
    }
}
