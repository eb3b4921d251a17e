//! Local days against what the database records of Russian (and some stranger) clocks.

use jiff::civil::datetime;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("a day of the test")
}

fn hours(zone: &str, on: &str) -> i64 {
    let (start, end) = Zone::new(zone).expect(zone).bounds(day(on));
    assert_eq!((end - start) % 3_600, 0);
    (end - start) / 3_600
}

#[test]
fn fault_38_local_days_have_23_to_26_hours() {
    for (zone, on, expected) in [
        ("Europe/Volgograd", "2018-10-28", 23),
        ("Europe/Volgograd", "2020-12-27", 25),
        ("Europe/Saratov", "2016-12-04", 23),
        ("Asia/Novosibirsk", "2016-07-24", 23),
        ("Asia/Yekaterinburg", "2014-10-26", 25),
        ("Europe/Moscow", "2014-10-26", 25),
        ("Europe/Kaliningrad", "2014-10-26", 25),
        ("Asia/Omsk", "2014-10-26", 25),
        ("Asia/Krasnoyarsk", "2014-10-26", 25),
        ("Asia/Irkutsk", "2014-10-26", 25),
        ("Asia/Vladivostok", "2014-10-26", 25),
        ("Asia/Yakutsk", "2014-10-26", 25),
        ("Asia/Magadan", "2014-10-26", 26),
        ("Asia/Chita", "2014-10-26", 26),
        ("Europe/Samara", "2014-10-26", 24),
        ("Asia/Novokuznetsk", "2014-10-26", 24),
        ("Asia/Kamchatka", "2014-10-26", 24),
        ("Asia/Anadyr", "2014-10-26", 24),
        ("Europe/Moscow", "2010-03-28", 23),
        ("Europe/Moscow", "2010-10-31", 25),
        ("Asia/Yekaterinburg", "2022-12-13", 24),
        ("UTC", "2014-10-26", 24),
        ("Pacific/Apia", "2011-12-30", 0),
    ] {
        assert_eq!(hours(zone, on), expected, "{zone} {on}");
    }
}

#[test]
fn fault_38_offsets_run_from_kaliningrad_to_kamchatka() {
    for (zone, offset) in [
        ("Europe/Kaliningrad", 2),
        ("Europe/Moscow", 3),
        ("Europe/Samara", 4),
        ("Asia/Yekaterinburg", 5),
        ("Asia/Omsk", 6),
        ("Asia/Krasnoyarsk", 7),
        ("Asia/Irkutsk", 8),
        ("Asia/Yakutsk", 9),
        ("Asia/Vladivostok", 10),
        ("Asia/Magadan", 11),
        ("Asia/Kamchatka", 12),
        ("Asia/Khandyga", 9),
        ("Asia/Ust-Nera", 10),
        ("Asia/Srednekolymsk", 11),
    ] {
        let midnight = day("2022-12-13").civil_seconds();
        assert_eq!(
            Zone::new(zone).expect(zone).bounds(day("2022-12-13")).0,
            midnight - offset * 3_600,
            "{zone}"
        );
    }
}

#[test]
fn fault_38_the_day_ends_at_local_midnight() {
    let ural = Zone::new("Asia/Yekaterinburg").unwrap();
    let (start, end) = ural.bounds(day("2022-12-31"));
    assert_eq!(ural.day_of(start - 1), day("2022-12-30"));
    assert_eq!(ural.day_of(start), day("2022-12-31"));
    assert_eq!(ural.day_of(end - 1), day("2022-12-31"));
    assert_eq!(ural.day_of(end), day("2023-01-01"));
    assert_eq!(hours("Asia/Yekaterinburg", "2024-02-29"), 24);
}

#[test]
fn fault_38_a_wall_time_that_occurs_twice_is_the_first_and_a_skipped_one_lies_after_the_gap() {
    let moscow = Zone::new("Europe/Moscow").unwrap();
    let twice = moscow.instant(datetime(2014, 10, 26, 1, 30, 0, 0));
    assert_eq!(twice, day("2014-10-25").civil_seconds() + 21 * 3_600 + 1_800);
    let skipped = moscow.instant(datetime(2010, 3, 28, 2, 30, 0, 0));
    assert_eq!(skipped, moscow.instant(datetime(2010, 3, 28, 3, 30, 0, 0)));
    let plain = moscow.instant(datetime(2022, 12, 13, 12, 0, 1, 999_999_999));
    assert_eq!(plain, day("2022-12-13").civil_seconds() + 9 * 3_600 + 1);
}

#[test]
fn a_day_begins_where_the_gap_that_swallowed_its_midnight_ends() {
    // Toronto went from 23:30 to 00:30 on 1919-03-30: the 31st began at 04:30 UTC with its first half hour missing.
    let (start, end) = Zone::new("America/Toronto").unwrap().bounds(day("1919-03-31"));
    assert_eq!(start, day("1919-03-31").civil_seconds() + 4 * 3_600 + 1_800);
    assert_eq!(end - start, 23 * 3_600 + 1_800);
}

#[test]
fn an_hour_repeated_across_midnight_stays_in_the_day_that_had_begun() {
    // St. John's went from 00:01 back to 23:01 on 2010-11-07: at 03:00 UTC its clocks showed 23:30 of the 6th again.
    let zone = Zone::new("America/St_Johns").unwrap();
    let at = day("2010-11-07").civil_seconds() + 3 * 3_600;
    assert_eq!(zone.day_of(at), day("2010-11-07"));
    assert_eq!(zone.day_of(at - 1_801), day("2010-11-06"));
    assert_eq!(zone.bounds(day("2010-11-07")).0, at - 1_800);
}

#[test]
fn a_name_is_exact() {
    assert_eq!(
        Zone::new("asia/yekaterinburg").unwrap_err().to_string(),
        "часовой пояс «asia/yekaterinburg» пишется «Asia/Yekaterinburg»"
    );
    assert!(
        Zone::new("UTC+5")
            .unwrap_err()
            .to_string()
            .starts_with("часовой пояс «UTC+5» неизвестен")
    );
    assert!(TZDB_VERSION.starts_with("20"), "{TZDB_VERSION}");
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    for zone in [
        Zone::utc(),
        Zone::new("Asia/Kamchatka").unwrap(),
        Zone::new("America/Los_Angeles").unwrap(),
    ] {
        assert_eq!(zone.day_of(i64::MIN), Day::MIN);
        assert_eq!(zone.day_of(i64::MAX), Day::MAX);
        let (start, end) = zone.bounds(Day::MAX);
        assert!(start < end);
        let (start, end) = zone.bounds(Day::MIN);
        assert!(start < end);
    }
}

proptest! {
    #[test]
    fn every_instant_lies_within_the_bounds_of_its_day(
        seconds in 0_i64..2_000_000_000,
        zone in prop::sample::select(vec!["Asia/Magadan", "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "Europe/Volgograd"]),
    ) {
        let zone = Zone::new(zone).unwrap();
        let day = zone.day_of(seconds);
        let (start, end) = zone.bounds(day);
        prop_assert!(start <= seconds && seconds < end, "{seconds} in {day}: {start}..{end}");
        prop_assert_eq!(zone.bounds(day.next()).0, end);
    }
}
