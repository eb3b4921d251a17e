//! The law of aggregation: sealing only what changed, in any order and rhythm, ends with the sheets that counting every
//! day anew gives.

use proptest::prelude::*;
use region_node::aggregate::Mode;
use runtime::Clock;

use crate::stage::{SOURCE, Stage, Told, day, noon};

#[derive(Clone, Debug)]
enum Op {
    Tell {
        id: u8,
        source: bool,
        registered: i32,
        answered: Option<i32>,
        version: i64,
        withdrawn: bool,
    },
    Declare {
        source: bool,
        from: i32,
        days: i32,
        revoked: bool,
    },
    Hours(i64),
    Step(bool),
}

fn source(second: bool) -> &'static str {
    if second { "pos" } else { SOURCE }
}

fn op() -> impl Strategy<Value = Op> {
    let told = (
        0..6_u8,
        any::<bool>(),
        0..12_i32,
        prop::option::of(0..12_i32),
        0..5_i64,
        prop::bool::weighted(0.2),
    );
    prop_oneof![
        6 => told.prop_map(|(id, source, registered, answered, version, withdrawn)| {
            Op::Tell { id, source, registered, answered, version, withdrawn }
        }),
        2 => (any::<bool>(), 0..12_i32, 0..4_i32, any::<bool>())
            .prop_map(|(source, from, days, revoked)| Op::Declare { source, from, days, revoked }),
        2 => (1..30_i64).prop_map(Op::Hours),
        3 => any::<bool>().prop_map(Op::Step),
    ]
}

fn mode(now: bool) -> Mode {
    if now { Mode::Now } else { Mode::Timer }
}

async fn play(ops: Vec<Op>) {
    let first = day("2022-12-01");
    let mut stage = Stage::new("2022-12-14");
    for op in ops {
        match op {
            Op::Tell {
                id,
                source: second,
                registered,
                answered,
                version,
                withdrawn,
            } => {
                let registered = noon(first + registered) + i64::from(id);
                let answered = answered.map(|on| noon(first + on).max(registered) + 60);
                let version = noon(first) + version;
                let source = source(second);
                stage
                    .tell(&[Told {
                        id: format!("i{id}"),
                        source,
                        registered,
                        answered,
                        version,
                        withdrawn,
                    }])
                    .await;
            }
            Op::Declare {
                source: second,
                from,
                days,
                revoked,
            } => {
                let (from, to) = (first + from, first + (from + days));
                stage
                    .declare(source(second), &from.to_string(), &to.to_string(), revoked)
                    .await;
            }
            Op::Hours(hours) => stage.hours(hours),
            Op::Step(now) => drop(stage.step(mode(now))),
        }
    }
    stage.step(Mode::Now);
    check(&stage);
    assert_eq!(stage.step(Mode::Now), 0, "a second look finds nothing new");
}

/// Every day counted anew has the sheet in force that says so, and every day that is over is closed.
fn check(stage: &Stage) {
    let sheets = stage.sheets();
    let today = domain::Zone::new(crate::stage::ZONE)
        .unwrap()
        .day_of(stage.clock.now().as_second());
    let days = (0..=today - day("2022-11-30")).map(|n| day("2022-11-30") + n).collect();
    let (cells, _) = stage.intake.cells(&days).unwrap();
    for (on, cells) in cells {
        match sheets.get(&on) {
            Some((facts, body)) => {
                assert_eq!(body.cells, cells, "{on}");
                assert_eq!(facts.cell_count as usize, cells.len());
            }
            None => assert!(cells.is_empty(), "{on} has cells and no sheet"),
        }
    }
    for on in stage
        .intake
        .declared()
        .into_values()
        .flatten()
        .flat_map(|(from, to)| [from, to])
    {
        assert!(on > today || sheets.contains_key(&on), "declared {on} has no sheet");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sealing_what_changed_equals_counting_every_day_anew(ops in prop::collection::vec(op(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(ops));
    }
}
