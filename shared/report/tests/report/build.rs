//! Answers with invented figures, built the short way.

use std::collections::BTreeMap;

use domain::federation::Federation;
use domain::{Code, DurationTally, Period, Tally};
use report::{AsOf, Format, Report, measure, render};
use rollup::{Answer, Coverage, Row, Share, Value};

/// The figures of one row: counts, and the mean, median and 90th percentile that its durations should about have.
#[derive(Clone, Copy)]
pub struct Figures {
    pub received: u64,
    pub processed: u64,
    pub answered: u64,
    pub resolved: u64,
    /// Minutes that half, nearly all and the slowest of ten answers took.
    pub minutes: [i64; 3],
    pub in_time: u64,
}

/// Durations of `n` answers: five of ten take the first time, four the second, one the third.
fn durations(n: u64, minutes: [i64; 3]) -> Tally {
    let share = |tenths: u64| n * tenths / 10;
    let counts = [n - share(4) - share(1), share(4), share(1)];
    let mut sum = DurationTally::default();
    for (count, minutes) in counts.into_iter().zip(minutes) {
        let one = DurationTally::of(minutes * 60);
        let pairs = one
            .histogram()
            .pairs()
            .iter()
            .map(|(bucket, _)| (*bucket, count))
            .filter(|pair| pair.1 > 0);
        let histogram = domain::Histogram::from_pairs(pairs.collect()).unwrap();
        sum.merge(&DurationTally::from_parts(count, count * one.sum_s(), 0, histogram).unwrap())
            .unwrap();
    }
    Tally::Duration(sum)
}

fn known(tally: Tally) -> Value {
    if tally.is_zero() {
        Value::Zero(tally)
    } else {
        Value::Known(tally)
    }
}

impl Figures {
    pub fn values(self) -> BTreeMap<Code, Value> {
        let flow = |n| known(Tally::Flow(n));
        let slower = self.minutes.map(|minutes| minutes * 10);
        BTreeMap::from([
            (Code::literal(measure::RECEIVED), flow(self.received)),
            (Code::literal(measure::PROCESSED), flow(self.processed)),
            (Code::literal(measure::ANSWERED), flow(self.answered)),
            (Code::literal(measure::RESOLVED), flow(self.resolved)),
            (
                Code::literal(measure::RESPONSE_TIME),
                known(durations(self.answered, self.minutes)),
            ),
            (
                Code::literal(measure::RESOLUTION_TIME),
                known(durations(self.resolved, slower)),
            ),
            (
                Code::literal(measure::WITHIN_NORM),
                known(Tally::ratio(self.in_time, self.answered).unwrap()),
            ),
        ])
    }
}

/// Every measure without a number, for the same reason.
pub fn without_numbers(value: &Value) -> BTreeMap<Code, Value> {
    let none = Figures {
        received: 0,
        processed: 0,
        answered: 0,
        resolved: 0,
        minutes: [1, 1, 1],
        in_time: 0,
    };
    none.values().into_keys().map(|code| (code, value.clone())).collect()
}

pub fn row(code: &str, values: BTreeMap<Code, Value>) -> Row {
    Row {
        code: Code::new(code).unwrap(),
        attached: false,
        values,
    }
}

/// The sum of rows, measure by measure, of those that have numbers.
pub fn sum(rows: &[Row]) -> BTreeMap<Code, Value> {
    let mut totals: BTreeMap<Code, Tally> = BTreeMap::new();
    for (code, value) in rows.iter().flat_map(|row| &row.values) {
        if let Value::Known(tally) | Value::Zero(tally) = value {
            totals
                .entry(code.clone())
                .or_insert_with(|| tally.kind().zero())
                .merge(tally)
                .unwrap();
        }
    }
    totals.into_iter().map(|(code, tally)| (code, known(tally))).collect()
}

pub fn share(had: u64, expected: u64) -> Share {
    Share { expected, had }
}

/// Everything expected is there and complete.
pub fn whole(units: u64, days: u64) -> Coverage {
    let all = |n| share(n, n);
    Coverage {
        units: all(units),
        nodes: all(units),
        sources: all(units),
        days: all(units * days),
        complete_days: units * days,
        until: None,
        gaps: Vec::new(),
        overlap: Vec::new(),
    }
}

/// An answer whose totals are the sum of its rows.
pub fn answer(scope: &str, period: &str, coverage: Coverage, rows: Vec<Row>) -> Answer {
    let period: Period = period.parse().unwrap();
    let until = coverage.until.or(Some(period.last()));
    Answer {
        scope: Code::new(scope).unwrap(),
        period,
        coverage: Coverage { until, ..coverage },
        totals: sum(&rows),
        rows,
        breakdowns: BTreeMap::new(),
    }
}

pub fn as_of() -> AsOf {
    AsOf {
        ledger_size: 4_381,
        root: "5d".repeat(32),
    }
}

/// A report in one form, with the no-break spaces as plain ones, so that a snapshot shows what a reader sees.
pub fn seen(federation: &Federation, answer: &Answer, compare: Option<&Answer>, format: Format) -> String {
    render(&Report::build(federation, answer, compare, as_of()), federation, format).replace('\u{a0}', " ")
}
