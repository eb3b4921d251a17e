//! A federation whose names have one form only, and whose code lists try to be formulas.

use domain::federation::Federation;
use report::Format;

use crate::build::{Figures, answer, row, seen, whole};

const FILE: &str = r#"
format = 1
id = "small"
title = "Small"
matching = "exact"
default_norm_s = 3600

[incident]
one = "сообщение"
few = "сообщения"
many = "сообщений"

[[level]]
code = "city"
noun = { one = "город", few = "города", many = "городов" }

[[level]]
code = "ward"
noun = { one = "район", few = "района", many = "районов" }

[dictionary]
version = 1

[[dictionary.set]]
code = "topic"
dimensions = ["source", "territory", "topic"]

[[dictionary.measure]]
code = "incidents.processed"
kind = "flow"
event = ["final"]
sets = ["topic"]
total_set = "topic"
name = "Обработано"

[[dictionary.topic]]
code = "formula"
name = "=cmd|' /C calc'!A0"

[[unit]]
code = "Smallville"
level = "city"
name = "Smallville"
zone = "America/New_York"

[[unit]]
code = "East"
level = "ward"
name = "East"
parent = "Smallville"

[[unit]]
code = "West"
level = "ward"
name = "West"
parent = "Smallville"
"#;

fn both(format: Format) -> String {
    let federation = Federation::parse(FILE).unwrap();
    let figures = Figures {
        received: 21,
        processed: 21,
        answered: 11,
        resolved: 5,
        minutes: [4, 5, 6],
        in_time: 11,
    };
    let rows = vec![row("West", figures.values()), row("East", figures.values())];
    let mut answer = answer("Smallville", "2012-11", whole(1, 30), rows);
    answer
        .breakdowns
        .insert("topic".to_owned(), vec![row("formula", figures.values())]);
    seen(&federation, &answer, None, format)
}

#[test]
fn a_name_with_one_form_is_said_as_a_territory() {
    insta::assert_snapshot!(both(Format::Text));
}

#[test]
fn a_name_that_would_be_a_formula_is_a_text() {
    let csv = both(Format::Csv);
    assert!(
        csv.contains("topic;formula;'=cmd|' /C calc'!A0;incidents.processed;value;21;"),
        "{csv}"
    );
}
