//! What a node counts as received where one below it answers is left out, and shown with its amount.

use std::collections::BTreeMap;

use domain::cell::CellKey;
use domain::member::Member;
use domain::{Tally, Zone};
use proptest::prelude::*;
use rollup::{Overlap, Rollup};

use crate::world::{ask, cell, code, complete, day, member, member_from, node, put, received, word};

/// A member below another.
fn below(parent: &str, territory: &str, from: &str, until: Option<&str>) -> Member {
    Member {
        parent: node(parent),
        ..member_from(territory, from, until)
    }
}

fn left_out(rollup: &Rollup, scope: &str, period: &str) -> Vec<String> {
    let line = |one: &Overlap| {
        let Overlap {
            node,
            counted_by,
            territory,
            from,
            to,
            amount,
        } = one;
        format!("{node} → {counted_by}, {territory}: {from}..{to}, {amount}")
    };
    ask(rollup, scope, period).coverage.overlap.iter().map(line).collect()
}

fn total(rollup: &Rollup, scope: &str, period: &str) -> String {
    word(&ask(rollup, scope, period).totals, "incidents.received")
}

/// The region e1 and its town e1a from the 10th of February on; both count the same on the 9th, the 10th and the 20th.
fn region_and_town(until: Option<&str>) -> Rollup {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1"), below("e1", "e1a", "2020-02-10", until)]);
    for at in ["2020-02-09", "2020-02-10", "2020-02-20"] {
        put(&mut rollup, "e1", at, &received("e1a", "roads", 5));
        put(&mut rollup, "e1a", at, &received("e1a", "roads", 7));
    }
    rollup
}

#[test]
fn the_node_below_counts_from_the_first_day_of_its_cover() {
    let rollup = region_and_town(None);
    assert_eq!(total(&rollup, "e1", "2020-02-10"), "7");
    assert_eq!(total(&rollup, "e1a", "2020-02"), (5 + 7 + 7 + 7).to_string());
    assert_eq!(
        left_out(&rollup, "e1", "2020-02"),
        ["e1 → e1a, e1a: 2020-02-10..2020-02-20, 10"]
    );
    assert_eq!(left_out(&rollup, "W", "2020-02"), Vec::<String>::new());
}

#[test]
fn after_its_cover_ended_the_node_above_counts() {
    let rollup = region_and_town(Some("2020-02-20"));
    assert_eq!(total(&rollup, "e1", "2020-02-20"), "5");
    let expected = [
        "e1 → e1a, e1a: 2020-02-10..2020-02-10, 5",
        "e1a → e1, e1a: 2020-02-20..2020-02-20, 7",
    ];
    assert_eq!(left_out(&rollup, "E", "2020-02"), expected);
}

#[test]
fn answers_another_territory_and_another_source_are_nobody_elses() {
    let mut rollup = Rollup::new();
    let mut town = below("e1", "e1a", "2020-02-10", None);
    rollup.set_members(vec![member("e1"), town.clone()]);
    let mut body = received("e1b", "roads", 3);
    body.cells.extend([cell(
        "response.time",
        "e1a",
        "roads",
        Tally::Duration(domain::DurationTally::of(60)),
        None,
    )]);
    put(&mut rollup, "e1", "2020-02-10", &body);
    let answer = ask(&rollup, "e1", "2020-02-10");
    assert_eq!(word(&answer.totals, "incidents.received"), "3");
    assert_ne!(word(&answer.totals, "response.time"), "missing");
    assert!(answer.coverage.overlap.is_empty());
    town.covers[0].source = Some(code("desk"));
    rollup.set_members(vec![member("e1"), town]);
    put(&mut rollup, "e1", "2020-02-10", &received("e1a", "roads", 3));
    assert_eq!(
        total(&rollup, "e1", "2020-02-10"),
        "3",
        "the town answers for the desk alone"
    );
}

#[test]
fn a_day_that_lies_partly_before_the_cover_in_the_upper_nodes_zone_is_not_judged() {
    let mut rollup = Rollup::new();
    let mut town = below("e1", "e1a", "2020-02-10", None);
    // Its 10th begins at 21:00 of the 9th in UTC.
    town.zone = Zone::new("Europe/Moscow").expect("a zone");
    rollup.set_members(vec![member("e1"), town.clone()]);
    for at in ["2020-02-09", "2020-02-10"] {
        put(&mut rollup, "e1", at, &received("e1a", "roads", 5));
    }
    assert_eq!(
        left_out(&rollup, "e1", "2020-02"),
        ["e1 → e1a, e1a: 2020-02-10..2020-02-10, 5"]
    );
    // And here at 05:00 of the 10th.
    town.zone = Zone::new("America/New_York").expect("a zone");
    rollup.set_members(vec![member("e1"), town]);
    assert_eq!(left_out(&rollup, "e1", "2020-02"), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever a region goes on counting, the total is each cell of whoever answers for it, once.
    #[test]
    fn every_received_cell_counts_once(
        said in proptest::collection::btree_map((0_usize..2, any::<bool>(), 1_i32..28), 1_u64..50, 0..40),
        from in 2_i32..27,
    ) {
        let at = |offset: i32| day("2020-02-01") + offset;
        let mut rollup = Rollup::new();
        rollup.set_members(vec![member("e1"), below("e1", "e1a", &at(from).to_string(), None)]);
        let mut sheets: BTreeMap<(&str, i32), Vec<(CellKey, domain::cell::Cell)>> = BTreeMap::new();
        let (mut counted, mut spare) = (0, 0);
        for (&(who, in_town, offset), &n) in &said {
            let (who, territory) = (["e1", "e1a"][who], if in_town { "e1a" } else { "e1b" });
            if who == "e1a" && (!in_town || offset < from) {
                continue; // The ledger refuses what lies outside its author's cover.
            }
            let is_spare = who == "e1" && in_town && offset >= from;
            *(if is_spare { &mut spare } else { &mut counted }) += n;
            let cells = sheets.entry((who, offset)).or_default();
            cells.push(cell("incidents.received", territory, "roads", Tally::Flow(n), None));
        }
        for ((who, offset), cells) in sheets {
            let mut body = complete();
            body.cells.extend(cells);
            put(&mut rollup, who, &at(offset).to_string(), &body);
        }
        let answer = ask(&rollup, "e1", "2020-02");
        let total: u64 = word(&answer.totals, "incidents.received").parse().unwrap_or(0);
        prop_assert_eq!(total, counted);
        prop_assert_eq!(answer.coverage.overlap.iter().map(|one| one.amount).sum::<u64>(), spare);
    }
}
