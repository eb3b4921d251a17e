//! Source files, line by line, with what is code and what is only for tests.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Package, mask, package};

/// A line of a source file.
pub struct Line {
    /// As it stands in the file.
    pub text: String,
    /// Without comments and contents of literals.
    pub code: String,
    /// Compiled for tests only.
    pub test: bool,
}

/// A Rust source file of a package.
pub struct Source {
    /// Path from the root, with `/`.
    pub path: String,
    /// Name of the package.
    pub package: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Every `.rs` file of the packages: sources, build scripts, tests.
pub fn sources(packages: &[Package]) -> Vec<Source> {
    let files = packages.iter().flat_map(|package| {
        let found = walk(&package.dir)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
        found
            .map(|path| read(&package.name, &package.dir, &path))
            .collect::<Vec<_>>()
    });
    files.collect()
}

/// Every text file of the repository that people write, with its path from the root.
pub fn texts() -> Vec<(String, String)> {
    let kinds = [
        "rs", "toml", "md", "proto", "py", "sh", "yaml", "yml", "service", "txt", "",
    ];
    let files = walk(Path::new("")).into_iter().filter(|path| {
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        kinds.contains(&kind)
    });
    files
        .filter_map(|path| Some((shown(&path), fs::read_to_string(package::root().join(&path)).ok()?)))
        .collect()
}

impl Source {
    /// Whether the file belongs to the program: not a test, not a build script.
    pub fn in_src(&self) -> bool {
        self.path.contains("/src/")
    }

    /// The lines of the program itself with their numbers from 1: no tests, no comments.
    pub fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| self.in_src() && !line.test);
        lines.map(|(at, line)| (at + 1, line.code.as_str()))
    }
}

fn read(package: &str, dir: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(package::root().join(path)).expect("a source file is UTF-8");
    let masked = mask::code(&text);
    let whole = is_test_file(path.strip_prefix(dir).expect("found below it"));
    let mut section = TestSection::default();
    let lines = text.lines().zip(masked.lines()).map(|(text, code)| Line {
        text: text.to_owned(),
        code: code.to_owned(),
        test: section.holds(code) || whole,
    });
    Source {
        path: shown(path),
        package: package.to_owned(),
        lines: lines.collect(),
    }
}

/// A file below `tests/`, or a module `tests` of its own.
fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.file_stem().is_some_and(|stem| stem == "tests")
}

/// Follows the item behind `#[cfg(test)]` from its attribute to its closing brace or semicolon.
#[derive(Default)]
struct TestSection {
    open: bool,
    depth: usize,
}

impl TestSection {
    fn holds(&mut self, code: &str) -> bool {
        if !self.open && !code.contains("#[cfg(test)]") {
            return false;
        }
        self.open = true;
        for character in code.chars() {
            match character {
                '{' => self.depth += 1,
                '}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth == 0 && matches!(character, '}' | ';') {
                self.open = false;
            }
        }
        true
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// Every file below `dir` (from the root), sorted; build results, caches and version control aside.
fn walk(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(package::root().join(dir)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.map(|entry| entry.expect("a readable directory")) {
        let path = dir.join(entry.file_name());
        let kind = entry.file_type().expect("a file has a type");
        // `.git` is a file where several checkouts share one repository.
        let skipped = [".git", "target", "__pycache__"];
        if skipped.iter().any(|&skipped| entry.file_name() == skipped) {
            continue;
        }
        if kind.is_dir() {
            found.extend(walk(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::TestSection;

    #[test]
    fn a_test_section_ends_with_its_item() {
        let code =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {\n  }\n}\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}";
        let mut section = TestSection::default();
        let held: Vec<bool> = code.lines().map(|line| section.holds(line)).collect();
        assert_eq!(held, [false, true, true, true, true, true, false, true, true, false]);
    }
}
