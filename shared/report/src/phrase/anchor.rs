//! Anchors: the ratios that have a word of their own, and the plain multiples beside them.

use crate::format::{NBSP, grouped, plural};

/// How near to an anchor, and on which side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nearness {
    Almost,
    Exact,
    MoreThan,
}

/// A ratio with a word, and its bands in thousandths on either side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    /// The ratio is `num / den`.
    pub num: u64,
    /// See `num`.
    pub den: u64,
    /// Within this it is exact.
    pub exact: u64,
    /// Within this it is almost, or more than, the anchor.
    pub reach: u64,
}

impl Band {
    /// Where `part / whole` lies in the band, if it does. `whole` is not zero.
    pub(super) fn locate(&self, part: u64, whole: u64) -> Option<Nearness> {
        let (part, whole) = (u128::from(part), u128::from(whole));
        let (scaled, anchor) = (part * u128::from(self.den), whole * u128::from(self.num));
        let within = |thousandths: u64| {
            let limit = u128::from(thousandths) * whole * u128::from(self.den);
            scaled
                .abs_diff(anchor)
                .checked_mul(1000)
                .is_some_and(|distance| distance <= limit)
        };
        match (within(self.exact), within(self.reach)) {
            (true, _) => Some(Nearness::Exact),
            (false, true) if scaled < anchor => Some(Nearness::Almost),
            (false, true) => Some(Nearness::MoreThan),
            (false, false) => None,
        }
    }
}

/// The words with what nearness adds to them: «почти вдвое», «более чем вдвое».
pub(super) fn near(nearness: Nearness, words: &str) -> String {
    match nearness {
        Nearness::Almost => format!("почти {words}"),
        Nearness::Exact => words.to_owned(),
        Nearness::MoreThan => format!("более чем {words}"),
    }
}

/// «в 1,7 раза», «в 4 раза», «в 5 раз»: one decimal, rounded half up; a fraction takes the genitive singular.
pub(super) fn multiple(larger: u64, smaller: u64) -> String {
    let (larger, smaller) = (u128::from(larger), u128::from(smaller));
    let tenths = u64::try_from((larger * 20 + smaller) / (smaller * 2)).unwrap_or(u64::MAX);
    let (whole, tenth) = (tenths / 10, tenths % 10);
    match tenth {
        0 => format!("в{NBSP}{} {}", grouped(whole), plural(whole, "раз", "раза", "раз")),
        _ => format!("в{NBSP}{},{tenth} раза", grouped(whole)),
    }
}
