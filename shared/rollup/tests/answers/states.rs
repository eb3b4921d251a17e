//! Which word stands with a value.

use domain::sheet::Completeness::{Begun, Complete, NotCollected};
use domain::sheet::SheetBody;
use rollup::{Rollup, RollupError, SheetStanding, Value};

use crate::world::*;

const MEASURE: &str = "incidents.received";

fn of_region(bodies: &[(&str, SheetBody)]) -> String {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    for (day, body) in bodies {
        put(&mut rollup, "e1", day, body);
    }
    word(&ask(&rollup, "e1", "2020-02-01..2020-02-02").totals, MEASURE)
}

#[test]
fn a_value_stands_with_what_is_known_of_its_days() {
    let (one, two) = ("2020-02-01", "2020-02-02");
    let both = |first: SheetBody, second: SheetBody| of_region(&[(one, first), (two, second)]);
    let with = |sources: &[_]| stated(sources);
    assert_eq!(both(received("e1", "roads", 3), complete()), "3");
    assert_eq!(both(complete(), complete()), "zero");
    assert_eq!(of_region(&[(one, complete())]), "missing", "a day without a sheet");
    assert_eq!(
        of_region(&[(one, received("e1", "roads", 3))]),
        "3",
        "what came is shown, coverage tells the rest"
    );
    assert_eq!(both(complete(), with(&[("web", Begun)])), "missing");
    assert_eq!(both(complete(), with(&[("web", Complete), ("desk", Begun)])), "missing");
    assert_eq!(
        both(with(&[("web", NotCollected)]), with(&[("web", NotCollected)])),
        "notcollected"
    );
    assert_eq!(both(with(&[("web", NotCollected)]), complete()), "missing");
    assert_eq!(
        both(complete(), SheetBody::default()),
        "missing",
        "a sheet that speaks of no source"
    );
}

#[test]
fn a_zero_of_the_district_needs_every_region_and_a_region_without_a_node_is_missing() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1"), member("e2"), member("old")]);
    for node in ["e1", "e2", "old"] {
        put(&mut rollup, node, "2020-02-01", &complete());
    }
    let answer = ask(&rollup, "E", "2020-02-01");
    assert_eq!(word(&answer.totals, MEASURE), "zero");
    rollup.set_members(vec![member("e1"), member("old")]);
    let answer = ask(&rollup, "E", "2020-02-01");
    assert_eq!(word(&answer.totals, MEASURE), "missing");
    assert_eq!(rows(&answer.rows, MEASURE), ["e2 missing", "e1 zero", "old zero"]);
    let land = ask(&rollup, "L", "2020-02-01");
    assert_eq!(rows(&land.rows, MEASURE), ["E missing", "W missing"]);
}

#[test]
fn a_source_or_topic_without_a_measure_says_what_its_days_say() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    let mut body = stated(&[("web", Complete), ("desk", Begun)]);
    body.cells = received("e1", "roads", 2).cells;
    put(&mut rollup, "e1", "2020-02-01", &body);
    let answer = ask(&rollup, "e1", "2020-02-01");
    assert_eq!(rows(&answer.breakdowns["source"], MEASURE), ["web 2"]);
    assert!(matches!(
        answer.breakdowns["source"][0].values["response.time"],
        Value::Zero(_)
    ));
    assert_eq!(
        answer.breakdowns["topic"][0].values["response.time"],
        Value::Missing,
        "the desk has only begun"
    );
    assert!(answer.breakdowns["network"].is_empty());
    let longer = ask(&rollup, "e1", "2020-02-01..2020-02-02");
    assert_eq!(
        longer.breakdowns["source"][0].values["response.time"],
        Value::Missing,
        "a day has no sheet"
    );
}

#[test]
fn a_unit_that_does_not_live_in_the_period_can_have_nothing() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e2")]);
    let answer = ask(&rollup, "old", "2020-04-01");
    assert_eq!(answer.totals[MEASURE], Value::CannotExist);
    assert_eq!(answer.coverage.days.expected, 0);
}

#[test]
fn the_future_is_not_expected_and_says_nothing() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    put(&mut rollup, "e1", "2020-12-31", &complete());
    let answer = ask(&rollup, "e1", "2020-12-31..2021-01-31");
    assert_eq!(word(&answer.totals, MEASURE), "zero");
    assert_eq!((answer.coverage.days.expected, answer.coverage.days.had), (1, 1));
    let future = ask(&rollup, "e1", "2021-02");
    assert_eq!(
        (word(&future.totals, MEASURE).as_str(), future.coverage.days.expected),
        ("missing", 0)
    );
}

#[test]
fn a_refused_sheet_counts_and_a_withdrawn_one_does_not() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    rollup.put(
        &node("e1"),
        &facts("2020-02-01"),
        &received("e1", "roads", 5),
        SheetStanding::Refused,
    );
    assert_eq!(word(&ask(&rollup, "e1", "2020-02-01").totals, MEASURE), "5");
    let mut back = facts("2020-02-01");
    back.withdrawn = Some(code("mistake"));
    rollup.put(&node("e1"), &back, &complete(), SheetStanding::InForce);
    assert_eq!(word(&ask(&rollup, "e1", "2020-02-01").totals, MEASURE), "missing");
}

#[test]
fn an_unknown_scope_is_refused_by_its_code() {
    let refused = Rollup::new()
        .ask(&federation(), &question("nowhere", "2020"))
        .expect_err("no such territory");
    assert_eq!(
        (refused.code(), &refused),
        ("UNKNOWN_SCOPE", &RollupError::UnknownScope(code("nowhere")))
    );
}

#[test]
fn sums_beyond_64_bits_are_refused() {
    let mut rollup = Rollup::new();
    put(&mut rollup, "e1", "2020-02-01", &received("e1", "roads", u64::MAX));
    put(&mut rollup, "e2", "2020-02-01", &received("e2", "roads", 1));
    let refused = rollup
        .ask(&federation(), &question("E", "2020"))
        .expect_err("too large");
    assert_eq!(refused.code(), "UNADDABLE");
}
