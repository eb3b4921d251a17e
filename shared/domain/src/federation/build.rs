//! From the shape of the file to checked values, naming the part of the file that is wrong.

use super::file::{DictionaryTable, EntryTable, File, IntervalTable, LevelTable, MeasureTable, UnitTable};
use super::values::{Built, centre, code, filled, interval, life, names, noun, one_of, optional, wrong};
use super::{FORMAT, Federation, FederationError};
use crate::dictionary::{CodeList, Dictionary, Dimension, DimensionSet, Entry, Lists, Measure, Stamp};
use crate::period::Interval;
use crate::tally::TallyKind;
use crate::territory::{Level, Matching, Parent, Tree, Unit};
use crate::zone::Zone;

pub(super) fn federation(file: File) -> Built<Federation> {
    if file.format != FORMAT {
        return Err(wrong(
            "format",
            &format!("формат {} неизвестен: ожидается {FORMAT}", file.format),
        ));
    }
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=63).contains(&file.id.len()) || !file.id.chars().all(known) {
        return Err(wrong(
            "id",
            &format!("«{}» не подходит: ожидается [a-z0-9-], от 1 до 63 знаков", file.id),
        ));
    }
    if file.default_norm_s == 0 {
        return Err(wrong("default_norm_s", &"норматив не может быть нулём секунд"));
    }
    let matching = one_of("matching", &file.matching, Matching::ALL, Matching::code)?;
    let levels = file.levels.into_iter().map(level).collect::<Built<_>>()?;
    let units = file.units.into_iter().map(unit).collect::<Built<_>>()?;
    Ok(Federation {
        id: file.id,
        title: filled("title", file.title)?,
        incident: noun("incident", file.incident)?,
        default_norm_seconds: file.default_norm_s,
        dictionary: dictionary(file.dictionary, file.default_norm_s)?,
        tree: Tree::new(levels, matching, units)?,
    })
}

fn level(table: LevelTable) -> Built<Level> {
    let place = format!("уровень {}", table.code);
    let centre = table.centre.map(|table| centre(&place, table)).transpose()?;
    Ok(Level {
        code: code(&place, &table.code)?,
        unit: noun(&place, table.noun)?,
        centre,
    })
}

fn unit(table: UnitTable) -> Built<Unit> {
    let place = format!("территория {}", table.code);
    let zone = table
        .zone
        .map(|name| Zone::new(&name).map_err(|error| wrong(&place, &error)))
        .transpose()?;
    let whole = IntervalTable {
        from: table.from,
        until: table.until,
    };
    let life = match (&table.life[..], whole.from.is_some() || whole.until.is_some()) {
        ([], _) => life(&place, &[whole])?,
        (intervals, false) => life(&place, intervals)?,
        (_, true) => return Err(wrong(&place, &"укажите или from и until, или life")),
    };
    let mut parents = Vec::new();
    for parent in table.parents {
        let during = interval(
            &place,
            IntervalTable {
                from: parent.from,
                until: parent.until,
            },
        )?;
        parents.push(Parent {
            code: code(&place, &parent.code)?,
            during,
        });
    }
    if let Some(parent) = table.parent {
        if !parents.is_empty() {
            return Err(wrong(&place, &"укажите или parent, или parents"));
        }
        parents.push(Parent {
            code: code(&place, &parent)?,
            during: Interval::ALWAYS,
        });
    }
    Ok(Unit {
        code: code(&place, &table.code)?,
        level: code(&place, &table.level)?,
        names: names(&place, table.name, table.genitive, table.prepositional, table.sort)?,
        iso: optional(&place, table.iso)?,
        zone,
        life,
        parents,
        successor: table.successor.map(|text| code(&place, &text)).transpose()?,
        aliases: table.aliases,
    })
}

fn dictionary(table: DictionaryTable, default_norm_s: u64) -> Built<Dictionary> {
    let lists = Lists {
        topics: list("topic", table.topics)?,
        sources: list("source", table.sources)?,
        networks: list("network", table.networks)?,
        legal_kinds: list("legal_kind", table.legal_kinds)?,
        addressed_to: list("addressed_to", table.addressed_to)?,
    };
    let mut sets = Vec::new();
    for set in table.sets {
        let place = format!("набор разрезов {}", set.code);
        let dimension = |text: &String| one_of(&place, text, Dimension::ALL, Dimension::code);
        let dimensions = set.dimensions.iter().map(dimension).collect::<Built<_>>()?;
        sets.push(DimensionSet {
            code: code(&place, &set.code)?,
            dimensions,
        });
    }
    let measures = table
        .measures
        .into_iter()
        .map(|table| measure(table, default_norm_s))
        .collect::<Built<_>>()?;
    Ok(Dictionary::new(table.version, lists, sets, measures)?)
}

fn measure(table: MeasureTable, default_norm_s: u64) -> Built<Measure> {
    let place = format!("показатель {}", table.code);
    let stamp = |text: &String| one_of(&place, text, Stamp::ALL, Stamp::code);
    let kind = one_of(&place, &table.kind, TallyKind::ALL, TallyKind::code)?;
    Ok(Measure {
        code: code(&place, &table.code)?,
        kind,
        event: table.event.iter().map(stamp).collect::<Built<_>>()?,
        since: table.since.as_ref().map(stamp).transpose()?,
        norm_seconds: table.norm_s.or((kind == TallyKind::Ratio).then_some(default_norm_s)),
        sets: table.sets.iter().map(|text| code(&place, text)).collect::<Built<_>>()?,
        total_set: code(&place, &table.total_set)?,
        max_age_days: table.max_age_days,
        name: filled(&place, table.name)?,
        verb: optional(&place, table.verb)?,
    })
}

fn list(key: &'static str, tables: Vec<EntryTable>) -> Built<CodeList> {
    let entries = tables
        .into_iter()
        .map(|table| entry(key, table))
        .collect::<Built<_>>()?;
    CodeList::new(entries).map_err(|error| FederationError::List { list: key, error })
}

fn entry(key: &str, table: EntryTable) -> Built<Entry> {
    let place = format!("{key} {}", table.code);
    Ok(Entry {
        code: code(&place, &table.code)?,
        names: names(&place, table.name, table.genitive, table.prepositional, table.sort)?,
        aliases: table.aliases,
        life: life(
            &place,
            &[IntervalTable {
                from: table.from,
                until: table.until,
            }],
        )?,
        successor: table.successor.map(|text| code(&place, &text)).transpose()?,
    })
}
