//! The script: a list of operations that the seed alone decides, drawn before anything runs.
//!
//! Operations name incidents, calls and nodes by number, so a script with some of them left out is still a script: what
//! refers to something that is not there does nothing. That is what makes a failing script short.

mod draw;

use crate::machine::Left;
use crate::map::Shape;

/// A day in seconds.
pub const DAY: i64 = 86_400;

/// A script.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Where it comes from.
    pub seed: u64,
    /// The federation.
    pub shape: Shape,
    /// When it begins, Unix seconds.
    pub begins: i64,
    /// Number of incidents.
    pub incidents: usize,
    /// The operations.
    pub ops: Vec<Op>,
}

/// What an operation says of an incident; places and moments are resolved when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Number of the incident.
    pub incident: usize,
    /// Which territory of the node's scope, modulo their number.
    pub place: usize,
    /// Registered so many seconds before now.
    pub registered_ago: i64,
    /// Answered so many seconds before now.
    pub answered_ago: Option<i64>,
}

/// What a fault does to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// Everything between the node and its parent is lost from then on.
    Cut,
    /// What the node sends is lost.
    CutUp,
    /// What the node is sent is lost.
    CutDown,
    /// Everything is held back for so many ticks, then delivered.
    Hold(u32),
    /// As soon as the hub has taken so many entries more, answers are lost and the connection with them.
    LoseAnswers(u64),
    /// The node stops, and is started again so many ticks later.
    StopNode(u32),
    /// The hub stops, and is started again so many ticks later.
    StopHub(u32),
}

/// A fault of a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The tick it strikes in.
    pub at: u32,
    /// Whom.
    pub node: usize,
    /// How.
    pub harm: Harm,
}

/// One operation.
#[expect(missing_docs, reason = "the line of an operation says what its fields are")]
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// New incidents come in at a node; with `lost`, the node dies before it answers, and the source asks again.
    Send {
        node: usize,
        drafts: Vec<Draft>,
        lost: bool,
    },
    /// The call of an earlier operation is made again, under its own request id or another.
    Repeat { call: usize, renamed: bool },
    /// A version of a known incident, its key so many seconds off the one that stands.
    Version { draft: Draft, newer_s: i64 },
    /// A known incident is taken back.
    Withdraw { incident: usize, newer_s: i64 },
    /// A known incident counts again, whatever stands.
    Restore { draft: Draft },
    /// A known incident turns out to belong to another region, which is told as well.
    Move { draft: Draft, to: usize },
    /// Days of a source are declared complete, or no longer.
    Declare {
        node: usize,
        source: usize,
        ago: u16,
        days: u16,
        back: bool,
    },
    /// Time passes.
    Advance { seconds: i64 },
    /// A node's clock goes wrong by so many seconds; 0 mends it.
    Skew { node: usize, seconds: i64 },
    /// A node seals by its timer, or at once.
    Seal { node: usize, now: bool },
    /// Nodes push at the same time.
    Talk {
        nodes: Vec<usize>,
        faults: Vec<Fault>,
        seed: u64,
    },
    /// A node is started again.
    Restart { node: usize, left: Left },
    /// The hub is started again.
    RestartHub { left: Left },
}

impl Script {
    /// The script of a seed.
    pub fn draw(seed: u64) -> Self {
        draw::script(seed)
    }

    /// The script with only these operations.
    #[must_use]
    pub fn keeping(&self, kept: &[usize]) -> Self {
        let mut script = self.clone();
        script.ops = (0..self.ops.len())
            .map(|at| {
                if kept.contains(&at) {
                    self.ops[at].clone()
                } else {
                    NOTHING
                }
            })
            .collect();
        script
    }
}

/// An operation that does nothing, so that the others keep their numbers.
pub const NOTHING: Op = Op::Advance { seconds: 0 };
