//! A talk: nodes push to their parent at the same time, over turmoil's network, and faults strike as the script says.
//!
//! Every machine is a host of its own with the product's loop ends on it: the hub's accept loop over mutual TLS, the
//! node's push. A push must end by itself, whatever was lost: `LONGEST` is the liveness bound.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use domain::{Code, NodeId};
use federal_hub::hub::Hub;
use federation::held;
use federation::join::{JoinPlan, join as ask};
use federation::parent::{INVITATION_VALIDITY, InviteWish};
use region_node::node::{Node, PushError, Pushed};
use runtime::accept::{Door, Limits, serve};
use runtime::{SharedClock, Shutdown};
use tonic::service::Routes;
use turmoil::{Builder, Sim};

use crate::failure::{Failure, While};
use crate::link::Doorway;
use crate::machine::{Slot, chance};
use crate::script::{Fault, Harm};
use crate::world::World;

/// One step of simulated time.
const TICK: Duration = Duration::from_millis(20);
/// Ticks after which a push that has not ended never will: five minutes; the longest wait of the product is thirty
/// seconds for a dead link, and a push has several.
const LONGEST: u32 = 15_000;
/// The hub's port.
const PORT: u16 = 7443;
/// The hub's name on the network.
const HUB: &str = "hub";

/// How a push ended: what it did, or the code of what stopped it.
pub type Talked = Result<Pushed, String>;

/// Lets these nodes push at the same time.
pub fn talk(world: &mut World, nodes: &[usize], faults: &[Fault], seed: u64) -> Result<Vec<Talked>, Failure> {
    let mut talking = Talking::new(world, nodes, seed);
    let mut faults = faults.to_vec();
    faults.sort_by_key(|fault| fault.at);
    let ended = talking.run(faults);
    let ends = talking.ends;
    drop(talking.sim);
    for node in &talking.world.nodes {
        node.link.mend();
    }
    ended?;
    let ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(ends.iter().flatten().cloned().collect())
}

type Ends = Arc<Mutex<Vec<Option<Talked>>>>;

struct Talking<'w> {
    world: &'w mut World,
    sim: Sim<'static>,
    nodes: Vec<usize>,
    ends: Ends,
    /// What is started again, and in which tick.
    down: Vec<(u32, Down)>,
    /// What is released, and in which tick.
    holding: Vec<(u32, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Down {
    Hub,
    Node(usize),
}

impl<'w> Talking<'w> {
    fn new(world: &'w mut World, nodes: &[usize], seed: u64) -> Self {
        let mut sim = network(seed);
        serve_hub(&mut sim, &world.hub.slot);
        let ends: Ends = Arc::new(Mutex::new(vec![None; nodes.len()]));
        for (at, &node) in nodes.iter().enumerate() {
            let (slot, ends) = (world.nodes[node].slot.clone(), Arc::clone(&ends));
            sim.host(world.nodes[node].id.as_str(), move || {
                push(slot.clone(), Arc::clone(&ends), at)
            });
        }
        Self {
            world,
            sim,
            nodes: nodes.to_vec(),
            ends,
            down: Vec::new(),
            holding: Vec::new(),
        }
    }

    fn run(&mut self, mut faults: Vec<Fault>) -> Result<(), Failure> {
        for tick in 0..LONGEST {
            while faults.first().is_some_and(|fault| fault.at <= tick) {
                let fault = faults.remove(0);
                self.strike(&fault, tick)?;
            }
            self.mend(tick)?;
            self.sim.step().during("the network")?;
            if self.down.is_empty() && self.ended() {
                return Ok(());
            }
        }
        Err(Failure::new(
            "a push does not end: five minutes of simulated time have passed",
        ))
    }

    fn ended(&self) -> bool {
        self.ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .all(Option::is_some)
    }

    fn strike(&mut self, fault: &Fault, tick: u32) -> Result<(), Failure> {
        let Some(at) = self.nodes.iter().position(|&node| node == fault.node) else {
            return Ok(());
        };
        let node = &self.world.nodes[fault.node];
        let id = node.id.clone();
        match fault.harm {
            Harm::Cut => self.sim.partition(id, HUB),
            Harm::CutUp => self.sim.partition_oneway(id, HUB),
            Harm::CutDown => self.sim.partition_oneway(HUB, id),
            Harm::Hold(ticks) => {
                self.sim.hold(id, HUB);
                self.holding.push((tick + ticks, fault.node));
            }
            Harm::LoseAnswers(entries) => {
                let hub = self.world.hub.slot.clone();
                let size = move || hub.get().map_or(0, |hub| held(hub.ledger()).size());
                let limit = size() + entries;
                node.link.lose_answers(move || size() >= limit);
            }
            Harm::StopNode(_) if self.down.contains_node(fault.node) => {}
            Harm::StopNode(ticks) => {
                self.sim.crash(id);
                self.ends.lock().unwrap_or_else(PoisonError::into_inner)[at] = None;
                node.slot.stop()?;
                self.down.push((tick + ticks, Down::Node(fault.node)));
            }
            Harm::StopHub(_) if self.world.hub.slot.get().is_none() => {}
            Harm::StopHub(ticks) => {
                self.sim.crash(HUB);
                self.world.hub.slot.stop()?;
                self.down.push((tick + ticks, Down::Hub));
            }
        }
        Ok(())
    }

    /// Starts again what was down, releases what was held.
    fn mend(&mut self, tick: u32) -> Result<(), Failure> {
        let due: Vec<Down> = self
            .down
            .iter()
            .filter(|(at, _)| *at <= tick)
            .map(|(_, down)| *down)
            .collect();
        self.down.retain(|(at, _)| *at > tick);
        for down in due {
            match down {
                Down::Hub => {
                    self.world.hub.start()?;
                    self.sim.bounce(HUB);
                }
                Down::Node(node) => {
                    self.world.nodes[node].start()?;
                    self.sim.bounce(self.world.nodes[node].id.as_str());
                }
            }
        }
        for (_, node) in self.holding.extract_if(.., |(at, _)| *at <= tick) {
            self.sim.release(self.world.nodes[node].id.as_str(), HUB);
        }
        Ok(())
    }
}

trait ContainsNode {
    fn contains_node(&self, node: usize) -> bool;
}

impl ContainsNode for Vec<(u32, Down)> {
    fn contains_node(&self, node: usize) -> bool {
        self.iter().any(|(_, down)| *down == Down::Node(node))
    }
}

/// A network whose delays the seed decides.
fn network(seed: u64) -> Sim<'static> {
    Builder::new()
        .rng_seed(seed)
        .epoch(UNIX_EPOCH)
        .tick_duration(TICK)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(200))
        .simulation_duration(Duration::from_hours(1))
        // Segments, not bytes: a push of a year must not wait for a buffer that only turmoil has.
        .tcp_capacity(4_096)
        .build()
}

