//! What holds for any sheets.

use std::collections::{BTreeMap, BTreeSet};

use domain::cell::Cells;
use domain::count::Counter;
use domain::dictionary::Stamp;
use domain::federation::Federation;
use domain::incident::{AddressedTo, Incident, Stamps};
use domain::sheet::Completeness::{Begun, Complete, NotCollected};
use domain::sheet::SheetBody;
use domain::{Code, Day, DurationTally, SheetPeriod, Tally, Zone};
use proptest::prelude::*;
use proptest::sample::select;
use rollup::{Answer, Rollup, SheetStanding, Value};

use crate::world::*;

const FIRST: &str = "2020-02-27";
const SPAN: i32 = 5;
const PERIOD: &str = "2020-02-27..2020-03-02";
const SCOPES: [&str; 7] = ["L", "E", "W", "e1", "m", "e1a", "old"];
const DAY_S: i64 = 86_400;

#[derive(Clone, Debug)]
struct Put {
    node: &'static str,
    period: SheetPeriod,
    body: SheetBody,
    standing: SheetStanding,
    withdrawn: bool,
}

impl Put {
    fn play(&self, rollup: &mut Rollup) {
        let mut facts = facts(&self.period.to_string());
        facts.withdrawn = self.withdrawn.then(|| code("mistake"));
        rollup.put(&node(self.node), &facts, &self.body, self.standing);
    }
}

fn any_body() -> impl Strategy<Value = SheetBody> {
    let one = (
        select(vec!["e1", "e1a", "m", "w1", "old"]),
        select(vec!["roads", "snow", "unmatched"]),
        0_u64..4,
        0..3,
    );
    let cells = proptest::collection::vec(one, 0..4);
    (cells, select(vec![Complete, Begun, NotCollected])).prop_map(|(cells, how)| {
        let mut body = stated(&[("web", how)]);
        body.cells
            .extend(cells.into_iter().map(|(territory, topic, n, snapshot)| {
                let day = (day(FIRST) + snapshot).to_string();
                match n % 2 {
                    0 => cell("incidents.received", territory, topic, Tally::Flow(n), None),
                    _ => cell("open", territory, topic, Tally::Stock(n), Some(&day)),
                }
            }));
        body
    })
}

fn any_put() -> impl Strategy<Value = Put> {
    let nodes = select(vec!["e1", "e1a", "m", "w1"]);
    let periods = (0..SPAN).prop_map(|offset| SheetPeriod::day(day(FIRST) + offset));
    let periods = prop_oneof![9 => periods, 1 => Just("2020-03".parse().expect("a month"))];
    let standing = select(vec![
        SheetStanding::InForce,
        SheetStanding::InForce,
        SheetStanding::Refused,
    ]);
    (nodes, periods, any_body(), standing, proptest::bool::weighted(0.1)).prop_map(
        |(node, period, body, standing, withdrawn)| Put {
            node,
            period,
            body,
            standing,
            withdrawn,
        },
    )
}

fn fresh() -> Rollup {
    let mut rollup = Rollup::new();
    rollup.set_members(vec![
        member("e1"),
        member("e1a"),
        member_from("m", "2020-02-28", None),
        member("w1"),
    ]);
    rollup
}

fn played(puts: &[Put]) -> Rollup {
    let mut rollup = fresh();
    for put in puts {
        put.play(&mut rollup);
    }
    rollup
}

fn answers(rollup: &Rollup, federation: &Federation) -> Vec<Answer> {
    let all = |period| SCOPES.map(|scope| rollup.ask(federation, &question(scope, period)).expect("an answer"));
    ["2020-02-28", PERIOD, "2020"].into_iter().flat_map(all).collect()
}

/// One put for each node and period, the last one of several.
fn distinct(puts: Vec<Put>) -> Vec<Put> {
    let by_key: BTreeMap<_, Put> = puts.into_iter().map(|put| ((put.node, put.period), put)).collect();
    by_key.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_fold_is_the_same_in_any_order_of_put(
        puts in proptest::collection::vec(any_put(), 0..12).prop_map(distinct), turn in 0_usize..12,
    ) {
        let mut turned = puts.clone();
        turned.rotate_left(turn.min(puts.len()));
        turned.reverse();
        let federation = federation();
        prop_assert_eq!(answers(&played(&puts), &federation), answers(&played(&turned), &federation));
    }

    #[test]
    fn a_replaced_sheet_leaves_no_trace(puts in proptest::collection::vec(any_put(), 0..24)) {
        let federation = federation();
        let last = distinct(puts.clone());
        prop_assert_eq!(answers(&played(&puts), &federation), answers(&played(&last), &federation));
    }

    #[test]
    fn removing_leaves_no_trace_and_putting_again_is_identity(
        puts in proptest::collection::vec(any_put(), 1..12).prop_map(distinct), at in 0_usize..12,
    ) {
        let federation = federation();
        let at = at.min(puts.len() - 1);
        let mut rollup = played(&puts);
        let whole = answers(&rollup, &federation);
        rollup.remove(&node(puts[at].node), &puts[at].period);
        let mut without = puts.clone();
        without.remove(at);
        prop_assert_eq!(answers(&rollup, &federation), answers(&played(&without), &federation));
        puts[at].play(&mut rollup);
        prop_assert_eq!(answers(&rollup, &federation), whole);
    }

    #[test]
    fn a_fold_of_children_equals_the_direct_count(incidents in proptest::collection::vec(any_incident(), 0..40)) {
        let federation = federation();
        let mut rollup = fresh();
        for node in ["e1", "e1a", "m", "w1"] {
            count_node(&mut rollup, &federation, node, &incidents);
        }
        for scope in SCOPES {
            let answer = rollup.ask(&federation, &question(scope, PERIOD)).expect("an answer");
            let direct = direct(&federation, scope, &incidents, |_| true);
            prop_assert_eq!(known(&answer.totals), direct, "{}", scope);
            for (dimension, codes) in BREAKDOWNS {
                for code in codes {
                    let rows = &answer.breakdowns[dimension];
                    let row = rows.iter().find(|row| row.code.as_str() == *code);
                    let direct = self::direct(&federation, scope, &incidents, |one| named(one, dimension) == *code);
                    prop_assert_eq!(row.map(|row| known(&row.values)).unwrap_or_default(), direct, "{} {}", scope, code);
                }
            }
            for row in answer.rows.iter().filter(|row| ["L", "e1"].contains(&scope) && !row.attached) {
                let direct = self::direct(&federation, row.code.as_str(), &incidents, |_| true);
                prop_assert_eq!(known(&row.values), direct, "{} in {}", row.code, scope);
            }
        }
    }
}

