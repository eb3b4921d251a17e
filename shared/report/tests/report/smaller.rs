//! A region and a municipality, in all three forms.

use domain::federation::Federation;
use report::Format;
use rollup::{Answer, Row};

use crate::build::{Figures, answer, row, seen, whole};

fn figures(counts: [u64; 5], minutes: [i64; 3]) -> Figures {
    let [received, processed, answered, resolved, in_time] = counts;
    Figures {
        received,
        processed,
        answered,
        resolved,
        minutes,
        in_time,
    }
}

pub fn region(period: &str, counts: [u64; 5], minutes: [i64; 3]) -> Answer {
    let town = figures(counts, minutes);
    let own = figures([40, 39, 38, 30, 37], [10, 20, 30]);
    let attached = Row {
        attached: true,
        ..row("65", own.values())
    };
    let rows = vec![row("65751", town.values()), row("65701", town.values()), attached];
    let mut answer = answer("65", period, whole(1, 347), rows);
    answer
        .breakdowns
        .insert("topic".to_owned(), vec![row("roads", town.values())]);
    answer.breakdowns.insert(
        "source".to_owned(),
        vec![row("incident", town.values()), row("pos", own.values())],
    );
    answer.breakdowns.insert(
        "network".to_owned(),
        vec![row("vk", town.values()), row("none", own.values())],
    );
    answer
}

pub fn town(period: &str, counts: [u64; 5]) -> Answer {
    let mut answer = answer("65701", period, whole(1, 7), Vec::new());
    answer.totals = figures(counts, [61, 61, 61]).values();
    answer
}

#[test]
fn a_region_reads_about_itself() {
    let now = region(
        "2022-01-01..2022-12-13",
        [27_800, 27_254, 26_904, 25_106, 25_900],
        [90, 160, 420],
    );
    let before = region(
        "2021-01-01..2021-12-13",
        [20_005, 19_800, 19_120, 18_040, 15_000],
        [118, 245, 500],
    );
    insta::assert_snapshot!(seen(&Federation::shipped(), &now, Some(&before), Format::Text));
}

#[test]
fn a_municipality_reads_about_itself() {
    let (now, before) = (
        town("2022-W50", [23, 21, 21, 2, 20]),
        town("2022-W49", [21, 20, 20, 5, 15]),
    );
    insta::assert_snapshot!(seen(&Federation::shipped(), &now, Some(&before), Format::Text));
}

#[test]
fn json_has_the_fields_of_the_schema_in_their_order() {
    let (now, before) = (
        town("2022-12-13", [0, 0, 0, 0, 0]),
        town("2021-12-13", [21, 20, 20, 5, 15]),
    );
    insta::assert_snapshot!(seen(&Federation::shipped(), &now, Some(&before), Format::Json));
}

#[test]
fn csv_has_a_line_for_each_figure_with_coverage_first() {
    let now = region("2022-12-13", [20, 19, 18, 10, 17], [5, 6, 7]);
    let csv = seen(&Federation::shipped(), &now, None, Format::Csv);
    assert!(csv.starts_with('\u{feff}'));
    insta::assert_snapshot!(csv.trim_start_matches('\u{feff}'));
}
