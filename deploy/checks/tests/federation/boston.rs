//! The City of Boston's real sample, end to end: imported whole at four nodes, pushed to a hub, reported to the unit.
//!
//! Counts and sums are exact; quantiles, which come from histograms, stand within 1 % of the ranked ones.

use std::collections::BTreeMap;

use domain::sheet::MeasureTotal;
use federation::held;
use serde_json::Value;

use crate::harness::{Stage, data, figures};

const GROUPS: [(&str, &str); 4] = [
    ("north", "group-north"),
    ("central", "group-central"),
    ("south", "group-south"),
    ("west", "group-west"),
];
const PERIODS: [&str; 3] = ["2011-07", "2011", "2011-07-01..2019-12-31"];

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_reports_the_real_sample_exactly() {
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(data("expected.json")).unwrap()).unwrap();
    let stage = Stage::new().await;
    let mut accepted = 0;
    for (node, group) in GROUPS {
        let region = stage.member(node, group).await;
        let summary = region.import(&data("boston311_2011_07.csv.gz")).await;
        assert_eq!(summary.read, 9_854, "{summary:?}");
        assert_eq!(
            summary.rejected, summary.out_of_scope,
            "only what belongs to another node is not taken"
        );
        assert_eq!(summary.accepted + summary.out_of_scope, 9_854);
        assert!(
            summary.unmatched.is_empty() && summary.dropped_stamps.is_empty(),
            "{summary:?}"
        );
        accepted += summary.accepted;
        let pushed = region.push().await.unwrap();
        assert_eq!((pushed.waiting, pushed.refused), (0, 0));
        assert_eq!(region.status().ledger.size, pushed.sealed);
        region.close().await;
    }
    assert_eq!(accepted, 9_854, "every row has one node");
    assert_eq!(expected["periods"].as_object().unwrap().len(), PERIODS.len());
    for period in PERIODS {
        agrees(&stage, period, &expected["periods"][period]);
    }
    assert_eq!(
        negatives(&stage),
        expected["periods"][PERIODS[2]]["total"]["negative"].as_u64().unwrap()
    );
}

/// One period, by total, territory, topic and channel.
fn agrees(stage: &Stage, period: &str, expected: &Value) {
    let city = figures(&stage.report("boston", period));
    same(&city["totals"], &expected["total"], period);
    let mut territories = BTreeMap::new();
    for (_, group) in GROUPS {
        let report = figures(&stage.report(group, period));
        territories.extend(lines(&report["rows"]));
    }
    same_lines(&territories, &expected["by_territory"], period);
    same_lines(&lines(&city["breakdowns"]["topic"]), &expected["by_topic"], period);
    same_lines(&lines(&city["breakdowns"]["network"]), &expected["by_channel"], period);
    let source = lines(&city["breakdowns"]["source"]);
    same(&source["boston311"], &expected["total"], period);
}

/// The values of each line that has any number, by code.
fn lines(lines: &Value) -> BTreeMap<String, Value> {
    let counted = |line: &&Value| {
        line["values"]
            .as_object()
            .unwrap()
            .values()
            .any(|figure| figure.get("n").is_some())
    };
    let lines = lines.as_array().unwrap().iter().filter(counted);
    lines
        .map(|line| (line["code"].as_str().unwrap().to_owned(), line["values"].clone()))
        .collect()
}

fn same_lines(got: &BTreeMap<String, Value>, expected: &Value, period: &str) {
    let expected = expected.as_object().unwrap();
    assert!(
        got.keys().eq(expected.keys()),
        "{period}: {:?} against {:?}",
        got.keys(),
        expected.keys()
    );
    for (code, values) in got {
        same(values, &expected[code], &format!("{period}, {code}"));
    }
}

fn same(values: &Value, expected: &Value, place: &str) {
    let (time, ranked) = (&values["resolution.time"], &expected["resolution_time"]);
    assert_eq!(values["incidents.received"]["n"], expected["received"], "{place}");
    assert_eq!(values["incidents.resolved"]["n"], expected["resolved"], "{place}");
    for exact in ["n", "sum_s"] {
        assert_eq!(time[exact], ranked[exact], "{place}: {exact}");
    }
    for (quantile, rank) in [("p50_s", "p50_rank_s"), ("p90_s", "p90_rank_s")] {
        let (got, rank) = (time[quantile].as_u64().unwrap(), ranked[rank].as_u64().unwrap());
        assert!(
            got.abs_diff(rank) * 100 <= rank,
            "{place}: {quantile} is {got}, by rank {rank}"
        );
    }
}

/// Ends before their starts in every sheet in force.
fn negatives(stage: &Stage) -> u64 {
    let ledger = held(stage.hub().ledger());
    let totals = ledger.sheets().flat_map(|sheet| sheet.facts.totals.values());
    totals
        .map(|total| {
            if let MeasureTotal::Duration { negative, .. } = total {
                *negative
            } else {
                0
            }
        })
        .sum()
}
