//! What a profile may say and what is refused, with its word.

use super::*;

const SMALL: &str = "source = \"pos\"\n[columns]\nexternal_id = \"id\"\nregistered = \"created\"\n";

fn refused(text: &str) -> String {
    Profile::parse("p.toml", text).expect_err(text).to_string()
}

#[test]
fn shipped_profiles_load_and_say_where_versions_come_from() {
    let svodka = Profile::load("svodka").unwrap();
    assert!(svodka.has_versions() && svodka.as_of.is_none() && svodka.only_known);
    for field in Field::all() {
        assert_eq!(
            svodka.columns.get(&field).map(String::as_str),
            Some(field.name()),
            "{field}"
        );
    }
    let boston = Profile::load("boston311").unwrap();
    assert_eq!(boston.as_of.unwrap().to_string(), "2019-12-31T00:00:00Z");
    assert_eq!(boston.source.unwrap().as_str(), "boston311");
}

#[test]
fn an_unknown_name_offers_the_nearest() {
    let error = Profile::load("bostn311").unwrap_err().to_string();
    assert!(
        error.contains("возможно, «boston311»") && error.contains("svodka"),
        "{error}"
    );
}

#[test]
fn a_profile_names_itself_with_the_digest_of_its_text() {
    let label = Profile::parse("/etc/svodka/p.toml", SMALL).unwrap().label;
    assert!(label.starts_with("p.toml@") && label.len() == 19, "{label}");
    assert_ne!(Profile::parse("p.toml", &format!("{SMALL}#\n")).unwrap().label, label);
}

#[test]
fn an_unknown_key_or_field_is_refused_with_the_nearest_name() {
    for (text, expected) in [
        (
            format!("sorce = \"x\"\n{SMALL}"),
            "неизвестный ключ «sorce»; возможно, «source»",
        ),
        (
            format!("{SMALL}teritory = \"x\"\n"),
            "неизвестный ключ «teritory»; возможно, «territory»",
        ),
        (
            format!("{SMALL}[values.topik]\nx = \"y\"\n"),
            "неизвестный ключ «topik»; возможно, «topic»",
        ),
        (
            format!("{SMALL}[time]\nzones = \"UTC\"\n"),
            "неизвестный ключ «zones»; возможно, «zone»",
        ),
    ] {
        assert!(refused(&text).contains(expected), "{}", refused(&text));
    }
}

#[test]
fn contradictions_are_refused_with_what_to_do() {
    for (text, expected) in [
        (SMALL.replace("external_id = \"id\"\n", ""), "нет поля «external_id»"),
        (SMALL.replace("registered = \"created\"\n", ""), "нет поля «registered»"),
        (SMALL.replace("source = \"pos\"\n", ""), "укажите источник"),
        (format!("{SMALL}source = \"s\"\n"), "источник задан дважды"),
        (
            format!("as_of = \"2022-01-01\"\n{SMALL}updated_at = \"u\"\n"),
            "версия задана дважды",
        ),
        (format!("as_of = \"вчера\"\n{SMALL}"), "момент «вчера» не распознан"),
        (
            format!("optional = [\"topic\"]\n{SMALL}topic = \"t\"\n"),
            "other_columns = \"refuse\"",
        ),
        (
            format!("other_columns = \"refuse\"\noptional = [\"topic\"]\n{SMALL}"),
            "названо в optional, но не в [columns]",
        ),
        (
            format!("other_columns = \"refuse\"\noptional = [\"registered\"]\n{SMALL}"),
            "не может быть необязательным",
        ),
        (
            format!("{SMALL}[constants]\nfinal = \"x\"\n"),
            "не может быть постоянным",
        ),
        (
            format!("{SMALL}topic = \"t\"\n[constants]\ntopic = \"x\"\n"),
            "задано дважды",
        ),
        (
            format!("{SMALL}[constants]\naddressed_to = \"page\"\n"),
            "бывает official_page",
        ),
        (format!("{SMALL}[values.topic]\nx = \"y\"\n"), "столбца у него нет"),
        (format!("{SMALL}[values.final]\nx = \"y\"\n"), "значения не переводятся"),
        (
            format!("{SMALL}addressed_to = \"a\"\n[values.addressed_to]\nx = \"y\"\n"),
            "переводится в «y»",
        ),
        (
            format!("{SMALL}[time]\nformats = [\"%d.%m.%Y\"]\n"),
            "не содержит смещения",
        ),
        (
            format!("{SMALL}[time]\nzone = \"MSK\"\n"),
            "часовой пояс «MSK» неизвестен",
        ),
    ] {
        assert!(refused(&text).contains(expected), "{}", refused(&text));
    }
}

#[test]
fn a_date_as_of_is_its_first_instant_in_the_zone() {
    let text = format!("as_of = \"2022-12-31\"\n{SMALL}[time]\nzone = \"Asia/Yekaterinburg\"\n");
    let as_of = Profile::parse("p.toml", &text).unwrap().as_of.unwrap();
    assert_eq!(as_of.to_string(), "2022-12-30T19:00:00Z");
}
