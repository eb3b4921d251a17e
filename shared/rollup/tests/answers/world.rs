//! An invented federation and short words for sheets, members and questions.

use std::collections::BTreeMap;

use domain::cell::{Cell, CellKey, Origin};
use domain::federation::Federation;
use domain::member::{Cover, Member};
use domain::sheet::{Closure, Completeness, SheetBody, SheetFacts};
use domain::{Code, Day, NodeId, Period, SheetPeriod, Tally, Zone};
use rollup::{Answer, Question, Rollup, SheetStanding, Value};

/// Two districts, east and west; region m moves from west to east on 2020-03-01; region old ends on 2020-03-01 for e2.
const TEXT: &str = r#"
format = 1
id = "world"
title = "World"
matching = "exact"
default_norm_s = 100
incident = { one = "case", few = "cases", many = "cases" }

[[level]]
code = "land"
noun = { one = "land", few = "lands", many = "lands" }
[[level]]
code = "district"
noun = { one = "district", few = "districts", many = "districts" }
[[level]]
code = "region"
noun = { one = "region", few = "regions", many = "regions" }
centre = { one = "centre", plural = "centres" }
[[level]]
code = "town"
noun = { one = "town", few = "towns", many = "towns" }
centre = { one = "post", plural = "posts" }

[dictionary]
version = 1
[[dictionary.set]]
code = "by-topic"
dimensions = ["source", "territory", "topic"]
[[dictionary.set]]
code = "by-network"
dimensions = ["source", "territory", "network", "legal_kind"]
[[dictionary.measure]]
code = "incidents.received"
kind = "flow"
event = ["registered"]
sets = ["by-topic", "by-network"]
total_set = "by-topic"
name = "Received"
[[dictionary.measure]]
code = "response.time"
kind = "duration"
event = ["final"]
since = "registered"
sets = ["by-topic", "by-network"]
total_set = "by-topic"
name = "Time"
[[dictionary.measure]]
code = "response.within_norm"
kind = "ratio"
event = ["final"]
since = "registered"
sets = ["by-topic", "by-network"]
total_set = "by-topic"
name = "Within"
[[dictionary.measure]]
code = "open"
kind = "stock"
sets = ["by-topic"]
total_set = "by-topic"
max_age_days = 3
name = "Open"
[[dictionary.source]]
code = "web"
name = "Web"
[[dictionary.source]]
code = "desk"
name = "Desk"
[[dictionary.network]]
code = "vk"
name = "VK"
[[dictionary.topic]]
code = "roads"
name = "Roads"
[[dictionary.topic]]
code = "snow"
name = "Snow"
until = 2020-03-01
successor = "roads"

[[unit]]
code = "L"
level = "land"
name = "Land"
zone = "UTC"
[[unit]]
code = "E"
level = "district"
name = "East"
parent = "L"
[[unit]]
code = "W"
level = "district"
name = "West"
parent = "L"
[[unit]]
code = "e1"
level = "region"
name = "East one"
sort = "2"
parent = "E"
[[unit]]
code = "e2"
level = "region"
name = "East two"
sort = "1"
parent = "E"
[[unit]]
code = "w1"
level = "region"
name = "West one"
parent = "W"
[[unit]]
code = "m"
level = "region"
name = "Moved"
parents = [{ code = "W", until = 2020-03-01 }, { code = "E", from = 2020-03-01 }]
[[unit]]
code = "old"
level = "region"
name = "Old"
parent = "E"
until = 2020-03-01
successor = "e2"
[[unit]]
code = "e1a"
level = "town"
name = "Town a"
parent = "e1"
[[unit]]
code = "e1b"
level = "town"
name = "Town b"
parent = "e1"
"#;

pub fn federation() -> Federation {
    Federation::parse(TEXT).expect("the federation of the tests is well-formed")
}

pub fn code(text: &str) -> Code {
    Code::new(text).expect("a code of the test")
}

