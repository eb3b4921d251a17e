//! The language of messages for people. What machines read is never translated.

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Lang {
    /// Russian.
    #[default]
    Ru,
    /// English: the main messages; reports and refusals of the node stay in the federation's language.
    En,
}

impl Lang {
    /// The text in this language.
    pub fn say(self, russian: &str, english: &str) -> String {
        match self {
            Self::Ru => russian.to_owned(),
            Self::En => english.to_owned(),
        }
    }

    /// The shorter form for texts that stand in the program.
    pub const fn pick(self, russian: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Ru => russian,
            Self::En => english,
        }
    }
}
