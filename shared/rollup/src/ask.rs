//! The question and the making of its answer.

use std::collections::BTreeMap;

use domain::dictionary::{Dictionary, Dimension};
use domain::federation::Federation;
use domain::tally::TallyError;
use domain::{Code, Day, Period, Tally};

use crate::answer::{Answer, Coverage, Row, Value};
use crate::attest::{Attested, Attesting};
use crate::coverage::coverage;
use crate::expect::Expected;
use crate::fold::{FoldError, Lanes, Sums, fold, join};
use crate::overlap::Contest;
use crate::place::Places;
use crate::plan::{BREAKDOWNS, Plan, breakdown_set};
use crate::state::{Marks, marks_over, value};
use crate::stock::fold_stocks;
use crate::store::Rollup;
use crate::stretch::stretches;
use crate::sum::Sum;

/// The measure that rows of a breakdown are sorted by.
const SORTED_BY: &str = "incidents.received";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Code of a territory of the tree.
    pub scope: Code,
    /// The days.
    pub period: Period,
    /// The present day: nothing is expected after it.
    pub today: Day,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollupError {
    /// The scope is no territory of the tree, on any day.
    #[error("территории «{0}» нет в дереве")]
    UnknownScope(Code),
    /// Sheets that cannot be added: too large, or of another kind than the dictionary says.
    #[error("показатель {measure}: {error}")]
    Unaddable {
        /// The measure.
        measure: Code,
        /// Why.
        error: TallyError,
    },
}

impl RollupError {
    /// The code that machines read.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownScope(_) => "UNKNOWN_SCOPE",
            Self::Unaddable { .. } => "UNADDABLE",
        }
    }
}

impl Rollup {
    /// Folds everything that stands for a scope and a period.
    pub fn ask(&self, federation: &Federation, question: &Question) -> Result<Answer, RollupError> {
        let (tree, dictionary) = (federation.tree(), federation.dictionary());
        let Question { scope, period, today } = question;
        let unit = tree
            .unit(scope)
            .ok_or_else(|| RollupError::UnknownScope(scope.clone()))?;
        let unaddable = |(at, error): FoldError| {
            let measure = dictionary.measures()[at].code.clone();
            RollupError::Unaddable { measure, error }
        };
        let stretches = stretches(*period, *today, tree, &self.members);
        let mut places = Places::new(tree, &self.codes, scope, &stretches);
        let plan = Plan::new(dictionary, &self.codes);
        let mut lanes = Lanes::new(dictionary.measures().len(), places.children().len(), self.codes.len());
        let mut left_out = Contest::new(tree, &self.codes, &self.members);
        let days = (&stretches[..], *period);
        let heard = fold(self, &plan, &mut places, days, &mut lanes, &mut left_out).map_err(unaddable)?;
        fold_stocks(
            self,
            (dictionary, &plan),
            &mut places,
            &stretches,
            (*period, *today),
            &mut lanes,
        )
        .map_err(unaddable)?;
        let expected = Expected::new(tree, &self.members, scope, &places, &stretches);
        let attesting = Attesting::new(self, dictionary, *period, &stretches);
        let member = |(at, member): (usize, &domain::member::Member)| {
            expected.members.contains(&at).then(|| attesting.read(&member.node))
        };
        let attested: Vec<Option<Attested>> = self.members.iter().enumerate().map(member).collect();
        let making = Making {
            rollup: self,
            dictionary,
            last: period.last(),
            expected: &expected,
            attested: &attested,
            exists: stretches.iter().any(|stretch| unit.life.contains(stretch.first)),
        };
        let coverage = Coverage {
            overlap: left_out.found(),
            ..coverage(self, &expected, &attested, &stretches, &heard)
        };
        Ok(Answer {
            scope: scope.clone(),
            period: *period,
            coverage,
            totals: making.totals(&lanes.totals().map_err(unaddable)?).map_err(unaddable)?,
            rows: making
                .rows(scope, places.children(), &lanes.territories)
                .map_err(unaddable)?,
            breakdowns: making.breakdowns(&lanes.breakdowns).map_err(unaddable)?,
        })
    }
}

