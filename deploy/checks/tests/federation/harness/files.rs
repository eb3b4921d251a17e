//! Files of the tests: the sample's folder, exports of a few rows in its form, copies of whole directories.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of Boston's sample.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/boston").join(name)
}

/// One request in an export.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: u64,
    pub territory: &'static str,
    pub received: &'static str,
    /// Empty while it is open.
    pub closed: &'static str,
}

/// Writes an export in the form of the sample and says where.
pub fn rows_file(dir: &Path, name: &str, rows: &[Row]) -> PathBuf {
    let mut text = "id,source,channel,topic,territory,received_at,first_response_at,closed_at,status\n".to_owned();
    for Row {
        id,
        territory,
        received,
        closed,
    } in rows
    {
        let status = if closed.is_empty() { "open" } else { "closed" };
        writeln!(
            text,
            "{id},boston311,Twitter,Graffiti,{territory},{received},,{closed},{status}"
        )
        .unwrap();
    }
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Copies a directory; sockets and locks of a process stay behind.
pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy_dir(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A report as JSON without the ledger it was made from: what must be equal where histories differ.
pub fn figures(report: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(report).unwrap();
    report.as_object_mut().unwrap().remove("as_of").unwrap();
    report
}
