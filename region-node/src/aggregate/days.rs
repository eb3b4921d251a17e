//! Which days to look at: those that something happened to, and those that time itself has closed.
//!
//! Pure: the present moment is an argument. It promises that looking at a day again costs only the look: whether a
//! sheet is sealed is decided later, by comparing it with the last one. It knows no cells.

use std::collections::{BTreeMap, BTreeSet};

use domain::member::Cover;
use domain::sheet::Closure;
use domain::{Code, Day, Zone};
use jiff::SignedDuration;

use super::last::LastSheet;

/// By the timer an open day is sealed at most this often: each time costs every node above a signature check.
const OPEN_DAY_MS: i64 = 3_600_000;

/// What makes the sealer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The clock: open days at most hourly.
    Timer,
    /// A person or another node asks: everything that changed, and today in any case.
    Now,
}

/// Days as this node counts them: its zone, what it answers for, since when, and how long a day waits to be closed.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Zone whose civil days these are.
    pub zone: Zone,
    /// What the node answers for.
    pub covers: Vec<Cover>,
    /// Day on which it joined: from then on every covered day gets a sheet.
    pub joined: Day,
    /// After local midnight until a day is closed.
    pub grace: SignedDuration,
}

/// What is known of days before the look.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Changed since they were settled.
    pub dirty: &'a BTreeSet<Day>,
    /// With an event.
    pub events: &'a BTreeSet<Day>,
    /// Declared complete, by source.
    pub declared: &'a BTreeMap<Code, Vec<(Day, Day)>>,
    /// The last sheet of each day that has one.
    pub last: &'a BTreeMap<Day, LastSheet>,
}

impl Known<'_> {
    /// Days whose last sheet was refused as lying ahead (this clock or the parent's was wrong) or under a used revision
    /// (this node lost its ledger). They are said again until they are taken, at most hourly; without this their figures
    /// would never reach the parent.
    fn repeated(&self, now_ms: i64) -> impl Iterator<Item = Day> {
        let again = move |last: &LastSheet| last.say_again && last.rested(now_ms);
        self.last
            .iter()
            .filter(move |(_, last)| again(last))
            .map(|(day, _)| *day)
    }
}

impl LastSheet {
    /// Whether an hour has passed since it was sealed. A clock that was set back must not keep the day waiting until it
    /// has caught up.
    fn rested(&self, now_ms: i64) -> bool {
        !(0..OPEN_DAY_MS).contains(&(now_ms - self.sealed_at_ms))
    }
}

impl Calendar {
    /// The local day of an instant in Unix milliseconds.
    pub fn today(&self, now_ms: i64) -> Day {
        self.zone.day_of(now_ms.div_euclid(1000))
    }

    /// Whether the node answers for the day.
    pub fn covers(&self, day: Day) -> bool {
        self.covers.iter().any(|cover| cover.holds_on(day))
    }

    /// Whether the node has something to say of the day: it answers for it, or something that it received while it
    /// answered has an event on it.
    pub fn speaks_on(&self, day: Day, events: &BTreeSet<Day>) -> bool {
        self.covers(day) || (day >= self.earliest() && events.contains(&day))
    }

    /// Whether the grace after the day's end has passed.
    pub fn is_over(&self, day: Day, now_ms: i64) -> bool {
        let end = self.zone.bounds(day).1;
        let closing_s = end.saturating_add(self.grace.as_secs());
        now_ms >= closing_s.saturating_mul(1000)
    }

    /// Whether a day without a cell gets a sheet all the same.
    pub fn expects(&self, day: Day, declared: &BTreeMap<Code, Vec<(Day, Day)>>) -> bool {
        day >= self.joined
            || declared
                .values()
                .flatten()
                .any(|(from, to)| (*from..=*to).contains(&day))
    }

    /// The days to look at now, all of them covered and none in the future.
    pub fn select(&self, now_ms: i64, mode: Mode, known: Known<'_>) -> BTreeSet<Day> {
        let today = self.today(now_ms);
        let mut days = self.changed(now_ms, mode, known);
        days.extend(self.to_close(now_ms, known));
        days.extend(known.repeated(now_ms));
        // A refused sheet of today is said again when the day has changed, not each time somebody asks.
        if mode == Mode::Now && known.last.get(&today).is_none_or(|last| !last.void_above) {
            days.insert(today);
        }
        days.retain(|&day| day <= today && (self.speaks_on(day, known.events) || known.last.contains_key(&day)));
        days
    }