impl Rollup {
    /// The code that stands on the last day for a code as it was named: itself, or the successor of one that is closed.
    pub(crate) fn standing_code(&self, dictionary: &Dictionary, dimension: Dimension, id: u32, end: Day) -> Code {
        let named = self.codes.code(id);
        let Some(list) = dictionary.list(dimension) else {
            return named.clone();
        };
        let mut code = named;
        // Successors may not run in a circle for longer than the list.
        for _ in list.entries() {
            let ended = |until: Option<Day>| until.is_some_and(|until| until <= end);
            let closed = list
                .entry(code)
                .filter(|entry| entry.life.intervals().iter().all(|life| ended(life.until)));
            match closed.and_then(|entry| entry.successor.as_ref()) {
                Some(successor) => code = successor,
                None => break,
            }
        }
        code.clone()
    }
}

/// What values are made with once everything is folded.
struct Making<'a> {
    rollup: &'a Rollup,
    dictionary: &'a Dictionary,
    last: Day,
    expected: &'a Expected<'a>,
    attested: &'a [Option<Attested>],
    exists: bool,
}

type Made<T> = Result<T, FoldError>;

impl Making<'_> {
    fn totals(&self, sums: &Sums) -> Made<BTreeMap<Code, Value>> {
        self.values(sums, self.exists, |measure| {
            marks_over(self.expected.of_scope(), self.attested, measure, None)
        })
    }

    fn rows(&self, scope: &Code, children: &[&Code], territories: &[Sums]) -> Made<Vec<Row>> {
        let mut rows = Vec::with_capacity(territories.len());
        for (at, (code, sums)) in children.iter().zip(territories).enumerate() {
            let expected = self.expected.of_child(at);
            let marks = |measure| marks_over(expected.iter().copied(), self.attested, measure, None);
            rows.push(Row {
                code: (*code).clone(),
                attached: false,
                values: self.values(sums, true, marks)?,
            });
        }
        let attached = territories
            .last()
            .filter(|sums| sums.iter().any(|sum| !matches!(sum, Sum::Empty)));
        if let Some(sums) = attached {
            rows.push(Row {
                code: scope.clone(),
                attached: true,
                values: self.totals(sums)?,
            });
        }
        Ok(rows)
    }

    fn breakdowns(&self, lanes: &[Vec<Sums>; BREAKDOWNS.len()]) -> Made<BTreeMap<String, Vec<Row>>> {
        let breakdown = |(dimension, lane): (Dimension, &Vec<Sums>)| {
            Ok((dimension.code().to_owned(), self.breakdown(dimension, lane)?))
        };
        BREAKDOWNS.into_iter().zip(lanes).map(breakdown).collect()
    }

    fn breakdown(&self, dimension: Dimension, lane: &[Sums]) -> Made<Vec<Row>> {
        let mut merged: BTreeMap<Code, (Vec<u32>, Sums)> = BTreeMap::new();
        for (id, sums) in (0..).zip(lane).filter(|(_, sums)| !sums.is_empty()) {
            let empty = || (Vec::new(), vec![Sum::Empty; sums.len()]);
            let (ids, into) = merged
                .entry(self.rollup.standing_code(self.dictionary, dimension, id, self.last))
                .or_insert_with(empty);
            ids.push(id);
            join(into, sums)?;
        }
        let mut rows = Vec::with_capacity(merged.len());
        for (code, (ids, sums)) in merged {
            let sources = (dimension == Dimension::Source).then_some(&ids[..]);
            let marks = |measure| marks_over(self.expected.of_scope(), self.attested, measure, sources);
            let mut values = self.values(&sums, true, marks)?;
            let given = |measure| breakdown_set(self.dictionary, measure, dimension).is_some();
            values.retain(|code, _| self.dictionary.measures().iter().any(|m| m.code == *code && given(m)));
            rows.push(Row {
                code,
                attached: false,
                values,
            });
        }
        rows.sort_by(|a, b| received(b).cmp(&received(a)).then_with(|| a.code.cmp(&b.code)));
        Ok(rows)
    }

    fn values(&self, sums: &Sums, exists: bool, marks: impl Fn(usize) -> Marks) -> Made<BTreeMap<Code, Value>> {
        let measures = self.dictionary.measures().iter().zip(sums).enumerate();
        let made = measures.map(|(at, (measure, sum))| {
            let tally = sum.tally().map_err(|error| (at, error))?;
            Ok((measure.code.clone(), value(measure, tally, marks(at), exists)))
        });
        made.collect()
    }
}

/// How many incidents came in, by a row of a breakdown.
fn received(row: &Row) -> u64 {
    match row.values.get(SORTED_BY) {
        Some(Value::Known(Tally::Flow(n))) => *n,
        _ => 0,
    }
}
