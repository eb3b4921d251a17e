//! Founding a federation, and the hub's own settings.

use clap::Parser;
use federal_hub::cli::{Cli, Command};
use federal_hub::config::FILE;
use federal_hub::init::{InitError, init};
use federation::held;
use runtime::{Exit, SeededRandom};

use crate::stage::{Stage, refused};

#[test]
fn a_second_founding_is_refused_and_changes_nothing() {
    let stage = Stage::founded();
    let genesis = stage.dir().join("identity/genesis.envelope");
    let before = std::fs::read(&genesis).unwrap();
    let failure = stage.refused(&["init"]);
    assert_eq!(failure.exit(), Exit::Refused);
    assert!(failure.to_string().contains("уже есть хаб"), "{failure}");
    assert_eq!(std::fs::read(&genesis).unwrap(), before);
}

#[test]
fn a_founding_cut_short_is_begun_anew_with_other_keys() {
    let stage = Stage::founded();
    let operators = "listen = \"127.0.0.1:1\"\n";
    std::fs::write(stage.dir().join(FILE), operators).unwrap();
    // As after a crash just before the last write: everything is there but the genesis file.
    std::fs::remove_file(stage.dir().join("identity/genesis.envelope")).unwrap();
    let cut = stage.refused(&["status"]);
    assert_eq!(
        cut.exit(),
        Exit::Configuration,
        "what was not finished is no hub: {cut}"
    );
    let shipped = domain::federation::SHIPPED;
    let again = init(&stage.dir(), shipped, &[], &stage.clock, &SeededRandom::new(9)).unwrap();
    assert_ne!(again.root_key, stage.founded.root_key);
    assert_eq!(
        held(stage.open().ledger()).size(),
        2,
        "genesis and federation file, once"
    );
    let settings = std::fs::read_to_string(stage.dir().join(FILE)).unwrap();
    assert_eq!(settings, operators, "the operator's settings stay");
}

#[test]
fn a_federation_file_with_an_unknown_key_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (file, hub) = (dir.path().join("federation.toml"), dir.path().join("hub"));
    let text = domain::federation::SHIPPED.replacen("\ntitle = ", "\ntitel = ", 1);
    let line = text.lines().position(|line| line.starts_with("titel")).unwrap() + 1;
    std::fs::write(&file, text).unwrap();
    let failure = refused(&[
        "federal-hub",
        "init",
        "--federation",
        file.to_str().unwrap(),
        "--dir",
        hub.to_str().unwrap(),
    ]);
    assert_eq!(failure.exit(), Exit::Configuration);
    let message = failure.to_string();
    assert!(message.contains("«titel»") && message.contains("title"), "{message}");
    assert!(message.contains(&format!("строка {line}")), "{message}");
    assert!(!hub.exists(), "nothing is written");
}

#[test]
fn a_host_that_no_certificate_can_carry_is_refused_before_anything_is_written() {
    let (dir, stage) = (tempfile::tempdir().unwrap(), Stage::founded());
    let shipped = domain::federation::SHIPPED;
    let hosts = ["не имя".to_owned()];
    let error = init(dir.path(), shipped, &hosts, &stage.clock, &SeededRandom::new(1)).unwrap_err();
    assert!(matches!(error, InitError::Keys(_)), "{error}");
    assert_eq!(std::fs::read_dir(dir.path().join("identity")).unwrap().count(), 0);
}

#[test]
fn a_flag_is_over_the_file_and_a_wrong_file_opens_no_port() {
    let stage = Stage::founded();
    let dir = stage.dir();
    let config = |flags: &[&str]| {
        let place = ["federal-hub", "serve", "--dir", dir.to_str().unwrap()];
        let cli = Cli::try_parse_from([&place, flags].concat()).unwrap();
        let Command::Serve(args) = cli.command else {
            panic!("`serve` is what was asked");
        };
        args.config()
    };
    assert_eq!(config(&[]).unwrap().listen, "127.0.0.1:7443");
    std::fs::write(dir.join(FILE), "listen = \"0.0.0.0:9\"\n[log]\nformat = \"json\"\n").unwrap();
    assert_eq!(config(&[]).unwrap().listen, "0.0.0.0:9");
    assert_eq!(config(&["--listen", "127.0.0.1:0"]).unwrap().listen, "127.0.0.1:0");
    for (text, named) in [
        ("listne = \"0.0.0.0:9\"\n", "listen"),
        ("[log]\nformat = \"xml\"\n", "xml"),
        ("listen = 9\n", FILE),
    ] {
        std::fs::write(dir.join(FILE), text).unwrap();
        let failure = config(&[]).unwrap_err();
        assert_eq!(failure.exit(), Exit::Configuration, "{failure}");
        assert!(failure.to_string().contains(named), "{failure}");
    }
}