    /// Changed days; an open one that was sealed within the hour waits, unless somebody asks.
    fn changed(&self, now_ms: i64, mode: Mode, known: Known<'_>) -> BTreeSet<Day> {
        let rested = |day: &Day| known.last.get(day).is_none_or(|last| last.rested(now_ms));
        let due = |day: &Day| mode == Mode::Now || self.is_over(*day, now_ms) || rested(day);
        known.dirty.iter().copied().filter(due).collect()
    }

    /// Days that are over and have no closed sheet, though they have an open one or are expected to have one.
    fn to_close(&self, now_ms: i64, known: Known<'_>) -> BTreeSet<Day> {
        let (today, earliest) = (self.today(now_ms), self.earliest());
        let is_open = |last: &LastSheet| last.closure == Closure::Open;
        let mut days: BTreeSet<Day> = known
            .last
            .iter()
            .filter(|(_, last)| is_open(last))
            .map(|(day, _)| *day)
            .collect();
        days.extend(known.events);
        for (from, to) in known.declared.values().flatten() {
            days.extend(run((*from).max(earliest), (*to).min(today)));
        }
        days.extend(run(self.joined.max(earliest), today));
        days.retain(|&day| known.last.get(&day).is_none_or(is_open) && self.is_over(day, now_ms));
        days
    }

    /// The first day that any cover holds on: a declaration from the year 1 must not be walked through.
    fn earliest(&self) -> Day {
        self.covers.iter().map(|cover| cover.from).min().unwrap_or(Day::MAX)
    }
}

