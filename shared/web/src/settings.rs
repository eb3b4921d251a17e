//! The `[pages]` part of a program's settings file.

use std::path::{Path, PathBuf};

use runtime::config::ConfigError;
use serde::Deserialize;

/// What stands in the file; every key may be absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagesFile {
    listen: Option<String>,
    hosts: Option<Vec<String>>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// Where the pages are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    Off,
    /// Where they usually are; if that place is taken, nowhere.
    Usual(String),
    /// Where the operator wants them; if that cannot be, the program does not start.
    Given(String),
}

/// The settings, in their types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the pages are served.
    pub listen: Listen,
    /// Further names and addresses in the certificate.
    pub hosts: Vec<String>,
    /// The operator's own certificate chain and its key, instead of one from the node's authority.
    pub files: Option<(PathBuf, PathBuf)>,
}

impl Settings {
    /// The settings that stand in `path`, of a program whose pages usually are at `usual`: on this machine only, unless the
    /// operator says so. Files are looked for beside the settings.
    pub fn of(path: &Path, file: PagesFile, usual: &str) -> Result<Self, ConfigError> {
        let beside = |name: PathBuf| path.parent().map_or(name.clone(), |dir| dir.join(&name));
        let files = match (file.certificate, file.key) {
            (Some(certificate), Some(key)) => Some((beside(certificate), beside(key))),
            (None, None) => None,
            (certificate, _) => {
                return Err(ConfigError::Invalid {
                    file: path.to_owned(),
                    line: 1,
                    key: Some(if certificate.is_some() { "key" } else { "certificate" }.to_owned()),
                    message: "в разделе [pages] certificate и key нужны вместе".to_owned(),
                });
            }
        };
        Ok(Self {
            listen: file
                .listen
                .map_or_else(|| Listen::Usual(usual.to_owned()), |given| Listen::parse(&given)),
            hosts: file.hosts.unwrap_or_default(),
            files,
        })
    }

    /// The settings when nothing is said.
    pub fn usual(usual: &str) -> Self {
        Self {
            listen: Listen::Usual(usual.to_owned()),
            hosts: Vec::new(),
            files: None,
        }
    }
}

impl Listen {
    /// An address, or `off`.
    pub fn parse(text: &str) -> Self {
        if text == "off" {
            Self::Off
        } else {
            Self::Given(text.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let path = Path::new("dir/node.toml");
        let file = runtime::config::from_str(path, text).unwrap();
        Settings::of(path, file, "127.0.0.1:8443").map_err(|error| error.to_string())
    }

    #[test]
    fn pages_are_on_this_machine_unless_the_operator_says_otherwise() {
        assert_eq!(read(""), Ok(Settings::usual("127.0.0.1:8443")));
        assert_eq!(read("listen = \"off\"").unwrap().listen, Listen::Off);
        let given = Listen::Given("0.0.0.0:443".to_owned());
        assert_eq!(read("listen = \"0.0.0.0:443\"").unwrap().listen, given);
    }

    #[test]
    fn a_certificate_and_its_key_go_together_and_lie_beside_the_settings() {
        let refused = read("key = \"a.key\"").unwrap_err();
        assert!(refused.contains("certificate"), "{refused}");
        let settings = read("key = \"a.key\"\ncertificate = \"/etc/a.pem\"").unwrap();
        assert_eq!(settings.files, Some(("/etc/a.pem".into(), "dir/a.key".into())));
    }
}
