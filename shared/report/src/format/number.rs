//! Counts, shares and changes in figures.

/// The space inside a number and before a unit sign, where no line may break.
pub const NBSP: char = '\u{a0}';
const MINUS: char = '\u{2212}';

/// A count in groups of three: «54 548».
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(NBSP);
        }
        text.push(digit);
    }
    text
}

/// The share in tenths of a percent, rounded half up; nothing of nothing has no share.
pub fn permille(num: u64, den: u64) -> Option<u64> {
    let (num, den) = (u128::from(num), u128::from(den));
    let rounded = (den > 0).then(|| (num * 2000 + den) / (den * 2))?;
    Some(u64::try_from(rounded).unwrap_or(u64::MAX))
}

/// Tenths of a percent as text: «87,5 %».
pub fn percent(permille: u64) -> String {
    format!("{}{NBSP}%", tenths(permille))
}

/// A change in tenths of a percent: «+31,4 %», «−12,5 %».
pub fn signed_percent(permille: i64) -> String {
    format!("{}{NBSP}%", signed_tenths(permille))
}

/// A difference of shares in tenths of a percentage point: «+3,2 п. п.».
pub fn points(permille: i64) -> String {
    format!("{}{NBSP}п.{NBSP}п.", signed_tenths(permille))
}

fn tenths(value: u64) -> String {
    format!("{},{}", grouped(value / 10), value % 10)
}

fn signed_tenths(value: i64) -> String {
    let sign = match value {
        0 => String::new(),
        1.. => "+".to_owned(),
        _ => MINUS.to_string(),
    };
    sign + &tenths(value.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(text: &str) -> String {
        text.replace(NBSP, "␣")
    }

    #[test]
    fn digits_go_in_threes() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1␣000"),
            (54_548, "54␣548"),
            (1_500_000, "1␣500␣000"),
        ] {
            assert_eq!(visible(&grouped(n)), text);
        }
    }

    #[test]
    fn shares_are_rounded_half_up_to_a_tenth() {
        let cases = [
            (1, 3, Some(333)),
            (2, 3, Some(667)),
            (1, 2000, Some(1)),
            (1, 2001, Some(0)),
            (5, 0, None),
        ];
        for (num, den, rounded) in cases {
            assert_eq!(permille(num, den), rounded, "{num}/{den}");
        }
        assert_eq!(permille(u64::MAX, u64::MAX), Some(1000));
        assert_eq!(visible(&percent(125)), "12,5␣%");
        assert_eq!(visible(&percent(12_345)), "1␣234,5␣%");
    }

    #[test]
    fn a_change_carries_its_sign() {
        for (n, text) in [(314, "+31,4␣%"), (-125, "−12,5␣%"), (0, "0,0␣%")] {
            assert_eq!(visible(&signed_percent(n)), text);
        }
        assert_eq!(visible(&points(32)), "+3,2␣п.␣п.");
    }
}
