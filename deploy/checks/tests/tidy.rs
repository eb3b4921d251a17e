//! The shape of the house: arrows between packages, absences in the code, and a few habits, each a test of its own.
//!
//! A rule fails with its sentence and the places that break it, as `file:line`. Rules read manifests and sources only,
//! so they know what is written, not what it does. An exception is an entry in a table here, with its reason.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use checks::{Package, Source, packages, root, sources, texts};

/// What each shared package may import of ours. A package without a line imports nothing.
const ARROWS: &[(&str, &[&str])] = &[
    ("wire", &["domain", "seal"]),
    ("ledger", &["journal", "seal", "wire", "domain"]),
    // `journal`: the child's end keeps what it remembers of its parent in a journal of its own.
    (
        "federation",
        &["ledger", "seal", "wire", "domain", "runtime", "journal"],
    ),
    ("rollup", &["domain"]),
    ("report", &["rollup", "domain"]),
    ("web", &["report", "rollup", "domain", "runtime"]),
    ("testkit", &["domain", "wire", "seal", "journal", "ledger", "runtime"]),
];

/// Packages that make a program: they may import all of `shared`, and no other package imports them.
const PROGRAMS: &[&str] = &["region-node", "federal-hub", "demo", "checks", "sim"];

/// Programs that run others inside themselves.
const RUNS_PROGRAMS: &[&str] = &["sim"];

/// Packages without clock, chance, input or output.
const PURE: &[&str] = &["domain", "rollup", "report"];

/// Packages whose figures are stored, merged, signed or compared.
const WHOLE_NUMBERS: &[&str] = &[
    "domain",
    "wire",
    "seal",
    "journal",
    "ledger",
    "rollup",
    "report",
    "federation",
];

/// Where sled is spoken: the ledger's index and the incident store, with the line of their errors that wraps it.
const SLED: &[&str] = &[
    "shared/ledger/src/index.rs",
    "shared/ledger/src/error.rs",
    "region-node/src/store/",
];

/// Where generated types are written.
const GENERATED: &[&str] = &[
    "shared/wire/",
    // The conversation's two ends.
    "shared/federation/src/join.rs",
    "shared/federation/src/proof.rs",
    "shared/federation/src/parent/",
    "shared/federation/src/uplink/stream.rs",
    "shared/federation/src/uplink/recover.rs",
    "shared/federation/src/uplink/renew.rs",
    // Frames of the append-only files: these messages never travel, and one room writes and reads each.
    "shared/ledger/src/frames.rs",
    "shared/federation/src/uplink/memory.rs",
    "region-node/src/store/",
    // Intake is one long handler: from the request to the journal frame.
    "region-node/src/service.rs",
    "region-node/src/intake/",
    // The two ends of the admin socket, and the mounting of services.
    "region-node/src/admin.rs",
    "region-node/src/corrections.rs",
    "region-node/src/members/admin.rs",
    "region-node/src/process.rs",
    "region-node/src/reports.rs",
    "region-node/src/import/",
    "region-node/src/cli/",
    "shared/runtime/src/command/",
    "federal-hub/src/admin.rs",
    "federal-hub/src/process.rs",
    "federal-hub/src/reports.rs",
    "federal-hub/src/cli/",
    // The simulation speaks to the intake as a source system does.
    "deploy/sim/src/source.rs",
];

/// Longest source file, lines; a room has about 150 to 250.
const LINES_MAX: usize = 500;

// === Arrows ===

#[test]
fn a_package_imports_only_along_the_arrows() {
    let packages = packages();
    let ours: BTreeSet<String> = packages.iter().map(|package| package.name.clone()).collect();
    let wrong = packages.iter().flat_map(|package| {
        let mut imported = package.dependencies("dependencies");
        imported.extend(package.dependencies("build-dependencies"));
        imported.retain(|name| ours.contains(name) && !may_import(&package.name, name));
        imported
            .into_iter()
            .map(|name| place(package, &name))
            .collect::<Vec<_>>()
    });
    none("an arrow between packages that the house does not have", wrong);
}