fn serve_hub(sim: &mut Sim<'static>, slot: &Slot<Hub>) {
    let slot = slot.clone();
    sim.host(HUB, move || {
        let slot = slot.clone();
        async move {
            let hub = slot.up()?;
            let (tls, _) = hub.door()?.open()?;
            let router = hub.parent().routes(Routes::default()).into_axum_router();
            let doorway = Doorway::open(PORT).await?;
            serve(doorway, Door::Tls(tls), router, Limits::default(), Shutdown::new()).await;
            Ok(())
        }
    });
}

async fn push(slot: Slot<Node>, ends: Ends, at: usize) -> turmoil::Result {
    let node = slot.up()?;
    let pushed = node.push(false).await.map_err(|error| match error {
        PushError::Uplink(undelivered) => undelivered.code().to_owned(),
        other => other.to_string(),
    });
    drop(node);
    ends.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(pushed);
    Ok(())
}

/// Lets every node join, one after the other.
pub fn join(world: &World) -> Result<(), Failure> {
    let mut sim = network(world.seed);
    serve_hub(&mut sim, &world.hub.slot);
    for node in &world.nodes {
        let wish = InviteWish {
            node: NodeId::new(&node.id).during("a node's id")?,
            covers: vec![(
                node.scope[0].clone(),
                None::<Code>,
                "2000-01-01".parse().during("a day")?,
            )],
            zone: None,
            validity: INVITATION_VALIDITY,
        };
        let invitation = world.hub.slot.up()?.parent().invite(&wish).during("inviting")?;
        let (dir, dialer, clock) = (node.dir.clone(), Arc::new(node.link.clone()), node.shared_clock());
        let random = chance(world.seed, &node.id, u64::MAX);
        sim.client(node.id.as_str(), async move {
            let plan = JoinPlan {
                invitation,
                address: address(),
                dir: &dir,
                dialer,
                clock: clock as SharedClock,
                random: &*random,
            };
            ask(plan).await?;
            Ok(())
        });
        sim.run().during("joining")?;
    }
    Ok(())
}

fn address() -> String {
    format!("{HUB}:{PORT}")
}
