//! The City of Boston's sample, read whole by its shipped profile.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod import_stage;

use std::collections::BTreeMap;
use std::path::Path;

use import_stage::{Desk, FakeNode, import};
use region_node::import::Profile;

#[tokio::test]
async fn every_row_of_the_sample_is_told_as_it_is_written() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/checks/data/boston");
    let expected = std::fs::read_to_string(data.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let (node, desk) = (FakeNode::default(), Desk::with(Profile::load("boston311").unwrap()));
    let mut plan = desk.plan(&data.join("boston311_2011_07.csv.gz"));
    plan.rejected = desk.path("rejected.csv");
    let summary = import(&node, plan, 1).await.unwrap();
    assert_eq!(
        (summary.read, summary.accepted, summary.rejected, summary.repeated),
        (9_854, 9_854, 0, 0)
    );
    assert_eq!(summary.rejected_file, None);
    assert!(summary.dropped_stamps.is_empty());

    let told = node.0.lock().unwrap();
    let mut received: BTreeMap<&str, u64> = BTreeMap::new();
    let mut resolved = 0;
    for item in told.standing.values() {
        let incident = item.incident.as_ref().unwrap();
        assert_eq!(incident.source, "boston311");
        *received.entry(&incident.territory).or_default() += 1;
        // Closed before August 2011, as the period of the expected answer.
        resolved += u64::from(incident.resolved.is_some_and(|at| at.seconds < 1_312_156_800));
    }
    let july = &expected["periods"]["2011-07"];
    assert_eq!(july["total"]["resolved"], resolved);
    for (territory, counts) in july["by_territory"].as_object().unwrap() {
        let raw = if territory == "(none)" { "" } else { territory };
        assert_eq!(counts["received"], received[raw], "{territory}");
    }
}
