//! The list of rejected rows beside the file: for a person in a spreadsheet, and for a script by its codes.
//!
//! Promises that the list is whole or absent, that an import without rejections leaves no list of an earlier one, and
//! that no cell of it is a formula.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::ImportError;
use super::rows::RowRejection;

/// Writes the list as rejections come, under another name until it is whole.
#[derive(Debug)]
pub struct RejectedFile {
    path: PathBuf,
    temporary: PathBuf,
    csv: Option<csv::Writer<BufWriter<File>>>,
}

impl RejectedFile {
    /// A list that will stand at `path`. Nothing is written before the first rejection.
    pub fn new(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        Self {
            path: path.to_path_buf(),
            temporary,
            csv: None,
        }
    }

    /// The usual place: beside the file.
    pub fn beside(file: &Path) -> PathBuf {
        let mut name = file.file_name().unwrap_or_default().to_os_string();
        name.push(".rejected.csv");
        file.with_file_name(name)
    }

    /// Adds a row.
    pub fn push(&mut self, row: &RowRejection) -> Result<(), ImportError> {
        let written = self.csv().and_then(|csv| {
            let (line, field, got) = (row.line.to_string(), harmless(&row.field), harmless(&row.got));
            let cells = [
                line.as_str(),
                field.as_str(),
                row.code.as_str(),
                row.reason.as_str(),
                got.as_str(),
            ];
            csv.write_record(cells).map_err(io::Error::from)
        });
        written.map_err(|error| ImportError::Io {
            path: self.path.clone(),
            source: error,
        })
    }

    fn csv(&mut self) -> io::Result<&mut csv::Writer<BufWriter<File>>> {
        if self.csv.is_none() {
            let mut file = BufWriter::new(File::create(&self.temporary)?);
            // Excel takes a file without the mark for Windows-1251.
            file.write_all("\u{feff}".as_bytes())?;
            let mut csv = csv::Writer::from_writer(file);
            csv.write_record(["line", "field", "code", "reason", "got"])?;
            self.csv = Some(csv);
        }
        Ok(self.csv.as_mut().expect("made above"))
    }

    /// Puts the list in its place and says where; without rejections, takes an earlier list away.
    pub fn finish(mut self) -> Result<Option<PathBuf>, ImportError> {
        let done = match self.csv.take() {
            None => match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(None),
            },
            Some(csv) => self.place(csv).map(|()| Some(self.path.clone())),
        };
        done.map_err(|error| ImportError::Io {
            path: self.path.clone(),
            source: error,
        })
    }

    fn place(&self, csv: csv::Writer<BufWriter<File>>) -> io::Result<()> {
        let file = csv.into_inner().map_err(|error| error.into_error().kind())?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => runtime::files::sync_dir(parent),
            _ => runtime::files::sync_dir(Path::new(".")),
        }
    }
}

impl Drop for RejectedFile {
    fn drop(&mut self) {
        if self.csv.take().is_some() {
            // The import failed; its own error is the one to report.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A cell that a spreadsheet shows and does not compute.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