fn may_import(package: &str, imported: &str) -> bool {
    if PROGRAMS.contains(&package) {
        let runs = RUNS_PROGRAMS.contains(&package) && ["region-node", "federal-hub"].contains(&imported);
        return runs || (!PROGRAMS.contains(&imported) && imported != "testkit");
    }
    ARROWS
        .iter()
        .any(|(name, allowed)| *name == package && allowed.contains(&imported))
}

#[test]
fn only_the_checks_test_whole_programs() {
    let wrong = packages()
        .into_iter()
        .filter(|package| package.name != "checks")
        .flat_map(|package| {
            let mut imported = package.dependencies("dev-dependencies");
            imported.retain(|name| PROGRAMS.contains(&name.as_str()) && *name != package.name);
            imported
                .into_iter()
                .map(|name| place(&package, &name))
                .collect::<Vec<_>>()
        });
    none("a package other than checks whose tests import a program", wrong);
}

#[test]
fn every_package_takes_the_one_lint_table_and_it_forbids_unsafe() {
    let wrong = packages().into_iter().filter(|package| !package.takes_the_lints());
    none(
        "a package without `[lints] workspace = true`",
        wrong.map(|package| place(&package, "[lints]")),
    );
    let (_, manifest) = texts()
        .into_iter()
        .find(|(path, _)| path == "Cargo.toml")
        .expect("the root manifest");
    assert!(
        manifest.contains("unsafe_code = \"forbid\""),
        "the lint table must forbid unsafe code: Cargo.toml"
    );
}

// === Absences ===

#[test]
fn sled_stands_only_in_the_two_stores() {
    let wrong = packages()
        .into_iter()
        .filter(|package| !["ledger", "region-node"].contains(&package.name.as_str()));
    let wrong = wrong.filter(|package| package.dependencies("dependencies").contains("sled"));
    none(
        "sled imported by another package than the two with a store",
        wrong.map(|package| place(&package, "sled")),
    );
    none(
        "sled outside the ledger's index and the incident store",
        outside(SLED, |code| has_word(code, "sled")),
    );
}

#[test]
fn generated_types_stand_only_in_wire_and_the_handlers() {
    none(
        "a generated type (`pb::`) outside wire and the handlers",
        outside(GENERATED, says_generated),
    );
}

fn says_generated(code: &str) -> bool {
    code.contains("wire::pb") || code.match_indices("pb::").any(|(at, _)| begins_a_path(&code[..at]))
}

/// `pb` of another crate (`tonic_health::pb`) is not ours.
fn begins_a_path(before: &str) -> bool {
    !before.ends_with("::") && !before.ends_with(word_character)
}

#[test]
fn pure_packages_have_no_async_clock_chance_or_io() {
    let guests = [
        "tokio",
        "tonic",
        "hyper",
        "axum",
        "tower",
        "rand",
        "getrandom",
        "sled",
        "tracing",
        "runtime",
    ];
    let words = [
        "async",
        "await",
        "SystemTime",
        "Instant",
        "rand",
        "getrandom",
        "TcpStream",
        "UnixStream",
    ];
    let paths = [
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "now()",
        "println!",
    ];
    let imports = packages()
        .into_iter()
        .filter(|package| PURE.contains(&package.name.as_str()))
        .flat_map(|package| {
            let named = package.dependencies("dependencies");
            guests
                .iter()
                .filter(|guest| named.contains(**guest))
                .map(|guest| place(&package, guest))
                .collect::<Vec<_>>()
        });
    none("a pure package that imports time, chance or the world", imports);
    let wrong = program(
        |source| PURE.contains(&source.package.as_str()),
        |code| words.iter().any(|word| has_word(code, word)) || paths.iter().any(|path| code.contains(path)),
    );
    none("async, clock, chance or input and output in a pure package", wrong);
}

#[test]
fn anyhow_stands_only_in_programs() {
    let wrong = packages()
        .into_iter()
        .filter(|package| !PROGRAMS.contains(&package.name.as_str()));
    let wrong = wrong.filter(|package| package.dependencies("dependencies").contains("anyhow"));
    none(
        "anyhow imported by a library",
        wrong.map(|package| place(&package, "anyhow")),
    );
}

