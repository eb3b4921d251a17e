//! The worked example of the reference page is what the code says.

use domain::federation::Federation;
use domain::{Code, NodeId};
use report::{AsOf, Format, Report, render};
use rollup::{Coverage, Gap, GapReason, Value};

use crate::build::{Figures, answer, row, share, whole, without_numbers};

const PAGE: &str = include_str!("../../../../docs/reference/report-json.md");

fn example() -> String {
    let figures = |n: u64, minutes| Figures {
        received: n + 12,
        processed: n + 4,
        answered: n,
        resolved: n - 10,
        minutes,
        in_time: n - 6,
    };
    let federation = Federation::shipped();
    let now = {
        let town = figures(120, [88, 151, 400]).values();
        let rows = vec![
            row("65701", town.clone()),
            row("65740", without_numbers(&Value::Missing)),
        ];
        let gaps = vec![Gap {
            territory: Code::literal("65740"),
            node: Some(NodeId::new("kamensk").unwrap()),
            source: None,
            from: "2022-12-30".parse().unwrap(),
            to: "2022-12-31".parse().unwrap(),
            reason: GapReason::NoSheet,
        }];
        let coverage = Coverage {
            nodes: share(2, 2),
            days: share(29, 31),
            complete_days: 29,
            gaps,
            ..whole(1, 31)
        };
        let mut now = answer("65", "2022-12", coverage, rows);
        now.breakdowns.insert("topic".to_owned(), vec![row("roads", town)]);
        now
    };
    let mut before = answer("65", "2021-12", whole(1, 31), Vec::new());
    before.totals = figures(90, [120, 190, 480]).values();
    let as_of = AsOf {
        ledger_size: 62,
        root: "5d".repeat(32),
    };
    render(
        &Report::build(&federation, &now, Some(&before), as_of),
        &federation,
        Format::Json,
    )
}

#[test]
fn the_documented_example_is_what_the_code_says() {
    let documented = PAGE
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap_or_default();
    assert_eq!(documented, example(), "\n{}", example());
}
