//! Playing a script: each operation done to the world and to the model, each answer compared with what the model says.

use std::collections::BTreeMap;

use domain::{Day, Zone};
use region_node::aggregate::Mode;

use crate::failure::{Failure, While};
use crate::machine::Left;
use crate::model::{Content, Fate, Model, Told};
use crate::oracle::{self, Trouble};
use crate::script::{DAY, Draft, Fault, Op, Script};
use crate::source::{Call, Outcome, declare};
use crate::talk::{self, Talked};
use crate::world::World;

/// How a script ended: what two plays of one seed must agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Entries of the hub's ledger.
    pub entries: u64,
    /// Root of the tree over them.
    pub root: seal::Digest,
    /// Incidents that count.
    pub counted: usize,
    /// Talks, and those of them that were cut short.
    pub talks: (u64, u64),
}

/// The one failure of a script, with the operation it showed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {failure}", place(*.at))]
pub struct Broken {
    /// Number of the operation; nothing when it showed at the end.
    pub at: Option<usize>,
    /// What is wrong.
    pub failure: Failure,
}

fn place(at: Option<usize>) -> String {
    at.map_or_else(
        || "after everything was pushed".to_owned(),
        |at| format!("operation {at}"),
    )
}

/// Plays a script from the founding to the questions of the oracle.
pub fn play(script: &Script) -> Result<Ended, Broken> {
    let broken = |at| move |failure| Broken { at, failure };
    let mut player = Player::new(script).map_err(broken(None))?;
    for (at, op) in script.ops.iter().enumerate() {
        player.take(at, op).map_err(broken(Some(at)))?;
    }
    player.quieten().map_err(broken(None))?;
    player.end().map_err(broken(None))
}

struct Player {
    world: World,
    model: Model,
    /// Calls by the operation that made them: where, what was told, the call.
    calls: BTreeMap<usize, (usize, Vec<Told>, Call)>,
    /// Which node knows an incident.
    homes: BTreeMap<usize, usize>,
    talks: (u64, u64),
    local: tokio::runtime::Runtime,
}

impl Player {
    fn new(script: &Script) -> Result<Self, Failure> {
        let local = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .during("a runtime")?;
        Ok(Self {
            world: World::found(script)?,
            model: Model::default(),
            calls: BTreeMap::new(),
            homes: BTreeMap::new(),
            talks: (0, 0),
            local,
        })
    }

    fn take(&mut self, at: usize, op: &Op) -> Result<(), Failure> {
        match op {
            Op::Send { node, drafts, lost } => self.send(at, *node, drafts, *lost),
            Op::Repeat { call, renamed } => self.repeat(at, *call, *renamed),
            Op::Version { draft, newer_s } => self.version(at, draft, *newer_s, Fate::Put),
            Op::Withdraw { incident, newer_s } => self.withdraw(at, *incident, *newer_s),
            Op::Restore { draft } => self.version(at, draft, -1, Fate::Restore),
            Op::Move { draft, to } => self.moved(at, draft, *to),
            Op::Declare {
                node,
                source,
                ago,
                days,
                back,
            } => self.declare(*node, *source, (*ago, *days), *back),
            Op::Advance { seconds } => {
                self.world.advance(*seconds);
                Ok(())
            }
            Op::Skew { node, seconds } => {
                self.world.skew(*node, *seconds);
                Ok(())
            }
            Op::Seal { node, now } => {
                let mode = if *now { Mode::Now } else { Mode::Timer };
                self.world.nodes[*node]
                    .slot
                    .up()?
                    .seal(mode)
                    .during("sealing")
                    .map(drop)
            }
            Op::Talk { nodes, faults, seed } => self.talk(nodes, faults, *seed),
            Op::Restart { node, left } => self.world.nodes[*node].restart(*left),
            Op::RestartHub { left } => self.world.hub.restart(*left),
        }
    }

    /// What a draft says now, at a node.
    fn content(&self, node: usize, draft: &Draft) -> Content {
        let now = self.world.now();
        let scope = &self.world.nodes[node].scope;
        Content {
            territory: scope[draft.place % scope.len()].clone(),
            registered: now - draft.registered_ago,
            answered: draft.answered_ago.map(|ago| now - ago),
        }
    }

    fn send(&mut self, at: usize, node: usize, drafts: &[Draft], lost: bool) -> Result<(), Failure> {
        let version_s = self.world.now();
        let told = drafts.iter().map(|draft| Told {
            incident: draft.incident,
            version_s,
            fate: Fate::Put,
            content: self.content(node, draft),
        });
        let told: Vec<Told> = told.collect();
        for draft in drafts {
            self.homes.insert(draft.incident, node);
        }
        let call = Call::new(&format!("call-{at}"), &told);
        if lost {
            let machine = &mut self.world.nodes[node];
            call.lose(machine.slot.up()?.intake())
                .during("a call whose answer is lost")?;
            machine.restart(Left::Everything)?;
        }
        self.call(at, node, told, call)
    }

    /// Makes a call for the first time; every outcome must be the model's.
    fn call(&mut self, at: usize, node: usize, told: Vec<Told>, mut call: Call) -> Result<(), Failure> {
        let machine = &self.world.nodes[node];
        let intake = machine.slot.up()?;
        let (outcomes, _) = self.local.block_on(call.make(intake.intake())).during("a call")?;
        let expected: Vec<Outcome> = told
            .iter()
            .map(|told| {
                self.model
                    .tell(node, told, machine.scope.contains(&told.content.territory))
            })
            .collect();
        if outcomes != expected {
            return Err(Failure::new(format!(
                "{} answers {outcomes:?} where {expected:?} is right, to {told:?}",
                machine.id
            )));
        }
        self.calls.insert(at, (node, told, call));
        Ok(())
    }

