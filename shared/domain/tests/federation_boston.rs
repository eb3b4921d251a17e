//! A federation that is not Russia: other levels, exact matching, one form of a name.

use domain::federation::Federation;
use domain::territory::Resolution;
use domain::{Code, Day};

fn boston() -> Federation {
    Federation::parse(include_str!("../../../deploy/checks/data/boston/federation.toml"))
        .expect("the file is well-formed")
}

fn code(text: &str) -> Code {
    Code::new(text).expect("a code of the test")
}

fn day() -> Day {
    "2011-07-15".parse().expect("a day")
}

#[test]
fn four_groups_hold_every_value_of_the_source() {
    let boston = boston();
    let groups = boston.tree().children(&code("boston"), day());
    let sizes: Vec<_> = groups
        .iter()
        .map(|group| boston.tree().children(&group.code, day()).len())
        .collect();
    let codes: Vec<_> = groups.iter().map(|group| group.code.as_str()).collect();
    assert_eq!(codes, ["group-central", "group-north", "group-south", "group-west"]);
    assert_eq!(sizes, [5, 6, 6, 6]);
    assert_eq!(boston.dictionary().lists().topics.entries().len(), 26);
    assert_eq!(boston.dictionary().lists().networks.entries().len(), 6);
    assert!(
        boston
            .dictionary()
            .lists()
            .sources
            .resolve("boston311", day())
            .is_some()
    );
}

#[test]
fn values_are_matched_exactly() {
    let boston = boston();
    for (raw, expected) in [
        ("Boston", Resolution::Exact(code("Boston"))),
        ("boston", Resolution::Exact(code("boston"))),
        ("", Resolution::Exact(code("(none)"))),
        ("Allston", Resolution::Exact(code("Allston"))),
        ("Allston / Brighton", Resolution::Exact(code("Allston / Brighton"))),
        ("Allston / Brighton ", Resolution::Unknown),
        ("allston", Resolution::Unknown),
    ] {
        assert_eq!(boston.tree().resolve(raw, day()), expected, "{raw:?}");
    }
    assert!(
        boston
            .tree()
            .level_of(&code("Boston"))
            .is_some_and(|level| level.code.as_str() == "neighborhood")
    );
    assert_eq!(boston.tree().root().code, code("boston"));
}

#[test]
fn a_unit_has_one_form_of_a_name_and_the_zone_of_the_city() {
    let boston = boston();
    for unit in boston.tree().units() {
        assert_eq!(
            (unit.names.genitive(), unit.names.prepositional()),
            (None, None),
            "{}",
            unit.code
        );
        assert_eq!(
            boston.tree().zone(&unit.code, day()).map(domain::Zone::name),
            Some("UTC")
        );
    }
}
