//! What a dictionary refuses, and what a value means in a list.

use super::*;
use crate::day::Day;
use crate::names::Names;
use crate::period::{Interval, Life};
use crate::tally::TallyKind;

fn code(text: &str) -> Code {
    Code::new(text).expect("a code of the test")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day of the test")
}

fn entry(own: &str, aliases: &[&str]) -> Entry {
    let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
    Entry {
        code: code(own),
        names: Names::only(own),
        aliases,
        life: Life::always(),
        successor: None,
    }
}

fn life(from: &str, until: &str) -> Life {
    Life::new(vec![Interval {
        from: from.parse().ok(),
        until: until.parse().ok(),
    }])
    .expect("one interval")
}

fn set() -> DimensionSet {
    DimensionSet {
        code: code("topic"),
        dimensions: vec![Dimension::Source, Dimension::Territory, Dimension::Topic],
    }
}

fn measure(kind: TallyKind) -> Measure {
    let timed = matches!(kind, TallyKind::Duration | TallyKind::Ratio);
    Measure {
        code: code("response"),
        kind,
        event: if kind == TallyKind::Stock {
            Vec::new()
        } else {
            vec![Stamp::Final]
        },
        since: timed.then_some(Stamp::Registered),
        norm_seconds: (kind == TallyKind::Ratio).then_some(3_600),
        sets: vec![code("topic")],
        total_set: code("topic"),
        max_age_days: None,
        name: "Ответ".to_owned(),
        verb: None,
    }
}

#[test]
fn a_value_means_the_code_in_use_on_its_day() {
    let mut closed = entry("roads", &["Дороги"]);
    closed.life = life("", "2022-01-01");
    closed.successor = Some(code("streets"));
    let mut heir = entry("streets", &["Дороги", "Улицы"]);
    heir.life = life("2022-01-01", "");
    let list = CodeList::new(vec![closed, heir]).expect("well-formed");
    let meaning = |raw: &str, on: &str| list.resolve(raw, day(on)).map(|entry| entry.code.to_string());
    for (raw, on, expected) in [
        ("Дороги", "2021-12-31", Some("roads")),
        ("Дороги", "2022-01-01", Some("streets")),
        ("roads", "2022-01-01", None),
        ("Улицы", "2021-12-31", None),
        ("дороги", "2022-01-01", None),
        ("", "2022-01-01", Some("none")),
        ("none", "2022-01-01", Some("none")),
        ("unmatched", "2022-01-01", Some("unmatched")),
    ] {
        assert_eq!(meaning(raw, on).as_deref(), expected, "{raw} on {on}");
    }
    assert_eq!(list.entries().len(), 2);
    assert_eq!(
        list.entry(&Code::unmatched()).map(|entry| entry.names.nominative()),
        Some("не сопоставлено")
    );
    assert_eq!(
        list.entry(&code("roads")).and_then(|entry| entry.successor.clone()),
        Some(code("streets"))
    );
}

#[test]
fn a_broken_list_is_refused_by_naming_the_code() {
    let mut orphan = entry("a", &[]);
    orphan.life = life("", "2022-01-01");
    orphan.successor = Some(code("b"));
    let mut endless = entry("a", &[]);
    endless.successor = Some(code("b"));
    for (entries, expected) in [
        (
            vec![entry("none", &[])],
            "код «none» зарезервирован и есть в каждом списке",
        ),
        (vec![entry("a", &[]), entry("a", &[])], "код «a» описан дважды"),
        (
            vec![entry("a", &["b"]), entry("b", &[])],
            "значение «b» обозначает сразу два кода: «a» и «b» (всегда)",
        ),
        (vec![orphan], "код «a»: преемник «b» не описан"),
        (
            vec![endless, entry("b", &[])],
            "код «a»: указан преемник, но не указано, до какого дня он действует",
        ),
    ] {
        assert_eq!(CodeList::new(entries).expect_err(expected).to_string(), expected);
    }
}

#[test]
fn every_kind_of_measure_has_its_own_fields_and_no_others() {
    for kind in TallyKind::ALL {
        let built = Dictionary::new(1, Lists::default(), vec![set()], vec![measure(kind)]);
        assert!(built.is_ok(), "{kind:?}: {built:?}");
    }
    let refusal = |kind, change: fn(&mut Measure)| {
        let mut changed = measure(kind);
        change(&mut changed);
        Dictionary::new(1, Lists::default(), vec![set()], vec![changed])
            .expect_err("a broken measure")
            .to_string()
    };
    assert_eq!(
        refusal(TallyKind::Flow, |m| m.event.clear()),
        "показатель response (вид flow): event указывается у всех видов, кроме stock"
    );
    assert_eq!(
        refusal(TallyKind::Stock, |m| m.event.push(Stamp::Final)),
        "показатель response (вид stock): event указывается у всех видов, кроме stock"
    );
    assert_eq!(
        refusal(TallyKind::Duration, |m| m.since = None),
        "показатель response (вид duration): since указывается только у duration и ratio"
    );
    assert_eq!(
        refusal(TallyKind::Ratio, |m| m.norm_seconds = None),
        "показатель response (вид ratio): норматив есть только у ratio"
    );
    assert_eq!(
        refusal(TallyKind::Flow, |m| m.max_age_days = Some(7)),
        "показатель response (вид flow): max_age_days бывает только у stock"
    );
    assert_eq!(
        refusal(TallyKind::Duration, |m| m.since = Some(Stamp::Final)),
        "показатель response (вид duration): since не может быть и событием"
    );
    assert_eq!(
        refusal(TallyKind::Flow, |m| m.total_set = code("network")),
        "показатель response: total_set должен быть одним из наборов sets"
    );
    assert_eq!(
        refusal(TallyKind::Flow, |m| {
            m.sets = vec![code("network")];
            m.total_set = code("network");
        }),
        "показатель response: набор разрезов «network» не описан"
    );
}

#[test]
fn a_set_has_source_and_territory_once() {
    let refusal = |dimensions: Vec<Dimension>| {
        let set = DimensionSet {
            code: code("x"),
            dimensions,
        };
        Dictionary::new(1, Lists::default(), vec![set], Vec::new())
            .expect_err("a broken set")
            .to_string()
    };
    assert_eq!(
        refusal(vec![Dimension::Source]),
        "набор разрезов x: нет обязательного разреза «territory»"
    );
    let twice = vec![Dimension::Source, Dimension::Territory, Dimension::Source];
    assert_eq!(refusal(twice), "набор разрезов x: разрез «source» указан дважды");
}

#[test]
fn codes_name_stamps_dimensions_and_kinds() {
    assert!(
        Stamp::ALL
            .into_iter()
            .all(|stamp| Stamp::from_code(stamp.code()) == Some(stamp))
    );
    assert!(
        Dimension::ALL
            .into_iter()
            .all(|dimension| Dimension::from_code(dimension.code()) == Some(dimension))
    );
    assert!(
        TallyKind::ALL
            .into_iter()
            .all(|kind| TallyKind::from_code(kind.code()) == Some(kind))
    );
    assert_eq!(Stamp::from_code("closed"), None);
}
