//! The federation file of a simulation: a tree of any size, and as many topics as there are incidents.
//!
//! A topic belongs to one incident alone. That is what makes its cells private.

use std::fmt::Write;

use domain::Code;

/// Id of the federation.
pub const FEDERATION: &str = "sim";
/// The country: the root of the tree.
pub const COUNTRY: &str = "C";
/// Sources of incidents.
pub const SOURCES: [&str; 2] = ["alpha", "beta"];
/// Zones of the regions, in turn: east and west of UTC, with and without summer time, and one off the hour.
const ZONES: [&str; 8] = [
    "Asia/Yekaterinburg",
    "Europe/Berlin",
    "Asia/Kamchatka",
    "Europe/Kaliningrad",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Europe/Moscow",
    "UTC",
];

/// How many regions, and municipalities in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Regions.
    pub regions: usize,
    /// Municipalities in each region.
    pub municipalities: usize,
}

/// Code of a region.
pub fn region(number: usize) -> Code {
    Code::new(&format!("R{number}")).expect("a letter and a number")
}

/// Code of a municipality of a region.
pub fn municipality(region: usize, number: usize) -> Code {
    Code::new(&format!("M{region}-{number}")).expect("letters and numbers")
}

/// The private topic of an incident.
pub fn topic(incident: usize) -> Code {
    Code::new(&format!("t{incident}")).expect("a letter and a number")
}

/// The number of the incident whose topic this is.
pub fn incident_of(topic: &Code) -> Option<usize> {
    topic.as_str().strip_prefix('t')?.parse().ok()
}

/// The federation file.
pub fn file(shape: Shape, topics: usize) -> String {
    let mut text = HEAD.to_owned();
    for source in SOURCES {
        writeln!(text, "[[dictionary.source]]\ncode = \"{source}\"\nname = \"{source}\"").expect("a string grows");
    }
    for incident in 0..topics.max(1) {
        let topic = topic(incident);
        writeln!(text, "[[dictionary.topic]]\ncode = \"{topic}\"\nname = \"{topic}\"").expect("a string grows");
    }
    unit(&mut text, COUNTRY, "country", "zone = \"UTC\"");
    for number in 0..shape.regions {
        let zone = ZONES[number % ZONES.len()];
        let code = region(number);
        unit(
            &mut text,
            code.as_str(),
            "region",
            &format!("zone = \"{zone}\"\nparent = \"{COUNTRY}\""),
        );
        for place in 0..shape.municipalities {
            let below = municipality(number, place);
            unit(
                &mut text,
                below.as_str(),
                "municipality",
                &format!("parent = \"{code}\""),
            );
        }
    }
    text
}

fn unit(text: &mut String, code: &str, level: &str, rest: &str) {
    writeln!(
        text,
        "[[unit]]\ncode = \"{code}\"\nname = \"{code}\"\nlevel = \"{level}\"\n{rest}"
    )
    .expect("a string grows");
}

const HEAD: &str = r#"format = 1
id = "sim"
title = "Simulation"
matching = "exact"
default_norm_s = 32_400

[incident]
one = "обращение"
few = "обращения"
many = "обращений"
genitive = "обращения"

[[level]]
code = "country"
noun = { one = "страна", few = "страны", many = "стран", genitive = "страны" }

[[level]]
code = "region"
noun = { one = "регион", few = "региона", many = "регионов", genitive = "региона" }

[[level]]
code = "municipality"
noun = { one = "муниципалитет", few = "муниципалитета", many = "муниципалитетов", genitive = "муниципалитета" }

[dictionary]
version = 1

[[dictionary.set]]
code = "topic"
dimensions = ["source", "territory", "topic"]

[[dictionary.measure]]
code = "incidents.received"
kind = "flow"
event = ["registered"]
sets = ["topic"]
total_set = "topic"
name = "Поступило"
verb = "поступило"

[[dictionary.measure]]
code = "incidents.processed"
kind = "flow"
event = ["final"]
sets = ["topic"]
total_set = "topic"
name = "Обработано"
verb = "обработано"

[[dictionary.measure]]
code = "response.time"
kind = "duration"
event = ["final"]
since = "registered"
sets = ["topic"]
total_set = "topic"
name = "Время ответа"

"#;
