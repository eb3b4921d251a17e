//! The explanation of one figure: which sheets it is the sum of, with the part of each, and which it leaves out.
//!
//! Owns the name of a figure ([`CellName`]) and the walk that takes it apart. Promises that the parts add up to what
//! [`Rollup::ask`] answers, since both take the same cells from the same walk. Does not know where a sheet stands in a
//! ledger, nor who signed it.

use std::collections::{BTreeMap, BTreeSet};

use domain::dictionary::{Dictionary, Dimension, Measure};
use domain::federation::Federation;
use domain::member::Member;
use domain::tally::TallyError;
use domain::territory::Tree;
use domain::{Code, NodeId, Period, SheetPeriod, Tally};

use crate::answer::Value;
use crate::ask::{Question, RollupError};
use crate::attest::{Attested, Attesting};
use crate::expect::Expected;
use crate::fold::{FoldError, Origin, Sink, fold};
use crate::overlap::Contest;
use crate::packed::Figure;
use crate::place::{Place, Places};
use crate::plan::{Plan, Reading};
use crate::state::{marks_over, value};
use crate::stock::fold_stocks;
use crate::store::{Rollup, SheetStanding};
use crate::stretch::{Stretch, stretches};
use crate::sum::Sum;

mod name;

pub use name::{CellName, NameError};

/// The part of a figure that one sheet gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Author of the sheet.
    pub node: NodeId,
    /// Its period.
    pub period: SheetPeriod,
    /// Its revision.
    pub revision: u32,
    /// How it stands with the author's parent.
    pub standing: SheetStanding,
    /// The sum of its cells that count in the figure.
    pub tally: Tally,
}

/// Why a sheet in force gives nothing to a figure that it could have been a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unfolded {
    /// It was taken back.
    Withdrawn,
    /// A part of its days lies outside the period, and a sheet is taken whole or not at all.
    Partly,
}

/// A sheet that gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Author of the sheet.
    pub node: NodeId,
    /// Its period.
    pub period: SheetPeriod,
    /// Its revision.
    pub revision: u32,
    /// Why.
    pub why: Unfolded,
}

/// A figure taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Which figure.
    pub name: CellName,
    /// Code of the territory it is about.
    pub scope: Code,
    /// The period.
    pub period: Period,
    /// The figure as the report has it.
    pub total: Value,
    /// Its parts, by node and period.
    pub contributions: Vec<Contribution>,
    /// Sheets in force that give nothing, by node and period.
    pub left_out: Vec<LeftOut>,
    /// The nodes that answer for the territory in the period or have a part.
    pub nodes: BTreeSet<NodeId>,
}

/// Why a figure cannot be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// What [`Rollup::ask`] refuses too.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// No such measure.
    #[error("показателя «{0}» нет в словаре")]
    UnknownMeasure(Code),
    /// The measure is not counted by these dimensions at once.
    #[error("показатель {measure} не считается сразу по таким разрезам: {dimensions}")]
    NoSet {
        /// The measure.
        measure: Code,
        /// Codes of the dimensions.
        dimensions: String,
    },
    /// A code that neither the list nor any sheet has.
    #[error("в разрезе {} нет кода «{code}»", dimension.code())]
    UnknownCode {
        /// The dimension.
        dimension: Dimension,
        /// The code.
        code: Code,
    },
    /// The territory does not lie in the scope.
    #[error("территория «{territory}» не входит в «{scope}» ни в один день периода")]
    Outside {
        /// The territory of the figure.
        territory: Code,
        /// The scope of the question.
        scope: Code,
    },
}

impl ExplainError {
    /// The code that machines read.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rollup(error) => error.code(),
            Self::UnknownMeasure(_) => "UNKNOWN_MEASURE",
            Self::NoSet { .. } => "NO_SUCH_BREAKDOWN",
            Self::UnknownCode { .. } => "UNKNOWN_CODE",
            Self::Outside { .. } => "TERRITORY_OUTSIDE_SCOPE",
        }
    }
}

