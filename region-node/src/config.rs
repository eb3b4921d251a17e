//! The node's own settings: `<dir>/region-node.toml`, written with comments by `join` and changed by the operator.
//!
//! Promises that every key is optional, that an unknown one is refused with the nearest name, and that values are in
//! their types before any port opens. What the node *is* (its keys, parent, covers) does not stand here: that came by
//! joining and lies in `<dir>/identity`.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use runtime::config::{self, ConfigError};
use runtime::files::{self, Mode};
use runtime::telemetry::Format;
use serde::Deserialize;
use web::Settings;
use web::settings::PagesFile;

/// The file's name in the node's directory.
pub const FILE: &str = "region-node.toml";
/// Where sources find the node unless it is told otherwise: this machine only.
pub const LISTEN: &str = "127.0.0.1:7444";
/// Where the pages are unless they are told otherwise: this machine only.
pub const PAGES_LISTEN: &str = "127.0.0.1:8444";
/// Between pushes by the timer.
const PUSH_INTERVAL: Duration = Duration::from_mins(15);
/// After local midnight until a day's sheet is closed.
const GRACE: SignedDuration = SignedDuration::from_hours(2);
/// Shortest push interval: each push costs the parent a signature and an fsync.
const PUSH_INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Longest grace: a day that is not closed a day later is no news any more.
const GRACE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The settings, in their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Address of the ingest listener.
    pub listen: String,
    /// Further DNS names and addresses in the certificate of the ingest listener.
    pub hosts: Vec<String>,
    /// Between sealings and pushes by the timer.
    pub push_interval: Duration,
    /// After local midnight until a day's sheet is closed.
    pub grace: SignedDuration,
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
            hosts: Vec::new(),
            push_interval: PUSH_INTERVAL,
            grace: GRACE,
            admin: None,
            pages: Settings::usual(PAGES_LISTEN),
            log_format: Format::Text,
            log_filter: "info".to_owned(),
        }
    }
}

/// Why the settings were refused. Exit code 78.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is not as it should be.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// A value outside its limits.
    #[error("{}: ключ «{key}»: {reason}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The key.
        key: &'static str,
        /// What is wrong and what is expected.
        reason: String,
    },
}

/// The file as it is written: every key may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<String>,
    hosts: Option<Vec<String>>,
    push_interval: Option<SignedDuration>,
    grace: Option<SignedDuration>,
    admin: Option<Admin>,
    pages: Option<PagesFile>,
    log: Option<Log>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Admin {
    listen: Option<String>,
}

#[derive(Debug, Deserialize)]
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
    /// The settings of the node in `dir`; a directory without the file has the defaults.
    pub fn load(dir: &Path) -> Result<Self, SettingsError> {
        let path = dir.join(FILE);
        match config::load::<File>(&path) {
            Ok(file) => Self::of(&path, file),
            Err(ConfigError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads `text`; `file` only names it in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self, SettingsError> {
        Self::of(file, config::from_str(file, text)?)
    }

    fn of(path: &Path, file: File) -> Result<Self, SettingsError> {
        let wrong = |key, reason: &str| SettingsError::Value {
            file: path.to_path_buf(),
            key,
            reason: reason.to_owned(),
        };
        let default = Self::default();
        let push_interval = match file.push_interval {
            None => default.push_interval,
            Some(given) => Duration::try_from(given)
                .ok()
                .filter(|&given| given >= PUSH_INTERVAL_MIN)
                .ok_or_else(|| wrong("push_interval", "не меньше одной секунды, например \"15m\""))?,
        };
        let grace = file.grace.unwrap_or(default.grace);
        if grace.is_negative() || grace > GRACE_MAX {
            return Err(wrong("grace", "от \"0s\" до \"24h\""));
        }
        let listen = file.listen.unwrap_or(default.listen);
        if !has_port(&listen) {
            return Err(wrong("listen", "нужен адрес с портом, например \"127.0.0.1:7444\""));
        }
        let admin = file
            .admin
            .and_then(|admin| admin.listen)
            .filter(|listen| !listen.is_empty());
        if admin.as_deref().is_some_and(|listen| !has_port(listen)) {
            return Err(wrong(
                "admin.listen",
                "нужен адрес с портом, например \"127.0.0.1:9464\", или \"\"",
            ));
        }
        let (format, filter) = file.log.map_or((None, None), |log| (log.format, log.filter));
        Ok(Self {
            listen,
            hosts: file.hosts.unwrap_or_default(),
            push_interval,
            grace,
            admin,
            pages: Settings::of(path, file.pages.unwrap_or_default(), PAGES_LISTEN)?,
            log_format: match format {
                Some(LogFormat::Json) => Format::Json,
                Some(LogFormat::Text) | None => Format::Text,
            },
            log_filter: filter.unwrap_or(default.log_filter),
        })
    }

    /// The names and addresses for the certificate of the ingest listener: those given, and the address listened on
    /// when it is one address.
    pub fn certificate_hosts(&self) -> Vec<String> {
        let mut hosts = self.hosts.clone();
        let bound = self.listen.rsplit_once(':').map_or("", |(host, _)| host);
        let bound = bound.trim_start_matches('[').trim_end_matches(']');
        let one = match bound.parse::<IpAddr>() {
            Ok(address) => !address.is_unspecified(),
            Err(_) => !bound.is_empty(),
        };
        if one && !hosts.iter().any(|host| host == bound) {
            hosts.push(bound.to_owned());
        }
        hosts
    }
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// The file as `join` writes it: every key with its default, commented out.
pub const COMMENTED: &str = include_str!("../../deploy/config/region-node.toml");

/// Writes the commented file unless the directory has one already: the operator's changes stay.
pub fn write_commented(dir: &Path) -> io::Result<()> {
    let path = dir.join(FILE);
    if path.exists() {
        return Ok(());
    }
    files::write_atomic(&path, COMMENTED.as_bytes(), Mode::Public)
}
