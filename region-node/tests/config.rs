//! The settings file: every error names file, line and key; the file that is shipped reads as the defaults.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

use std::path::Path;
use std::time::Duration;

use region_node::config::{COMMENTED, Config, PAGES_LISTEN, write_commented};
use runtime::telemetry::Format;
use web::settings::Listen;

fn refused(text: &str) -> String {
    Config::parse(Path::new("region-node.toml"), text)
        .expect_err(text)
        .to_string()
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_name() {
    for (text, expected) in [
        (
            "push_intervall = \"1m\"\n",
            "region-node.toml:1: неизвестный ключ «push_intervall»; возможно, «push_interval»",
        ),
        (
            "\n[log]\nfromat = \"json\"\n",
            "region-node.toml:3: неизвестный ключ «fromat»; возможно, «format»",
        ),
        ("insecure = true\n", "region-node.toml:1: неизвестный ключ «insecure»"),
    ] {
        assert_eq!(refused(text), expected);
    }
}

#[test]
fn a_value_outside_its_limits_is_refused_with_its_key() {
    for (text, key) in [
        ("push_interval = \"0s\"\n", "push_interval"),
        ("push_interval = \"-1m\"\n", "push_interval"),
        ("push_interval = \"скоро\"\n", "push_interval"),
        ("grace = \"25h\"\n", "grace"),
        ("listen = \"localhost\"\n", "listen"),
        ("[log]\nformat = \"xml\"\n", "format"),
        ("[admin]\nlisten = \"9464\"\n", "admin.listen"),
    ] {
        let error = refused(text);
        assert!(
            error.starts_with("region-node.toml:") && error.contains(&format!("«{key}»")),
            "{text}: {error}"
        );
    }
}

#[test]
fn the_file_that_join_writes_reads_as_the_defaults() {
    let file = Path::new("region-node.toml");
    assert_eq!(Config::parse(file, COMMENTED).unwrap(), Config::default());
    let every_key: String = COMMENTED
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(every_key.contains("\ngrace = "), "{every_key}");
    // An address that the operator wrote down must be had; the usual one may be given up. All else is the same.
    let mut written = Config::default();
    written.pages.listen = Listen::Given(PAGES_LISTEN.to_owned());
    assert_eq!(Config::parse(file, &every_key).unwrap(), written);
}

#[test]
fn what_is_given_is_taken() {
    let text =
        "listen = \"[::1]:9\"\nhosts = [\"ingest.example\"]\npush_interval = \"1m 30s\"\n[log]\nformat = \"json\"\n";
    let config = Config::parse(Path::new("f"), text).unwrap();
    assert_eq!(config.admin, None);
    let watched = Config::parse(Path::new("f"), "[admin]\nlisten = \"127.0.0.1:9464\"\n").unwrap();
    assert_eq!(watched.admin.as_deref(), Some("127.0.0.1:9464"));
    assert_eq!(config.push_interval, Duration::from_secs(90));
    assert_eq!(config.log_format, Format::Json);
    assert_eq!(config.certificate_hosts(), ["ingest.example", "::1"]);
}

#[test]
fn the_operators_file_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Config::load(dir.path()).unwrap(), Config::default());
    write_commented(dir.path()).unwrap();
    assert_eq!(Config::load(dir.path()).unwrap(), Config::default());
    std::fs::write(dir.path().join("region-node.toml"), "grace = \"1h\"\n").unwrap();
    write_commented(dir.path()).unwrap();
    assert_eq!(Config::load(dir.path()).unwrap().grace.as_hours(), 1);
}
