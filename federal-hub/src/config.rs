//! The hub's own settings: `<dir>/federal-hub.toml`, written with comments by `init` and changed by the operator.
//!
//! Every key is optional, an unknown one is refused with the nearest name, and values are in their types before any port
//! opens. What the hub *is* (its keys, its federation) lies in `<dir>/identity` and in the ledger.

use std::io;
use std::path::Path;

use runtime::config::{self, ConfigError};
use runtime::files::{Mode, write_atomic};
use runtime::telemetry::Format;
use serde::Deserialize;
use web::Settings;
use web::settings::PagesFile;

/// The file's name in the hub's directory.
pub const FILE: &str = "federal-hub.toml";
/// Where members find the hub unless it is told otherwise: this machine only.
pub const LISTEN: &str = "127.0.0.1:7443";
/// Where the pages are unless they are told otherwise: this machine only.
pub const PAGES_LISTEN: &str = "127.0.0.1:8443";

/// The settings, in their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Address of the members' listener.
    pub listen: String,
    /// Address of the port for health and numbers; nothing where there is none.
    pub admin: Option<String>,
    /// The pages in the browser.
    pub pages: Settings,
    /// How the process writes its own log.
    pub log_format: Format,
    /// What it writes there.
    pub log_filter: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: LISTEN.to_owned(),
            admin: None,
            pages: Settings::usual(PAGES_LISTEN),
            log_format: Format::Text,
            log_filter: "info".to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<String>,
    admin: Option<Admin>,
    pages: Option<PagesFile>,
    log: Option<Log>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Admin {
    listen: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    format: Option<LogFormat>,
    filter: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// The settings of the hub in `dir`; a directory without the file has the defaults.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(FILE);
        let file = match config::load::<File>(&path) {
            Ok(file) => file,
            Err(ConfigError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => File::default(),
            Err(error) => return Err(error),
        };
        let (default, log) = (Self::default(), file.log.unwrap_or_default());
        Ok(Self {
            listen: file.listen.unwrap_or(default.listen),
            admin: file
                .admin
                .and_then(|admin| admin.listen)
                .filter(|listen| !listen.is_empty()),
            pages: Settings::of(&path, file.pages.unwrap_or_default(), PAGES_LISTEN)?,
            log_format: match log.format {
                Some(LogFormat::Json) => Format::Json,
                Some(LogFormat::Text) | None => Format::Text,
            },
            log_filter: log.filter.unwrap_or(default.log_filter),
        })
    }
}

/// The file as `init` writes it: every key with its default, commented out.
pub const COMMENTED: &str = include_str!("../../deploy/config/federal-hub.toml");

/// Writes the commented file unless the directory has one already: the operator's changes stay.
pub fn write_commented(dir: &Path) -> io::Result<()> {
    let path = dir.join(FILE);
    if path.exists() {
        Ok(())
    } else {
        write_atomic(&path, COMMENTED.as_bytes(), Mode::Public)
    }
}

#[cfg(test)]
mod tests {
    use web::settings::Listen;

    use super::*;

    #[test]
    fn the_file_that_init_writes_says_the_defaults_and_an_unknown_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        write_commented(dir.path()).unwrap();
        assert_eq!(Config::load(dir.path()).unwrap(), Config::default());
        std::fs::write(dir.path().join(FILE), "listne = \"0.0.0.0:1\"\n").unwrap();
        let refused = Config::load(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("listen"), "{refused}");
    }

    #[test]
    fn every_key_of_the_shipped_file_stands_there_with_its_default() {
        let dir = tempfile::tempdir().unwrap();
        let every_key: String = COMMENTED
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') => format!("{key}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert!(every_key.contains("\nlisten = "), "{every_key}");
        std::fs::write(dir.path().join(FILE), every_key).unwrap();
        // An address that the operator wrote down must be had; the usual one may be given up. All else is the same.
        let mut written = Config::default();
        written.pages.listen = Listen::Given(PAGES_LISTEN.to_owned());
        assert_eq!(Config::load(dir.path()).unwrap(), written);
    }
}
