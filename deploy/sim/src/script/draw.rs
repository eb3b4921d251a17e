//! Drawing a script from a seed: how often each operation comes, and with what.

use runtime::random::{SeededRandom, below};

use super::{DAY, Draft, Fault, Harm, Op, Script};
use crate::machine::Left;
use crate::map::Shape;

/// The script of a seed.
pub(super) fn script(seed: u64) -> Script {
    let dice = Dice(SeededRandom::new(seed));
    let shape = if dice.one_in(25) {
        Shape {
            regions: 8,
            municipalities: 5,
        }
    } else {
        Shape {
            regions: 1 + dice.upto(3),
            municipalities: dice.upto(3),
        }
    };
    // Around the days on which clocks of some zones are put forward.
    let begins = 1_711_540_800 + dice.span(0, 3 * DAY);
    let wanted = 40 + dice.upto(50);
    let mut drawing = Drawing {
        dice,
        shape,
        incidents: 0,
        calls: Vec::new(),
        ops: Vec::new(),
    };
    while drawing.ops.len() < wanted {
        let op = drawing.op();
        drawing.ops.extend(op);
    }
    let Drawing { incidents, ops, .. } = drawing;
    Script {
        seed,
        shape,
        begins,
        incidents,
        ops,
    }
}

struct Dice(SeededRandom);

impl Dice {
    fn upto(&self, bound: usize) -> usize {
        usize::try_from(below(&self.0, bound as u64)).expect("below a usize")
    }

    fn span(&self, from: i64, until: i64) -> i64 {
        from + i64::try_from(below(&self.0, from.abs_diff(until))).expect("below the length of an i64 span")
    }

    fn ticks(&self, bound: u32) -> u32 {
        u32::try_from(below(&self.0, bound.into())).expect("below a u32")
    }

    fn one_in(&self, n: usize) -> bool {
        self.upto(n) == 0
    }
}

struct Drawing {
    dice: Dice,
    shape: Shape,
    incidents: usize,
    /// Operations that made a call.
    calls: Vec<usize>,
    ops: Vec<Op>,
}

impl Drawing {
    fn op(&mut self) -> Option<Op> {
        match self.dice.upto(100) {
            0..18 => Some(self.send()),
            18..22 => self.repeat(),
            22..34 => self.version(),
            34..40 => self.withdraw(),
            40..43 => self.restore(),
            43..47 => self.moved(),
            47..50 => self.declare(),
            50..60 => Some(self.advance()),
            60..63 => Some(self.skew()),
            63..70 => Some(Op::Seal {
                node: self.node(),
                now: self.dice.one_in(2),
            }),
            70..92 => Some(self.talk()),
            92..97 => Some(Op::Restart {
                node: self.node(),
                left: self.left(),
            }),
            _ => Some(Op::RestartHub { left: self.left() }),
        }
    }

    fn node(&self) -> usize {
        self.dice.upto(self.shape.regions)
    }

    fn left(&self) -> Left {
        match self.dice.upto(4) {
            0 => Left::NoProjections,
            1 => Left::TornTails,
            _ => Left::Everything,
        }
    }

    fn draft(&self, incident: usize) -> Draft {
        let dice = &self.dice;
        let far = if dice.one_in(8) { 30 * DAY } else { 3 * DAY };
        let registered_ago = dice.span(0, far);
        let answered_ago = match dice.upto(8) {
            // Before it came in: a clock of the source is wrong.
            0 => Some(registered_ago + dice.span(0, DAY)),
            1..4 => Some(dice.span(0, registered_ago + 1)),
            _ => None,
        };
        Draft {
            incident,
            place: dice.upto(64),
            registered_ago,
            answered_ago,
        }
    }

    fn send(&mut self) -> Op {
        let first = self.incidents;
        self.incidents += 1 + self.dice.upto(3);
        self.calls.push(self.ops.len());
        let drafts = (first..self.incidents).map(|incident| self.draft(incident)).collect();
        Op::Send {
            node: self.node(),
            drafts,
            lost: self.dice.one_in(8),
        }
    }