const BREAKDOWNS: [(&str, &[&str]); 3] = [
    ("topic", &["roads", "unmatched"]),
    ("network", &["vk", "none"]),
    ("source", &["web", "desk"]),
];

/// By the last day of the period the topic snow is closed, and roads took over.
fn named<'i>(incident: &'i Incident, dimension: &str) -> &'i str {
    match dimension {
        "topic" if incident.topic.as_str() == "snow" => "roads",
        "topic" => incident.topic.as_str(),
        "network" => incident.network.as_str(),
        _ => incident.source.as_str(),
    }
}

fn any_incident() -> impl Strategy<Value = Incident> {
    let territory = select(vec!["e1", "e1a", "e1b", "m", "w1"]);
    let topic = select(vec!["roads", "snow", "unmatched"]);
    let registered = -DAY_S..DAY_S * i64::from(SPAN + 1);
    let took = proptest::option::of(prop_oneof![-50_i64..300, 0..2 * DAY_S]);
    let source = select(vec!["web", "desk"]);
    (territory, topic, registered, took, source, select(vec!["vk", "none"])).prop_map(
        |(territory, topic, registered, took, source, network)| {
            let registered = i64::from(day(FIRST).number()) * DAY_S + registered;
            let mut stamps = Stamps::registered_at(registered);
            stamps.set(Stamp::Final, took.map(|took| registered + took));
            Incident {
                source: code(source),
                external_id: code("1"),
                network: code(network),
                legal_kind: Code::none(),
                territory: code(territory),
                topic: code(topic),
                addressed_to: AddressedTo::Unknown,
                executor: None,
                intake: None,
                stamps,
            }
        },
    )
}

/// The node that takes in the incidents of a territory.
fn taker(territory: &Code) -> &str {
    if territory.as_str() == "e1b" {
        "e1"
    } else {
        territory.as_str()
    }
}

fn count_node(rollup: &mut Rollup, federation: &Federation, node: &str, incidents: &[Incident]) {
    let zone = Zone::utc();
    let counter = Counter::new(federation.dictionary(), &zone);
    let mut cells: BTreeMap<Day, Cells> = (0..SPAN).map(|offset| (day(FIRST) + offset, Cells::new())).collect();
    for incident in incidents.iter().filter(|incident| taker(&incident.territory) == node) {
        counter.add(incident, &mut cells).expect("small sums");
    }
    for (day, cells) in cells {
        let body = SheetBody {
            cells,
            ..stated(&[("web", Complete), ("desk", Complete)])
        };
        put(rollup, node, &day.to_string(), &body);
    }
}

/// Counts and durations straight from the incidents; only what is not zero.
fn direct(
    federation: &Federation,
    scope: &str,
    incidents: &[Incident],
    wanted: impl Fn(&Incident) -> bool,
) -> BTreeMap<String, Tally> {
    let (mut n, mut time, mut num, mut den) = (0, DurationTally::default(), 0, 0);
    let counts = |at: i64, territory: &Code| {
        let on = Day::new(i32::try_from(at.div_euclid(DAY_S)).expect("a near day")).expect("a day");
        let days: BTreeSet<Day> = (0..SPAN).map(|offset| day(FIRST) + offset).collect();
        days.contains(&on) && federation.tree().is_within(territory, &code(scope), on)
    };
    for incident in incidents.iter().filter(|incident| wanted(incident)) {
        let registered = incident.stamps.registered();
        n += u64::from(counts(registered, &incident.territory));
        if let Some(answered) = incident
            .stamps
            .get(Stamp::Final)
            .filter(|at| counts(*at, &incident.territory))
        {
            let took = answered - registered;
            time.merge(&DurationTally::of(took)).expect("small sums");
            den += 1;
            num += u64::from((0..=100).contains(&took));
        }
    }
    let all = [
        ("incidents.received", Tally::Flow(n)),
        ("response.time", Tally::Duration(time)),
        ("response.within_norm", Tally::Ratio { num, den }),
    ];
    all.into_iter()
        .filter(|(_, tally)| !tally.is_zero())
        .map(|(code, tally)| (code.to_owned(), tally))
        .collect()
}

fn known(values: &BTreeMap<Code, Value>) -> BTreeMap<String, Tally> {
    let tally = |(code, value): (&Code, &Value)| match value {
        Value::Known(tally) => Some((code.to_string(), tally.clone())),
        _ => None,
    };
    values.iter().filter_map(tally).collect()
}