pub fn day(text: &str) -> Day {
    text.parse().expect("a day of the test")
}

pub fn node(text: &str) -> NodeId {
    NodeId::new(text).expect("an id of the test")
}

/// A member named like the one territory it covers, from the beginning of 2020.
pub fn member(territory: &str) -> Member {
    member_from(territory, "2020-01-01", None)
}

pub fn member_from(territory: &str, from: &str, until: Option<&str>) -> Member {
    let cover = Cover {
        territory: code(territory),
        source: None,
        from: day(from),
        until: until.map(day),
        daily_from: day("2000-01-01"),
    };
    Member {
        node: node(territory),
        parent: node("hub"),
        hosted_by: None,
        zone: Zone::utc(),
        covers: vec![cover],
        joined: day(from),
    }
}

pub fn facts(period: &str) -> SheetFacts {
    SheetFacts {
        period: period.parse::<SheetPeriod>().expect("a sheet period of the test"),
        bounds: (0, 0),
        closure: Closure::Closed,
        revision: 1,
        withdrawn: None,
        zone: Zone::utc(),
        tzdb: "2026a".to_owned(),
        dictionary: [0; 32],
        journal_position: 0,
        sealed_at_ms: 0,
        cell_count: 0,
        totals: BTreeMap::new(),
    }
}

/// A body without cells in which every measure of every listed source stands so.
pub fn stated(sources: &[(&str, Completeness)]) -> SheetBody {
    let measures = ["incidents.received", "response.time", "response.within_norm", "open"];
    let all = sources
        .iter()
        .flat_map(|(source, how)| measures.map(|measure| ((code(source), code(measure)), *how)));
    SheetBody {
        completeness: all.collect(),
        ..SheetBody::default()
    }
}

pub fn complete() -> SheetBody {
    stated(&[("web", Completeness::Complete)])
}

pub fn cell(measure: &str, territory: &str, topic: &str, tally: Tally, snapshot: Option<&str>) -> (CellKey, Cell) {
    let values = ["web", territory, topic].map(code).to_vec();
    let key = CellKey {
        measure: code(measure),
        set: code("by-topic"),
        values,
    };
    (
        key,
        Cell {
            origin: Origin::Incidents,
            snapshot: snapshot.map(day),
            tally,
        },
    )
}

/// A complete body with so many incidents received in a territory on one topic.
pub fn received(territory: &str, topic: &str, n: u64) -> SheetBody {
    let mut body = complete();
    body.cells
        .extend([cell("incidents.received", territory, topic, Tally::Flow(n), None)]);
    body
}

pub fn put(rollup: &mut Rollup, at: &str, period: &str, body: &SheetBody) {
    rollup.put(&node(at), &facts(period), body, SheetStanding::InForce);
}

pub fn question(scope: &str, period: &str) -> Question {
    let period: Period = period.parse().expect("a period of the test");
    Question {
        scope: code(scope),
        period,
        today: day("2020-12-31"),
    }
}

pub fn ask(rollup: &Rollup, scope: &str, period: &str) -> Answer {
    rollup.ask(&federation(), &question(scope, period)).expect("an answer")
}

/// The value of `incidents.received`, as a short word.
pub fn word(values: &BTreeMap<Code, Value>, measure: &str) -> String {
    match &values[measure] {
        Value::Known(Tally::Flow(n) | Tally::Stock(n)) => n.to_string(),
        Value::Zero(tally) => {
            assert!(tally.is_zero());
            "zero".to_owned()
        }
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Rows as «code value», the attached one with a star.
pub fn rows(rows: &[rollup::Row], measure: &str) -> Vec<String> {
    let line = |row: &rollup::Row| {
        format!(
            "{}{} {}",
            row.code,
            if row.attached { "*" } else { "" },
            word(&row.values, measure)
        )
    };
    rows.iter().map(line).collect()
}