#[test]
fn there_is_no_unsafe() {
    none("the word `unsafe`", everywhere(|line| has_word(&line.code, "unsafe")));
}

#[test]
fn no_module_is_called_after_nothing() {
    let empty = ["util", "utils", "common", "helper", "helpers", "types", "misc"];
    let wrong = all().filter(|source| {
        source
            .path
            .split('/')
            .any(|part| empty.contains(&part.trim_end_matches(".rs")))
    });
    none(
        "a file or folder called util, common, helpers or types",
        wrong.map(|source| source.path.clone()),
    );
    let named = |code: &str| empty.iter().any(|name| has_word(code, "mod") && has_word(code, name));
    none(
        "a module called util, common, helpers or types",
        everywhere(|line| named(&line.code)),
    );
}

#[test]
fn nothing_stored_merged_signed_or_compared_is_a_floating_point_number() {
    let counted = |source: &Source| WHOLE_NUMBERS.contains(&source.package.as_str());
    let floats = |code: &str| has_word(code, "f32") || has_word(code, "f64");
    none(
        "a floating point number where figures are exact",
        program(counted, floats),
    );
}

// === Time and chance are arguments ===

#[test]
fn only_runtime_and_programs_ask_for_the_time_or_for_chance() {
    let library = |source: &Source| source.package != "runtime" && !PROGRAMS.contains(&source.package.as_str());
    let asked = ["SystemTime::now", "Timestamp::now", "Zoned::now", "getrandom::"];
    let wrong = program(library, |code| asked.iter().any(|call| code.contains(call)));
    none("a library that asks for the time or for chance itself", wrong);
}

#[test]
fn no_test_sleeps() {
    let slept = |line: &checks::Line| line.test && has_word(&line.code, "sleep") && line.code.contains("sleep(");
    none("a test that sleeps", everywhere(slept));
}

// === Habits ===

#[test]
fn every_file_says_first_what_it_owns() {
    let silent = |source: &Source| !source.lines.first().is_some_and(|line| line.text.starts_with("//!"));
    let wrong = all()
        .filter(|source| silent(source))
        .map(|source| format!("{}:1", source.path));
    none("a file that does not open with `//!`", wrong);
}

#[test]
fn no_file_is_longer_than_two_rooms() {
    let long = all().filter(|source| source.in_src() && source.lines.len() > LINES_MAX);
    let wrong = long.map(|source| format!("{}:{} lines", source.path, source.lines.len()));
    none("a source file above 500 lines", wrong);
}

#[test]
fn nothing_is_left_for_later() {
    let macros = ["todo!", "unimplemented!", "dbg!"];
    let notes = [["FIX", "ME"].concat(), ["TO", "DO"].concat()];
    let later = |line: &checks::Line| {
        macros.iter().any(|call| line.code.contains(call)) || notes.iter().any(|note| has_word(&line.text, note))
    };
    none("something left for later", everywhere(later));
}

#[test]
fn no_text_names_a_place_on_the_machine_it_was_written_on() {
    let places = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let wrong = texts().into_iter().flat_map(|(path, text)| {
        let named = |line: &str| places.iter().any(|place| names_place(line, place));
        let found = text
            .lines()
            .enumerate()
            .filter(|(_, line)| named(line))
            .map(|(at, _)| at + 1);
        found.map(|at| format!("{path}:{at}")).collect::<Vec<_>>()
    });
    none("an absolute path of somebody's machine", wrong);
}

/// `https://example.org/home/` and `tests/work/` name nothing on a machine: a place begins a path.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| word_character(before) || "./-~$}*".contains(before))
    })
}