fn run(from: Day, to: Day) -> impl Iterator<Item = Day> {
    (from.number()..=to.number()).filter_map(Day::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Noon of 2022-12-13 in Yekaterinburg.
    fn noon() -> i64 {
        (calendar().zone.bounds(day("2022-12-13")).0 + 12 * 3600) * 1000
    }

    fn calendar() -> Calendar {
        let cover = Cover {
            territory: Code::literal("65"),
            source: None,
            from: day("2022-01-01"),
            until: None,
            daily_from: day("2000-01-01"),
        };
        Calendar {
            zone: Zone::new("Asia/Yekaterinburg").unwrap(),
            covers: vec![cover],
            joined: day("2022-12-11"),
            grace: SignedDuration::from_hours(2),
        }
    }

    fn last(closure: Closure, sealed_at_ms: i64) -> LastSheet {
        LastSheet {
            position: 0,
            withdrawn: false,
            closure,
            void_above: false,
            say_again: false,
            sealed_at_ms,
            journal_position: 0,
        }
    }

    #[derive(Default)]
    struct World {
        dirty: &'static [&'static str],
        events: &'static [&'static str],
        declared: &'static [(&'static str, &'static str)],
        sheets: Vec<(&'static str, LastSheet)>,
    }

    fn check(now_ms: i64, mode: Mode, world: World, expected: &[&str]) {
        let days = |texts: &[&str]| texts.iter().map(|text| day(text)).collect::<BTreeSet<_>>();
        let declared = world.declared.iter().map(|(from, to)| (day(from), day(to))).collect();
        let known = Known {
            dirty: &days(world.dirty),
            events: &days(world.events),
            declared: &BTreeMap::from([(Code::literal("pos"), declared)]),
            last: &world.sheets.into_iter().map(|(at, last)| (day(at), last)).collect(),
        };
        assert_eq!(
            calendar().select(now_ms, mode, known),
            days(expected),
            "{mode:?} {known:?}"
        );
    }

    #[test]
    fn days_since_joining_are_looked_at_until_they_are_closed() {
        check(noon(), Mode::Timer, World::default(), &["2022-12-11", "2022-12-12"]);
        check(
            noon(),
            Mode::Now,
            World::default(),
            &["2022-12-11", "2022-12-12", "2022-12-13"],
        );
        let closed = || {
            vec![
                ("2022-12-11", last(Closure::Closed, 0)),
                ("2022-12-12", last(Closure::Open, 0)),
            ]
        };
        check(
            noon(),
            Mode::Timer,
            World {
                sheets: closed(),
                ..World::default()
            },
            &["2022-12-12"],
        );
    }

    #[test]
    fn a_day_is_over_two_hours_after_its_midnight() {
        let midnight = calendar().zone.bounds(day("2022-12-12")).1 * 1000;
        let sheets = || {
            vec![
                ("2022-12-11", last(Closure::Closed, 0)),
                ("2022-12-12", last(Closure::Open, midnight)),
            ]
        };
        let world = || World {
            sheets: sheets(),
            ..World::default()
        };
        check(midnight + 2 * HOUR_MS - 1, Mode::Timer, world(), &[]);
        check(midnight + 2 * HOUR_MS, Mode::Timer, world(), &["2022-12-12"]);
    }

    #[test]
    fn days_before_joining_need_an_event_or_a_declaration_and_a_cover() {
        let closed = || {
            vec![
                ("2022-12-11", last(Closure::Closed, 0)),
                ("2022-12-12", last(Closure::Closed, 0)),
            ]
        };
        let events = &["2021-12-31", "2022-03-01"];
        check(
            noon(),
            Mode::Timer,
            World {
                events,
                sheets: closed(),
                ..World::default()
            },
            &["2022-03-01"],
        );
        let declared = &[("0001-01-01", "2022-01-02")];
        let expected = &["2022-01-01", "2022-01-02"];
        check(
            noon(),
            Mode::Timer,
            World {
                declared,
                sheets: closed(),
                ..World::default()
            },
            expected,
        );
        let dirty = &["2021-12-31"];
        check(
            noon(),
            Mode::Timer,
            World {
                dirty,
                sheets: closed(),
                ..World::default()
            },
            &[],
        );
    }

    #[test]
    fn an_open_day_is_looked_at_hourly_by_the_timer_and_at_once_when_asked() {
        let today = |sealed_at_ms| World {
            dirty: &["2022-12-13", "2022-12-14"],
            sheets: vec![
                ("2022-12-11", last(Closure::Closed, 0)),
                ("2022-12-12", last(Closure::Closed, 0)),
                ("2022-12-13", last(Closure::Open, sealed_at_ms)),
            ],
            ..World::default()
        };
        check(noon(), Mode::Timer, today(noon() - HOUR_MS + 1), &[]);
        check(noon(), Mode::Timer, today(noon() - HOUR_MS), &["2022-12-13"]);
        check(noon(), Mode::Timer, today(noon() + 5 * HOUR_MS), &["2022-12-13"]);
        check(noon(), Mode::Now, today(noon()), &["2022-12-13"]);
    }

    #[test]
    fn a_refusal_that_a_repeat_lifts_is_said_again_hourly_and_another_is_not() {
        let refused = |say_again, sealed_at_ms| LastSheet {
            void_above: true,
            say_again,
            ..last(Closure::Closed, sealed_at_ms)
        };
        let world = |say_again, sealed_at_ms| World {
            sheets: vec![
                ("2022-12-11", last(Closure::Closed, 0)),
                ("2022-12-12", refused(say_again, sealed_at_ms)),
            ],
            ..World::default()
        };
        check(noon(), Mode::Timer, world(true, noon() - HOUR_MS), &["2022-12-12"]);
        check(noon(), Mode::Timer, world(true, noon() + 72 * HOUR_MS), &["2022-12-12"]);
        check(noon(), Mode::Timer, world(true, noon() - HOUR_MS + 1), &[]);
        check(noon(), Mode::Timer, world(false, noon() - HOUR_MS), &[]);
        let today = World {
            sheets: vec![
                ("2022-12-11", last(Closure::Closed, 0)),
                ("2022-12-12", last(Closure::Closed, 0)),
                ("2022-12-13", refused(false, noon())),
            ],
            ..World::default()
        };
        check(noon(), Mode::Now, today, &[]);
    }
}
