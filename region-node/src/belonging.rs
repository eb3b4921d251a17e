//! Whose an incident is: the node's own, a member's below it, or, after a cover was taken back, another's above.
//!
//! An incident belongs to the node whose cover holds its receipt day, the deepest of the tree first; so do all its events,
//! whenever they happen. The receipt day is that of the member's own zone, by which the member judges too: the same
//! incident is never both left out here and turned away there. Pure; it knows no store and no ledger.

use std::collections::BTreeMap;

use domain::incident::Incident;
use domain::member::{Cover, Member};
use domain::territory::Tree;
use domain::{Code, NodeId, Zone};
use serde::{Deserialize, Serialize};

use crate::intake::speaks_of;

/// A cover with whose it is, by its days.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    node: NodeId,
    zone: Zone,
    cover: Cover,
}

/// Who answers for what, besides the node itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    /// The node's own covers, when one of them ends; otherwise what was taken in is the node's.
    own: Vec<Held>,
    /// Covers of the members below, the deepest first.
    below: Vec<Held>,
    /// Places in `below` by territory.
    at: BTreeMap<Code, Vec<usize>>,
    /// Zones of the members below; few, since a region's members mostly live by one.
    zones: Vec<Zone>,
}

/// Whose an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// The node's own.
    Own,
    /// A member's below.
    Member(&'a NodeId),
    /// Nobody's here: the cover that held it was taken back from its receipt day on.
    TakenBack,
}

impl Belonging {
    /// What follows from the node's own covers in its zone, and from the members below it.
    pub fn new(node: &NodeId, zone: &Zone, covers: &[Cover], members: &[Member]) -> Self {
        let parents: BTreeMap<&NodeId, &NodeId> = members.iter().map(|one| (&one.node, &one.parent)).collect();
        let depth = |member: &Member| {
            std::iter::successors(Some(&member.parent), |parent| parents.get(parent).copied())
                .take(members.len() + 1)
                .count()
        };
        let mut below: Vec<&Member> = members.iter().filter(|member| member.node != *node).collect();
        below.sort_by(|a, b| depth(b).cmp(&depth(a)).then_with(|| a.node.cmp(&b.node)));
        let held = |node: &NodeId, zone: &Zone, cover: &Cover| Held {
            node: node.clone(),
            zone: zone.clone(),
            cover: cover.clone(),
        };
        let ends = covers.iter().any(|cover| cover.until.is_some());
        let own = covers.iter().filter(|_| ends).map(|cover| held(node, zone, cover));
        let below = below.iter().flat_map(|member| {
            let covers = member.covers.iter();
            covers.map(|cover| held(&member.node, &member.zone, cover))
        });
        Self::of(own.collect(), below.collect())
    }

    fn of(own: Vec<Held>, below: Vec<Held>) -> Self {
        let mut at: BTreeMap<Code, Vec<usize>> = BTreeMap::new();
        for (place, held) in below.iter().enumerate() {
            at.entry(held.cover.territory.clone()).or_default().push(place);
        }
        let mut zones: Vec<Zone> = Vec::new();
        for held in &below {
            if !zones.contains(&held.zone) {
                zones.push(held.zone.clone());
            }
        }
        Self { own, below, at, zones }
    }

    /// Whose the incident is.
    pub fn holder(&self, tree: &Tree, incident: &Incident) -> Holder<'_> {
        match self.below(tree, incident) {
            Some(held) => Holder::Member(&held.node),
            None if self.is_taken_back(tree, incident) => Holder::TakenBack,
            None => Holder::Own,
        }
    }

    /// Whether the incident is the node's own to count.
    pub fn is_own(&self, tree: &Tree, incident: &Incident) -> bool {
        (self.below.is_empty() && self.own.is_empty()) || self.holder(tree, incident) == Holder::Own
    }

    fn below(&self, tree: &Tree, incident: &Incident) -> Option<&Held> {
        if self.below.is_empty() {
            return None;
        }
        let places = self.zones.iter().flat_map(|zone| {
            let day = zone.day_of(incident.stamps.registered());
            let above = tree.ancestors(&incident.territory, day).map(|unit| &unit.code);
            let chain = std::iter::once(&incident.territory).chain(above);
            let places = chain.filter_map(|code| self.at.get(code)).flatten().copied();
            let holds = move |place: &usize| {
                let held = &self.below[*place];
                held.zone == *zone && held.cover.holds_on(day) && speaks_of(&held.cover, &incident.source)
            };
            places.filter(holds).collect::<Vec<_>>()
        });
        places.min().map(|place| &self.below[place])
    }

    /// Whether one of the node's own covers had it and has ended by its receipt day, and no other holds it. What was
    /// taken in under covers that last is never judged again.
    fn is_taken_back(&self, tree: &Tree, incident: &Incident) -> bool {
        let on = |held: &Held| held.zone.day_of(incident.stamps.registered());
        let has = |held: &&Held| {
            speaks_of(&held.cover, &incident.source)
                && tree.is_within(&incident.territory, &held.cover.territory, on(held))
        };
        let mut ended = false;
        for held in self.own.iter().filter(has) {
            if held.cover.holds_on(on(held)) {
                return false;
            }
            ended |= held.cover.until.is_some_and(|until| until <= on(held));
        }
        ended
    }

    /// As the store keeps it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let kept = Kept {
            own: self.own.iter().map(keep).collect(),
            below: self.below.iter().map(keep).collect(),
        };
        serde_json::to_vec(&kept).expect("codes and days are JSON")
    }

    /// Reads what [`Belonging::encode`] wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(bytes).ok()?;
        let read = |all: &[KeptCover]| all.iter().map(KeptCover::read).collect::<Option<Vec<_>>>();
        Some(Self::of(read(&kept.own)?, read(&kept.below)?))
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    own: Vec<KeptCover>,
    below: Vec<KeptCover>,
}

#[derive(Serialize, Deserialize)]
struct KeptCover {
    node: String,
    zone: String,
    territory: String,
    source: Option<String>,
    from: String,
    until: Option<String>,
    daily_from: String,
}

fn keep(held: &Held) -> KeptCover {
    let cover = &held.cover;
    KeptCover {
        node: held.node.to_string(),
        zone: held.zone.to_string(),
        territory: cover.territory.to_string(),
        source: cover.source.as_ref().map(ToString::to_string),
        from: cover.from.to_string(),
        until: cover.until.map(|day| day.to_string()),
        daily_from: cover.daily_from.to_string(),
    }
}

impl KeptCover {
    fn read(&self) -> Option<Held> {
        Some(Held {
            node: NodeId::new(&self.node).ok()?,
            zone: Zone::new(&self.zone).ok()?,
            cover: Cover {
                territory: Code::new(&self.territory).ok()?,
                source: self.source.as_deref().map(Code::new).transpose().ok()?,
                from: self.from.parse().ok()?,
                until: self.until.as_deref().map(str::parse).transpose().ok()?,
                daily_from: self.daily_from.parse().ok()?,
            },
        })
    }
}
