//! The questions: whether what the hub holds is what the incidents say, and whether its history was only ever added to.
//!
//! It asks the hub's ledger and its report, never the nodes, for the figures; and it counts by itself.

use std::collections::BTreeMap;

use domain::sheet::Closure;
use domain::{Code, Day, NodeId, SheetPeriod, Tally};
use federal_hub::figures::Inquiry;
use federation::held;
use report::Format;
use seal::merkle::{Frontier, leaf_hash};

use crate::failure::{Failure, While};
use crate::machine::Left;
use crate::map;
use crate::model::Model;
use crate::source::source_of;
use crate::talk::Talked;
use crate::world::World;

/// A private cell: node, day, measure, source, territory, topic.
type Private = (String, Day, &'static str, Code, Code, Code);

/// The measures that are looked at.
const MEASURES: [&str; 2] = ["incidents.received", "incidents.processed"];

/// What may go wrong in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing: everything arrives.
    None,
    /// The network, or a machine: what is lost is told as such and as nothing else.
    Link,
    /// Somebody's clock, which the parent tells; the network may fail as well.
    Clock,
}

/// How pushes ended.
pub fn ends(talked: &[Talked], trouble: Trouble) -> Result<(), Failure> {
    let borne: &[&str] = match trouble {
        Trouble::None => &[],
        Trouble::Link => &["PARENT_UNREACHABLE"],
        Trouble::Clock => &["PARENT_UNREACHABLE", "CLOCK_SKEW"],
    };
    for end in talked {
        match end {
            Ok(pushed) if pushed.waiting > 0 => {
                return Err(Failure::new(format!(
                    "a push ended well and left {} entries",
                    pushed.waiting
                )));
            }
            Ok(_) => {}
            Err(code) if borne.contains(&code.as_str()) => {}
            Err(code) => return Err(Failure::new(format!("a push failed with {code}"))),
        }
    }
    Ok(())
}

/// Notes the heads that anybody can see now: the hub's own, and what each node has proved of it.
pub fn look(world: &mut World) -> Result<(), Failure> {
    let head = {
        let hub = world.hub.slot.up()?;
        let ledger = held(hub.ledger());
        (ledger.size(), ledger.root())
    };
    let nodes = world.nodes.iter().filter_map(|node| node.slot.get());
    let remembered = nodes.filter_map(|node| node.uplink().checkpoint);
    let remembered: Vec<_> = remembered.map(|(_, size, root)| (size, root)).collect();
    world.heads.push(head);
    world.heads.extend(remembered);
    Ok(())
}

/// Asks everything; tells how many incidents count.
pub fn ask(world: &mut World, model: &Model) -> Result<usize, Failure> {
    let expected = expected(world, model);
    same(&expected, &held_cells(world)?)?;
    days(world)?;
    history(world)?;
    let counted = model.live().count();
    let before = report(world)?;
    reported(&before, model)?;
    world.hub.restart(Left::NoProjections)?;
    let after = report(world)?;
    if before != after {
        return Err(Failure::new(
            "the hub's report is another one after its index was deleted",
        ));
    }
    Ok(counted)
}

/// Where each live incident counts, and nowhere else: once in every cell of its own.
fn expected(world: &World, model: &Model) -> BTreeMap<Private, u64> {
    let mut cells = BTreeMap::new();
    for (node, incident, content) in model.live() {
        let machine = &world.nodes[node];
        let stamps = [Some(content.registered), content.answered];
        for (measure, stamp) in MEASURES.into_iter().zip(stamps) {
            let Some(stamp) = stamp else { continue };
            let place = (source_of(incident), content.territory.clone(), map::topic(incident));
            let key = (
                machine.id.clone(),
                machine.zone.day_of(stamp),
                measure,
                place.0,
                place.1,
                place.2,
            );
            *cells.entry(key).or_default() += 1;
        }
    }
    cells
}

/// What the hub's sheets in force say.
fn held_cells(world: &World) -> Result<BTreeMap<Private, u64>, Failure> {
    let hub = world.hub.slot.up()?;
    let ledger = held(hub.ledger());
    let mut cells = BTreeMap::new();
    for sheet in ledger.sheets() {
        let body = ledger.sheet_body(sheet.position).during("a body")?;
        let body = body.ok_or_else(|| Failure::new("a sheet in force without its body"))?;
        for (key, cell) in &body.cells {
            let Some(measure) = MEASURES.into_iter().find(|measure| key.measure.as_str() == *measure) else {
                continue;
            };
            let ([source, territory, topic], Tally::Flow(n)) = (&key.values[..], &cell.tally) else {
                return Err(Failure::new(format!("a cell of another form: {key:?}")));
            };
            let place = (source.clone(), territory.clone(), topic.clone());
            let key = (
                sheet.node.to_string(),
                sheet.period.first(),
                measure,
                place.0,
                place.1,
                place.2,
            );
            *cells.entry(key).or_default() += n;
        }
    }
    Ok(cells)
}

