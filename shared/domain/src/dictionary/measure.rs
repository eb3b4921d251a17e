//! Measures and the sets of dimensions they are sent in.

use super::Stamp;
use crate::code::Code;
use crate::tally::TallyKind;

/// What a cell may be split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The source system; in every set, since completeness is declared per source.
    Source,
    /// The unit of the tree; in every set.
    Territory,
    /// The topic.
    Topic,
    /// The social network.
    Network,
    /// The legal kind.
    LegalKind,
    /// To whom it was addressed.
    AddressedTo,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Dimension; 6] = [
        Dimension::Source,
        Dimension::Territory,
        Dimension::Topic,
        Dimension::Network,
        Dimension::LegalKind,
        Dimension::AddressedTo,
    ];

    /// The code that machines read.
    pub const fn code(self) -> &'static str {
        match self {
            Dimension::Source => "source",
            Dimension::Territory => "territory",
            Dimension::Topic => "topic",
            Dimension::Network => "network",
            Dimension::LegalKind => "legal_kind",
            Dimension::AddressedTo => "addressed_to",
        }
    }

    /// The dimension with this code.
    pub fn from_code(code: &str) -> Option<Dimension> {
        Dimension::ALL.into_iter().find(|dimension| dimension.code() == code)
    }
}

/// One measure of the dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The code in every cell and report.
    pub code: Code,
    /// How its values merge.
    pub kind: TallyKind,
    /// The stamps of which the earliest that an incident has is the event; it counts under the local day of that event.
    pub event: Vec<Stamp>,
    /// Where a duration begins.
    pub since: Option<Stamp>,
    /// Ratio: the longest duration in seconds that still counts as within the norm. The denominator is every incident
    /// with the event.
    pub norm_seconds: Option<u64>,
    /// The sets of dimensions that its cells are sent in.
    pub sets: Vec<Code>,
    /// The one of them that totals are taken from; sets are never added up.
    pub total_set: Code,
    /// Stock: how many days a snapshot may stand in for a later day.
    pub max_age_days: Option<u32>,
    /// What a heading says: «Поступило», «Время ответа».
    pub name: String,
    /// What a sentence says of the incidents, in the neuter: «поступило», «дан ответ».
    pub verb: Option<String>,
}

/// A combination of dimensions that cells are split by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionSet {
    /// The code that measures name.
    pub code: Code,
    /// Its dimensions, each once, in the order of a cell's key.
    pub dimensions: Vec<Dimension>,
}

impl DimensionSet {
    /// Place of a dimension in the set, and so of its value in a cell's key.
    pub fn position(&self, dimension: Dimension) -> Option<usize> {
        self.dimensions.iter().position(|&one| one == dimension)
    }
}

/// What is wrong with a measure or a set, and with which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// Too few or too many stamps, norms or ages for its kind.
    #[error("показатель {measure} (вид {}): {what}", kind.code())]
    Kind {
        /// The measure.
        measure: Code,
        /// Its kind.
        kind: TallyKind,
        /// What does not fit.
        what: &'static str,
    },
    /// No set, or the total from a set that is not its own.
    #[error("показатель {0}: total_set должен быть одним из наборов sets")]
    Total(Code),
    /// A dimension twice in a set.
    #[error("набор разрезов {0}: разрез «{name}» указан дважды", name = .1.code())]
    Twice(Code, Dimension),
    /// A set without source or territory.
    #[error("набор разрезов {0}: нет обязательного разреза «{name}»", name = .1.code())]
    Lacks(Code, Dimension),
}

impl Measure {
    /// Whether the stamps and limits fit the kind, and the total comes from one of its sets.
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        if !self.sets.contains(&self.total_set) {
            return Err(MeasureError::Total(self.code.clone()));
        }
        let dated = !self.event.is_empty();
        let timed = matches!(self.kind, TallyKind::Duration | TallyKind::Ratio);
        let rules = [
            (
                dated != (self.kind == TallyKind::Stock),
                "event указывается у всех видов, кроме stock",
            ),
            (
                self.since.is_some() == timed,
                "since указывается только у duration и ratio",
            ),
            (
                self.norm_seconds.is_some() == (self.kind == TallyKind::Ratio),
                "норматив есть только у ratio",
            ),
            (
                self.max_age_days.is_none() || self.kind == TallyKind::Stock,
                "max_age_days бывает только у stock",
            ),
            (self.norm_seconds != Some(0), "норматив не может быть нулём секунд"),
            (
                !self.since.is_some_and(|since| self.event.contains(&since)),
                "since не может быть и событием",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(MeasureError::Kind {
                measure: self.code.clone(),
                kind: self.kind,
                what,
            }),
            None => Ok(()),
        }
    }
}

impl DimensionSet {
    /// Whether source and territory are there and nothing stands twice.
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        let count = |wanted| self.dimensions.iter().filter(|dimension| **dimension == wanted).count();
        if let Some(twice) = Dimension::ALL.into_iter().find(|dimension| count(*dimension) > 1) {
            return Err(MeasureError::Twice(self.code.clone(), twice));
        }
        match [Dimension::Source, Dimension::Territory]
            .into_iter()
            .find(|needed| count(*needed) == 0)
        {
            Some(lacks) => Err(MeasureError::Lacks(self.code.clone(), lacks)),
            None => Ok(()),
        }
    }
}
