//! Which form of a noun goes with a number, by the plural rules of CLDR for Russian.

use domain::names::Noun;
use icu_locale_core::locale;
use icu_plurals::{PluralCategory, PluralRules};

use super::number::grouped;

/// Built anew each time: the rules are compiled in and cannot be shared between threads.
fn category(n: u64) -> PluralCategory {
    let rules = PluralRules::try_new_cardinal(locale!("ru").into()).expect("the rules are compiled in");
    rules.category_for(n)
}

/// The cases that a counted unit takes in our sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// «составило 1 минута», «2 минуты», «5 минут».
    Nominative,
    /// «на 1 минуту», «2 минуты», «5 минут».
    Accusative,
    /// «до 1 минуты», «2 минут», «5 минут».
    Genitive,
}

/// The forms of a unit that the code itself names: minutes, thousands.
#[derive(Clone, Copy, Debug)]
pub struct Forms {
    /// «1 минута».
    pub one: &'static str,
    /// «на 1 минуту».
    pub one_accusative: &'static str,
    /// «2 минуты», which is also the genitive singular, after a fraction and in «до 1 минуты».
    pub few: &'static str,
    /// «5 минут», which is also the genitive plural.
    pub many: &'static str,
}

impl Forms {
    /// The form that goes with `n` in the case.
    pub fn with(&self, n: u64, case: Case) -> &'static str {
        match (case, category(n)) {
            (Case::Nominative, PluralCategory::One) => self.one,
            (Case::Accusative, PluralCategory::One) => self.one_accusative,
            (Case::Genitive, PluralCategory::One) | (Case::Nominative | Case::Accusative, PluralCategory::Few) => {
                self.few
            }
            _ => self.many,
        }
    }
}

/// The form that goes with `n` of the three counted ones.
pub fn plural<'a>(n: u64, one: &'a str, few: &'a str, many: &'a str) -> &'a str {
    match category(n) {
        PluralCategory::One => one,
        PluralCategory::Few => few,
        _ => many,
    }
}

/// «21 обращение», «2 обращения», «111 обращений».
pub fn counted(n: u64, noun: &Noun) -> String {
    format!("{} {}", grouped(n), plural(n, &noun.one, &noun.few, &noun.many))
}

/// «(по данным) 1 региона», «6 регионов». Without a genitive the form after 2 stands in, which in Russian is the same.
pub fn counted_genitive(n: u64, noun: &Noun) -> String {
    let singular = noun.genitive.as_deref().unwrap_or(&noun.few);
    format!("{} {}", grouped(n), plural(n, singular, &noun.many, &noun.many))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Forms = Forms {
        one: "минута",
        one_accusative: "минуту",
        few: "минуты",
        many: "минут",
    };

    fn incident() -> Noun {
        Noun {
            one: "обращение".to_owned(),
            few: "обращения".to_owned(),
            many: "обращений".to_owned(),
            plural: None,
            genitive: None,
            prepositional: None,
            prepositional_plural: None,
        }
    }

    #[test]
    fn units_agree_with_their_number_in_three_cases() {
        for (n, nominative, accusative, genitive) in [
            (1, "минута", "минуту", "минуты"),
            (2, "минуты", "минуты", "минут"),
            (5, "минут", "минут", "минут"),
            (11, "минут", "минут", "минут"),
            (21, "минута", "минуту", "минуты"),
            (111, "минут", "минут", "минут"),
        ] {
            assert_eq!(MINUTE.with(n, Case::Nominative), nominative, "{n}");
            assert_eq!(MINUTE.with(n, Case::Accusative), accusative, "{n}");
            assert_eq!(MINUTE.with(n, Case::Genitive), genitive, "{n}");
        }
    }

    #[test]
    fn counted_nouns_agree_with_their_number() {
        for (n, plain, genitive) in [
            (0, "0 обращений", "0 обращений"),
            (1, "1 обращение", "1 обращения"),
            (2, "2 обращения", "2 обращений"),
            (5, "5 обращений", "5 обращений"),
            (21, "21 обращение", "21 обращения"),
            (111, "111 обращений", "111 обращений"),
        ] {
            assert_eq!(counted(n, &incident()), plain);
            assert_eq!(counted_genitive(n, &incident()), genitive);
        }
    }
}
