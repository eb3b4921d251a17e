//! Codes: the short strings by which territories, measures, topics, sources and every other listed thing are keyed.
//!
//! A code is a name, never a number: leading zeros count, and the order is the order of its UTF-8 bytes everywhere.

use std::fmt;
use std::sync::Arc;

/// A validated code: 1 to 256 bytes of UTF-8 without control characters and without spaces at either end.
///
/// Cloning shares the bytes, so a code may stand in millions of cell keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Arc<str>);

/// Longest code in bytes: the limit of every string field on the wire.
pub const MAX_CODE_BYTES: usize = 256;

/// Why a text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing between the quotes.
    #[error("пустой код")]
    Empty,
    /// Longer than [`MAX_CODE_BYTES`].
    #[error("код длиннее {MAX_CODE_BYTES} байт: {0} байт")]
    TooLong(usize),
    /// Control characters or spaces at the ends.
    #[error("код содержит управляющие знаки или пробелы по краям: {0:?}")]
    Malformed(String),
}

impl Code {
    /// The code of a value that the dictionary does not know: «не сопоставлено». It is counted like any other.
    pub const UNMATCHED: &str = "unmatched";
    /// The code of a dimension that does not apply: «не указано».
    pub const NONE: &str = "none";

    /// Checks and takes a code.
    pub fn new(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        if text.len() > MAX_CODE_BYTES {
            return Err(CodeError::TooLong(text.len()));
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(CodeError::Malformed(text.chars().take(40).collect()));
        }
        Ok(Self(Arc::from(text)))
    }

    /// A code that stands in the program itself.
    ///
    /// # Panics
    /// When the literal is not a code, which a test of the caller shows at once.
    pub fn literal(text: &'static str) -> Self {
        Self::new(text).expect("a literal of the program is a code")
    }

    /// The reserved code for values that match no list.
    pub fn unmatched() -> Self {
        Self::literal(Self::UNMATCHED)
    }

    /// The reserved code for dimensions that do not apply.
    pub fn none() -> Self {
        Self::literal(Self::NONE)
    }

    /// The text of the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl std::str::FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::new(text)
    }
}

impl std::borrow::Borrow<str> for Code {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_trimmed_short_and_printable() {
        for (text, ok) in [
            ("65", true),
            ("Allston / Brighton", true),
            ("", false),
            (" 65", false),
            ("6\n5", false),
        ] {
            assert_eq!(Code::new(text).is_ok(), ok, "{text:?}");
        }
        assert!(Code::new(&"я".repeat(128)).is_ok());
        assert_eq!(Code::new(&"я".repeat(129)), Err(CodeError::TooLong(258)));
    }
}
