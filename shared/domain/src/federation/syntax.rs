//! From text to the shape of the file, with the place and the reason in Russian when there is none.

use super::FederationError;
use super::file::File;

/// Reads TOML into the shape of the file.
pub(super) fn read(text: &str) -> Result<File, FederationError> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        FederationError::Syntax {
            line,
            column,
            reason: reason(error.message()),
        }
    })
}

/// Line and column, both from 1, of a byte of the text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// The usual slips in Russian; the parser's own words for the rest.
fn reason(message: &str) -> String {
    let quoted = |rest: &str| rest.split('`').next().unwrap_or(rest).to_owned();
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let known: Vec<&str> = rest.split('`').skip(1).skip(1).step_by(2).collect();
        return format!(
            "неизвестный ключ «{}»; здесь бывают: {}",
            quoted(rest),
            known.join(", ")
        );
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        return format!("нет обязательного ключа «{}»", quoted(rest));
    }
    if let Some(rest) = message.strip_prefix("duplicate key") {
        return format!("ключ повторяется{rest}");
    }
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        return format!("значение другого типа: {rest}");
    }
    format!("разбор TOML: {message}")
}
