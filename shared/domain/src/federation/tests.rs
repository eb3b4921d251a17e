//! A file is refused with the place and the reason.

use super::*;

/// The shipped file with one piece replaced.
fn refusal(old: &str, new: &str) -> String {
    assert!(SHIPPED.contains(old), "the shipped file has no {old:?}");
    Federation::parse(&SHIPPED.replacen(old, new, 1))
        .expect_err(new)
        .to_string()
}

#[test]
fn a_slip_of_the_pen_is_named_with_its_line() {
    let unknown = refusal("default_norm_s =", "default_norms =");
    let line = SHIPPED
        .lines()
        .position(|line| line.starts_with("default_norm_s"))
        .unwrap()
        + 1;
    assert!(
        unknown.starts_with(&format!("строка {line}, столбец 1: неизвестный ключ «default_norms»; ")),
        "{unknown}"
    );
    assert!(
        unknown.contains("здесь бывают: format, id, title, matching, default_norm_s, incident, level"),
        "{unknown}"
    );
    let missing = refusal("title = ", "# title = ");
    assert!(missing.ends_with("нет обязательного ключа «title»"), "{missing}");
    let kind = refusal("format = 1", "format = \"1\"");
    assert!(kind.contains("значение другого типа: string \"1\""), "{kind}");
    let toml = refusal("[incident]", "[incident");
    assert!(toml.contains("разбор TOML: "), "{toml}");
}

#[test]
fn a_wrong_value_is_named_with_its_part_of_the_file() {
    for (old, new, expected) in [
        ("format = 1", "format = 2", "format: формат 2 неизвестен: ожидается 1"),
        (
            "id = \"ru\"",
            "id = \"RU\"",
            "id: «RU» не подходит: ожидается [a-z0-9-], от 1 до 63 знаков",
        ),
        (
            "id = \"ru\"",
            "id = \"\"",
            "id: «» не подходит: ожидается [a-z0-9-], от 1 до 63 знаков",
        ),
        (
            "\"prefix\"",
            "\"fuzzy\"",
            "matching: «fuzzy» неизвестно; бывает: exact, prefix",
        ),
        ("= 32_400", "= 0", "default_norm_s: норматив не может быть нулём секунд"),
        ("one = \"обращение\"", "one = \" \"", "incident: пустое название"),
        (
            "kind = \"flow\"",
            "kind = \"mean\"",
            "показатель incidents.received: «mean» неизвестно; бывает: flow, stock, duration, ratio",
        ),
        (
            "\"addressed_to\"]",
            "\"executor\"]",
            "набор разрезов addressed: «executor» неизвестно; бывает: source, territory, topic, network, legal_kind, addressed_to",
        ),
        (
            "code = \"vk\"",
            "code = \"none\"",
            "список network: код «none» зарезервирован и есть в каждом списке",
        ),
        (
            "from = 2005-12-01",
            "from = 2005-12-01T00:00:00",
            "территория 57: «2005-12-01T00:00:00»: нужна дата без времени",
        ),
        (
            "from = 2005-12-01",
            "from = 2005-12-01\nuntil = 2005-12-01",
            "территория 57: промежуток «с 2005-12-01 до 2005-12-01» не содержит ни одного дня",
        ),
        (
            "from = 2005-12-01",
            "from = 2005-12-01\nlife = [{}]",
            "территория 57: укажите или from и until, или life",
        ),
        (
            "parent = \"65\"",
            "parent = \"65\"\nparents = [{ code = \"65\" }]",
            "территория 65701: укажите или parent, или parents",
        ),
        (
            "parent = \"65\"",
            "parent = \"62\"",
            "дерево территорий: территория 65701: вышестоящая территория «62» не описана",
        ),
        (
            "total_set = \"topic\"",
            "total_set = \"x\"",
            "словарь: показатель incidents.received: total_set должен быть одним из наборов sets",
        ),
    ] {
        assert_eq!(refusal(old, new), expected);
    }
    let zone = refusal("\"Asia/Tomsk\"", "\"UTC+7\"");
    assert!(
        zone.starts_with("территория 69: часовой пояс «UTC+7» неизвестен"),
        "{zone}"
    );
}

#[test]
fn a_life_may_have_several_intervals() {
    let text = SHIPPED.replacen(
        "from = 2005-12-01",
        "life = [{ until = 2001-01-01 }, { from = 2005-12-01 }]",
        1,
    );
    let text = text.replacen("from = 2000-05-13\n", "", 8);
    let federation = Federation::parse(&text).expect("well-formed");
    let perm = federation.tree().unit(&Code::new("57").unwrap()).unwrap();
    assert_eq!(perm.life.intervals().len(), 2);
}
