//! An explanation is the figure taken apart: its parts add up to what the answer says, for every figure of an answer.

use std::collections::BTreeMap;

use domain::dictionary::Dimension;
use domain::federation::Federation;
use domain::sheet::{Completeness, SheetBody};
use domain::{Code, DurationTally, SheetPeriod, Tally};
use proptest::prelude::*;
use proptest::sample::select;
use rollup::explain::{Contribution, ExplainError, Explained, Unfolded};
use rollup::{Answer, CellName, Question, Rollup, RollupError, SheetStanding, Value};

use crate::world::*;

const PERIOD: &str = "2020-02-27..2020-03-02";

fn explain(rollup: &Rollup, asked: &Question, name: &CellName) -> Result<Explained, ExplainError> {
    rollup.explain(&federation(), asked, name)
}

/// Every figure of an answer with the name that it is explained by.
fn figures(answer: &Answer) -> Vec<(CellName, Value)> {
    let all = |values: &BTreeMap<Code, Value>, name: &dyn Fn(CellName) -> CellName| {
        let named = values
            .iter()
            .map(|(measure, value)| (name(CellName::total(measure.clone())), value.clone()));
        named.collect::<Vec<_>>()
    };
    let mut figures = all(&answer.totals, &|name| name);
    for row in &answer.rows {
        figures.extend(all(&row.values, &|name| {
            if row.attached {
                CellName { attached: true, ..name }
            } else {
                name.with(Dimension::Territory, row.code.clone())
            }
        }));
    }
    for (dimension, rows) in &answer.breakdowns {
        let dimension = Dimension::from_code(dimension).expect("a dimension of an answer");
        for row in rows {
            figures.extend(all(&row.values, &|name| name.with(dimension, row.code.clone())));
        }
    }
    figures
}

fn sum(parts: &[Contribution]) -> Option<Tally> {
    let (first, rest) = parts.split_first()?;
    let mut sum = first.tally.clone();
    for part in rest {
        sum.merge(&part.tally).expect("small sums");
    }
    Some(sum)
}

fn number(value: &Value) -> Option<&Tally> {
    match value {
        Value::Known(tally) | Value::Zero(tally) => Some(tally),
        _ => None,
    }
}

fn any_tally() -> impl Strategy<Value = (&'static str, Tally, Option<&'static str>)> {
    let durations = proptest::collection::vec(-3_i64..100_000, 1..4).prop_map(|all| {
        let mut sum = DurationTally::default();
        for seconds in all {
            sum.merge(&DurationTally::of(seconds)).expect("small sums");
        }
        ("response.time", Tally::Duration(sum), None)
    });
    prop_oneof![
        (0_u64..9).prop_map(|n| ("incidents.received", Tally::Flow(n), None)),
        durations,
        (0_u64..9, 0_u64..9).prop_map(|(a, b)| {
            let (num, den) = (a.min(b), a.max(b));
            ("response.within_norm", Tally::Ratio { num, den }, None)
        }),
        (1_u64..9, select(vec!["2020-02-27", "2020-02-29", "2020-03-01"])).prop_map(|(n, day)| (
            "open",
            Tally::Stock(n),
            Some(day)
        )),
    ]
}

fn any_body() -> impl Strategy<Value = SheetBody> {
    let territory = select(vec!["e1", "e1a", "e1b", "m", "w1", "old"]);
    let topic = select(vec!["roads", "snow", "unmatched"]);
    let how = select(vec![Completeness::Complete, Completeness::Begun]);
    let cells = proptest::collection::vec((territory, topic, any_tally(), proptest::bool::ANY), 0..6);
    (cells, how).prop_map(|(cells, how)| {
        let mut body = stated(&[("web", how)]);
        for (territory, topic, (measure, tally, snapshot), by_network) in cells {
            let (mut key, cell) = cell(measure, territory, topic, tally, snapshot);
            if by_network && measure != "open" {
                key.set = code("by-network");
                key.values = ["web", territory, "vk", "none"].map(code).to_vec();
            }
            body.cells.insert(key, cell);
        }
        body
    })
}

