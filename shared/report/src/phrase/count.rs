//! A change of counts: «почти на треть больше», «вдвое меньше», «на 12 обращений больше».

use domain::names::Noun;

use super::anchor::{Band, multiple, near};
use crate::format::{counted, percent};

/// Below this many before, a share of the change is noise and only the difference is said.
pub const FEW: u64 = 30;

/// What became of a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountChange {
    /// Less than half a percent, or nothing at all: «практически не изменилось».
    Same {
        /// In tenths of a percent; absent where shares are not said.
        permille: Option<i64>,
    },
    /// Said as a ratio: «почти на треть больше», with +31,4 % beside it.
    Relative {
        /// The words.
        words: String,
        /// In tenths of a percent.
        permille: i64,
        /// The words are the percentage already.
        plain: bool,
    },
    /// Said as a difference: «на 12 обращений больше».
    Absolute {
        /// The words.
        words: String,
    },
    /// There was nothing before.
    WasNone,
}

/// A share of the former count that has words of its own.
const PARTS: [(Band, &str); 2] = [
    (
        Band {
            num: 1,
            den: 4,
            exact: 5,
            reach: 20,
        },
        "на четверть",
    ),
    (
        Band {
            num: 1,
            den: 3,
            exact: 7,
            reach: 30,
        },
        "на треть",
    ),
];
const HALF_AS_MUCH_AGAIN: Band = Band {
    num: 3,
    den: 2,
    exact: 20,
    reach: 70,
};
const HALF: Band = Band {
    num: 1,
    den: 2,
    exact: 20,
    reach: 70,
};
const TWICE: Band = Band {
    num: 2,
    den: 1,
    exact: 40,
    reach: 150,
};
pub(super) const THRICE: Band = Band {
    num: 3,
    den: 1,
    exact: 60,
    reach: 200,
};

/// The change from `before` to `now`. Not `comparable` (the data of one of the two are less complete) means that only the
/// difference is said.
pub fn count_change(now: u64, before: u64, noun: &Noun, comparable: bool) -> CountChange {
    if before == 0 && now > 0 {
        return CountChange::WasNone;
    }
    let relative = comparable && before >= FEW;
    if now == before || (relative && below_half_percent(now, before)) {
        return CountChange::Same {
            permille: relative.then(|| change_permille(now, before)),
        };
    }
    let side = if now > before { "больше" } else { "меньше" };
    if !relative {
        return CountChange::Absolute {
            words: format!("на {} {side}", counted(now.abs_diff(before), noun)),
        };
    }
    let permille = change_permille(now, before);
    let plain = || format!("на {}", percent(permille.unsigned_abs()));
    let found = ratio_words(now, before);
    CountChange::Relative {
        plain: found.is_none(),
        words: format!("{} {side}", found.unwrap_or_else(plain)),
        permille,
    }
}

fn below_half_percent(now: u64, before: u64) -> bool {
    u128::from(now.abs_diff(before)) * 1000 < u128::from(before) * 5
}

/// The change in tenths of a percent, rounded half away from zero. `before` is not zero.
fn change_permille(now: u64, before: u64) -> i64 {
    let before_wide = u128::from(before);
    let size = (u128::from(now.abs_diff(before)) * 2000 + before_wide) / (before_wide * 2);
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    if now < before { -size } else { size }
}

/// The words of a ratio that has some; the rest is said in percent.
pub(super) fn ratio_words(now: u64, before: u64) -> Option<String> {
    let change = now.abs_diff(before);
    let part = PARTS
        .iter()
        .find_map(|(band, words)| band.locate(change, before).map(|found| near(found, words)));
    part.or_else(|| {
        if now > before {
            growth_words(now, before)
        } else {
            fall_words(now, before)
        }
    })
}

fn growth_words(now: u64, before: u64) -> Option<String> {
    let by = |band: Band, words| band.locate(now, before).map(|found| near(found, words));
    by(HALF_AS_MUCH_AGAIN, "в полтора раза")
        .or_else(|| by(TWICE, "вдвое"))
        .or_else(|| thrice(now, before))
        .or_else(|| beyond_anchors(now, before).then(|| multiple(now, before)))
}

fn fall_words(now: u64, before: u64) -> Option<String> {
    if now == 0 {
        return None;
    }
    // «Почти вдвое меньше» is said of what has not yet fallen to a half, so the sides of the band change places.
    let half = HALF.locate(before - now, before).map(|found| near(found, "вдвое"));
    half.or_else(|| thrice(before, now))
        .or_else(|| beyond_anchors(before, now).then(|| multiple(before, now)))
}

/// Exactly thrice has the adverb; near it «втрое» sounds wrong after «почти».
fn thrice(larger: u64, smaller: u64) -> Option<String> {
    use super::anchor::Nearness::Exact;
    THRICE.locate(larger, smaller).map(|found| {
        if found == Exact {
            "втрое".to_owned()
        } else {
            near(found, "в три раза")
        }
    })
}

/// Above 1.57, where the reach of «в полтора раза» ends.
fn beyond_anchors(larger: u64, smaller: u64) -> bool {
    u128::from(larger) * 100 > u128::from(smaller) * 157
}

#[cfg(test)]
#[path = "count/tests.rs"]
mod tests;
