//! The plan of a question: which columns of the sheets it reads, and which lane each cell adds to.
//!
//! A measure's total, its rows by territory and its rows by source come from its total set; rows by topic and by network
//! from the set that has the dimension (the total set if it does). Sets are never added to one another.

use std::collections::HashMap;

use domain::dictionary::{Dictionary, Dimension, Measure, Stamp};
use domain::{Code, Tally};

use crate::intern::Codes;

/// The breakdowns of an answer, by the code of their dimension.
pub(crate) const BREAKDOWNS: [Dimension; 3] = [Dimension::Topic, Dimension::Source, Dimension::Network];

/// How one column is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Position of the measure in the dictionary.
    pub(crate) measure: usize,
    /// Where in a key the territory stands.
    pub(crate) territory: usize,
    /// Where in a key the source stands.
    pub(crate) source: usize,
    /// The column gives the total and the rows by territory.
    pub(crate) total: bool,
    /// Breakdowns that the column gives, and where in a key their dimension stands.
    pub(crate) breakdowns: Vec<(usize, usize)>,
    /// A stock: only its latest snapshots count.
    pub(crate) stock: bool,
    /// Counts by the registration: says on which day an incident came in.
    pub(crate) received: bool,
}

/// The columns that a question reads.
#[derive(Debug)]
pub(crate) struct Plan {
    readings: HashMap<(u32, u32), Reading>,
}

impl Plan {
    /// The plan for all measures of a dictionary. What no sheet ever named is not read.
    pub(crate) fn new(dictionary: &Dictionary, codes: &Codes) -> Self {
        let mut readings = HashMap::new();
        for (at, measure) in dictionary.measures().iter().enumerate() {
            for set in &measure.sets {
                let needed = |reading: &Reading| reading.total || !reading.breakdowns.is_empty() || reading.stock;
                let key = codes.id(&measure.code).zip(codes.id(set));
                let reading = reading(dictionary, at, measure, set).filter(needed);
                readings.extend(key.zip(reading));
            }
        }
        Self { readings }
    }

    /// The plan for one measure, read as if `wanted` were its total set. Of a stock the other sets are read as well, since
    /// they belong to the snapshots that are compared.
    pub(crate) fn of_set(dictionary: &Dictionary, codes: &Codes, at: usize, wanted: &Code) -> Self {
        let measure = &dictionary.measures()[at];
        let mut readings = HashMap::new();
        for set in &measure.sets {
            let key = codes.id(&measure.code).zip(codes.id(set));
            let reading = reading(dictionary, at, measure, set).map(|reading| Reading {
                total: set == wanted,
                breakdowns: Vec::new(),
                ..reading
            });
            let needed = |reading: &Reading| reading.total || reading.stock;
            readings.extend(key.zip(reading.filter(needed)));
        }
        Self { readings }
    }

    /// How the column of a measure and a set is read; nothing when the question does not need it.
    pub(crate) fn reading(&self, measure: u32, set: u32) -> Option<&Reading> {
        self.readings.get(&(measure, set))
    }

    /// Whether some column holds stocks.
    pub(crate) fn has_stocks(&self) -> bool {
        self.readings.values().any(|reading| reading.stock)
    }
}

/// Whether a measure is a stock.
pub(crate) fn is_stock(measure: &Measure) -> bool {
    matches!(measure.kind.zero(), Tally::Stock(_))
}

/// The set that a breakdown of a measure comes from.
pub(crate) fn breakdown_set<'d>(
    dictionary: &Dictionary,
    measure: &'d Measure,
    dimension: Dimension,
) -> Option<&'d Code> {
    let has = |set: &&Code| {
        dictionary
            .set(set)
            .is_some_and(|set| position(&set.dimensions, dimension).is_some())
    };
    std::iter::once(&measure.total_set).chain(&measure.sets).find(has)
}

fn reading(dictionary: &Dictionary, at: usize, measure: &Measure, set: &Code) -> Option<Reading> {
    let dimensions = &dictionary.set(set)?.dimensions;
    let gives = |dimension: Dimension| {
        breakdown_set(dictionary, measure, dimension)
            .filter(|from| *from == set)
            .and(position(dimensions, dimension))
    };
    let breakdowns = (0..)
        .zip(BREAKDOWNS)
        .filter_map(|(lane, dimension)| Some((lane, gives(dimension)?)));
    Some(Reading {
        measure: at,
        territory: position(dimensions, Dimension::Territory)?,
        source: position(dimensions, Dimension::Source)?,
        total: measure.total_set == *set,
        breakdowns: breakdowns.collect(),
        stock: is_stock(measure),
        received: !is_stock(measure) && measure.event.contains(&Stamp::Registered),
    })
}

fn position(dimensions: &[Dimension], wanted: Dimension) -> Option<usize> {
    dimensions.iter().position(|dimension| *dimension == wanted)
}
