//! Names and nouns in the grammatical cases a report needs.
//!
//! Owns [`Names`] (of one thing), [`Noun`] (of a kind of thing, with its counted forms) and the folding that sorts them.
//! Forms are written in the federation file and never generated: «во Владимирской» and «в Вологодской» follow no rule
//! worth trusting. Does not build sentences; a form that is absent is absent, and the report says it otherwise.

/// The names of one thing: a unit, a topic, a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    nominative: String,
    genitive: Option<String>,
    prepositional: Option<String>,
    sort_key: String,
}

impl Names {
    /// Names from their forms. `prepositional` carries its preposition («во Владимирской области»); `sort` is the word to
    /// sort by («Татарстан» for «Республика Татарстан»), by default the nominative.
    pub fn new(
        nominative: impl Into<String>,
        genitive: Option<String>,
        prepositional: Option<String>,
        sort: Option<&str>,
    ) -> Names {
        let nominative = nominative.into();
        let sort_key = fold(sort.unwrap_or(&nominative));
        Names {
            nominative,
            genitive,
            prepositional,
            sort_key,
        }
    }

    /// Names of which only the nominative is known.
    pub fn only(nominative: impl Into<String>) -> Names {
        Names::new(nominative, None, None, None)
    }

    /// Who or what: «Свердловская область».
    pub fn nominative(&self) -> &str {
        &self.nominative
    }

    /// Of whom or what: «Свердловской области».
    pub fn genitive(&self) -> Option<&str> {
        self.genitive.as_deref()
    }

    /// Where, with the preposition: «в Свердловской области».
    pub fn prepositional(&self) -> Option<&str> {
        self.prepositional.as_deref()
    }

    /// The folded text to sort by; compared by code points it sorts Russian, with ё as е.
    pub fn sort_key(&self) -> &str {
        &self.sort_key
    }
}

/// The noun of a kind of thing: «регион», «обращение».
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noun {
    /// With 1, 21, 31: «регион».
    pub one: String,
    /// With 2 to 4: «региона».
    pub few: String,
    /// With 5 to 20, and after «тыс.»: «регионов»; it is also the genitive plural.
    pub many: String,
    /// The nominative plural, without a number: «регионы».
    pub plural: Option<String>,
    /// The genitive singular: «региона», also after a fraction.
    pub genitive: Option<String>,
    /// The prepositional singular without a preposition: «(в 1) регионе».
    pub prepositional: Option<String>,
    /// The prepositional plural without a preposition: «(в 5) регионах».
    pub prepositional_plural: Option<String>,
}

/// The name of the centre that works for a unit of a level: «центр управления региона».
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentreNoun {
    /// Nominative singular: «центр управления региона».
    pub one: String,
    /// Nominative plural: «центры управления регионов».
    pub plural: String,
    /// Genitive plural, also with 5 to 20: «центров управления регионов».
    pub many: Option<String>,
}

/// Lower case with ё as е.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ё' { 'е' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_their_word_with_yo_as_ye() {
        let mut names = [
            Names::only("Жуков"),
            Names::only("Ёлкино"),
            Names::new("Республика Татарстан", None, None, Some("Татарстан")),
            Names::only("Ельня"),
            Names::only("Еткуль"),
            Names::only("Уфа"),
        ];
        names.sort_by(|a, b| a.sort_key().cmp(b.sort_key()));
        let sorted: Vec<_> = names.iter().map(Names::nominative).collect();
        assert_eq!(
            sorted,
            ["Ёлкино", "Ельня", "Еткуль", "Жуков", "Республика Татарстан", "Уфа"]
        );
    }
}
