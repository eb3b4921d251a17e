//! The published figures, counted directly over the generated incidents with the dictionary that ships.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::*;
use crate::generator::incidents;
use crate::pairs::two_at_a_time;
use crate::regions::{Region, article_day, first_day, last_day, regions};
use domain::cell::{CellKey, Cells};
use domain::count::Counter;
use domain::dictionary::{Dictionary, Measure};
use domain::federation::Federation;
use domain::{Code, Day, DurationTally, Tally, Zone};

/// Days of one region: how many were dealt with and how long answers took.
type Days = BTreeMap<Day, (u64, DurationTally)>;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The two shipped measures of the published figures, in the one set that totals are read from: counting every set of
/// every measure over 700,000 incidents takes a minute and says the same.
fn dictionary() -> Dictionary {
    let shipped = Federation::shipped();
    let shipped = shipped.dictionary();
    let measure = |code: &str| {
        let measure = shipped.measure(code).unwrap().clone();
        Measure {
            sets: vec![measure.total_set.clone()],
            ..measure
        }
    };
    let measures = vec![measure("incidents.processed"), measure("response.time")];
    Dictionary::new(
        shipped.version(),
        shipped.lists().clone(),
        shipped.sets().to_vec(),
        measures,
    )
    .unwrap()
}

fn count(region: &Region, zone: &Zone, dictionary: &Dictionary) -> Days {
    let counter = Counter::new(dictionary, zone);
    let days = (first_day().number()..=last_day().number()).filter_map(Day::new);
    let mut cells: BTreeMap<Day, Cells> = days.map(|day| (day, Cells::new())).collect();
    for incident in incidents(region, zone) {
        counter.add(&incident, &mut cells).unwrap();
    }
    cells.into_iter().map(|(day, cells)| (day, total(&cells))).collect()
}

fn total(cells: &Cells) -> (u64, DurationTally) {
    let mut total = (0, DurationTally::default());
    for (CellKey { measure, .. }, cell) in cells {
        match &cell.tally {
            Tally::Flow(n) => total.0 += n,
            Tally::Duration(took) => total.1.merge(took).unwrap(),
            other => panic!("{measure} is {other:?}"),
        }
    }
    total
}

/// Every region's days, counted once for all tests.
fn counted() -> &'static BTreeMap<&'static str, Days> {
    static COUNTED: OnceLock<BTreeMap<&str, Days>> = OnceLock::new();
    COUNTED.get_or_init(|| {
        let (federation, dictionary) = (Federation::shipped(), dictionary());
        let regions = regions();
        let counted = two_at_a_time(&regions, |region| {
            let zone = federation
                .tree()
                .zone(&Code::literal(region.territory), first_day())
                .unwrap();
            Ok((region.territory, count(region, zone, &dictionary)))
        });
        counted.unwrap().into_iter().collect()
    })
}

/// The sum of a region's days, both ends included.
fn period(territory: &str, from: Day, to: Day) -> (u64, DurationTally) {
    let mut sum = (0, DurationTally::default());
    for (n, took) in counted()[territory].range(from..=to).map(|(_, counts)| counts) {
        sum.0 += n;
        sum.1.merge(took).unwrap();
    }
    sum
}

fn district(year: &str) -> (u64, DurationTally) {
    let mut sum = (0, DurationTally::default());
    for territory in counted().keys() {
        let (n, took) = period(territory, day(&format!("{year}-01-01")), day(&format!("{year}-12-31")));
        sum.0 += n;
        sum.1.merge(&took).unwrap();
    }
    sum
}

fn measured() -> Measured {
    let sverdlovsk = period("65", day("2022-01-01"), article_day());
    let mean = |from: &str, to: &str| period("65", day(from), day(to)).1.mean_s().unwrap();
    let (processed, took) = district("2022");
    let region_mean = |territory: &&str| period(territory, day("2022-01-01"), last_day()).1.mean_s().unwrap();
    Measured {
        sverdlovsk_processed: sverdlovsk.0,
        sverdlovsk_mean_s: sverdlovsk.1.mean_s().unwrap(),
        sverdlovsk_mean_before_s: mean("2021-01-01", "2021-12-13"),
        sverdlovsk_mean_first_s: mean("2021-01-01", "2021-01-31"),
        district_processed: processed,
        district_mean_s: took.mean_s().unwrap(),
        region_means_s: counted().keys().map(region_mean).collect(),
    }
}

#[test]
fn every_published_line_holds() {
    for line in lines(&measured()) {
        assert!(line.holds, "{line:?}");
    }
}

#[test]
fn figure_06_and_07_sverdlovsk_dealt_with_54_548_messages_and_answered_each() {
    let (processed, took) = period("65", day("2022-01-01"), article_day());
    assert_eq!((processed, took.n()), (54_548, 54_548));
}

#[test]
fn figure_08_sverdlovsk_answered_in_2_hours_28_minutes_to_the_second() {
    let (_, took) = period("65", day("2022-01-01"), article_day());
    assert_eq!(took.sum_s(), 8_880 * 54_548);
    assert_eq!(took.negative(), 0);
}

#[test]
fn figure_09_sverdlovsk_is_almost_an_hour_faster_than_in_2021_by_the_same_days_and_by_the_year() {
    let now = period("65", day("2022-01-01"), article_day()).1.mean_s().unwrap();
    for to in ["2021-12-13", "2021-12-31"] {
        let before = period("65", day("2021-01-01"), day(to)).1.mean_s().unwrap();
        assert!((50 * 60..60 * 60).contains(&(before - now)), "{to}: {before}");
    }
}

#[test]
fn figure_24_the_district_dealt_with_almost_400_thousand() {
    assert_eq!(district("2022").0, 396_412);
    assert_eq!(district("2021").0, 301_683);
}

#[test]
fn figure_25_the_district_answered_in_three_hours_weighted_and_that_is_not_the_mean_of_means() {
    let took = district("2022").1;
    assert_eq!(took.mean_s(), Some(10_800));
    assert_eq!(took.sum_s(), 10_800 * took.n());
    let measured = measured();
    let (weighted, plain) = (measured.district_mean_s, measured.mean_of_means_s());
    println!("среднее округа, взвешенное по числу ответов: {}", hours(weighted));
    println!("среднее шести средних: {}", hours(plain));
    assert!(plain.abs_diff(weighted) >= 5 * 60, "{weighted} against {plain}");
}

#[test]
fn almost_and_more_than_have_the_reach_of_the_reports() {
    for (value, round, almost) in [
        (392_000, 400_000, true),
        (391_999, 400_000, false),
        (400_000, 400_000, false),
    ] {
        assert_eq!(is_almost(value, round), almost, "{value}");
    }
    for (value, round, more) in [(54_548, 54_000, true), (55_621, 54_000, false), (54_000, 54_000, false)] {
        assert_eq!(is_more_than(value, round), more, "{value}");
    }
    assert_eq!(hours(8_880), "2 ч 28 мин");
    assert_eq!(grouped(396_412), "396\u{a0}412");
}