fn same(expected: &BTreeMap<Private, u64>, found: &BTreeMap<Private, u64>) -> Result<(), Failure> {
    let zero = 0;
    for key in expected.keys().chain(found.keys()) {
        let (right, got) = (expected.get(key).unwrap_or(&zero), found.get(key).unwrap_or(&zero));
        if right != got {
            let (node, day, measure, _, territory, topic) = key;
            let text =
                format!("{measure} of {topic} in {territory} on {day} by {node}: {got} at the hub, {right} is right");
            return Err(Failure::new(text));
        }
    }
    Ok(())
}

/// Every day that is over, of every node since it joined, stands at the hub closed, as the node's own ledger has it.
fn days(world: &World) -> Result<(), Failure> {
    let hub = world.hub.slot.up()?;
    let ledger = held(hub.ledger());
    for machine in &world.nodes {
        let node = machine.slot.up()?;
        let own = held(node.ledger());
        let id = NodeId::new(&machine.id).during("an id")?;
        let joined = ledger.members().into_iter().find(|member| member.node == id);
        let joined = joined.ok_or_else(|| Failure::new("a member is gone"))?.joined;
        let mut day = joined;
        while day < node.today() - 1 {
            let sheet = ledger.sheet(&id, SheetPeriod::day(day));
            if sheet.is_none_or(|sheet| sheet.facts.closure != Closure::Closed) {
                return Err(Failure::new(format!("{id} has no closed sheet of {day} at the hub")));
            }
            day = day.next();
        }
        for sheet in own.sheets().filter(|sheet| sheet.node == id) {
            let there = ledger.sheet(&id, sheet.period).map(|there| there.statement);
            if there != Some(sheet.statement) {
                let reason = sheet.refused.as_ref().map_or("taken", Code::as_str);
                return Err(Failure::new(format!(
                    "{id} {:?}: the sheet in force is not the hub's ({reason})",
                    sheet.period
                )));
            }
        }
    }
    Ok(())
}

/// Every head ever seen is a prefix of the ledger as it is now; its roots are computed from the entries again.
fn history(world: &World) -> Result<(), Failure> {
    let hub = world.hub.slot.up()?;
    let ledger = held(hub.ledger());
    let mut frontier = Frontier::new();
    let mut roots = vec![frontier.root()];
    for entry in ledger.entries(0..ledger.size()).during("reading the ledger")? {
        frontier.append(leaf_hash(&entry.envelope));
        roots.push(frontier.root());
    }
    for &(size, root) in &world.heads {
        let stands = usize::try_from(size).ok().and_then(|size| roots.get(size));
        if stands != Some(&root) {
            return Err(Failure::new(format!(
                "the head of {size} entries is no prefix of the ledger any more"
            )));
        }
    }
    Ok(())
}

/// The hub's report of everything, as JSON without the ledger it was made from.
fn report(world: &World) -> Result<serde_json::Value, Failure> {
    let hub = world.hub.slot.up()?;
    let federation = hub.federation().during("the federation file")?;
    let inquiry = Inquiry {
        scope: Code::literal(map::COUNTRY),
        period: "2024-01-01..2024-12-31".parse().during("a period")?,
        compare: None,
        format: Format::Json,
        today: hub.today(&federation, &Code::literal(map::COUNTRY)),
    };
    let text = hub.report(&federation, &inquiry).during("a report")?;
    serde_json::from_str(&text).during("a report")
}

/// The report's totals are the number of incidents, and of answers.
fn reported(report: &serde_json::Value, model: &Model) -> Result<(), Failure> {
    let answered = model
        .live()
        .filter(|(_, _, content)| content.answered.is_some())
        .count();
    for (measure, right) in MEASURES.into_iter().zip([model.live().count(), answered]) {
        let got = report["totals"][measure]["n"].as_u64().unwrap_or_default();
        if got != right as u64 {
            return Err(Failure::new(format!(
                "the hub reports {got} for {measure}, {right} is right"
            )));
        }
    }
    Ok(())
}
