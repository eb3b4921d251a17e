//! A profile: how the columns of one kind of file become incidents.
//!
//! Owns the rules that a profile must keep; its syntax is in `syntax`. A profile that loads can be used: what is wrong
//! with it is said before the file is opened. The format is described in `docs/reference/import-profile.md`.

use std::collections::BTreeMap;
use std::path::Path;

use domain::version::Withdrawal;
use domain::{Code, Zone};
use jiff::Timestamp;
use runtime::config::{self, ConfigError};

use super::field::Field;
use super::moment::{FormatError, Moments};

mod syntax;
#[cfg(test)]
mod tests;

pub use syntax::{Delimiter, Encoding};

/// The profiles that are compiled in, by name.
pub const SHIPPED: [(&str, &str); 2] = [
    ("svodka", include_str!("../../../profiles/svodka.toml")),
    ("boston311", include_str!("../../../profiles/boston311.toml")),
];

/// How the columns of one kind of file become incidents.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Name and digest of its text: what an intake is recorded with.
    pub label: String,
    /// The source of all rows; without it a column names the source.
    pub source: Option<Code>,
    /// What separates the columns.
    pub delimiter: Delimiter,
    /// How letters are written.
    pub encoding: Encoding,
    /// The header of the column that fills a field.
    pub columns: BTreeMap<Field, String>,
    /// Fields whose column may be absent.
    pub optional: Vec<Field>,
    /// Whether a column that no field names is refused.
    pub only_known: bool,
    /// Fields with one value for all rows.
    pub constants: BTreeMap<Field, String>,
    /// For a field, what a value in the file means; other values go to the node as they are.
    pub values: BTreeMap<Field, BTreeMap<String, String>>,
    /// How moments are read.
    pub moments: Moments,
    /// Version key of every row, when no column gives it.
    pub as_of: Option<Timestamp>,
    /// How a row says that its incident is taken back.
    pub withdrawal: Option<WithdrawalRule>,
}

/// How a row says that its incident is taken back.
#[derive(Clone, Debug)]
pub struct WithdrawalRule {
    /// The column.
    pub column: String,
    /// The column may be absent.
    pub optional: bool,
    /// Values that take an incident back, and why.
    pub reasons: BTreeMap<String, Withdrawal>,
    /// The values that do not; without a list, all others.
    pub live: Option<Vec<String>>,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Neither a shipped name nor a file.
    #[error("профиля «{name}» нет: это не файл и не имя готового профиля ({}){}", shipped_names(), hint(nearest.as_deref()))]
    Absent {
        /// The name as given.
        name: String,
        /// The shipped name nearest to it.
        nearest: Option<String>,
    },
    /// The file is no TOML of this shape.
    #[error(transparent)]
    Syntax(#[from] ConfigError),
    /// The parts contradict each other.
    #[error("профиль {file}: {message}")]
    Rule {
        /// The profile.
        file: String,
        /// What is wrong and what to do.
        message: String,
    },
}

fn shipped_names() -> String {
    SHIPPED.map(|(name, _)| name).join(", ")
}

pub(super) fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; возможно, «{name}»"))
}

/// The candidate within a third of the name's length in edits (at least two): farther ones mislead.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = (name.chars().count() / 3).max(2);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|&(edits, _)| edits <= near)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

impl Profile {
    /// The shipped profile with this name, or else the one in this file.
    pub fn load(name: &str) -> Result<Self, ProfileError> {
        if let Some((_, text)) = SHIPPED.into_iter().find(|(shipped, _)| *shipped == name) {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        if !path.is_file() {
            let nearest = nearest(name, SHIPPED.into_iter().map(|(shipped, _)| shipped));
            return Err(ProfileError::Absent {
                name: name.to_owned(),
                nearest,
            });
        }
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            file: path.to_path_buf(),
            source,
        })?;
        Self::parse(name, &text)
    }

    /// Reads the text of a profile; `name` is its shipped name or its file.
    pub fn parse(name: &str, text: &str) -> Result<Self, ProfileError> {
        let file: syntax::File = config::from_str(Path::new(name), text)?;
        Self::build(name, text, file).map_err(|message| ProfileError::Rule {
            file: name.to_owned(),
            message,
        })
    }

    fn build(name: &str, text: &str, file: syntax::File) -> Result<Self, String> {
        check_columns(&file)?;
        check_values(&file)?;
        let zone = file
            .time
            .zone
            .as_deref()
            .map(Zone::new)
            .transpose()
            .map_err(|error| error.to_string())?;
        let as_of = file
            .as_of
            .as_deref()
            .map(|text| instant(text, zone.as_ref()))
            .transpose()?;
        let moments = Moments::new(&file.time.formats, zone).map_err(|error: FormatError| error.to_string())?;
        let base = Path::new(name)
            .file_name()
            .map_or(name.into(), |base| base.to_string_lossy());
        let digest = seal::Digest::of(text.as_bytes()).to_string();
        Ok(Self {
            label: format!("{base}@{}", &digest[..12]),
            source: file
                .source
                .as_deref()
                .map(Code::new)
                .transpose()
                .map_err(|error| format!("source: {error}"))?,
            delimiter: file.delimiter,
            encoding: file.encoding,
            only_known: file.other_columns == syntax::OtherColumns::Refuse,
            optional: file.optional,
            constants: file.constants,
            values: file.values,
            moments,
            as_of,
            withdrawal: file.withdrawal.map(syntax::WithdrawalTable::into_rule),
            columns: file.columns,
        })
    }

    /// Whether every row brings its own version key.
    pub fn has_versions(&self) -> bool {
        self.columns.contains_key(&Field::UpdatedAt)
    }
}