    fn repeat(&mut self, at: usize, call: usize, renamed: bool) -> Result<(), Failure> {
        let Some((node, told, call)) = self.calls.get_mut(&call) else {
            return Ok(());
        };
        let node = *node;
        if renamed {
            let (told, again) = (told.clone(), call.again_as(&format!("call-{at}")));
            return self.call(at, node, told, again);
        }
        let intake = self.world.nodes[node].slot.up()?;
        let (outcomes, same) = self
            .local
            .block_on(call.make(intake.intake()))
            .during("a repeated call")?;
        if same {
            Ok(())
        } else {
            Err(Failure::new(format!(
                "a repeated call gets another answer: {outcomes:?}"
            )))
        }
    }

    fn version(&mut self, at: usize, draft: &Draft, newer_s: i64, fate: Fate) -> Result<(), Failure> {
        let Some(&node) = self.homes.get(&draft.incident) else {
            return Ok(());
        };
        let content = self.content(node, draft);
        self.tell(at, node, draft.incident, newer_s, fate, content)
    }

    fn withdraw(&mut self, at: usize, incident: usize, newer_s: i64) -> Result<(), Failure> {
        let Some(&node) = self.homes.get(&incident) else {
            return Ok(());
        };
        let Some(content) = self.model.content(node, incident).cloned() else {
            return Ok(());
        };
        self.tell(at, node, incident, newer_s, Fate::Withdraw, content)
    }

    fn moved(&mut self, at: usize, draft: &Draft, to: usize) -> Result<(), Failure> {
        let Some(&node) = self.homes.get(&draft.incident) else {
            return Ok(());
        };
        if node == to {
            return Ok(());
        }
        let content = self.content(to, draft);
        self.tell(at, node, draft.incident, 1, Fate::Put, content.clone())?;
        self.homes.insert(draft.incident, to);
        self.tell(at, to, draft.incident, 1, Fate::Restore, content)
    }

    fn tell(
        &mut self,
        at: usize,
        node: usize,
        incident: usize,
        newer_s: i64,
        fate: Fate,
        content: Content,
    ) -> Result<(), Failure> {
        // A key may not lie further ahead than a stamp may.
        let latest = self.world.now() + DAY / 4;
        let version_s = self
            .model
            .version(node, incident)
            .map_or(latest, |version| (version + newer_s).min(latest));
        let told = vec![Told {
            incident,
            version_s,
            fate,
            content,
        }];
        let call = Call::new(&format!("call-{at}-{node}"), &told);
        self.call(at, node, told, call)
    }

    fn declare(&mut self, node: usize, source: usize, (ago, days): (u16, u16), back: bool) -> Result<(), Failure> {
        let today = Zone::utc().day_of(self.world.now());
        let from: Day = today - i32::from(ago);
        let range = (from, (from + i32::from(days)).min(today));
        let intake = self.world.nodes[node].slot.up()?;
        self.local
            .block_on(declare(intake.intake(), source, range, back))
            .during("a declaration")
    }

    fn talk(&mut self, nodes: &[usize], faults: &[Fault], seed: u64) -> Result<(), Failure> {
        let talked = talk::talk(&mut self.world, nodes, faults, seed)?;
        self.talks.0 += 1;
        self.talks.1 += u64::from(talked.iter().any(Result::is_err));
        let wrong_clock = self.world.nodes.iter().any(|node| node.skew_s != 0);
        let trouble = match (wrong_clock, faults.is_empty()) {
            (true, _) => Trouble::Clock,
            (false, false) => Trouble::Link,
            (false, true) => Trouble::None,
        };
        oracle::ends(&talked, trouble)?;
        oracle::look(&mut self.world)
    }

    /// Faults stop, clocks are right, time passes until every day that any clock has seen is over; everything is pushed.
    fn quieten(&mut self) -> Result<(), Failure> {
        for node in 0..self.world.nodes.len() {
            self.world.skew(node, 0);
        }
        let behind = self.world.furthest - self.world.now();
        self.world.advance(behind.max(0) + 2 * DAY);
        let all: Vec<usize> = (0..self.world.nodes.len()).collect();
        for seed in 0..ROUNDS {
            let talked = talk::talk(&mut self.world, &all, &[], seed)?;
            oracle::ends(&talked, Trouble::None)?;
            let quiet = |end: &Talked| {
                end.as_ref()
                    .is_ok_and(|pushed| pushed.sealed == 0 && pushed.refused == 0)
            };
            if talked.iter().all(quiet) {
                return oracle::look(&mut self.world);
            }
        }
        Err(Failure::new(format!(
            "after {ROUNDS} pushes without a fault there is still something new to say"
        )))
    }

    fn end(mut self) -> Result<Ended, Failure> {
        let counted = oracle::ask(&mut self.world, &self.model)?;
        let hub = self.world.hub.slot.up()?;
        let ledger = federation::held(hub.ledger());
        Ok(Ended {
            entries: ledger.size(),
            root: ledger.root(),
            counted,
            talks: self.talks,
        })
    }
}

/// Pushes of everybody without a fault, until nothing is new: one says it, the next finds nothing; one to spare.
const ROUNDS: u64 = 3;

/// The command line that plays a seed again.
pub fn again(seed: u64) -> String {
    format!("cargo run --release -p sim -- --seeds {seed}")
}
