//! What is there: the word of one member's sheets on each expected day, and on each measure in each stretch.
//!
//! A day is had only by a sheet in force that the fold takes. Completeness is what the sheets declare, never what their
//! cells suggest.

use std::collections::{BTreeMap, BTreeSet};

use domain::dictionary::Dictionary;
use domain::sheet::Completeness;
use domain::{Day, NodeId, Period};

use crate::answer::GapReason;
use crate::intern::Codes;
use crate::state::{ABSENT, BEGUN, COMPLETE, Marks, NOT_COLLECTED};
use crate::store::{Rollup, Sheet, SheetStanding};
use crate::stretch::{Stretch, stretch_of};

/// What the sheets of a member say of one day.
#[derive(Clone, Debug)]
pub(crate) struct DayWord {
    /// Why there is no sheet in force, when there is none.
    pub(crate) lacking: Option<GapReason>,
    /// Sources that are not wholly there, by number; none stands for the whole sheet.
    pub(crate) sources: Vec<(Option<u32>, GapReason)>,
}

/// Marks of one stretch.
#[derive(Clone, Debug, Default)]
struct StretchMarks {
    of_measures: Vec<Marks>,
    of_sources: BTreeMap<u32, Vec<Marks>>,
    absent: bool,
}

/// The word of one member.
#[derive(Debug)]
pub(crate) struct Attested {
    first: Day,
    days: Vec<DayWord>,
    stretches: Vec<StretchMarks>,
    /// Numbers of the sources that declared a day of the period complete.
    pub(crate) declared: BTreeSet<u32>,
}

/// What is the same for all members of a question.
#[derive(Debug)]
pub(crate) struct Attesting<'a> {
    rollup: &'a Rollup,
    period: Period,
    stretches: &'a [Stretch],
    /// Position in the dictionary of the measure with each number.
    measures: Vec<Option<usize>>,
    count: usize,
}

impl<'a> Attesting<'a> {
    /// Prepares to read members' sheets.
    pub(crate) fn new(rollup: &'a Rollup, dictionary: &Dictionary, period: Period, stretches: &'a [Stretch]) -> Self {
        let mut measures = vec![None; rollup.codes.len()];
        for (at, measure) in dictionary.measures().iter().enumerate() {
            if let Some(id) = id(&rollup.codes, measure) {
                measures[id] = Some(at);
            }
        }
        Self {
            rollup,
            period,
            stretches,
            measures,
            count: dictionary.measures().len(),
        }
    }

    /// Reads the sheets of one member.
    pub(crate) fn read(&self, node: &NodeId) -> Attested {
        let sheets = self.sheets_by_day(node);
        let first = self.period.first();
        let fresh = StretchMarks {
            of_measures: vec![0; self.count],
            ..StretchMarks::default()
        };
        let mut attested = Attested {
            first,
            days: Vec::with_capacity(sheets.len()),
            stretches: vec![fresh; self.stretches.len()],
            declared: BTreeSet::new(),
        };
        for (day, sheets) in (0..).map(|offset| first + offset).zip(&sheets) {
            let stretch = &mut attested.stretches[stretch_of(self.stretches, day)];
            self.mark(sheets, stretch);
            attested.days.push(word(sheets));
        }
        for sheet in sheets.iter().flatten().filter(|sheet| !sheet.withdrawn) {
            let complete = sheet
                .stated
                .iter()
                .filter(|stated| stated.completeness == Completeness::Complete);
            attested.declared.extend(complete.map(|stated| stated.source));
        }
        attested
    }

