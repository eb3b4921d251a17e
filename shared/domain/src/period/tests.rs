//! Periods read, write and count as the calendar does.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("a day of the test")
}

#[test]
fn every_form_has_its_days_and_reads_back() {
    for (text, first, last, days) in [
        ("2022", "2022-01-01", "2022-12-31", 365),
        ("2024", "2024-01-01", "2024-12-31", 366),
        ("2022-Q4", "2022-10-01", "2022-12-31", 92),
        ("2022-Q1", "2022-01-01", "2022-03-31", 90),
        ("2022-12", "2022-12-01", "2022-12-31", 31),
        ("2024-02", "2024-02-01", "2024-02-29", 29),
        ("2022-W50", "2022-12-12", "2022-12-18", 7),
        ("2022-W52", "2022-12-26", "2023-01-01", 7),
        ("2020-W53", "2020-12-28", "2021-01-03", 7),
        ("2022-12-13", "2022-12-13", "2022-12-13", 1),
        ("2022-11-15..2022-12-13", "2022-11-15", "2022-12-13", 29),
        ("2022-12-13..2022-12-13", "2022-12-13", "2022-12-13", 1),
        ("9999", "9999-01-01", "9999-12-31", 365),
    ] {
        let period: Period = text.parse().expect(text);
        assert_eq!(
            (period.first(), period.last(), period.len()),
            (day(first), day(last), days),
            "{text}"
        );
        assert_eq!(period.to_string(), text);
        assert!(period.contains(day(first)) && period.contains(day(last)));
        assert!(!period.contains(day(first).previous()));
        assert!(period.last() == Day::MAX || !period.contains(day(last).next()));
        assert_eq!(period.days().len(), usize::try_from(days).unwrap());
        assert_eq!(period.days().next_back(), Some(day(last)));
    }
}

#[test]
fn a_refusal_says_what_was_got() {
    for text in [
        "",
        "22",
        "2022-",
        "2022-Q",
        "2022-q4",
        "2022-1",
        "2022-W5",
        "2022-W050",
        "2022Q4",
        " 2022",
        "2022-12-32",
        "декабрь",
        "2022-12-13..",
        "2022..2023",
        "2022-12-13...2022-12-14",
        "+022",
        "2022-+1",
        "202²",
    ] {
        let error = text.parse::<Period>().expect_err(text);
        assert_eq!(error, PeriodError::Form { got: text.to_owned() });
    }
    for text in [
        "0000", "2022-Q0", "2022-Q5", "2022-00", "2022-13", "2022-W00", "2022-W53", "9999-W52",
    ] {
        let error = text.parse::<Period>().expect_err(text);
        assert_eq!(error, PeriodError::NotInCalendar { got: text.to_owned() });
    }
    insta::assert_snapshot!("2022-Q".parse::<Period>().unwrap_err(), @"период «2022-Q» не распознан: ожидается год 2022, квартал 2022-Q4, месяц 2022-12, неделя 2022-W50, день 2022-12-13 или диапазон 2022-11-15..2022-12-13");
    insta::assert_snapshot!("2022-12-13..2022-11-15".parse::<Period>().unwrap_err(), @"диапазон 2022-12-13..2022-11-15 кончается раньше, чем начинается");
}

#[test]
fn a_sheet_stands_for_a_whole_day_month_quarter_or_year() {
    for (text, granularity) in [
        ("2022-12-13", Granularity::Day),
        ("2022-12", Granularity::Month),
        ("2022-Q4", Granularity::Quarter),
        ("2022", Granularity::Year),
    ] {
        let sheet: SheetPeriod = text.parse().expect(text);
        assert_eq!(sheet.granularity(), granularity);
        assert_eq!(sheet.to_string(), text);
        assert_eq!(SheetPeriod::new(granularity, sheet.first()), Ok(sheet));
        assert_eq!(SheetPeriod::containing(granularity, sheet.last()), sheet);
    }
    assert!("2022-W50".parse::<SheetPeriod>().is_err());
    assert!(SheetPeriod::new(Granularity::Quarter, day("2022-11-01")).is_err());
    assert!(SheetPeriod::day(day("2022-01-01")) < "2022-01".parse().unwrap());
    assert!("2022".parse::<SheetPeriod>().unwrap() < SheetPeriod::day(day("2022-01-02")));
}

#[test]
fn a_life_is_in_order_and_knows_its_gaps() {
    let span = |from: &str, until: &str| Interval {
        from: from.parse().ok(),
        until: until.parse().ok(),
    };
    let life = Life::new(vec![span("2010-01-19", ""), span("", "2005-01-01")]).unwrap();
    assert!(life.contains(day("2004-12-31")) && life.contains(day("2010-01-19")));
    assert!(!life.contains(day("2005-01-01")) && !life.contains(day("2010-01-18")));
    assert_eq!(Life::always().first_day_outside(&life), Some(day("2005-01-01")));
    assert_eq!(life.first_day_outside(&Life::always()), None);
    assert_eq!(
        life.shared_with(&Life::new(vec![span("2005-01-01", "2010-01-19")]).unwrap()),
        None
    );
    let touching = Life::new(vec![span("", "2010-01-19"), span("2010-01-19", "")]).unwrap();
    assert_eq!(Life::always().first_day_outside(&touching), None);
    let overlap = Life::new(vec![span("", "2010-01-20"), span("2010-01-19", "")]).unwrap_err();
    assert_eq!(
        overlap.to_string(),
        "промежутки «до 2010-01-20» и «с 2010-01-19» пересекаются"
    );
    assert!(matches!(
        Life::new(vec![span("2010-01-19", "2010-01-19")]),
        Err(LifeError::Empty(_))
    ));
}

proptest! {
    #[test]
    fn each_day_lies_in_exactly_one_sheet_period_of_a_granularity(number in 0..40_000_i32) {
        let day = Day::new(number).unwrap();
        for granularity in Granularity::ALL {
            let sheet = SheetPeriod::containing(granularity, day);
            prop_assert!(sheet.contains(day));
            let next = SheetPeriod::containing(granularity, sheet.last().next());
            prop_assert_eq!(next.first() - sheet.last(), 1);
        }
    }
}