fn any_rollup() -> impl Strategy<Value = Rollup> {
    let node = select(vec!["e1", "m", "w1"]);
    let period = select(vec!["2020-02-27", "2020-02-28", "2020-03-01", "2020-03-02", "2020-03"]);
    let standing = select(vec![SheetStanding::InForce, SheetStanding::Refused]);
    proptest::collection::vec((node, period, any_body(), standing), 0..9).prop_map(|puts| {
        let mut rollup = Rollup::new();
        rollup.set_members(vec![member("e1"), member("m"), member("w1")]);
        for (at, period, body, standing) in puts {
            rollup.put(&crate::world::node(at), &facts(period), &body, standing);
        }
        rollup
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_parts_of_every_figure_add_up_to_it(rollup in any_rollup(), scope in select(vec!["L", "E", "W", "e1", "m"])) {
        let federation: Federation = federation();
        for period in [PERIOD, "2020-03-01", "2020"] {
            let asked = question(scope, period);
            let answer = rollup.ask(&federation, &asked).unwrap();
            for (name, value) in figures(&answer) {
                let explained = rollup.explain(&federation, &asked, &name).unwrap();
                prop_assert_eq!(number(&explained.total), number(&value), "{} {} {}", scope, period, name);
                match (sum(&explained.contributions), &explained.total) {
                    (Some(sum), total) => prop_assert_eq!(Some(&sum), number(total).or(Some(&sum)), "{}", name),
                    (None, total) => prop_assert!(!matches!(total, Value::Known(_)), "{}", name),
                }
            }
            for (measure, value) in &answer.totals {
                let explained = rollup.explain(&federation, &asked, &CellName::total(measure.clone())).unwrap();
                prop_assert_eq!(&explained.total, value, "the state too: {} {} {}", scope, period, measure);
            }
        }
    }
}

/// Two days, a withdrawn one, and a month, of region e1 in E.
fn small() -> Rollup {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1"), member("w1")]);
    put(&mut rollup, "e1", "2020-04-01", &received("e1a", "roads", 5));
    put(&mut rollup, "e1", "2020-04-02", &received("e1", "unmatched", 7));
    let mut withdrawn = facts("2020-04-03");
    (withdrawn.revision, withdrawn.withdrawn) = (4, Some(code("MISTAKE")));
    rollup.put(&node("e1"), &withdrawn, &complete(), SheetStanding::InForce);
    put(&mut rollup, "e1", "2020-05", &received("e1", "roads", 100));
    put(&mut rollup, "w1", "2020-04-01", &received("w1", "roads", 1_000));
    rollup
}

fn parts(explained: &Explained) -> Vec<(String, u64)> {
    let part = |part: &Contribution| match part.tally {
        Tally::Flow(n) => (part.period.to_string(), n),
        _ => panic!("a flow was asked for"),
    };
    explained.contributions.iter().map(part).collect()
}

#[test]
fn a_figure_names_its_sheets_and_those_that_give_nothing() {
    let asked = question("E", "2020-04-01..2020-05-02");
    let explained = explain(&small(), &asked, &CellName::total(code("incidents.received"))).unwrap();
    assert_eq!(
        parts(&explained),
        [("2020-04-01".to_owned(), 5), ("2020-04-02".to_owned(), 7)]
    );
    let left_out: Vec<_> = explained
        .left_out
        .iter()
        .map(|sheet| (sheet.node.clone(), sheet.period, sheet.revision, sheet.why))
        .collect();
    let sheet = |text: &str| text.parse::<SheetPeriod>().unwrap();
    let expected = [
        (node("e1"), sheet("2020-04-03"), 4, Unfolded::Withdrawn),
        (node("e1"), sheet("2020-05"), 1, Unfolded::Partly),
    ];
    assert_eq!(
        left_out, expected,
        "the other district's sheets are none of its business"
    );
}

#[test]
fn a_name_narrows_by_territory_topic_and_what_is_attached() {
    let (rollup, asked) = (small(), question("e1", "2020-04"));
    for (name, expected) in [
        ("incidents.received,territory=e1a", vec![("2020-04-01".to_owned(), 5)]),
        ("incidents.received,attached", vec![("2020-04-02".to_owned(), 7)]),
        (
            "incidents.received,topic=roads,source=web",
            vec![("2020-04-01".to_owned(), 5)],
        ),
        ("incidents.received,topic=roads,attached", vec![]),
    ] {
        assert_eq!(
            parts(&explain(&rollup, &asked, &name.parse().unwrap()).unwrap()),
            expected,
            "{name}"
        );
    }
}

#[test]
fn a_topic_that_was_closed_is_explained_under_its_successor() {
    let mut rollup = small();
    put(&mut rollup, "e1", "2020-02-01", &received("e1", "snow", 3));
    let explained = explain(
        &rollup,
        &question("E", "2020"),
        &"incidents.received,topic=roads".parse().unwrap(),
    );
    let expected = [("2020-02-01", 3), ("2020-04-01", 5), ("2020-05", 100)];
    assert_eq!(parts(&explained.unwrap()), expected.map(|(day, n)| (day.to_owned(), n)));
}

#[test]
fn a_name_that_no_report_has_is_told_apart() {
    let (rollup, asked) = (small(), question("E", "2020-04"));
    for (name, refused) in [
        ("incidents.lost", "UNKNOWN_MEASURE"),
        ("incidents.received,topic=moon", "UNKNOWN_CODE"),
        ("incidents.received,topic=roads,network=vk", "NO_SUCH_BREAKDOWN"),
        ("incidents.received,territory=w1", "TERRITORY_OUTSIDE_SCOPE"),
        ("incidents.received,territory=zz", "UNKNOWN_SCOPE"),
    ] {
        let error = explain(&rollup, &asked, &name.parse().unwrap()).unwrap_err();
        assert_eq!(error.code(), refused, "{name}: {error}");
    }
    let nowhere = Question {
        scope: code("zz"),
        ..asked
    };
    let error = explain(&rollup, &nowhere, &CellName::total(code("open"))).unwrap_err();
    assert_eq!(error, ExplainError::Rollup(RollupError::UnknownScope(code("zz"))));
}
