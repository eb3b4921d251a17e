//! Single values of the file: days, codes, names, words of a closed list. Each refusal carries its place.

use std::fmt::Display;

use toml::value::Datetime;

use super::FederationError;
use super::file::{CentreTable, IntervalTable, NounTable};
use crate::code::Code;
use crate::day::Day;
use crate::names::{CentreNoun, Names, Noun};
use crate::period::{Interval, Life};

/// A value, or the place and the reason.
pub(super) type Built<T> = Result<T, FederationError>;

/// The refusal of what stands at a place of the file.
pub(super) fn wrong(place: &str, reason: &dyn Display) -> FederationError {
    FederationError::Value {
        place: place.to_owned(),
        reason: reason.to_string(),
    }
}

pub(super) fn noun(place: &str, table: NounTable) -> Built<Noun> {
    Ok(Noun {
        one: filled(place, table.one)?,
        few: filled(place, table.few)?,
        many: filled(place, table.many)?,
        plural: optional(place, table.plural)?,
        genitive: optional(place, table.genitive)?,
        prepositional: optional(place, table.prepositional)?,
        prepositional_plural: optional(place, table.prepositional_plural)?,
    })
}

pub(super) fn centre(place: &str, table: CentreTable) -> Built<CentreNoun> {
    Ok(CentreNoun {
        one: filled(place, table.one)?,
        plural: filled(place, table.plural)?,
        many: optional(place, table.many)?,
    })
}

pub(super) fn names(
    place: &str,
    name: String,
    genitive: Option<String>,
    prepositional: Option<String>,
    sort: Option<String>,
) -> Built<Names> {
    let sort = optional(place, sort)?;
    let (genitive, prepositional) = (optional(place, genitive)?, optional(place, prepositional)?);
    Ok(Names::new(
        filled(place, name)?,
        genitive,
        prepositional,
        sort.as_deref(),
    ))
}

pub(super) fn life(place: &str, tables: &[IntervalTable]) -> Built<Life> {
    let intervals = tables
        .iter()
        .map(|table| interval(place, *table))
        .collect::<Built<_>>()?;
    Life::new(intervals).map_err(|error| wrong(place, &error))
}

pub(super) fn interval(place: &str, table: IntervalTable) -> Built<Interval> {
    let day = |date: Option<Datetime>| date.map(|date| day(place, date)).transpose();
    Ok(Interval {
        from: day(table.from)?,
        until: day(table.until)?,
    })
}

fn day(place: &str, date: Datetime) -> Built<Day> {
    let plain = date.time.is_none() && date.offset.is_none();
    let text = date.to_string();
    if plain {
        text.parse().map_err(|error| wrong(place, &error))
    } else {
        Err(wrong(place, &format!("«{text}»: нужна дата без времени")))
    }
}

pub(super) fn code(place: &str, text: &str) -> Built<Code> {
    Code::new(text).map_err(|error| wrong(place, &error))
}

pub(super) fn filled(place: &str, text: String) -> Built<String> {
    if text.trim().is_empty() {
        Err(wrong(place, &"пустое название"))
    } else {
        Ok(text)
    }
}

pub(super) fn optional(place: &str, text: Option<String>) -> Built<Option<String>> {
    text.map(|text| filled(place, text)).transpose()
}

/// The value among `all` that is written like this.
pub(super) fn one_of<T: Copy, const N: usize>(
    place: &str,
    text: &str,
    all: [T; N],
    written: fn(T) -> &'static str,
) -> Built<T> {
    all.into_iter().find(|value| written(*value) == text).ok_or_else(|| {
        let known: Vec<&str> = all.into_iter().map(written).collect();
        wrong(place, &format!("«{text}» неизвестно; бывает: {}", known.join(", ")))
    })
}
