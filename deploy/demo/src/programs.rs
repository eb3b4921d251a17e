//! The two programs: built with the same profile as the demo, found where Cargo says they are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `federal-hub`.
    pub hub: PathBuf,
    /// `region-node`.
    pub node: PathBuf,
}

/// Builds both, if they are not built, and says where they are. What the compiler has to say goes to standard error.
pub fn build() -> Result<Programs> {
    let own = std::env::current_exe().context("не удалось узнать, где лежит сама демонстрация")?;
    let folder = own.parent().context("у программы нет папки")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--package",
        "region-node",
        "--package",
        "federal-hub",
        "--bins",
    ]);
    command
        .args(["--profile", profile(folder)?, "--manifest-path"])
        .arg(manifest());
    command
        .arg("--target-dir")
        .arg(folder.parent().context("нет папки сборки")?);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().context("не удалось запустить cargo")?;
    if !status.success() {
        bail!("сборка region-node и federal-hub не удалась ({status}); сообщения компилятора выше");
    }
    let programs = Programs {
        hub: program(folder, "federal-hub"),
        node: program(folder, "region-node"),
    };
    for path in [&programs.hub, &programs.node] {
        if !path.is_file() {
            bail!("сборка прошла, но программы {} нет", path.display());
        }
    }
    Ok(programs)
}

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Cargo keeps the profile `dev` in the folder `debug`, and every other under its own name.
fn profile(folder: &Path) -> Result<&str> {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .context("папка сборки без имени")?;
    Ok(if name == "debug" { "dev" } else { name })
}

fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_that_of_the_folder() {
        for (folder, expected) in [("/t/debug", "dev"), ("/t/release", "release"), ("/t/bench", "bench")] {
            assert_eq!(profile(Path::new(folder)).unwrap(), expected);
        }
    }
}
