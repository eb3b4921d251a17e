//! The packages of the workspace, from their manifests alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// A package of the workspace.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its directory, relative to the root.
    pub dir: PathBuf,
    /// Its manifest.
    pub manifest: Table,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .ancestors()
        .nth(2)
        .expect("the package is two levels below the root");
    root.to_path_buf()
}

/// The packages that the root manifest lists, sorted by directory.
pub fn packages() -> Vec<Package> {
    let workspace = manifest(Path::new("Cargo.toml"));
    let members = workspace["workspace"]["members"]
        .as_array()
        .expect("a list of members")
        .clone();
    let mut dirs: Vec<PathBuf> = members.iter().filter_map(Value::as_str).flat_map(expand).collect();
    dirs.sort();
    dirs.into_iter().map(read).collect()
}

/// A manifest, by its path from the root.
fn manifest(path: &Path) -> Table {
    let file = root().join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `shared/*` stands for its directories; every other member for itself.
fn expand(member: &str) -> Vec<PathBuf> {
    let Some(parent) = member.strip_suffix("/*") else {
        return vec![PathBuf::from(member)];
    };
    let entries = fs::read_dir(root().join(parent)).expect("a directory of members");
    let names = entries.map(|entry| entry.expect("a readable directory").file_name());
    names
        .map(|name| Path::new(parent).join(name))
        .filter(|dir| root().join(dir).join("Cargo.toml").exists())
        .collect()
}

fn read(dir: PathBuf) -> Package {
    let manifest = manifest(&dir.join("Cargo.toml"));
    let name = manifest["package"]["name"]
        .as_str()
        .expect("a package has a name")
        .to_owned();
    Package { name, dir, manifest }
}

impl Package {
    /// The names in the tables of dependencies of this kind, the target-specific ones too.
    pub fn dependencies(&self, kind: &str) -> BTreeSet<String> {
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let tables = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
        let tables = tables.chain([&self.manifest]);
        let named = tables.filter_map(|table| table.get(kind)).filter_map(Value::as_table);
        named.flat_map(Table::keys).cloned().collect()
    }

    /// Whether the package takes the workspace's lint table.
    pub fn takes_the_lints(&self) -> bool {
        let lints = self.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(Value::as_bool) == Some(true)
    }
}
