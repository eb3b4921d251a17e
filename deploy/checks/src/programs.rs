//! The two programs as an operator has them: built without what tests put in.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a directory with the programs, for whoever has built them already.
pub const PROGRAMS: &str = "SVODKA_PROGRAMS";

/// The directory of `region-node` and `federal-hub`; they are built when nobody says where they are.
pub fn programs() -> PathBuf {
    if let Some(named) = std::env::var_os(PROGRAMS) {
        return named.into();
    }
    let own = std::env::current_exe().expect("a test knows its own file");
    // A test lies in <target>/<profile>/deps.
    let profile = own.ancestors().nth(2).expect("a test lies in the target directory");
    let target = profile.parent().expect("a profile lies in the target directory");
    build(target);
    target.join("debug")
}

fn build(target: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "-p",
            "region-node",
            "-p",
            "federal-hub",
            "--bins",
            "--target-dir",
        ])
        .arg(target)
        .current_dir(crate::package::root())
        .status()
        .expect("cargo runs tests, so it is there");
    assert!(status.success(), "the programs are not built: {status}");
}
