//! Expected and had.

use domain::sheet::Completeness::{Begun, Complete, NotCollected};
use domain::sheet::SheetBody;
use rollup::{Coverage, Rollup, SheetStanding};

use crate::world::*;

fn gaps(coverage: &Coverage) -> Vec<String> {
    let text = |name: Option<String>| name.unwrap_or_else(|| "-".to_owned());
    let line = |gap: &rollup::Gap| {
        let (node, source) = (
            gap.node.as_ref().map(ToString::to_string),
            gap.source.as_ref().map(ToString::to_string),
        );
        format!(
            "{} {} {} {}..{} {:?}",
            gap.territory,
            text(node),
            text(source),
            gap.from,
            gap.to,
            gap.reason
        )
    };
    coverage.gaps.iter().map(line).collect()
}

fn numbers(coverage: &Coverage) -> [u64; 9] {
    let Coverage {
        units,
        nodes,
        sources,
        days,
        complete_days,
        ..
    } = coverage;
    [
        units.expected,
        units.had,
        nodes.expected,
        nodes.had,
        sources.expected,
        sources.had,
        days.expected,
        days.had,
        *complete_days,
    ]
}

#[test]
fn a_region_without_a_node_is_expected_and_a_gap_is_a_run_of_days() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1"), member_from("e2", "2020-04-03", None), member("w1")]);
    for day in ["2020-04-01", "2020-04-02", "2020-04-05"] {
        put(&mut rollup, "e1", day, &complete());
    }
    put(
        &mut rollup,
        "e2",
        "2020-04-03",
        &stated(&[("web", Complete), ("desk", Begun)]),
    );
    let coverage = ask(&rollup, "E", "2020-04-01..2020-04-05").coverage;
    assert_eq!(numbers(&coverage), [3, 2, 2, 2, 3, 2, 15, 4, 3]);
    assert_eq!(
        gaps(&coverage),
        [
            "e1 e1 - 2020-04-03..2020-04-04 NoSheet",
            "e2 - - 2020-04-01..2020-04-02 NoNode",
            "e2 e2 - 2020-04-04..2020-04-05 NoSheet",
            "e2 e2 desk 2020-04-03..2020-04-03 NotDeclared",
            "m - - 2020-04-01..2020-04-05 NoNode",
        ]
    );
}

#[test]
fn a_sheet_withdrawn_refused_or_silent_is_a_gap_of_its_own() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    let mut back = facts("2020-04-01");
    back.withdrawn = Some(code("mistake"));
    rollup.put(&node("e1"), &back, &SheetBody::default(), SheetStanding::InForce);
    rollup.put(
        &node("e1"),
        &facts("2020-04-02"),
        &received("e1", "roads", 1),
        SheetStanding::Refused,
    );
    put(&mut rollup, "e1", "2020-04-03", &SheetBody::default());
    put(
        &mut rollup,
        "e1",
        "2020-04-04",
        &stated(&[("web", Complete), ("desk", NotCollected)]),
    );
    let coverage = ask(&rollup, "e1", "2020-04-01..2020-04-04").coverage;
    assert_eq!(numbers(&coverage), [1, 1, 1, 1, 2, 1, 4, 2, 0]);
    assert_eq!(
        gaps(&coverage),
        [
            "e1 e1 - 2020-04-01..2020-04-01 Withdrawn",
            "e1 e1 - 2020-04-02..2020-04-02 Refused",
            "e1 e1 - 2020-04-03..2020-04-03 NotDeclared",
            "e1 e1 desk 2020-04-04..2020-04-04 NotCollected",
        ]
    );
}

#[test]
fn a_unit_day_is_had_when_every_node_of_the_unit_and_of_its_parts_is_there() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1"), member("e1a")]);
    put(&mut rollup, "e1", "2020-04-01", &complete());
    put(&mut rollup, "e1", "2020-04-02", &complete());
    put(&mut rollup, "e1a", "2020-04-02", &complete());
    let region = ask(&rollup, "e1", "2020-04-01..2020-04-02");
    assert_eq!(numbers(&region.coverage), [1, 1, 2, 2, 2, 2, 2, 1, 1]);
    assert_eq!(gaps(&region.coverage), ["e1 e1a - 2020-04-01..2020-04-01 NoSheet"]);
    assert_eq!(rows(&region.rows, "incidents.received"), ["e1a missing", "e1b zero"]);
    let town = ask(&rollup, "e1b", "2020-04-01..2020-04-02").coverage;
    assert_eq!(
        numbers(&town),
        [1, 1, 1, 1, 1, 1, 2, 2, 2],
        "the region answers for a town without a post"
    );
}

#[test]
fn a_longer_sheet_is_taken_whole_or_not_at_all() {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![member("e1")]);
    put(&mut rollup, "e1", "2020-04", &received("e1", "roads", 30));
    put(&mut rollup, "e1", "2020-05-01", &received("e1", "roads", 1));
    for (period, total, had, gap) in [
        ("2020-04-01..2020-05-01", "31", 31, None),
        ("2020-04", "30", 30, None),
        (
            "2020-04-01..2020-04-29",
            "missing",
            0,
            Some("e1 e1 - 2020-04-01..2020-04-29 NoSheet"),
        ),
        (
            "2020-04-02..2020-05-01",
            "1",
            1,
            Some("e1 e1 - 2020-04-02..2020-04-30 NoSheet"),
        ),
        (
            "2020-04-30",
            "missing",
            0,
            Some("e1 e1 - 2020-04-30..2020-04-30 NoSheet"),
        ),
    ] {
        let answer = ask(&rollup, "e1", period);
        assert_eq!(word(&answer.totals, "incidents.received"), total, "{period}");
        assert_eq!(answer.coverage.days.had, had, "{period}");
        assert_eq!(gaps(&answer.coverage), gap.into_iter().collect::<Vec<_>>(), "{period}");
    }
}
