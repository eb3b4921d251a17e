//! What messages are about and where they come from: weights by which each message gets its values.

use domain::Code;
use domain::incident::AddressedTo;

use super::rhythm::{pick, running};
use super::splitmix::SplitMix64;
use crate::regions::Region;

/// A topic with its weight in 2021 and 2022 (each column makes 1,000) and how much slower than usual its answers are,
/// in tenths.
const TOPICS: [(&str, [u32; 2], u32); 12] = [
    ("roads", [233, 233], 11),
    ("housing", [206, 206], 10),
    ("improvement", [136, 136], 12),
    ("health", [93, 95], 7),
    ("transport", [55, 80], 9),
    ("education", [60, 60], 8),
    ("waste", [82, 55], 9),
    ("social", [40, 40], 8),
    ("energy", [35, 35], 10),
    ("ecology", [20, 20], 13),
    ("safety", [15, 15], 9),
    ("other", [25, 25], 10),
];
/// Networks with their weights.
const NETWORKS: [(&str, u32); 4] = [("vk", 72), ("ok", 17), ("telegram", 9), ("other", 2)];
/// Messages in a thousand addressed straight to an official page, in 2021 and in 2022.
const OFFICIAL_PERMILLE: [u32; 2] = [310, 610];
/// How much slower messages of the state portal are answered, in tenths of what their topic takes.
const PORTAL_SLOWNESS: u32 = 15;
const SOCIAL_SLOWNESS: u32 = 10;

/// The values of one message.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The source system.
    pub source: Code,
    /// The social network, or `none`.
    pub network: Code,
    /// Social message or portal message.
    pub legal_kind: Code,
    /// The territory.
    pub territory: Code,
    /// The topic.
    pub topic: Code,
    /// Whom it was addressed to.
    pub addressed_to: AddressedTo,
    /// How slow its answer is, in hundredths of a usual one.
    pub slowness: u32,
}

/// The weights of one region, ready to draw from.
#[derive(Debug)]
pub struct Profile {
    topics: Vec<(Code, u32)>,
    topic_sums: [Vec<u32>; 2],
    networks: Vec<Code>,
    network_sums: Vec<u32>,
    places: Vec<Code>,
    place_sums: Vec<u32>,
    portal_permille: u32,
    sources: [(Code, Code); 2],
}

impl Profile {
    /// The profile of a region. One without places of its own has all messages under its own code.
    pub fn new(region: &Region) -> Self {
        let places = if region.places.is_empty() {
            &[(region.territory, 1)]
        } else {
            region.places
        };
        let sums = |year: usize| running(TOPICS.map(|(_, weights, _)| weights[year]));
        Self {
            topics: TOPICS
                .iter()
                .map(|&(topic, _, slowness)| (Code::literal(topic), slowness))
                .collect(),
            topic_sums: [sums(0), sums(1)],
            networks: NETWORKS.iter().map(|&(network, _)| Code::literal(network)).collect(),
            network_sums: running(NETWORKS.map(|(_, weight)| weight)),
            places: places.iter().map(|&(place, _)| Code::literal(place)).collect(),
            place_sums: running(places.iter().map(|&(_, weight)| weight)),
            portal_permille: region.portal_permille,
            sources: [("incident", "social_message"), ("pos", "pos_message")]
                .map(|(source, kind)| (Code::literal(source), Code::literal(kind))),
        }
    }

    /// The values of one message of a year; years before the last have the habits of 2021.
    pub fn choose(&self, year: i16, random: &mut SplitMix64) -> Choice {
        let column = usize::from(year >= 2022);
        let (topic, topic_slowness) = &self.topics[pick(&self.topic_sums[column], random)];
        let portal = random.chance(self.portal_permille);
        let (source, legal_kind) = &self.sources[usize::from(portal)];
        let network = &self.networks[pick(&self.network_sums, random)];
        let official = portal || random.chance(OFFICIAL_PERMILLE[column]);
        Choice {
            source: source.clone(),
            network: if portal { Code::none() } else { network.clone() },
            legal_kind: legal_kind.clone(),
            territory: self.places[pick(&self.place_sums, random)].clone(),
            topic: topic.clone(),
            addressed_to: if official {
                AddressedTo::OfficialPage
            } else {
                AddressedTo::Other
            },
            slowness: topic_slowness * if portal { PORTAL_SLOWNESS } else { SOCIAL_SLOWNESS },
        }
    }
}
