//! Overlap: what one node counts as received where another answers for the receipt day.
//!
//! The deepest node that covers a day counts it. What a node above it counts of the same territory, source and day is left
//! out of the fold and shown with its amount; so is what a node goes on counting after its cover was taken back. It is
//! judged on what was received alone: answers may be those to what came in before. Zones may differ, so a day is judged
//! only when all of it lies inside the other's cover.

use std::collections::{BTreeMap, HashMap};

use domain::member::{Cover, Member};
use domain::territory::Tree;
use domain::{Code, Day, NodeId, Zone};

use crate::answer::Overlap;
use crate::intern::Codes;

/// Levels of a federation's tree of nodes.
const MAX_DEPTH: usize = 16;

/// Days on which what a node receives in a territory is another's.
#[derive(Debug)]
struct Claim<'a> {
    by: &'a NodeId,
    territory: &'a Code,
    /// Number of the source; nothing for any.
    source: Option<u32>,
    from: Day,
    until: Option<Day>,
}

impl Claim<'_> {
    fn holds(&self, first: Day, last: Day, source: u32) -> bool {
        self.from <= first
            && self.until.is_none_or(|until| last < until)
            && self.source.is_none_or(|only| only == source)
    }
}

/// What is left out of one question.
#[derive(Debug)]
pub(crate) struct Contest<'a> {
    tree: &'a Tree,
    codes: &'a Codes,
    claims: HashMap<&'a NodeId, Vec<Claim<'a>>>,
    /// Whether a territory, by its number, lay inside the territory of a claim on the first day of a stretch.
    inside: HashMap<(&'a NodeId, usize, usize, u32), bool>,
    found: BTreeMap<(&'a NodeId, &'a NodeId, &'a Code), (Day, Day, u64)>,
}

/// The place of a cell: its days, the stretch they lie in, and the numbers of its territory and source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) days: (Day, Day),
    pub(crate) stretch: usize,
    pub(crate) territory: u32,
    pub(crate) source: u32,
}

impl<'a> Contest<'a> {
    /// Whose claims stand against whom.
    pub(crate) fn new(tree: &'a Tree, codes: &'a Codes, members: &'a [Member]) -> Self {
        let by_node: HashMap<&NodeId, &Member> = members.iter().map(|member| (&member.node, member)).collect();
        let mut claims: HashMap<&NodeId, Vec<Claim<'a>>> = HashMap::new();
        let mut deepest: Vec<(usize, &'a Member)> = members
            .iter()
            .map(|one| (lineage(&by_node, one).count(), one))
            .collect();
        deepest.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.node.cmp(&b.1.node)));
        for (_, member) in deepest {
            for above in lineage(&by_node, member) {
                let against = claims.entry(&above.node).or_default();
                against.extend(
                    member
                        .covers
                        .iter()
                        .filter_map(|cover| claim(codes, member, cover, &above.zone)),
                );
            }
            claims
                .entry(&member.node)
                .or_default()
                .extend(taken_back(codes, member));
        }
        claims.retain(|_, claims| !claims.is_empty());
        let (inside, found) = (HashMap::new(), BTreeMap::new());
        Self {
            tree,
            codes,
            claims,
            inside,
            found,
        }
    }

    /// Whether anything of a node may be another's.
    pub(crate) fn concerns(&self, node: &NodeId) -> bool {
        self.claims.contains_key(node)
    }

    /// Whether what a node received there is another's; `amount` is noted, when it is given.
    pub(crate) fn leaves_out(&mut self, node: &'a NodeId, spot: Spot, amount: Option<u64>) -> bool {
        let Some(claims) = self.claims.get(node) else {
            return false;
        };
        let Spot {
            days: (first, last),
            stretch,
            territory,
            source,
        } = spot;
        let claim = claims.iter().enumerate().find(|(at, claim)| {
            claim.holds(first, last, source)
                && *self
                    .inside
                    .entry((node, *at, stretch, territory))
                    .or_insert_with(|| self.tree.is_within(self.codes.code(territory), claim.territory, last))
        });
        let Some((_, claim)) = claim else { return false };
        if let Some(amount) = amount {
            let noted = self
                .found
                .entry((node, claim.by, claim.territory))
                .or_insert((first, last, 0));
            *noted = (noted.0.min(first), noted.1.max(last), noted.2.saturating_add(amount));
        }
        true
    }

    /// What was left out, by node.
    pub(crate) fn found(self) -> Vec<Overlap> {
        let overlap =
            |((node, by, territory), (from, to, amount)): ((&NodeId, &NodeId, &Code), (Day, Day, u64))| Overlap {
                node: node.clone(),
                counted_by: by.clone(),
                territory: territory.clone(),
                from,
                to,
                amount,
            };
        self.found
            .into_iter()
            .filter(|(_, (_, _, amount))| *amount > 0)
            .map(overlap)
            .collect()
    }
}

/// The members above one, nearest first.
fn lineage<'m, 'a>(
    by_node: &'m HashMap<&'a NodeId, &'a Member>,
    member: &'a Member,
) -> impl Iterator<Item = &'a Member> + use<'m, 'a> {
    let up = |member: &&'a Member| {
        by_node
            .get(&member.parent)
            .copied()
            .filter(|above| above.node != member.node)
    };
    std::iter::successors(up(&member), move |above| up(above)).take(MAX_DEPTH)
}

/// A cover as a claim on days of another zone: those that lie wholly inside it.
fn claim<'a>(codes: &Codes, member: &'a Member, cover: &'a Cover, zone: &Zone) -> Option<Claim<'a>> {
    let starts = |day: Day| member.zone.bounds(day).0;
    let day = |at: i64| zone.day_of(at);
    let from = Some(day(starts(cover.from))).map(|first| {
        let is_whole = zone.bounds(first).0 == starts(cover.from);
        if is_whole { first } else { first.next() }
    });
    Some(Claim {
        by: &member.node,
        territory: &cover.territory,
        source: number(codes, cover)?,
        from: from?,
        until: cover.until.map(|until| day(starts(until))),
    })
}

/// Days after covers of a member's own that ended, unless another of them goes on: the parent counts them.
fn taken_back<'a>(codes: &'a Codes, member: &'a Member) -> impl Iterator<Item = Claim<'a>> {
    let ended = member.covers.iter().filter_map(|cover| Some((cover, cover.until?)));
    ended.filter_map(move |(cover, until)| {
        let again = member
            .covers
            .iter()
            .filter(|other| other.territory == cover.territory && other.from >= until);
        Some(Claim {
            by: &member.parent,
            territory: &cover.territory,
            source: number(codes, cover)?,
            from: until,
            until: again.map(|other| other.from).min(),
        })
    })
}

/// The number of a cover's source: nothing inside for any, nothing at all for one that no sheet ever named.
#[expect(
    clippy::option_option,
    reason = "a source that nobody named claims nothing, and no source claims all"
)]
fn number(codes: &Codes, cover: &Cover) -> Option<Option<u32>> {
    match &cover.source {
        None => Some(None),
        Some(source) => codes.id(source).map(Some),
    }
}
