//! What a node shows to whoever watches it: numbers by their documented names, and a parent that is only a warning.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use region_node::inspect::{Inspection, PREFIX};
use runtime::inspect::{Finding, Inspected};

use crate::stage::Stage;

const NOW: &str = "2022-12-13T09:00:00Z";

/// The names that the reference lists under a prefix.
fn documented(prefix: &str) -> BTreeSet<String> {
    let page = include_str!("../../../docs/reference/metrics.md");
    let named = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    named
        .filter(|name| name.starts_with(prefix) && !name.contains(' '))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_documented_and_says_what_is_true() {
    let stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let node = stage.open("sverdlovsk");
    let inspected: Arc<dyn Inspected> = Arc::new(Inspection::new(&node));
    node.seal(region_node::aggregate::Mode::Now).unwrap();
    stage.clock.advance(SignedDuration::from_secs(90));
    let page = runtime::metrics::render(PREFIX, &inspected).unwrap();
    for line in [
        "region_node_ready 1",
        "region_node_ledger_size 1",
        "region_node_uplink_waiting_entries 1",
        "region_node_uplink_oldest_seconds 90",
        "region_node_uplink_entries_total{result=\"taken\"} 0",
        "region_node_sheets{state=\"open\"} 1",
    ] {
        assert!(page.lines().any(|there| there == line), "{line}\n{page}");
    }
    node.push(true).await.unwrap();
    let page = runtime::metrics::render(PREFIX, &inspected).unwrap();
    let sent = "region_node_uplink_entries_total{result=\"taken\"} 1";
    let idle = "region_node_uplink_oldest_seconds 0";
    assert!(page.contains(sent) && page.contains(idle), "{page}");
    let shown: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(shown, documented("region_node_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_is_silent_for_an_hour_is_a_warning_and_no_more() {
    let stage = Stage::new(NOW);
    stage.join("sverdlovsk").await;
    let node = stage.open("sverdlovsk");
    let inspection = Inspection::new(&node);
    let parent = || {
        let looks = inspection.readiness().0;
        looks.into_iter().find(|look| look.name == "parent").unwrap()
    };
    stage.clock.advance(SignedDuration::from_mins(60));
    assert_eq!(parent().finding, Finding::Good);
    stage.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(parent().finding, Finding::Warning);
    assert!(inspection.readiness().is_ready());
    assert!(
        inspection.summary().starts_with("Работает: "),
        "{}",
        inspection.summary()
    );
    node.push(true).await.unwrap();
    assert_eq!(parent().finding, Finding::Good);
}
