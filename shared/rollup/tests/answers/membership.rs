//! Territories whose place changes: the tree of each day decides.

use rollup::Rollup;

use crate::world::*;

const MEASURE: &str = "incidents.received";

#[test]
fn a_region_counts_under_the_district_of_the_day() {
    let mut rollup = Rollup::new();
    put(&mut rollup, "m", "2020-02-29", &received("m", "roads", 1));
    put(&mut rollup, "m", "2020-03-01", &received("m", "roads", 10));
    let total = |scope| word(&ask(&rollup, scope, "2020-02-29..2020-03-01").totals, MEASURE);
    assert_eq!(
        [total("L"), total("W"), total("E"), total("m")],
        ["11", "1", "10", "11"]
    );
    let land = ask(&rollup, "L", "2020-02-29..2020-03-01");
    assert_eq!(rows(&land.rows, MEASURE), ["E 10", "W 1"]);
    let days = |scope| ask(&rollup, scope, "2020-02-29..2020-03-01").coverage.days.expected;
    assert_eq!(
        [days("W"), days("E"), days("L")],
        [3, 6, 9],
        "units are expected where they are on each day"
    );
}

#[test]
fn a_year_sheet_stands_where_its_last_day_puts_it() {
    let mut rollup = Rollup::new();
    put(&mut rollup, "m", "2020", &received("m", "roads", 7));
    assert_eq!(rows(&ask(&rollup, "L", "2020").rows, MEASURE), ["E 7", "W missing"]);
}

#[test]
fn what_is_named_after_its_end_counts_under_the_successor() {
    let mut rollup = Rollup::new();
    put(&mut rollup, "old", "2020-02-29", &received("old", "snow", 1));
    put(&mut rollup, "old", "2020-03-01", &received("old", "snow", 2));
    let answer = ask(&rollup, "E", "2020-02-29..2020-03-01");
    assert_eq!(
        rows(&answer.rows, MEASURE),
        ["e2 2", "e1 missing", "m missing", "old 1"]
    );
    assert_eq!(rows(&answer.breakdowns["topic"], MEASURE), ["roads 3"]);
    assert_eq!(
        rows(&ask(&rollup, "E", "2020-02-29").breakdowns["topic"], MEASURE),
        ["snow 1"],
        "not closed yet"
    );
}

#[test]
fn what_stands_at_the_scope_itself_is_attached_and_comes_last() {
    let mut rollup = Rollup::new();
    let mut body = received("e1", "roads", 1);
    body.cells.extend(received("e1b", "unmatched", 2).cells);
    body.cells.extend(received("w1", "roads", 50).cells);
    put(&mut rollup, "e1", "2020-04-01", &body);
    let answer = ask(&rollup, "e1", "2020-04-01");
    assert_eq!(rows(&answer.rows, MEASURE), ["e1a missing", "e1b 2", "e1* 1"]);
    assert_eq!(word(&answer.totals, MEASURE), "3");
    assert_eq!(rows(&answer.breakdowns["topic"], MEASURE), ["unmatched 2", "roads 1"]);
    assert_eq!(word(&ask(&rollup, "e1b", "2020-04-01").totals, MEASURE), "2");
}
