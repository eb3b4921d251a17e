//! Moments as files write them: the formats that a profile lists, tried in order, and the zone of wall times.

use domain::Zone;
use jiff::Timestamp;
use jiff::fmt::strtime::{self, BrokenDownTime};

/// One way to write a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    /// RFC 3339, with its offset.
    Rfc3339,
    /// Seconds since 1970-01-01T00:00:00Z.
    Unix,
    /// A pattern as of `strptime`. A pattern without a time of day means midnight.
    Pattern(String),
}

/// How a profile's moments are read.
#[derive(Clone, Debug)]
pub struct Moments {
    formats: Vec<Format>,
    zone: Option<Zone>,
}

/// Why a list of formats cannot stand.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The list is empty.
    #[error("список formats пуст: назовите хотя бы один вид времени, например \"rfc3339\"")]
    None,
    /// A pattern that `strptime` does not know.
    #[error("шаблон времени «{pattern}» не годится: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// A wall time without a zone.
    #[error("шаблон времени «{0}» не содержит смещения (%z): назовите часовой пояс, например zone = \"Europe/Moscow\"")]
    Zoneless(String),
}

impl Moments {
    /// Takes a list of formats: `rfc3339`, `unix`, or patterns. A pattern must name a whole date.
    pub fn new(names: &[String], zone: Option<Zone>) -> Result<Self, FormatError> {
        if names.is_empty() {
            return Err(FormatError::None);
        }
        let formats = names
            .iter()
            .map(|name| format(name, zone.is_some()))
            .collect::<Result<_, _>>()?;
        Ok(Self { formats, zone })
    }

    /// The zone of wall times.
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// The moment that a text means, by the first format that fits.
    pub fn read(&self, text: &str) -> Option<Timestamp> {
        self.formats.iter().find_map(|format| self.read_as(format, text))
    }

    fn read_as(&self, format: &Format, text: &str) -> Option<Timestamp> {
        match format {
            Format::Rfc3339 => text.parse().ok(),
            Format::Unix => Timestamp::from_second(text.parse().ok()?).ok(),
            Format::Pattern(pattern) => {
                let parts = BrokenDownTime::parse(pattern, text).ok()?;
                if is_absolute(&parts) {
                    return parts.to_timestamp().ok();
                }
                let wall = wall(&parts)?;
                let zone = self.zone.as_ref()?;
                Timestamp::new(zone.instant(wall), wall.subsec_nanosecond()).ok()
            }
        }
    }

    /// The formats as a person reads them, for a refusal that says which were tried.
    pub fn tried(&self) -> String {
        let names: Vec<&str> = self.formats.iter().map(Format::name).collect();
        names.join(", ")
    }
}

impl Format {
    fn name(&self) -> &str {
        match self {
            Self::Rfc3339 => "rfc3339",
            Self::Unix => "unix",
            Self::Pattern(pattern) => pattern,
        }
    }
}

fn format(name: &str, zoned: bool) -> Result<Format, FormatError> {
    match name {
        "rfc3339" => return Ok(Format::Rfc3339),
        "unix" => return Ok(Format::Unix),
        _ => {}
    }
    let refused = |reason: String| FormatError::Pattern {
        pattern: name.to_owned(),
        reason,
    };
    // A pattern is tried on a moment whose every part differs, so that a mistake shows before the first row.
    let sample = jiff::civil::date(2022, 12, 13).at(21, 45, 36, 0);
    let sample = sample
        .to_zoned(jiff::tz::TimeZone::UTC)
        .expect("UTC has every wall time");
    let written = strtime::format(name, &sample).map_err(|error| refused(error.to_string()))?;
    let parts = BrokenDownTime::parse(name, &written).map_err(|error| refused(error.to_string()))?;
    if is_absolute(&parts) {
        return Ok(Format::Pattern(name.to_owned()));
    }
    if wall(&parts).is_none_or(|wall| wall.date() != sample.date()) {
        return Err(refused("в нём нет полной даты (например %d.%m.%Y)".to_owned()));
    }
    if zoned {
        Ok(Format::Pattern(name.to_owned()))
    } else {
        Err(FormatError::Zoneless(name.to_owned()))
    }
}

