//! A share against a share: «вдвое больше: 60 % против 30 % (+30 п. п.)».

use super::anchor::{Band, multiple, near};
use crate::format::{percent, points};

const TWICE: Band = Band {
    num: 2,
    den: 1,
    exact: 40,
    reach: 150,
};

/// The change from one share to another, both in tenths of a percent. The difference is that of the printed shares, in
/// points; a ratio is said only from almost twice on, since percents of percents mislead.
pub fn share_change(now: u64, before: u64) -> String {
    let difference = i64::try_from(now)
        .unwrap_or(i64::MAX)
        .saturating_sub(i64::try_from(before).unwrap_or(i64::MAX));
    let figures = format!("{} против {} ({})", percent(now), percent(before), points(difference));
    let whole = now.is_multiple_of(10) && before.is_multiple_of(10);
    let figures = if whole { figures.replace(",0", "") } else { figures };
    let side = if now > before { "больше" } else { "меньше" };
    match times(now.max(before), now.min(before)) {
        Some(words) => format!("{words} {side}: {figures}"),
        None => figures,
    }
}

fn times(larger: u64, smaller: u64) -> Option<String> {
    if smaller == 0 {
        return None;
    }
    let twice = TWICE.locate(larger, smaller).map(|found| near(found, "вдвое"));
    twice.or_else(|| (larger > smaller.saturating_mul(2)).then(|| multiple(larger, smaller)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::NBSP;

    #[test]
    fn shares_are_compared_in_points() {
        for (now, before, words) in [
            (600, 300, "вдвое больше: 60 % против 30 % (+30 п. п.)"),
            (300, 600, "вдвое меньше: 30 % против 60 % (−30 п. п.)"),
            (875, 801, "87,5 % против 80,1 % (+7,4 п. п.)"),
            (800, 801, "80,0 % против 80,1 % (−0,1 п. п.)"),
            (500, 100, "в 5 раз больше: 50 % против 10 % (+40 п. п.)"),
            (500, 0, "50 % против 0 % (+50 п. п.)"),
            (500, 500, "50 % против 50 % (0 п. п.)"),
            (1000, 1000, "100 % против 100 % (0 п. п.)"),
        ] {
            assert_eq!(share_change(now, before).replace(NBSP, " "), words);
        }
    }
}
