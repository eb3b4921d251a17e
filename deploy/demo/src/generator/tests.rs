//! What the generator promises, told by the incidents themselves.

use super::*;
use crate::regions::regions;
use domain::dictionary::Stamp;

fn yekaterinburg() -> Zone {
    Zone::new("Asia/Yekaterinburg").unwrap()
}

fn kurgan() -> Region {
    regions().into_iter().find(|region| region.node == "kurgan").unwrap()
}

#[test]
fn the_same_seed_gives_the_same_incidents_and_ids_are_unique() {
    let (region, zone) = (kurgan(), yekaterinburg());
    let first = incidents(&region, &zone);
    assert_eq!(first, incidents(&region, &zone));
    let ids: std::collections::BTreeSet<&Code> = first.iter().map(|incident| &incident.external_id).collect();
    assert_eq!(ids.len(), first.len());
}

#[test]
fn stamps_stand_in_the_order_of_life() {
    for incident in incidents(&kurgan(), &yekaterinburg()) {
        let life = [
            Stamp::Published,
            Stamp::Registered,
            Stamp::Assigned,
            Stamp::FirstReaction,
            Stamp::Interim,
        ];
        let rest = [Stamp::Final, Stamp::Reopened, Stamp::Resolved];
        let moments: Vec<i64> = life
            .iter()
            .chain(&rest)
            .filter_map(|&stamp| incident.stamps.get(stamp))
            .collect();
        assert!(moments.is_sorted(), "{incident:?}");
    }
}

#[test]
fn every_value_is_one_that_the_shipped_dictionary_and_tree_know() {
    let federation = domain::federation::Federation::shipped();
    let lists = federation.dictionary().lists();
    for incident in incidents(&kurgan(), &yekaterinburg()) {
        assert!(lists.topics.entry(&incident.topic).is_some(), "{}", incident.topic);
        assert!(lists.sources.entry(&incident.source).is_some(), "{}", incident.source);
        assert!(
            lists.legal_kinds.entry(&incident.legal_kind).is_some(),
            "{}",
            incident.legal_kind
        );
        let network = &incident.network;
        assert!(
            *network == Code::none() || lists.networks.entry(network).is_some(),
            "{network}"
        );
        assert!(
            federation.tree().unit(&incident.territory).is_some(),
            "{}",
            incident.territory
        );
    }
}
