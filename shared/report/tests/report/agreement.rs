//! Text, JSON and CSV state the same numbers, whatever the answer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::federation::Federation;
use domain::{Code, DurationTally, Tally};
use proptest::prelude::*;
use report::{Format, Report, render};
use rollup::{Answer, Value};
use serde_json::Value as Json;

use crate::build::{answer, as_of, row, whole};

fn tally(measure: &str) -> BoxedStrategy<Tally> {
    match measure {
        "response.time" | "resolution.time" => proptest::collection::vec(-100_i64..10_000_000, 0..5)
            .prop_map(|all| {
                let mut sum = DurationTally::default();
                for seconds in all {
                    sum.merge(&DurationTally::of(seconds)).unwrap();
                }
                Tally::Duration(sum)
            })
            .boxed(),
        "response.within_norm" => (0_u64..5_000_000, 0_u64..5_000_000)
            .prop_map(|(num, rest)| Tally::ratio(num, num + rest).unwrap())
            .boxed(),
        _ => (0_u64..5_000_000).prop_map(Tally::Flow).boxed(),
    }
}

fn value(measure: &str) -> impl Strategy<Value = Value> + use<> {
    prop_oneof![
        6 => tally(measure).prop_map(|tally| if tally.is_zero() { Value::Zero(tally) } else { Value::Known(tally) }),
        1 => Just(Value::Missing),
        1 => Just(Value::NotCollected),
        1 => Just(Value::CannotExist),
        1 => Just(Value::Suppressed),
    ]
}

const MEASURES: [&str; 7] = [
    "incidents.received",
    "incidents.processed",
    "incidents.answered",
    "incidents.resolved",
    "response.time",
    "resolution.time",
    "response.within_norm",
];

fn values() -> impl Strategy<Value = BTreeMap<Code, Value>> {
    let each = MEASURES.map(|measure| value(measure).prop_map(move |value| (Code::literal(measure), value)));
    Vec::from(each).prop_map(BTreeMap::from_iter)
}

prop_compose! {
    fn any_answer(period: &'static str)(
        totals in values(), regions in proptest::collection::vec(values(), 2), topic in values(), source in values(),
    ) -> Answer {
        let rows = ["65", "75"].into_iter().zip(regions).map(|(code, values)| row(code, values)).collect();
        let mut answer = Answer { totals, ..answer("RU-FD-URAL", period, whole(6, 365), rows) };
        answer.breakdowns.insert("topic".to_owned(), vec![row("roads", topic)]);
        answer.breakdowns.insert("source".to_owned(), vec![row("pos", source)]);
        answer
    }
}

const NUMBERS: [&str; 8] = ["n", "sum_s", "n_hist", "mean_s", "p50_s", "p90_s", "num", "den"];

/// Every figure of the JSON as a line of the CSV would state it, without names.
fn lines_of(json: &Json) -> Vec<Vec<String>> {
    let scope = json["scope"]["code"].as_str().unwrap();
    let mut lines = figures("total", scope, &json["totals"]);
    for line in json["rows"].as_array().unwrap() {
        lines.extend(figures("row", line["code"].as_str().unwrap(), &line["values"]));
    }
    for section in ["topic", "source", "network"] {
        for line in json["breakdowns"][section].as_array().unwrap() {
            lines.extend(figures(section, line["code"].as_str().unwrap(), &line["values"]));
        }
    }
    lines.extend(figures("compare", scope, &json["compare"]["totals"]));
    lines
}

fn figures(section: &str, code: &str, values: &Json) -> Vec<Vec<String>> {
    let line = |(measure, figure): (&String, &Json)| {
        let state = figure["state"].as_str().unwrap();
        let numbers = NUMBERS
            .iter()
            .map(|name| figure[name].as_u64().map(|n| n.to_string()).unwrap_or_default());
        let head = [section, code, measure, state].map(str::to_owned);
        head.into_iter()
            .chain(numbers)
            .chain([figure["text"].as_str().unwrap().to_owned()])
            .collect()
    };
    let mut lines: Vec<Vec<String>> = values.as_object().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

/// The lines of the CSV below the coverage, without names.
fn lines_in(csv: &str) -> Vec<Vec<String>> {
    let bytes = csv.trim_start_matches('\u{feff}').as_bytes();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes);
    let records = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    let below = records.filter(|record| record[0] != "coverage").map(|mut record| {
        record.remove(2);
        record
    });
    below.collect()
}

/// The row of the table of territories that begins with this name.
fn page_row<'a>(page: &'a str, name: &str) -> &'a str {
    let table = page.split_once("<caption>По территориям").unwrap().1;
    let row = table.split_once(&format!(r#"<th scope="row">{name}</th>"#)).unwrap().1;
    row.split_once("</tr>").unwrap().0
}

static SHIPPED: LazyLock<Federation> = LazyLock::new(Federation::shipped);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn text_json_csv_and_page_state_the_same_numbers(now in any_answer("2022"), before in any_answer("2021")) {
        let federation = &*SHIPPED;
        let report = Report::build(federation, &now, Some(&before), as_of());
        let [text, json, csv, html] = Format::ALL.map(|format| render(&report, federation, format));
        let json: Json = serde_json::from_str(&json).unwrap();
        let (mut stated, mut written) = (lines_of(&json), lines_in(&csv));
        stated.sort();
        written.sort();
        prop_assert_eq!(stated, written);

        let shown = |values: &Json, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no line {name}"));
            for measure in ["incidents.processed", "incidents.received", "incidents.answered", "response.time", "response.within_norm"] {
                let cell = values[measure]["text"].as_str().unwrap();
                assert!(line.contains(cell), "{name}: no «{cell}» for {measure} in {line}");
                assert!(page_row(&html, name).contains(&format!(">{cell}</td>")), "{name}: no «{cell}» for {measure} on the page");
            }
        };
        shown(&json["totals"], "Федеральный округ в целом");
        shown(&json["rows"][0]["values"], "Свердловская область");
        shown(&json["rows"][1]["values"], "Челябинская область");
        for (measure, word) in [("incidents.processed", "обработали"), ("incidents.received", "Поступило"), ("incidents.resolved", "Решено")] {
            if json["totals"][measure]["n"].is_u64() {
                let said = format!("{word} {} ", json["totals"][measure]["text"].as_str().unwrap());
                prop_assert!(text.contains(&said), "no «{}» in {}", said, text);
            }
        }
    }
}
