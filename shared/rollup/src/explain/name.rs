//! How a figure is named: `measure[,source=…][,territory=…][,topic=…]`, and whatever other dimension it is counted by.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use domain::Code;
use domain::code::CodeError;
use domain::dictionary::Dimension;

/// The word for what belongs to the scope itself and to none of its children.
const ATTACHED: &str = "attached";

/// The name of a figure in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellName {
    /// The measure.
    pub measure: Code,
    /// The named value of each dimension.
    pub values: BTreeMap<Dimension, Code>,
    /// Only what belongs to the scope itself and to none of its children.
    pub attached: bool,
}

/// Why a text names no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A part that is no code.
    #[error("в имени ячейки: {0}")]
    Code(#[from] CodeError),
    /// A part that is not `dimension=code`.
    #[error(
        "в имени ячейки «{0}»: ожидается показатель[,разрез=код]…, где разрез — source, territory, topic, network, \
         legal_kind или addressed_to; или слово attached"
    )]
    Part(String),
    /// A dimension named twice.
    #[error("в имени ячейки разрез {} назван дважды", .0.code())]
    Twice(Dimension),
}

impl CellName {
    /// The figure of a whole scope.
    pub fn total(measure: Code) -> Self {
        Self {
            measure,
            values: BTreeMap::new(),
            attached: false,
        }
    }

    /// The same figure for one value of a dimension.
    #[must_use]
    pub fn with(mut self, dimension: Dimension, code: Code) -> Self {
        self.values.insert(dimension, code);
        self
    }
}

impl FromStr for CellName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split(',');
        let mut name = Self::total(Code::new(parts.next().unwrap_or_default())?);
        for part in parts {
            if part == ATTACHED {
                name.attached = true;
                continue;
            }
            let wrong = || NameError::Part(part.to_owned());
            let (dimension, code) = part.split_once('=').ok_or_else(wrong)?;
            let dimension = Dimension::from_code(dimension).ok_or_else(wrong)?;
            if name.values.insert(dimension, Code::new(code)?).is_some() {
                return Err(NameError::Twice(dimension));
            }
        }
        Ok(name)
    }
}

impl fmt::Display for CellName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.measure)?;
        for (dimension, code) in &self.values {
            write!(f, ",{}={code}", dimension.code())?;
        }
        if self.attached {
            write!(f, ",{ATTACHED}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_prints_as_it_was_read() {
        for text in [
            "incidents.received",
            "response.time,source=pos,territory=65,topic=roads",
            "incidents.received,network=vk,legal_kind=social",
            "incidents.received,attached",
        ] {
            assert_eq!(text.parse::<CellName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_told_by_its_part() {
        for (text, part) in [
            ("", "пустой код"),
            ("x,", "ожидается показатель"),
            ("x,topic", "ожидается показатель"),
            ("x,colour=red", "ожидается показатель"),
            ("x,topic=", "пустой код"),
            ("x,topic=a,topic=b", "дважды"),
        ] {
            let error = text.parse::<CellName>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