fn check_columns(file: &syntax::File) -> Result<(), String> {
    for (field, why) in [
        (Field::ExternalId, "без него обращения не различить"),
        (
            Field::Stamp(domain::dictionary::Stamp::Registered),
            "без него обращение не отнести к дню",
        ),
    ] {
        if !file.columns.contains_key(&field) {
            return Err(format!("в [columns] нет поля «{field}»: {why}"));
        }
    }
    match (&file.source, file.columns.contains_key(&Field::Source)) {
        (None, false) => return Err("укажите источник: source = \"КОД\" или столбец source в [columns]".to_owned()),
        (Some(_), true) => return Err("источник задан дважды: ключом source и столбцом; оставьте одно".to_owned()),
        _ => {}
    }
    if file.as_of.is_some() && file.columns.contains_key(&Field::UpdatedAt) {
        return Err("версия задана дважды: ключом as_of и столбцом updated_at; оставьте одно".to_owned());
    }
    let may_be_absent = !file.optional.is_empty() || file.withdrawal.as_ref().is_some_and(|rule| rule.optional);
    if may_be_absent && file.other_columns != syntax::OtherColumns::Refuse {
        return Err(
            "необязательные столбцы требуют other_columns = \"refuse\": иначе опечатка в заголовке \
                    незаметно потеряла бы столбец"
                .to_owned(),
        );
    }
    for field in &file.optional {
        if !file.columns.contains_key(field) {
            return Err(format!("поле «{field}» названо в optional, но не в [columns]"));
        }
        if matches!(
            field,
            Field::ExternalId | Field::Source | Field::UpdatedAt | Field::Stamp(domain::dictionary::Stamp::Registered)
        ) {
            return Err(format!("поле «{field}» не может быть необязательным"));
        }
    }
    Ok(())
}

fn check_values(file: &syntax::File) -> Result<(), String> {
    for (&field, value) in &file.constants {
        if !field.is_listed() {
            return Err(format!("поле «{field}» не может быть постоянным для всех строк"));
        }
        if file.columns.contains_key(&field) {
            return Err(format!(
                "поле «{field}» задано дважды: столбцом и постоянным значением; оставьте одно"
            ));
        }
        if field == Field::AddressedTo && domain::incident::AddressedTo::parse(value).is_none() {
            return Err(format!(
                "addressed_to = «{value}»: бывает official_page, other или none"
            ));
        }
    }
    for (&field, map) in &file.values {
        if !field.is_listed() {
            return Err(format!("для поля «{field}» значения не переводятся"));
        }
        if !file.columns.contains_key(&field) {
            return Err(format!("значения поля «{field}» переводятся, но столбца у него нет"));
        }
        let wrong = |code: &&String| domain::incident::AddressedTo::parse(code).is_none();
        if field == Field::AddressedTo
            && let Some(code) = map.values().find(wrong)
        {
            return Err(format!(
                "addressed_to переводится в «{code}»: бывает official_page, other или none"
            ));
        }
    }
    Ok(())
}

/// An as-of as a person writes it: a moment with its offset, or a date, which means its first instant in `zone`.
pub fn instant(text: &str, zone: Option<&Zone>) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let day: domain::Day = text.parse().map_err(|_| {
        format!("момент «{text}» не распознан: ожидается 2022-12-31T23:00:00+03:00 или дата 2022-12-31")
    })?;
    let zone = zone.cloned().unwrap_or_else(Zone::utc);
    Timestamp::from_second(zone.bounds(day).0).map_err(|error| error.to_string())
}
