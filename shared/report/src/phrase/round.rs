//! Round words for counts: «почти 400 тысяч», «более 54 тысяч».

use crate::format::{Case, Forms, grouped};

const SCALES: [(u64, Forms); 3] = [
    (
        1_000_000_000,
        Forms {
            one: "миллиард",
            one_accusative: "миллиард",
            few: "миллиарда",
            many: "миллиардов",
        },
    ),
    (
        1_000_000,
        Forms {
            one: "миллион",
            one_accusative: "миллион",
            few: "миллиона",
            many: "миллионов",
        },
    ),
    (
        1_000,
        Forms {
            one: "тысяча",
            one_accusative: "тысячу",
            few: "тысячи",
            many: "тысяч",
        },
    ),
];

/// The round number near `n` in words; none for a number that is round itself or below ten.
///
/// Of its two neighbours with one or two significant digits those count that are at most 2 % above or 3 % below; of two
/// such the rounder, and of two equally round the lower. Far from both, the rounder, and again the lower: «более» is true
/// at any distance. «Почти» leaves the `case` of the number («обработали почти 21 тысячу»), «более» takes the genitive.
pub fn round_words(n: u64, case: Case) -> Option<String> {
    let (lower, upper) = neighbours(n)?;
    let fits_above = u128::from(upper - n) * 100 <= u128::from(upper) * 2;
    let fits_below = u128::from(n - lower) * 100 <= u128::from(lower) * 3;
    let rounder_above = is_single_digit(upper) && !is_single_digit(lower);
    let almost = if fits_above == fits_below {
        fits_above && rounder_above
    } else {
        fits_above
    };
    Some(if almost {
        format!("почти {}", in_words(upper, case))
    } else {
        format!("более {}", in_words(lower, Case::Genitive))
    })
}

/// The numbers with at most two significant digits (one, below a hundred) on both sides of `n`.
fn neighbours(n: u64) -> Option<(u64, u64)> {
    let digits = n.checked_ilog10()?;
    let step = 10_u64.pow(digits.saturating_sub(1).max(1));
    let lower = n / step * step;
    (lower > 0 && lower < n).then(|| Some((lower, lower.checked_add(step)?)))?
}

fn is_single_digit(n: u64) -> bool {
    n.checked_ilog10()
        .is_some_and(|digits| n.is_multiple_of(10_u64.pow(digits)))
}

/// «400 тысяч», «1,5 миллиона», «20».
fn in_words(n: u64, case: Case) -> String {
    let Some((scale, unit)) = SCALES.into_iter().find(|(scale, _)| n >= *scale) else {
        return grouped(n);
    };
    let (whole, tenth) = (n / scale, n % scale / (scale / 10));
    match tenth {
        0 => format!("{} {}", grouped(whole), unit.with(whole, case)),
        _ => format!("{},{tenth} {}", grouped(whole), unit.few),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::NBSP;
    use proptest::prelude::*;

    #[test]
    fn counts_have_round_words() {
        for (n, words) in [
            (54_548, Some("более 54 тысяч")),
            (396_412, Some("почти 400 тысяч")),
            (110_300, Some("более 110 тысяч")),
            (24, Some("более 20")),
            (99, Some("почти 100")),
            (391_000, Some("более 390 тысяч")),
            (20_900, Some("почти 21 тысячу")),
            (21_300, Some("более 21 тысячи")),
            (1_480, Some("почти 1,5 тысячи")),
            (1_049, Some("более 1 тысячи")),
            (2_010, Some("более 2 тысяч")),
            (999_999, Some("почти 1 миллион")),
            (1_010_000, Some("более 1 миллиона")),
            (1_510_000, Some("более 1,5 миллиона")),
            (12_300_000, Some("более 12 миллионов")),
            (1_990_000_000, Some("почти 2 миллиарда")),
            (247, Some("более 240")),
            (90_000, None),
            (54_000, None),
            (20, None),
            (9, None),
            (0, None),
        ] {
            assert_eq!(
                round_words(n, Case::Accusative)
                    .map(|text| text.replace(NBSP, " "))
                    .as_deref(),
                words,
                "{n}"
            );
        }
        assert_eq!(
            round_words(20_900, Case::Nominative).as_deref(),
            Some("почти 21 тысяча")
        );
    }

    proptest! {
        #[test]
        fn a_round_number_is_a_neighbour_and_never_lies(n in any::<u64>()) {
            if let Some((lower, upper)) = neighbours(n) {
                prop_assert!(lower < n && n < upper);
            }
            round_words(n, Case::Nominative);
        }
    }
}