impl Rollup {
    /// Takes one figure of an answer apart.
    pub fn explain(
        &self,
        federation: &Federation,
        question: &Question,
        name: &CellName,
    ) -> Result<Explained, ExplainError> {
        let (tree, dictionary) = (federation.tree(), federation.dictionary());
        let Question { period, today, .. } = question;
        let stretches = stretches(*period, *today, tree, &self.members);
        let (scope, child) = self.scope(tree, question, name, &stretches)?;
        let unit = tree
            .unit(scope)
            .ok_or_else(|| RollupError::UnknownScope(scope.clone()))?;
        let (at, measure) = measure(dictionary, name)?;
        let set = set_of(dictionary, measure, name)?;
        let mut places = Places::new(tree, &self.codes, scope, &stretches);
        let place = if name.attached {
            Some(Place::Scope)
        } else {
            child.map(Place::Child)
        };
        let mut sink = Parts::new(self.wanted(dictionary, name, set, question)?, place);
        let plan = Plan::of_set(dictionary, &self.codes, at, set);
        let unaddable = |(_, error): FoldError| RollupError::Unaddable {
            measure: measure.code.clone(),
            error,
        };
        let mut left_out = Contest::new(tree, &self.codes, &self.members);
        let days = (&stretches[..], *period);
        fold(self, &plan, &mut places, days, &mut sink, &mut left_out).map_err(unaddable)?;
        let limits = (*period, *today);
        let lists = (dictionary, &plan);
        fold_stocks(self, lists, &mut places, &stretches, limits, &mut sink).map_err(unaddable)?;
        let contributions = sink.finish().map_err(|error| unaddable((at, error)))?;
        let expected = Expected::new(tree, &self.members, scope, &places, &stretches);
        let attesting = Attesting::new(self, dictionary, *period, &stretches);
        let member =
            |(at, member): (usize, &Member)| expected.members.contains(&at).then(|| attesting.read(&member.node));
        let attested: Vec<Option<Attested>> = self.members.iter().enumerate().map(member).collect();
        let sources = self.source_ids(dictionary, name, question);
        let answering: Vec<(usize, &[usize])> = match child {
            Some(child) => expected.of_child(child),
            None => expected.of_scope().collect(),
        };
        let marks = marks_over(answering.iter().copied(), &attested, at, sources.as_deref());
        let exists = child.is_some() || stretches.iter().any(|stretch| unit.life.contains(stretch.first));
        let sum = merged(measure, &contributions).map_err(|error| unaddable((at, error)))?;
        let answers: BTreeSet<&NodeId> = answering
            .iter()
            .flat_map(|(_, members)| members.iter().map(|&member| &self.members[member].node))
            .chain(contributions.iter().map(|part| &part.node))
            .collect();
        Ok(Explained {
            name: name.clone(),
            scope: child.map_or(scope, |child| places.children()[child]).clone(),
            period: *period,
            total: value(measure, sum, marks, exists),
            left_out: self.left_out(*period, |node| answers.contains(node)),
            nodes: answers.iter().copied().cloned().collect(),
            contributions,
        })
    }

    /// The scope to walk, and the position of its child when the figure is that of a row. A territory further below has
    /// no row here: its figure is the total of its own report.
    fn scope<'n>(
        &self,
        tree: &Tree,
        question: &'n Question,
        name: &'n CellName,
        stretches: &[Stretch],
    ) -> Result<(&'n Code, Option<usize>), ExplainError> {
        let scope = &question.scope;
        let known = |code: &Code| tree.unit(code).is_some();
        let Some(territory) = name.values.get(&Dimension::Territory).filter(|code| *code != scope) else {
            return Ok((scope, None));
        };
        if let Some(unknown) = [scope, territory].into_iter().find(|code| !known(code)) {
            return Err(RollupError::UnknownScope(unknown.clone()).into());
        }
        let places = Places::new(tree, &self.codes, scope, stretches);
        if let Some(child) = places.children().iter().position(|child| *child == territory) {
            return Ok((scope, Some(child)));
        }
        let inside = (0..stretches.len()).any(|stretch| places.find(stretch, territory) != Place::Outside);
        inside
            .then_some((territory, None))
            .ok_or_else(|| ExplainError::Outside {
                territory: territory.clone(),
                scope: scope.clone(),
            })
    }

    /// For each named dimension but the territory: its place in a key of the set, and the numbers of the codes that stand
    /// for the one named.
    fn wanted(
        &self,
        dictionary: &Dictionary,
        name: &CellName,
        set: &Code,
        question: &Question,
    ) -> Result<Vec<(usize, Vec<u32>)>, ExplainError> {
        let dimensions = name
            .values
            .iter()
            .filter(|(dimension, _)| **dimension != Dimension::Territory);
        let wanted = dimensions.map(|(&dimension, code)| {
            let listed = dictionary
                .list(dimension)
                .is_some_and(|list| list.entry(code).is_some());
            let ids = self.ids_standing_for(dictionary, dimension, code, question);
            if ids.is_empty() && !listed {
                let code = code.clone();
                return Err(ExplainError::UnknownCode { dimension, code });
            }
            let position = dictionary.set(set).and_then(|set| set.position(dimension));
            Ok((position.expect("the set was chosen by its dimensions"), ids))
        });
        wanted.collect()
    }

    /// The numbers of all codes that a report of the period shows under this one.
    fn ids_standing_for(
        &self,
        dictionary: &Dictionary,
        dimension: Dimension,
        code: &Code,
        asked: &Question,
    ) -> Vec<u32> {
        let last = asked.period.last();
        let ids = (0..).take(self.codes.len());
        ids.filter(|&id| self.standing_code(dictionary, dimension, id, last) == *code)
            .collect()
    }

    fn source_ids(&self, dictionary: &Dictionary, name: &CellName, question: &Question) -> Option<Vec<u32>> {
        let source = name.values.get(&Dimension::Source)?;
        Some(self.ids_standing_for(dictionary, Dimension::Source, source, question))
    }

    /// Sheets of these nodes that touch the period and give nothing to any figure of it.
    fn left_out(&self, period: Period, involved: impl Fn(&NodeId) -> bool) -> Vec<LeftOut> {
        let (first, last) = (period.first(), period.last());
        let nodes = self.nodes.iter().filter(|(node, _)| involved(node));
        let sheets = nodes.flat_map(|(node, sheets)| sheets.by_period.values().map(move |sheet| (node, sheet)));
        let touching = sheets.filter(|(_, sheet)| sheet.first <= last && sheet.last >= first);
        let left_out = touching.filter_map(|(node, sheet)| {
            let why = if sheet.withdrawn {
                Unfolded::Withdrawn
            } else if sheet.first < first || sheet.last > last {
                Unfolded::Partly
            } else {
                return None;
            };
            Some(LeftOut {
                node: node.clone(),
                period: sheet.period,
                revision: sheet.revision,
                why,
            })
        });
        left_out.collect()
    }
}

