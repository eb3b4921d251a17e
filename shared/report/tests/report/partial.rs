//! What is said when a part is not there: no number, no former number, percentiles of some answers only.

use domain::federation::Federation;
use domain::{Code, DurationTally, Histogram, Tally};
use report::{Format, measure};
use rollup::{Answer, Value};

use crate::build::{answer, seen, share, whole, without_numbers};

/// A municipality that processed `value` in 2022.
fn town(value: Value) -> Answer {
    let mut answer = answer("65751", "2022", whole(1, 365), Vec::new());
    answer.totals = without_numbers(&Value::Missing);
    answer.totals.insert(Code::literal(measure::PROCESSED), value);
    answer
}

fn known(n: u64) -> Value {
    Value::Known(Tally::Flow(n))
}

fn former(value: Value) -> Answer {
    Answer {
        period: "2021".parse().unwrap(),
        ..town(value)
    }
}

#[track_caller]
fn says(now: &Answer, before: Option<&Answer>, sentence: &str) {
    let text = seen(&Federation::shipped(), now, before, Format::Text);
    assert!(text.contains(sentence), "{text}");
}

#[test]
fn a_missing_number_is_said_and_leaves_out_what_hangs_on_it() {
    for (value, sentence) in [
        (
            Value::Missing,
            "Число обработанных обращений за 2022 год неизвестно: данных нет.",
        ),
        (
            Value::NotCollected,
            "Число обработанных обращений за 2022 год не собирается.",
        ),
        (
            Value::CannotExist,
            "Число обработанных обращений за 2022 год не указано: за территорию никто не отвечал.",
        ),
        (
            Value::Suppressed,
            "Число обработанных обращений за 2022 год не раскрывается.",
        ),
    ] {
        says(&town(value.clone()), Some(&former(known(40))), sentence);
        let text = seen(&Federation::shipped(), &town(value), None, Format::Text);
        for part in ["Поступило", "Дан ответ", "Решено", "Среднее", "Чаще всего", "норматива"]
        {
            assert!(!text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_comparison_says_what_it_can() {
    for (now, before, sentence) in [
        (40, Value::Missing, "обработано 40 обращений. Данных за 2021 год нет."),
        (
            40,
            known(0),
            "обработано 40 обращений. За 2021 год обработанных обращений не было.",
        ),
        (
            40,
            known(40),
            "По сравнению с 2021 годом (40) их число практически не изменилось (0,0 %).",
        ),
        (
            5,
            known(5),
            "По сравнению с 2021 годом (5) их число практически не изменилось.",
        ),
        (80, known(40), "Это вдвое больше (+100,0 %), чем за 2021 год (40)."),
        (42, known(40), "Это на 5,0 % больше, чем за 2021 год (40)."),
    ] {
        says(&town(known(now)), Some(&former(before)), sentence);
    }
}

#[test]
fn periods_that_are_covered_unequally_are_compared_without_percent() {
    let mut before = former(known(40));
    before.coverage.days = share(346, 365);
    let unequal = "Это на 40 обращений больше, чем за 2021 год (40). Изменение в процентах не указано: полнота данных за \
                   два периода различается более чем на 5 %.";
    says(&town(known(80)), Some(&before), unequal);
    before.coverage.days = share(347, 365);
    says(
        &town(known(80)),
        Some(&before),
        "Это вдвое больше (+100,0 %), чем за 2021 год (40).",
    );
}

#[test]
fn percentiles_say_for_how_many_answers_they_speak() {
    let mut now = town(known(401));
    let tally = |of: u64| {
        let histogram = Histogram::from_pairs(vec![(domain::histogram::bucket_of(7_200), of)]).unwrap();
        Value::Known(Tally::Duration(
            DurationTally::from_parts(401, 401 * 7_200, 0, histogram).unwrap(),
        ))
    };
    now.totals.insert(Code::literal(measure::RESPONSE_TIME), tally(320));
    says(&now, None, "Медиана и 90-й процентиль посчитаны для 320 из 401 ответа.");
    now.totals.insert(Code::literal(measure::RESPONSE_TIME), tally(9));
    let text = seen(&Federation::shipped(), &now, None, Format::Text);
    assert!(
        text.contains("составило 2 часа.") && !text.contains("девять из десяти"),
        "{text}"
    );
}
