//! A small invented tree that changes over time, and every way to get one wrong.

use super::*;
use crate::names::{Names, Noun};
use crate::period::{Interval, Life};

fn day(text: &str) -> Day {
    text.parse().expect("a day of the test")
}

fn code(text: &str) -> Code {
    Code::new(text).expect("a code of the test")
}

fn span(from: &str, until: &str) -> Interval {
    Interval {
        from: from.parse().ok(),
        until: until.parse().ok(),
    }
}

fn level(text: &str) -> Level {
    let noun = Noun {
        one: text.to_owned(),
        few: text.to_owned(),
        many: text.to_owned(),
        plural: None,
        genitive: None,
        prepositional: None,
        prepositional_plural: None,
    };
    Level {
        code: code(text),
        unit: noun,
        centre: None,
    }
}

fn levels() -> Vec<Level> {
    ["land", "part", "place"].map(level).to_vec()
}

fn unit(own: &str, level: &str, parents: &[(&str, Interval)]) -> Unit {
    let parents = parents
        .iter()
        .map(|(above, during)| Parent {
            code: code(above),
            during: *during,
        })
        .collect();
    Unit {
        code: code(own),
        level: code(level),
        names: Names::only(own),
        iso: None,
        zone: None,
        life: Life::always(),
        parents,
        successor: None,
        aliases: Vec::new(),
    }
}

/// 71 lies in west and moves east in 2018; 711 is a place inside 71; 718 is not inside 71; 719 ends in 2020 for 720.
fn units() -> Vec<Unit> {
    let always = Interval::ALWAYS;
    let mut land = unit("LAND", "land", &[]);
    land.zone = Some(Zone::utc());
    let mut moved = unit("71", "part", &[("LAND", always)]);
    moved.iso = Some("XX-71".to_owned());
    moved.aliases = vec!["Западный край".to_owned()];
    let mut ended = unit(
        "719",
        "place",
        &[("71", span("", "2018-11-03")), ("718", span("2018-11-03", ""))],
    );
    ended.life = Life::new(vec![span("", "2020-01-01")]).expect("one interval");
    ended.successor = Some(code("720"));
    ended.aliases = vec!["Городок".to_owned()];
    let mut heir = unit("720", "place", &[("718", always)]);
    heir.life = Life::new(vec![span("2020-01-01", "")]).expect("one interval");
    heir.aliases = vec!["Городок".to_owned(), String::new()];
    heir.zone = Some(Zone::new("Asia/Yekaterinburg").expect("a known zone"));
    vec![
        land,
        moved,
        unit("718", "part", &[("LAND", always)]),
        ended,
        heir,
        unit("711", "place", &[("71", always)]),
    ]
}

fn tree() -> Tree {
    Tree::new(levels(), Matching::Prefix, units()).expect("the tree of the tests is well-formed")
}

#[test]
fn the_longest_living_prefix_wins_and_words_have_none() {
    let tree = tree();
    let (then, now) = (day("2019-06-01"), day("2022-12-13"));
    for (raw, on, expected) in [
        ("71", now, Resolution::Exact(code("71"))),
        ("XX-71", now, Resolution::Exact(code("71"))),
        ("Западный край", now, Resolution::Exact(code("71"))),
        ("западный край", now, Resolution::Unknown),
        ("71600000", now, Resolution::Prefix(code("71"))),
        ("71800000", now, Resolution::Prefix(code("718"))),
        ("71100001", now, Resolution::Prefix(code("711"))),
        ("71900001", then, Resolution::Prefix(code("719"))),
        ("71900001", now, Resolution::Prefix(code("71"))),
        ("719", now, Resolution::Prefix(code("71"))),
        ("Городок", then, Resolution::Exact(code("719"))),
        ("Городок", now, Resolution::Exact(code("720"))),
        ("", now, Resolution::Exact(code("720"))),
        ("", then, Resolution::Unknown),
        ("7", now, Resolution::Unknown),
        ("99", now, Resolution::Unknown),
        ("71 район", now, Resolution::Unknown),
        ("LANDING", now, Resolution::Unknown),
    ] {
        assert_eq!(tree.resolve(raw, on), expected, "{raw} on {on}");
    }
    let exact = Tree::new(levels(), Matching::Exact, units()).expect("well-formed");
    assert_eq!(exact.resolve("71600000", now), Resolution::Unknown);
}