fn measure<'d>(dictionary: &'d Dictionary, name: &CellName) -> Result<(usize, &'d Measure), ExplainError> {
    let mut measures = dictionary.measures().iter().enumerate();
    let found = measures.find(|(_, measure)| measure.code == name.measure);
    found.ok_or_else(|| ExplainError::UnknownMeasure(name.measure.clone()))
}

/// The set that a report takes the figure from: the total set if it has the dimensions, otherwise the first that does.
fn set_of<'d>(dictionary: &Dictionary, measure: &'d Measure, name: &CellName) -> Result<&'d Code, ExplainError> {
    let has_all = |code: &&Code| {
        let set = dictionary.set(code);
        set.is_some_and(|set| name.values.keys().all(|dimension| set.position(*dimension).is_some()))
    };
    let sets = std::iter::once(&measure.total_set).chain(&measure.sets);
    sets.into_iter().find(has_all).ok_or_else(|| {
        let codes: Vec<_> = name.values.keys().map(|dimension| dimension.code()).collect();
        ExplainError::NoSet {
            measure: measure.code.clone(),
            dimensions: codes.join(", "),
        }
    })
}

/// The parts added up; nothing when there are none.
fn merged(measure: &Measure, parts: &[Contribution]) -> Result<Option<Tally>, TallyError> {
    if parts.is_empty() {
        return Ok(None);
    }
    let mut sum = measure.kind.zero();
    parts.iter().try_for_each(|part| sum.merge(&part.tally))?;
    Ok(Some(sum))
}

/// Collects the wanted cells sheet by sheet. Cells of a sheet mostly come in a row, so only one dense sum is held.
struct Parts<'a> {
    wanted: Vec<(usize, Vec<u32>)>,
    /// Nothing else than what stands here, if it is of one place.
    place: Option<Place>,
    open: Option<(Origin<'a>, Sum)>,
    done: BTreeMap<(&'a NodeId, SheetPeriod), Contribution>,
}

impl Parts<'_> {
    fn new(wanted: Vec<(usize, Vec<u32>)>, place: Option<Place>) -> Self {
        Self {
            wanted,
            place,
            open: None,
            done: BTreeMap::new(),
        }
    }

    fn close(&mut self) -> Result<(), TallyError> {
        let Some((origin, sum)) = self.open.take() else {
            return Ok(());
        };
        let Some(tally) = sum.tally()? else {
            return Ok(());
        };
        let sheet = origin.sheet;
        if let Some(part) = self.done.get_mut(&(origin.node, sheet.period)) {
            return part.tally.merge(&tally);
        }
        let part = Contribution {
            node: origin.node.clone(),
            period: sheet.period,
            revision: sheet.revision,
            standing: sheet.standing,
            tally,
        };
        self.done.insert((origin.node, sheet.period), part);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Contribution>, TallyError> {
        self.close()?;
        Ok(self.done.into_values().collect())
    }
}

impl<'a> Sink<'a> for Parts<'a> {
    fn take(
        &mut self,
        origin: Origin<'a>,
        reading: &Reading,
        place: Place,
        values: &[u32],
        figure: &Figure<'_>,
    ) -> Result<(), FoldError> {
        let named = self
            .wanted
            .iter()
            .all(|(position, ids)| ids.contains(&values[*position]));
        if !reading.total || !named || self.place.is_some_and(|wanted| wanted != place) {
            return Ok(());
        }
        let because = |error| (reading.measure, error);
        let same = |(open, _): &(Origin<'a>, Sum)| open.node == origin.node && open.sheet.period == origin.sheet.period;
        if !self.open.as_ref().is_some_and(same) {
            self.close().map_err(because)?;
        }
        let (_, sum) = self.open.get_or_insert((origin, Sum::Empty));
        sum.add(figure).map_err(because)
    }
}
