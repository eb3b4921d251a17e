//! The shipped federation agrees with the facts of Russia's territorial division.

use domain::federation::Federation;
use domain::territory::Resolution;
use domain::{Code, Day};

fn code(text: &str) -> Code {
    Code::new(text).expect("a code of the test")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day of the test")
}

#[test]
fn each_district_has_its_regions_on_each_day() {
    let federation = Federation::shipped();
    let count = |scope: &str, on: &str| {
        federation
            .tree()
            .units_at_level_within(&code(scope), &code("region"), day(on))
            .len()
    };
    let days = [
        "2022-12-31",
        "2017-12-31",
        "2018-11-02",
        "2018-11-03",
        "2010-01-18",
        "2010-01-19",
        "2009-06-01",
    ];
    for (district, expected) in [
        ("RU-FD-URAL", [6; 7]),
        ("RU-FD-VOLGA", [14; 7]),
        ("RU-FD-CENTRAL", [18; 7]),
        ("RU-FD-NORTHWEST", [11; 7]),
        ("RU-FD-SOUTH", [6, 6, 6, 6, 13, 6, 13]),
        ("RU-FD-NCAUCASUS", [7, 7, 7, 7, 0, 7, 0]),
        ("RU-FD-SIBERIA", [10, 12, 12, 10, 12, 12, 12]),
        ("RU-FD-FAREAST", [11, 9, 9, 11, 9, 9, 9]),
        ("RU", [83; 7]),
    ] {
        assert_eq!(days.map(|on| count(district, on)), expected, "{district}");
    }
    assert_eq!(federation.tree().children(&code("RU"), day("2022-12-31")).len(), 8);
    assert_eq!(federation.tree().children(&code("RU"), day("2009-06-01")).len(), 7);
    assert_eq!(
        count("RU", "2000-01-01"),
        80,
        "three regions were merged from others later"
    );
    assert_eq!(count("RU-FD-URAL", "2000-05-12"), 0);
}