#[test]
fn every_commit_point_stands_in_the_code_and_in_a_list() {
    let (mut listed, mut placed) = (BTreeSet::new(), BTreeSet::new());
    for source in all().filter(|source| source.in_src()) {
        let lines: Vec<&str> = source
            .lines
            .iter()
            .filter(|line| !line.test)
            .map(|line| line.text.as_str())
            .collect();
        let text = lines.join(
            "
",
        );
        for list in ["const COMMIT_POINTS", "const FAULT_POINTS"] {
            for names in text.split(list).skip(1).filter_map(|after| after.split(';').next()) {
                listed.extend(strings(names).map(|name| (source.package.clone(), name)));
            }
        }
        for call in text.split("fail_point!(").skip(1) {
            placed.extend(strings(call).next().map(|name| (source.package.clone(), name)));
        }
    }
    let say = |(package, name): &(String, String)| format!("{package}: {name}");
    none(
        "a commit point in a list and nowhere in the code",
        listed.difference(&placed).map(say),
    );
    none(
        "a commit point in the code and in no list",
        placed.difference(&listed).map(say),
    );
    assert!(!listed.is_empty(), "the lists of commit points were not found");
}

fn strings(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned)
}

// === Documents ===

#[test]
fn every_place_that_a_document_names_exists() {
    let tops = ["shared/", "region-node/", "federal-hub/", "deploy/", "proto/", "docs/"];
    let wrong = documents().flat_map(|(path, at, line)| {
        let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let places = quoted
            .into_iter()
            .filter(|word| tops.iter().any(|top| word.starts_with(top)));
        let missing = places.filter(|place| !place.contains([' ', '*', '<']) && !root().join(place).exists());
        missing.map(|place| format!("{path}:{at}: {place}")).collect::<Vec<_>>()
    });
    none("a document that names a file which is not there", wrong);
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let wrong = documents().flat_map(|(path, at, line)| {
        let folder = root().join(path).parent().expect("a file is in a folder").to_path_buf();
        let targets = line
            .split("](")
            .skip(1)
            .filter_map(|after| after.split([')', '#']).next());
        let local = targets.filter(|target| !target.is_empty() && !target.contains("://"));
        let broken = local.filter(|target| !folder.join(target).exists());
        broken
            .map(|target| format!("{path}:{at}: {target}"))
            .collect::<Vec<_>>()
    });
    none("a link that leads nowhere", wrong);
}

/// Every line of every Markdown file, with its place.
fn documents() -> impl Iterator<Item = (&'static str, usize, &'static str)> {
    static TEXTS: LazyLock<Vec<(String, String)>> = LazyLock::new(texts);
    let documents = TEXTS
        .iter()
        .filter(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "md"));
    documents.flat_map(|(path, text)| {
        text.lines()
            .enumerate()
            .map(move |(at, line)| (path.as_str(), at + 1, line))
    })
}

// === How a rule is asked ===

/// The rule as one sentence, and every place that breaks it.
fn none(rule: &str, wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(
        wrong.is_empty(),
        "the house has no such thing: {rule}\n  {}",
        wrong.join("\n  ")
    );
}

/// Read once for all rules.
fn all() -> impl Iterator<Item = &'static Source> {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| sources(&packages()));
    SOURCES.iter()
}

/// Lines of every file, tests too.
fn everywhere(broken: impl Fn(&checks::Line) -> bool) -> Vec<String> {
    let found = all().flat_map(|source| {
        let wrong = source
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| broken(line))
            .map(|(at, _)| at + 1);
        wrong.map(|at| format!("{}:{at}", source.path)).collect::<Vec<_>>()
    });
    found.collect()
}

/// Lines of programs and libraries, without their tests.
fn program(which: impl Fn(&Source) -> bool, broken: impl Fn(&str) -> bool) -> Vec<String> {
    let found = all().filter(|source| which(source)).flat_map(|source| {
        let wrong = source.program().filter(|(_, code)| broken(code)).map(|(at, _)| at);
        wrong.map(|at| format!("{}:{at}", source.path)).collect::<Vec<_>>()
    });
    found.collect()
}

fn outside(allowed: &[&str], broken: impl Fn(&str) -> bool) -> Vec<String> {
    program(
        |source| !allowed.iter().any(|place| source.path.starts_with(place)),
        broken,
    )
}

fn place(package: &Package, name: &str) -> String {
    format!("{}/Cargo.toml: {name}", package.dir.display())
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(word_character) && !text[at + word.len()..].starts_with(word_character))
}

fn word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