    fn sheets_by_day(&self, node: &NodeId) -> Vec<Vec<&'a Sheet>> {
        let expected = self.stretches.iter().filter(|stretch| stretch.expected);
        let Some(last) = expected.map(|stretch| stretch.last).max() else {
            return Vec::new();
        };
        let first = self.period.first();
        let count = usize::try_from(last - first + 1).expect("a stretch does not end before its period");
        let mut days = vec![Vec::new(); count];
        let sheets = self.rollup.nodes.get(node).into_iter();
        for sheet in sheets.flat_map(|sheets| sheets.inside(first, self.period.last())) {
            let offset = |day: Day| usize::try_from(day - first).expect("a sheet inside the period");
            days.iter_mut()
                .take(offset(sheet.last) + 1)
                .skip(offset(sheet.first))
                .for_each(|day| day.push(sheet));
        }
        days
    }

    fn mark(&self, sheets: &[&Sheet], stretch: &mut StretchMarks) {
        let live = sheets.iter().filter(|sheet| !sheet.withdrawn);
        let mut stated = vec![0; self.count];
        for word in live.flat_map(|sheet| &sheet.stated) {
            let Some(measure) = self.measures[word.measure as usize] else {
                continue;
            };
            let mark = match word.completeness {
                Completeness::Complete => COMPLETE,
                Completeness::Begun => BEGUN,
                Completeness::NotCollected => NOT_COLLECTED,
            };
            stated[measure] |= mark;
            stretch
                .of_sources
                .entry(word.source)
                .or_insert_with(|| vec![0; self.count])[measure] |= mark;
        }
        stretch.absent |= sheets.iter().all(|sheet| sheet.withdrawn);
        for (marks, stated) in stretch.of_measures.iter_mut().zip(stated) {
            // A measure that the sheet does not speak of is not known to be zero.
            *marks |= if stated == 0 { ABSENT } else { stated };
        }
    }
}

impl Attested {
    /// The word on an expected day.
    pub(crate) fn on(&self, day: Day) -> &DayWord {
        &self.days[usize::try_from(day - self.first).expect("an expected day lies in the period")]
    }

    /// The marks of a measure in a stretch, of all sources or of those named.
    pub(crate) fn marks(&self, stretch: usize, measure: usize, sources: Option<&[u32]>) -> Marks {
        let stretch = &self.stretches[stretch];
        let Some(sources) = sources else {
            return stretch.of_measures[measure];
        };
        let named = sources.iter().filter_map(|source| stretch.of_sources.get(source));
        let marks = named.fold(0, |marks, of_source| marks | of_source[measure]);
        if stretch.absent { marks | ABSENT } else { marks }
    }
}

fn id(codes: &Codes, measure: &domain::dictionary::Measure) -> Option<usize> {
    codes.id(&measure.code).map(|id| id as usize)
}

fn word(sheets: &[&Sheet]) -> DayWord {
    let live: Vec<_> = sheets.iter().filter(|sheet| !sheet.withdrawn).collect();
    let lacking = if sheets.is_empty() {
        Some(GapReason::NoSheet)
    } else if live.is_empty() {
        Some(GapReason::Withdrawn)
    } else if live.iter().any(|sheet| sheet.standing == SheetStanding::Refused) {
        Some(GapReason::Refused)
    } else {
        None
    };
    let mut marks: BTreeMap<u32, Marks> = BTreeMap::new();
    for stated in live.iter().flat_map(|sheet| &sheet.stated) {
        *marks.entry(stated.source).or_default() |= match stated.completeness {
            Completeness::Complete => COMPLETE,
            Completeness::Begun => BEGUN,
            Completeness::NotCollected => NOT_COLLECTED,
        };
    }
    DayWord {
        lacking,
        sources: source_gaps(&marks),
    }
}

/// A source is wholly there when something of it is complete and nothing only begun; one of which nothing is taken at
/// all is not collected. A sheet that speaks of no source has declared nothing.
fn source_gaps(marks: &BTreeMap<u32, Marks>) -> Vec<(Option<u32>, GapReason)> {
    if marks.is_empty() {
        return vec![(None, GapReason::NotDeclared)];
    }
    let gaps = marks.iter().filter_map(|(&source, &marks)| match marks {
        NOT_COLLECTED => Some((Some(source), GapReason::NotCollected)),
        marks if marks & BEGUN != 0 => Some((Some(source), GapReason::NotDeclared)),
        _ => None,
    });
    gaps.collect()
}
