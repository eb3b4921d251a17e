//! An explanation in its three forms: the figure, its parts, and what is left out.

use std::collections::BTreeSet;
use std::convert::Infallible;

use domain::federation::Federation;
use domain::{Code, DurationTally, NodeId, SheetPeriod, Tally};
use report::explain::{Explanation, Form, LISTED_MAX, LeftOut, Stands, Why, render};
use rollup::explain::Contribution;
use rollup::{CellName, Explained, SheetStanding, Value};

use crate::build::as_of;

fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

fn part(author: &str, day: &str, revision: u32, tally: Tally) -> Contribution {
    Contribution {
        node: node(author),
        period: day.parse().unwrap(),
        revision,
        standing: SheetStanding::InForce,
        tally,
    }
}

fn minutes(all: &[i64]) -> Tally {
    let mut sum = DurationTally::default();
    for n in all {
        sum.merge(&DurationTally::of(n * 60)).unwrap();
    }
    Tally::Duration(sum)
}

fn explained(name: &str, contributions: Vec<Contribution>) -> Explained {
    let mut tallies = contributions.iter().map(|part| &part.tally);
    let total = tallies.next().cloned().map(|mut sum| {
        for tally in tallies {
            sum.merge(tally).unwrap();
        }
        sum
    });
    Explained {
        name: name.parse::<CellName>().unwrap(),
        scope: Code::literal("65"),
        period: "2022-12".parse().unwrap(),
        total: total.map_or(Value::Missing, Value::Known),
        nodes: BTreeSet::new(),
        contributions,
        left_out: Vec::new(),
    }
}

/// A municipality's sheet came through its region, the region's own directly.
fn stands(part: &Contribution) -> Stands {
    let author = part.node.to_string();
    let through = if author == "ekb" {
        vec![author, "sve".to_owned()]
    } else {
        vec![author]
    };
    Stands {
        position: u64::from(part.revision) + 100,
        statement: "5d".repeat(32),
        body: "b0".repeat(32),
        signer: "ce".repeat(32),
        delivered_by: through,
        delivered_position: Some(7),
        received_at_ms: 1_670_932_800_000,
    }
}

fn out(day: &str, revision: u32, position: Option<u64>, why: Why, reason: Option<&'static str>) -> LeftOut {
    LeftOut {
        node: node("sve"),
        period: day.parse().unwrap(),
        revision,
        position,
        statement: "0a".repeat(32),
        why,
        reason: reason.map(Code::literal),
    }
}

fn build(explained: &Explained, left_out: Vec<LeftOut>) -> Explanation {
    Explanation::build(
        &Federation::shipped(),
        explained,
        as_of(),
        |part| Ok::<_, Infallible>(stands(part)),
        left_out,
    )
    .unwrap()
}

fn small() -> Explanation {
    let mut refused = part("sve", "2022-12-03", 4, minutes(&[30]));
    refused.standing = SheetStanding::Refused;
    let parts = vec![
        part("ekb", "2022-12-01", 1, minutes(&[10, 20])),
        part("sve", "2022-12-01", 2, minutes(&[60, 600, 61])),
        refused,
    ];
    let left_out = vec![
        out("2022-12-04", 1, None, Why::Refused, Some("OUT_OF_SCOPE")),
        out("2022-12-01", 1, Some(90), Why::Superseded, None),
        out("2022-12-05", 2, Some(95), Why::Withdrawn, Some("MISTAKE")),
    ];
    build(&explained("response.time,topic=roads", parts), left_out)
}

fn seen(explanation: &Explanation, form: Form) -> String {
    render(explanation, form).replace('\u{a0}', " ")
}

#[test]
fn a_figure_is_explained_to_people_programs_and_spreadsheets() {
    let explanation = small();
    insta::assert_snapshot!("explained_text", seen(&explanation, Form::Text));
    insta::assert_snapshot!("explained_json", seen(&explanation, Form::Json));
    insta::assert_snapshot!(
        "explained_csv",
        seen(&explanation, Form::Csv).trim_start_matches('\u{feff}')
    );
}

#[test]
fn a_figure_that_no_sheet_gives_says_so() {
    let explanation = build(&explained("incidents.received", Vec::new()), Vec::new());
    let text = seen(&explanation, Form::Text);
    assert!(
        text.contains("Значение: н/д. Ни один действующий лист её не даёт."),
        "{text}"
    );
    assert_eq!((explanation.sheets, explanation.unlisted), (0, None));
}

#[test]
fn what_is_not_listed_is_added_up_and_a_text_says_where_the_rest_is() {
    let first: SheetPeriod = "2000-01-01".parse().unwrap();
    let many = LISTED_MAX as u64 + 5;
    let parts: Vec<_> = (0..i32::try_from(many).unwrap())
        .map(|n| Contribution {
            period: SheetPeriod::day(first.first() + n),
            ..part("sve", "2022-12-01", 1, Tally::Flow(1))
        })
        .collect();
    let explanation = build(&explained("incidents.received", parts), Vec::new());
    let unlisted = explanation.unlisted.clone().unwrap();
    assert_eq!((explanation.contributions.len(), unlisted.sheets), (LISTED_MAX, 5));
    assert_eq!((explanation.total.n, unlisted.value.n), (Some(many), Some(5)));
    let text = seen(&explanation, Form::Text);
    assert!(text.contains("Показаны первые 100 из 10 005"), "{text}");
}
