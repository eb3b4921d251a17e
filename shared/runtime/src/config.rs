//! Configuration files: TOML read into a type, every error with its file, line and key.
//!
//! The type decides what a key means; it must carry `#[serde(deny_unknown_fields)]` (and no `flatten`) for an unknown
//! key to be refused. Knows no key by name.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;

/// Why a configuration was refused. Exit code 78.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: не читается: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key that nobody reads.
    #[error("{}:{line}: неизвестный ключ «{key}»{}", file.display(), hint(nearest.as_deref()))]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key as written.
        key: String,
        /// The known key nearest to it, if one is near.
        nearest: Option<String>,
    },
    /// A value that cannot stand there, a missing key, or no TOML at all.
    #[error("{}:{line}: {}{message}", file.display(), naming(key.as_deref()))]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key on that line, where the line has one.
        key: Option<String>,
        /// What is wrong, in the parser's words.
        message: String,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; возможно, «{name}»"))
}

fn naming(key: Option<&str>) -> String {
    key.map_or_else(String::new, |key| format!("ключ «{key}»: "))
}

/// Reads the file at `path`.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        file: path.to_path_buf(),
        source,
    })?;
    from_str(path, &text)
}

/// Reads `text`; `file` only names it in errors.
pub fn from_str<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| explain(file, text, &error))
}

fn explain(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let file = file.to_path_buf();
    let offset = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.get(..offset).map_or(1, |before| before.split('\n').count());
    if let Some(rest) = error.message().strip_prefix("unknown field ") {
        // serde says: `given`, expected one of `a`, `b` (or: expected `a` or `b`; or: there are no fields).
        let mut quoted = rest.split('`').skip(1).step_by(2);
        let key = quoted.next().unwrap_or_default().to_owned();
        let nearest = nearest(&key, quoted);
        return ConfigError::Unknown {
            file,
            line,
            key,
            nearest,
        };
    }
    let key = text
        .lines()
        .nth(line - 1)
        .and_then(|line| line.split_once('='))
        .map(|(key, _)| key.trim().to_owned());
    ConfigError::Invalid {
        file,
        line,
        key,
        message: error.message().to_owned(),
    }
}

/// The known name within a third of the key's length in edits (at least two): farther ones mislead.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let near = (key.chars().count() / 3).max(2);
    known
        .map(|name| (strsim::damerau_levenshtein(key, name), name))
        .filter(|&(edits, _)| edits <= near)
        .min()
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[expect(dead_code, reason = "only reading is tested")]
        node: String,
        uplink: Option<Uplink>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Uplink {
        address: String,
        #[expect(dead_code, reason = "only reading is tested")]
        batch_items: Option<u16>,
        #[expect(dead_code, reason = "only reading is tested")]
        keepalive: Option<u16>,
    }

    fn refused(text: &str) -> String {
        from_str::<Config>(Path::new("node.toml"), text)
            .expect_err(text)
            .to_string()
    }

    #[test]
    fn every_error_names_file_line_and_key() {
        for (text, expected) in [
            ("nod = \"a\"\n", "node.toml:1: неизвестный ключ «nod»; возможно, «node»"),
            (
                "node = \"a\"\n\n[uplink]\nadress = \"b\"\n",
                "node.toml:4: неизвестный ключ «adress»; возможно, «address»",
            ),
            (
                "node = \"a\"\n[uplink]\naddress = \"b\"\nbatch_itmes = 1\n",
                "node.toml:4: неизвестный ключ «batch_itmes»; возможно, «batch_items»",
            ),
            ("node = \"a\"\n[upstream]\n", "node.toml:2: неизвестный ключ «upstream»"),
            ("node = \"a\"\nзонд = 1\n", "node.toml:2: "),
        ] {
            let error = refused(text);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_wrong_value_and_a_missing_key_are_placed() {
        let error = refused("node = \"a\"\n[uplink]\naddress = \"b\"\nbatch_items = \"много\"\n");
        assert!(error.starts_with("node.toml:4: ключ «batch_items»: "), "{error}");
        let error = refused("[uplink]\naddress = \"b\"\n");
        assert!(
            error.starts_with("node.toml:1: ") && error.contains("`node`"),
            "{error}"
        );
        let error = refused("node = \n");
        assert!(error.starts_with("node.toml:1: ключ «node»: "), "{error}");
    }

    #[test]
    fn a_file_is_read_and_an_absent_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.toml");
        fs::write(&path, "node = \"a\"\nuplink.address = \"hub:7443\"\n").unwrap();
        assert_eq!(load::<Config>(&path).unwrap().uplink.unwrap().address, "hub:7443");
        let error = load::<Config>(&dir.path().join("absent.toml")).unwrap_err();
        assert!(error.to_string().contains("absent.toml: не читается"), "{error}");
    }
}
