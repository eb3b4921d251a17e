//! The process's own log: events on standard error, for people or for machines. (Ledger and journal are other things.)

use std::env;
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A line for people, coloured on a terminal.
    #[default]
    Text,
    /// A JSON object on a line.
    Json,
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("неверный фильтр журнала «{filter}»: {source}")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The process already logs.
    #[error("журнал сообщений уже включён")]
    Already,
}

/// Begins logging to standard error, once in a process. `filter` reads as `info` or `warn,federation=debug`.
pub fn init(format: Format, filter: &str) -> Result<(), TelemetryError> {
    let parsed = EnvFilter::try_new(filter).map_err(|source| TelemetryError::Filter {
        filter: filter.to_owned(),
        source,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr);
    let begun = match format {
        Format::Text => {
            let wanted = |name| env::var(name).ok();
            let colour = colour(
                wanted("NO_COLOR").as_deref(),
                wanted("TERM").as_deref(),
                io::stderr().is_terminal(),
            );
            builder.with_ansi(colour).finish().try_init()
        }
        Format::Json => builder.json().flatten_event(true).with_ansi(false).finish().try_init(),
    };
    begun.map_err(|_| TelemetryError::Already)
}

/// Colour is for a terminal that can show it and a person who did not say no (no-color.org: any value but empty).
fn colour(no_color: Option<&str>, term: Option<&str>, terminal: bool) -> bool {
    terminal && term != Some("dumb") && no_color.is_none_or(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_only_on_a_terminal_that_was_not_told_otherwise() {
        for (no_color, term, terminal, expected) in [
            (None, Some("xterm"), true, true),
            (Some(""), None, true, true),
            (Some("1"), Some("xterm"), true, false),
            (None, Some("dumb"), true, false),
            (None, Some("xterm"), false, false),
        ] {
            assert_eq!(
                colour(no_color, term, terminal),
                expected,
                "{no_color:?} {term:?} {terminal}"
            );
        }
    }

    #[test]
    fn a_wrong_filter_is_named() {
        let error = init(Format::Text, "runtime=loudly").unwrap_err().to_string();
        assert!(error.contains("runtime=loudly"), "{error}");
    }
}