#[test]
fn the_tree_of_a_day_is_the_tree_of_that_day() {
    let tree = tree();
    let names = |units: Vec<&Unit>| {
        units
            .iter()
            .map(|unit| unit.code.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    let (before, after, later) = (day("2018-11-02"), day("2018-11-03"), day("2020-01-01"));
    assert_eq!(names(tree.children(&code("71"), before)), ["711", "719"]);
    assert_eq!(names(tree.children(&code("71"), after)), ["711"]);
    assert_eq!(names(tree.children(&code("718"), after)), ["719"]);
    assert_eq!(names(tree.children(&code("718"), later)), ["720"]);
    assert!(tree.is_within(&code("719"), &code("71"), before) && !tree.is_within(&code("719"), &code("71"), after));
    assert!(tree.is_within(&code("711"), &code("LAND"), later) && !tree.is_within(&code("none"), &code("LAND"), later));
    assert!(!tree.is_within(&code("719"), &code("LAND"), later));
    assert_eq!(names(tree.ancestors(&code("719"), before).collect()), ["71", "LAND"]);
    assert_eq!(
        names(tree.units_at_level_within(&code("LAND"), &code("place"), later)),
        ["711", "720"]
    );
    assert_eq!(
        names(tree.units_at_level_within(&code("718"), &code("part"), later)),
        ["718"]
    );
    assert_eq!(tree.root().code, code("LAND"));
    assert_eq!(
        tree.level_of(&code("719")).map(|level| level.code.as_str()),
        Some("place")
    );
    assert_eq!(tree.zone(&code("719"), before), Some(&Zone::utc()));
    assert_eq!(
        tree.zone(&code("720"), later).map(Zone::name),
        Some("Asia/Yekaterinburg")
    );
}

/// One change that makes the units no tree.
type Break<'a> = &'a dyn Fn(&mut Vec<Unit>);

#[test]
fn a_broken_tree_is_refused_by_naming_the_unit() {
    let refusal = |break_it: Break<'_>| {
        let mut units = units();
        break_it(&mut units);
        Tree::new(levels(), Matching::Prefix, units)
            .expect_err("a broken tree")
            .to_string()
    };
    let always = Interval::ALWAYS;
    let cases: [(Break<'_>, &str); 14] = [
        (
            &|u| u.push(unit("711", "place", &[("71", always)])),
            "территория 711 описана дважды",
        ),
        (
            &|u| u.push(unit("none", "place", &[("71", always)])),
            "код территории «none» занят: он обозначает отсутствие территории",
        ),
        (
            &|u| u[5].level = code("hamlet"),
            "территория 711: неизвестный уровень «hamlet»",
        ),
        (
            &|u| u[5].parents[0].code = code("70"),
            "территория 711: вышестоящая территория «70» не описана",
        ),
        (
            &|u| u[1].parents[0].code = code("711"),
            "территория 71: вышестоящая «711» стоит не выше её по уровню (цикл или перепутанные уровни)",
        ),
        (
            &|u| {
                u[0].parents = vec![Parent {
                    code: code("LAND"),
                    during: Interval::ALWAYS,
                }];
            },
            "территория LAND: вышестоящая «LAND» стоит не выше её по уровню (цикл или перепутанные уровни)",
        ),
        (
            &|u| u[1].parents.clear(),
            "корень дерева должен быть ровно один (территория без вышестоящей), а найдено 2: 71, LAND",
        ),
        (
            &|u| u[3].parents[0].during.until = None,
            "территория 719: вышестоящие территории: промежутки «всегда» и «с 2018-11-03» пересекаются",
        ),
        (
            &|u| u[3].parents[0].during.until = Some(day("2018-11-01")),
            "территория 719: на 2018-11-01 не указана вышестоящая территория",
        ),
        (
            &|u| u[2].life = Life::new(vec![span("2018-12-01", "")]).unwrap(),
            "территория 719: вышестоящая «718» не существует на 2018-11-03",
        ),
        (
            &|u| u[5].aliases.push("XX-71".to_owned()),
            "значение «XX-71» обозначает сразу две территории: 71 и 711 (всегда)",
        ),
        (
            &|u| u[5].aliases.push("Городок".to_owned()),
            "значение «Городок» обозначает сразу две территории: 711 и 719 (до 2020-01-01)",
        ),
        (
            &|u| u[3].successor = Some(code("719")),
            "территория 719: преемник «719» не описан",
        ),
        (
            &|u| u[5].successor = Some(code("720")),
            "территория 711: указан преемник, но не указано, до какого дня она существует",
        ),
    ];
    for (break_it, expected) in cases {
        assert_eq!(refusal(break_it), expected);
    }
    let twice = Tree::new(
        vec![level("land"), level("land")],
        Matching::Exact,
        vec![unit("LAND", "land", &[])],
    );
    assert_eq!(twice.expect_err("two levels").to_string(), "уровень land описан дважды");
    let low = Tree::new(levels(), Matching::Exact, vec![unit("LAND", "part", &[])]);
    assert_eq!(
        low.expect_err("a low root").to_string(),
        "территория LAND: у неё нет вышестоящей, но её уровень не первый"
    );
}
