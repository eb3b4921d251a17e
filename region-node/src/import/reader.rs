//! The second pass over a file: its rows, one at a time, with the line that each begins on.
//!
//! Owns the fit of header and profile. Expects a file that [`super::examine`] passed; memory is one record's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use indicatif::ProgressBar;

use super::error::{ImportError, MissingColumn};
use super::examine::{self, Examination, Text};
use super::field::Field;
use super::profile::{Encoding, Profile, nearest};

/// Where each field of a profile stands in the rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    columns: BTreeMap<Field, usize>,
    withdrawal: Option<usize>,
    header: Vec<String>,
}

impl Layout {
    /// Fits a header to a profile.
    pub fn fit(path: &Path, header: Vec<String>, profile: &Profile) -> Result<Self, ImportError> {
        let mut missing = Vec::new();
        let mut columns = BTreeMap::new();
        for (&field, column) in &profile.columns {
            match find(path, &header, column)? {
                Some(index) => drop(columns.insert(field, index)),
                None if profile.optional.contains(&field) => {}
                None => missing.push(absent(field.name(), column, &header)),
            }
        }
        let mut withdrawal = None;
        if let Some(rule) = &profile.withdrawal {
            withdrawal = find(path, &header, &rule.column)?;
            if withdrawal.is_none() && !rule.optional {
                missing.push(absent("withdrawal", &rule.column, &header));
            }
        }
        if !missing.is_empty() {
            return Err(ImportError::MissingColumns {
                path: path.to_path_buf(),
                missing,
                present: header,
            });
        }
        if profile.only_known {
            known(path, &header, profile)?;
        }
        Ok(Self {
            columns,
            withdrawal,
            header,
        })
    }

    /// The header of the column that fills a field; the field's own name when none does.
    pub fn column(&self, field: &str) -> String {
        let index = match Field::from_name(field) {
            Some(field) => self.columns.get(&field),
            None if field == "withdrawal" => self.withdrawal.as_ref(),
            None => None,
        };
        index.map_or_else(|| field.to_owned(), |&index| self.header[index].clone())
    }
}

fn find(path: &Path, header: &[String], column: &str) -> Result<Option<usize>, ImportError> {
    let mut found = header
        .iter()
        .enumerate()
        .filter(|(_, cell)| *cell == column)
        .map(|(index, _)| index);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(ImportError::RepeatedColumn {
            path: path.to_path_buf(),
            column: column.to_owned(),
        }),
        (first, _) => Ok(first),
    }
}

fn absent(field: &str, column: &str, header: &[String]) -> MissingColumn {
    MissingColumn {
        field: field.to_owned(),
        column: column.to_owned(),
        nearest: nearest(column, header.iter().map(String::as_str)),
    }
}

fn known(path: &Path, header: &[String], profile: &Profile) -> Result<(), ImportError> {
    let names = || {
        let withdrawal = profile.withdrawal.iter().map(|rule| rule.column.as_str());
        profile.columns.values().map(String::as_str).chain(withdrawal)
    };
    match header.iter().find(|cell| !names().any(|name| name == cell.as_str())) {
        None => Ok(()),
        Some(column) => Err(ImportError::UnknownColumn {
            path: path.to_path_buf(),
            column: column.clone(),
            nearest: nearest(column, names()),
        }),
    }
}

/// Reads the rows of a file.
pub struct RowReader {
    path: PathBuf,
    csv: csv::Reader<Lines>,
    encoding: Encoding,
    layout: Layout,
    record: ByteRecord,
}

/// One row.
pub struct Row<'a> {
    /// The line it begins on, from 1; the header is the first.
    pub line: u64,
    record: &'a ByteRecord,
    encoding: Encoding,
    layout: &'a Layout,
}

impl RowReader {
    /// Opens an examined file and fits its header to the profile.
    pub fn open(
        path: &Path,
        profile: &Profile,
        examination: &Examination,
        bar: &ProgressBar,
    ) -> Result<Self, ImportError> {
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(examination.delimiter)
            .terminator(csv::Terminator::Any(b'\n'))
            .has_headers(false)
            .flexible(true)
            .from_reader(Lines {
                text: examine::open(path, bar)?,
                last: b'\n',
                ended: false,
            });
        let encoding = examination.encoding;
        let mut record = ByteRecord::new();
        csv.read_byte_record(&mut record)
            .map_err(|error| ImportError::io(path, error.into()))?;
        let header = record
            .iter()
            .map(|cell| decode(encoding, cell).trim().to_owned())
            .collect();
        let layout = Layout::fit(path, header, profile)?;
        Ok(Self {
            path: path.to_path_buf(),
            csv,
            encoding,
            layout,
            record,
        })
    }

    /// Where the fields stand.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The next row; nothing at the end. Blank lines are no rows.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, ImportError> {
        let more = self
            .csv
            .read_byte_record(&mut self.record)
            .map_err(|error| ImportError::io(&self.path, error.into()))?;
        if !more {
            return Ok(None);
        }
        // The reader stands on the line after the record; it counts blank lines before a record as the record's own.
        let inside: u64 = self
            .record
            .as_slice()
            .iter()
            .map(|&byte| u64::from(byte == b'\n'))
            .sum();
        let line = self.csv.position().line() - 1 - inside;
        Ok(Some(Row {
            line,
            record: &self.record,
            encoding: self.encoding,
            layout: &self.layout,
        }))
    }
}

impl Row<'_> {
    /// The value of a field's column, trimmed; nothing when no column fills the field.
    pub fn get(&self, field: Field) -> Option<Cow<'_, str>> {
        self.layout.columns.get(&field).map(|&index| self.cell(index))
    }

    /// The value of the column that withdraws.
    pub fn withdrawal(&self) -> Option<Cow<'_, str>> {
        self.layout.withdrawal.map(|index| self.cell(index))
    }

    /// How many columns the row has, and how many the header.
    pub fn columns(&self) -> (usize, usize) {
        (self.record.len(), self.layout.header.len())
    }

    /// Where the fields stand.
    pub fn layout(&self) -> &Layout {
        self.layout
    }

    fn cell(&self, index: usize) -> Cow<'_, str> {
        match decode(self.encoding, self.record.get(index).unwrap_or_default()) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}

/// Windows-1251 has one byte a letter, so a cell can be decoded by itself; UTF-8 was checked in the first pass.
fn decode(encoding: Encoding, cell: &[u8]) -> Cow<'_, str> {
    match encoding {
        Encoding::Windows1251 => encoding_rs::WINDOWS_1251.decode_without_bom_handling(cell).0,
        Encoding::Auto | Encoding::Utf8 => String::from_utf8_lossy(cell),
    }
}

/// The text with `\n` alone at the end of every line, also the last: then the line of a record can be told.
struct Lines {
    text: Text,
    last: u8,
    ended: bool,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.text.read(buffer)?;
            if read == 0 {
                if self.ended || self.last == b'\n' || buffer.is_empty() {
                    return Ok(0);
                }
                self.ended = true;
                buffer[0] = b'\n';
                return Ok(1);
            }
            let mut kept = 0;
            for index in 0..read {
                if buffer[index] != b'\r' {
                    buffer[kept] = buffer[index];
                    kept += 1;
                }
            }
            if kept > 0 {
                self.last = buffer[kept - 1];
                return Ok(kept);
            }
        }
    }
}