#[test]
fn the_ural_district_lists_its_regions_by_name() {
    let federation = Federation::shipped();
    let regions = federation.tree().children(&code("RU-FD-URAL"), day("2022-12-31"));
    let lines: Vec<String> = regions
        .iter()
        .map(|unit| {
            let names = &unit.names;
            let zone = unit.zone.as_ref().map_or("", |zone| zone.name());
            let iso = unit.iso.as_deref().unwrap_or_default();
            format!(
                "{} {iso} {zone} {} | {}",
                unit.code,
                names.nominative(),
                names.prepositional().unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_longest_code_wins() {
    let federation = Federation::shipped();
    for (raw, expected) in [
        ("71", Resolution::Exact(code("71"))),
        ("71000000", Resolution::Prefix(code("71"))),
        ("71701000", Resolution::Prefix(code("71"))),
        ("71800000", Resolution::Prefix(code("718"))),
        ("71871000", Resolution::Prefix(code("718"))),
        ("71900000", Resolution::Prefix(code("719"))),
        ("11", Resolution::Exact(code("11"))),
        ("11701000", Resolution::Prefix(code("11"))),
        ("11800000", Resolution::Prefix(code("118"))),
        ("01000000", Resolution::Prefix(code("01"))),
        ("65701000001", Resolution::Prefix(code("65701"))),
        ("65740000", Resolution::Prefix(code("65740"))),
        ("65736000", Resolution::Prefix(code("65"))),
        ("RU-SVE", Resolution::Exact(code("65"))),
        ("RU-SPE", Resolution::Exact(code("40"))),
        ("Нижний Тагил", Resolution::Exact(code("65751"))),
        ("ХМАО", Resolution::Exact(code("718"))),
        ("RU-XXX", Resolution::Unknown),
        ("Россия, Урал", Resolution::Unknown),
        ("62000000", Resolution::Unknown),
        ("", Resolution::Unknown),
    ] {
        assert_eq!(federation.tree().resolve(raw, day("2022-12-13")), expected, "{raw}");
    }
    assert_eq!(
        federation.tree().resolve("57000000", day("2004-01-01")),
        Resolution::Unknown
    );
}

#[test]
fn districts_of_past_years_are_those_of_past_years() {
    let federation = Federation::shipped();
    let parent = |unit: &str, on: &str| {
        federation
            .tree()
            .parent(&code(unit), day(on))
            .map(|unit| unit.code.to_string())
    };
    for (unit, on, expected) in [
        ("81", "2018-11-02", Some("RU-FD-SIBERIA")),
        ("81", "2018-11-03", Some("RU-FD-FAREAST")),
        ("76", "2018-11-02", Some("RU-FD-SIBERIA")),
        ("76", "2008-02-29", None),
        ("82", "2010-01-18", Some("RU-FD-SOUTH")),
        ("82", "2010-01-19", Some("RU-FD-NCAUCASUS")),
        ("65", "2000-05-12", Some("RU")),
        ("65701", "2022-12-13", Some("65")),
        ("RU", "2022-12-13", None),
    ] {
        assert_eq!(parent(unit, on).as_deref(), expected, "{unit} on {on}");
    }
    assert!(
        federation
            .tree()
            .is_within(&code("65751"), &code("RU-FD-URAL"), day("2022-12-13"))
    );
    assert!(
        !federation
            .tree()
            .is_within(&code("718"), &code("71"), day("2022-12-13"))
    );
}

#[test]
fn every_unit_has_three_cases_and_a_zone() {
    let federation = Federation::shipped();
    let today = day("2022-12-13");
    for unit in federation.tree().units() {
        let where_at = unit
            .names
            .prepositional()
            .unwrap_or_else(|| panic!("{} has no prepositional", unit.code));
        assert!(where_at.starts_with("в ") || where_at.starts_with("во "), "{where_at}");
        assert!(unit.names.genitive().is_some(), "{}", unit.code);
        assert!(federation.tree().zone(&unit.code, today).is_some(), "{}", unit.code);
        assert_eq!(
            federation.tree().resolve(unit.names.nominative(), today),
            Resolution::Exact(unit.code.clone())
        );
    }
    let regions = federation
        .tree()
        .units_at_level_within(&code("RU"), &code("region"), today);
    assert!(regions.iter().all(|unit| unit.iso.is_some() && unit.zone.is_some()));
    let forms: Vec<String> = regions
        .iter()
        .map(|unit| {
            format!(
                "{} {} | {}",
                unit.code,
                unit.names.genitive().unwrap_or(""),
                unit.names.prepositional().unwrap_or("")
            )
        })
        .collect();
    insta::assert_snapshot!(forms.join("\n"));
}

#[test]
fn the_dictionary_counts_by_the_promised_stamps() {
    let federation = Federation::shipped();
    let lines: Vec<String> = federation
        .dictionary()
        .measures()
        .iter()
        .map(|measure| {
            let event: Vec<&str> = measure.event.iter().map(|stamp| stamp.code()).collect();
            let since = measure
                .since
                .map_or(String::new(), |stamp| format!(" since {}", stamp.code()));
            let norm = measure
                .norm_seconds
                .map_or(String::new(), |norm| format!(" within {norm} s"));
            format!(
                "{} {} by {}{since}{norm}, total {}",
                measure.code,
                measure.kind.code(),
                event.join("|"),
                measure.total_set
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    incidents.received flow by registered, total topic
    incidents.processed flow by final|redirected|no_answer, total topic
    incidents.answered flow by final, total topic
    incidents.resolved flow by resolved, total topic
    response.time duration by final since registered, total topic
    resolution.time duration by resolved since registered, total topic
    response.within_norm ratio by final since registered within 32400 s, total topic
    reaction.time duration by first_reaction since registered, total topic
    interim.time duration by interim since registered, total topic
    ");
    let sets: Vec<String> = federation
        .dictionary()
        .sets()
        .iter()
        .map(|set| {
            set.dimensions
                .iter()
                .map(|dimension| dimension.code())
                .collect::<Vec<_>>()
                .join(" × ")
        })
        .collect();
    assert_eq!(
        sets,
        [
            "source × territory × topic",
            "source × territory × network × legal_kind",
            "source × territory × addressed_to"
        ]
    );
}

#[test]
fn the_nouns_of_the_levels_are_counted_in_russian() {
    let federation = Federation::shipped();
    let region = federation.level(&code("region")).expect("there are regions");
    assert_eq!(
        (region.unit.one.as_str(), region.unit.many.as_str()),
        ("регион", "регионов")
    );
    assert_eq!(
        region.centre.as_ref().map(|centre| centre.plural.as_str()),
        Some("центры управления регионов")
    );
    assert_eq!(federation.incident_noun().few, "обращения");
    assert_eq!((federation.id(), federation.default_norm_seconds()), ("ru", 32_400));
}