    fn repeat(&self) -> Option<Op> {
        let call = *self.calls.get(self.dice.upto(self.calls.len().max(1)))?;
        Some(Op::Repeat {
            call,
            renamed: self.dice.one_in(3),
        })
    }

    /// A known incident, the late ones more often.
    fn known(&self) -> Option<usize> {
        let at = self
            .dice
            .upto(self.incidents.max(1))
            .max(self.dice.upto(self.incidents.max(1)));
        (at < self.incidents).then_some(at)
    }

    /// Mostly later than what stands, sometimes as old, sometimes older.
    fn newer(&self) -> i64 {
        match self.dice.upto(8) {
            0 => 0,
            1 => -self.dice.span(1, DAY),
            _ => self.dice.span(1, 600),
        }
    }

    fn version(&self) -> Option<Op> {
        let draft = self.draft(self.known()?);
        Some(Op::Version {
            draft,
            newer_s: self.newer(),
        })
    }

    fn withdraw(&self) -> Option<Op> {
        Some(Op::Withdraw {
            incident: self.known()?,
            newer_s: self.newer(),
        })
    }

    fn restore(&self) -> Option<Op> {
        Some(Op::Restore {
            draft: self.draft(self.known()?),
        })
    }

    fn moved(&self) -> Option<Op> {
        let draft = self.draft(self.known()?);
        Some(Op::Move { draft, to: self.node() })
    }

    fn declare(&self) -> Option<Op> {
        let dice = &self.dice;
        let (ago, days) = (dice.upto(6), dice.upto(4));
        let (ago, days) = (u16::try_from(ago).ok()?, u16::try_from(days).ok()?);
        Some(Op::Declare {
            node: self.node(),
            source: dice.upto(2),
            ago,
            days,
            back: dice.one_in(4),
        })
    }

    fn advance(&self) -> Op {
        let dice = &self.dice;
        let seconds = match dice.upto(10) {
            0..4 => dice.span(1, 3_600),
            4..8 => dice.span(3_600, DAY),
            8 => dice.span(DAY, 3 * DAY),
            // Past a third of a certificate's life.
            _ if dice.one_in(4) => dice.span(31 * DAY, 33 * DAY),
            _ => dice.span(1, 60),
        };
        Op::Advance { seconds }
    }

    fn skew(&self) -> Op {
        let dice = &self.dice;
        let seconds = match dice.upto(4) {
            0 => dice.span(-12 * 3_600, 0),
            1 => dice.span(0, 4 * DAY),
            _ => 0,
        };
        Op::Skew {
            node: self.node(),
            seconds,
        }
    }

    fn talk(&self) -> Op {
        let dice = &self.dice;
        let mut nodes: Vec<usize> = (0..self.shape.regions).filter(|_| dice.one_in(2)).collect();
        if nodes.is_empty() {
            nodes.push(self.node());
        }
        let number = if dice.one_in(2) { 0 } else { 1 + dice.upto(2) };
        let faults = (0..number).map(|_| self.fault(nodes[dice.upto(nodes.len())])).collect();
        Op::Talk {
            nodes,
            faults,
            seed: below(&dice.0, u64::MAX),
        }
    }

    fn fault(&self, node: usize) -> Fault {
        let dice = &self.dice;
        let harm = match dice.upto(12) {
            0 => Harm::Cut,
            1 => Harm::CutUp,
            2 => Harm::CutDown,
            3 => Harm::Hold(1 + dice.ticks(40)),
            4..8 => Harm::LoseAnswers(1 + below(&dice.0, 3)),
            8..10 => Harm::StopNode(dice.ticks(20)),
            _ => Harm::StopHub(dice.ticks(20)),
        };
        let at = if matches!(harm, Harm::LoseAnswers(_)) {
            0
        } else {
            dice.ticks(70)
        };
        Fault { at, node, harm }
    }
}