/// The wall time of a text without an offset; without a time of day, its midnight.
fn wall(parts: &BrokenDownTime) -> Option<jiff::civil::DateTime> {
    let date = parts.to_date().ok()?;
    if parts.hour().is_none() {
        Some(date.at(0, 0, 0, 0))
    } else {
        parts.to_datetime().ok()
    }
}

fn is_absolute(parts: &BrokenDownTime) -> bool {
    parts.offset().is_some() || parts.timestamp().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(formats: &[&str], zone: Option<&str>) -> Result<Moments, FormatError> {
        let formats: Vec<String> = formats.iter().map(|&format| format.to_owned()).collect();
        Moments::new(&formats, zone.map(|name| Zone::new(name).unwrap()))
    }

    #[test]
    fn every_way_to_write_a_moment_means_the_same_instant() {
        let expected: Timestamp = "2022-12-13T04:05:06Z".parse().unwrap();
        for (format, zone, text) in [
            ("rfc3339", None, "2022-12-13T04:05:06Z"),
            ("rfc3339", None, "2022-12-13T09:05:06+05:00"),
            ("rfc3339", None, "2022-12-13 09:05:06+05:00"),
            ("unix", None, "1670904306"),
            ("%d.%m.%Y %H:%M:%S", Some("Asia/Yekaterinburg"), "13.12.2022 09:05:06"),
            ("%d.%m.%Y %H:%M:%S", Some("Asia/Yekaterinburg"), "13.12.2022 9:05:06"),
            ("%d.%m.%y %H:%M:%S", Some("Europe/Moscow"), "13.12.22 07:05:06"),
            ("%Y-%m-%dT%H:%M:%S%z", None, "2022-12-13T09:05:06+0500"),
            (
                "%m/%d/%Y %I:%M:%S %p",
                Some("America/New_York"),
                "12/12/2022 11:05:06 PM",
            ),
            ("%s", None, "1670904306"),
        ] {
            assert_eq!(
                moments(&[format], zone).unwrap().read(text),
                Some(expected),
                "{format} {text}"
            );
        }
    }

    #[test]
    fn the_first_format_that_fits_wins_and_fractions_and_dates_are_kept() {
        let both = moments(&["%d.%m.%Y %H:%M", "%d.%m.%Y", "rfc3339"], Some("Europe/Moscow")).unwrap();
        assert_eq!(both.read("13.12.2022").unwrap().to_string(), "2022-12-12T21:00:00Z");
        assert_eq!(
            both.read("2022-12-13T09:05:06.25Z").unwrap().to_string(),
            "2022-12-13T09:05:06.25Z"
        );
        assert_eq!(both.tried(), "%d.%m.%Y %H:%M, %d.%m.%Y, rfc3339");
        for text in [
            "",
            "вчера",
            "31.02.2022",
            "13.12.2022 25:00",
            "13.12.2022 09:05 МСК",
            "2022-12-13T09:05:06",
        ] {
            assert_eq!(both.read(text), None, "{text}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_work_is_refused_before_the_first_row() {
        assert_eq!(moments(&[], None).unwrap_err(), FormatError::None);
        let zoneless = moments(&["%d.%m.%Y %H:%M"], None).unwrap_err();
        assert_eq!(zoneless, FormatError::Zoneless("%d.%m.%Y %H:%M".to_owned()));
        for pattern in ["%H:%M", "%d.%m", "дата", "%d.%m.%Y %Ё"] {
            let refused = moments(&[pattern], Some("UTC")).unwrap_err();
            assert!(matches!(refused, FormatError::Pattern { .. }), "{pattern}: {refused}");
        }
    }
}
