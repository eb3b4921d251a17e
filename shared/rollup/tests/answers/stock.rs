//! Stocks: dated snapshots replace one another whole, then add across territories. `max_age_days` is 3.

use domain::sheet::SheetBody;
use domain::{Day, Tally};
use rollup::{Question, Rollup, Value};

use crate::world::*;

fn snapshot(of: &str, cells: &[(&str, &str, u64)]) -> SheetBody {
    let mut body = complete();
    let stock = |&(territory, topic, n): &(&str, &str, u64)| cell("open", territory, topic, Tally::Stock(n), Some(of));
    body.cells.extend(cells.iter().map(stock));
    body
}

fn open(rollup: &Rollup, scope: &str, period: &str) -> String {
    word(&ask(rollup, scope, period).totals, "open")
}

#[test]
fn the_later_snapshot_replaces_the_earlier_whole_and_territories_add() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1"), member("e2")]);
    put(
        &mut rollup,
        "e1",
        "2020-04-01",
        &snapshot("2020-04-01", &[("e1", "roads", 5), ("e1", "unmatched", 7)]),
    );
    put(
        &mut rollup,
        "e1",
        "2020-04-02",
        &snapshot("2020-04-02", &[("e1", "roads", 4)]),
    );
    put(
        &mut rollup,
        "e2",
        "2020-04-01",
        &snapshot("2020-04-01", &[("e2", "roads", 10)]),
    );
    assert_eq!(open(&rollup, "E", "2020-04-01"), "22");
    assert_eq!(
        open(&rollup, "E", "2020-04-01..2020-04-02"),
        "14",
        "the cell gone from the later snapshot is gone"
    );
    let answer = ask(&rollup, "E", "2020-04");
    assert_eq!(
        word(&answer.totals, "open"),
        "missing",
        "at the end of April the snapshots are too old"
    );
    let answer = ask(&rollup, "E", "2020-04-02");
    assert_eq!(rows(&answer.rows, "open"), ["e2 10", "e1 4", "m missing"]);
    assert_eq!(rows(&answer.breakdowns["topic"], "open"), ["roads 14"]);
}

#[test]
fn a_snapshot_speaks_for_later_days_up_to_its_age_and_up_to_today() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    put(
        &mut rollup,
        "e1",
        "2020-04-01",
        &snapshot("2020-04-01", &[("e1", "roads", 5)]),
    );
    assert_eq!(open(&rollup, "e1", "2020-04-04"), "5");
    assert_eq!(open(&rollup, "e1", "2020-04-05"), "missing");
    assert_eq!(open(&rollup, "e1", "2020-03-31"), "missing");
    let today: Day = day("2020-04-03");
    let asked = Question {
        today,
        ..question("e1", "2020-04")
    };
    let answer = rollup.ask(&federation(), &asked).expect("an answer");
    assert_eq!(answer.totals["open"], Value::Known(Tally::Stock(5)));
}

#[test]
fn a_snapshot_of_nothing_is_a_zero_and_no_snapshot_is_missing() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    put(&mut rollup, "e1", "2020-04-01", &complete());
    assert_eq!(open(&rollup, "e1", "2020-04-01"), "missing");
    put(
        &mut rollup,
        "e1",
        "2020-04-01",
        &snapshot("2020-04-01", &[("e1", "roads", 0)]),
    );
    assert_eq!(open(&rollup, "e1", "2020-04-01"), "zero");
}

#[test]
fn of_two_snapshots_of_one_day_the_larger_stands_in_any_order() {
    let (small, large) = (
        snapshot("2020-04-01", &[("e1", "roads", 5)]),
        snapshot("2020-04-01", &[("e1", "roads", 6)]),
    );
    for turned in [false, true] {
        let mut rollup = Rollup::new();
        let (first, second) = if turned { (&large, &small) } else { (&small, &large) };
        put(&mut rollup, "e1", "2020-04-01", first);
        put(&mut rollup, "e1a", "2020-04-01", second);
        assert_eq!(open(&rollup, "e1", "2020-04-01"), "6");
    }
}
