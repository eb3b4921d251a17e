//! What the command lines of all our programs share: the language, how a failure ends the process, and standard output.
//!
//! Standard output carries the result, standard error everything else. Knows no command by name.

pub mod failure;
pub mod lang;
pub mod output;

use clap::Args;

pub use failure::Failure;
pub use lang::Lang;

/// Largest document that a command takes over its channel: a CSV of a year by municipality and topic is a few MiB.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How a command speaks.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Voice {
    /// Результат в JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Язык сообщений
    #[arg(long, global = true, value_enum, default_value_t, env = "SVODKA_LANG")]
    pub lang: Lang,
}
