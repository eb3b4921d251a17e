//! How numbers, durations and periods are written in Russian.
//!
//! Owns the typography (no-break groups, decimal comma, real minus) and the grammar of units. Promises that one number
//! has one written form per place, whatever output it stands in. Does not know what the numbers count, and never divides
//! with floating point: a share is rounded once, half up, to a tenth of a percent.

mod date;
mod duration;
mod number;
mod plural;

pub use date::{days, for_period, with_period};
pub use duration::{minutes, spell, table_duration};
pub use number::{NBSP, grouped, percent, permille, points, signed_percent};
pub use plural::{Case, Forms, counted, counted_genitive, plural};

/// What stands in the place of a number that is not there yet.
pub const MISSING: &str = "н/д";
/// What stands where a number can have no meaning: a mean of nothing.
pub const NOT_APPLICABLE: &str = "—";

/// The text with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// «А», «А и Б», «А, Б и В».
pub fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} и {last}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_first_letters_read_as_in_a_sentence() {
        let words = |n: usize| {
            ["а", "б", "в"]
                .iter()
                .take(n)
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        for (n, text) in [(0, ""), (1, "а"), (2, "а и б"), (3, "а, б и в")] {
            assert_eq!(listed(&words(n)), text);
        }
        assert_eq!(capitalised("ёлка"), "Ёлка");
        assert_eq!(capitalised(""), "");
    }
}
