//! The first pass over a file, before anything is sent: what it is, whether it is whole, and its digest.
//!
//! Promises that the second pass meets no broken compression, no wrong letters and no unpaired quotation mark. Decides
//! the encoding and the delimiter where the profile leaves them open.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};

use super::error::ImportError;
use super::profile::{Delimiter, Encoding, Profile};
use super::quoting::Quoting;

const CHUNK: usize = 64 * 1024;
const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What the first pass found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// SHA-256 of the file's bytes as they lie on disk.
    pub sha256: [u8; 32],
    /// UTF-8 or Windows-1251, never `Auto`.
    pub encoding: Encoding,
    /// The byte between columns.
    pub delimiter: u8,
}

/// The text of a file: unpacked, without a byte order mark.
pub(super) type Text = Box<dyn Read + Send>;

/// Opens a file as text. `bar` counts the bytes read from disk.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> Result<Text, ImportError> {
    unpack(path, bar.wrap_read(regular(path)?))
}

/// Reads the whole file once.
pub fn examine(path: &Path, profile: &Profile, bar: &ProgressBar) -> Result<Examination, ImportError> {
    let mut hasher = Sha256::new();
    let hashing = Hashing {
        inner: bar.wrap_read(regular(path)?),
        hasher: &mut hasher,
    };
    let mut text = unpack_borrowed(path, hashing)?;
    let mut chunk = vec![0; CHUNK];
    let mut filled = fill(&mut text, &mut chunk).map_err(|error| broken(path, error))?;
    if chunk[..filled].iter().all(u8::is_ascii_whitespace) {
        return Err(ImportError::Empty(path.to_path_buf()));
    }
    let delimiter = delimiter(profile, &chunk[..filled]);
    let mut quoting = Quoting::new(delimiter);
    let mut letters = Letters::default();
    while filled > 0 {
        letters.follow(&chunk[..filled], quoting.line());
        quoting
            .follow(&chunk[..filled])
            .map_err(|wrong| unpaired(path, wrong))?;
        filled = fill(&mut text, &mut chunk).map_err(|error| broken(path, error))?;
    }
    letters.finish(quoting.line());
    quoting.finish().map_err(|wrong| unpaired(path, wrong))?;
    let encoding = letters.decide(path, profile.encoding)?;
    drop(text);
    Ok(Examination {
        sha256: hasher.finalize().into(),
        encoding,
        delimiter,
    })
}

/// The size on disk, for a progress bar.
pub(super) fn size(path: &Path) -> Result<u64, ImportError> {
    std::fs::metadata(path)
        .map(|facts| facts.len())
        .map_err(|error| ImportError::io(path, error))
}

fn regular(path: &Path) -> Result<File, ImportError> {
    let facts = std::fs::metadata(path).map_err(|error| ImportError::io(path, error))?;
    let path_buf = || path.to_path_buf();
    if facts.is_dir() {
        return Err(ImportError::NotAFile {
            path: path_buf(),
            what: "каталог",
        });
    }
    if !facts.is_file() {
        return Err(ImportError::NotAFile {
            path: path_buf(),
            what: "не обычный файл",
        });
    }
    if facts.len() == 0 {
        return Err(ImportError::Empty(path_buf()));
    }
    File::open(path).map_err(|error| ImportError::io(path, error))
}

fn unpack(path: &Path, raw: impl Read + Send + 'static) -> Result<Text, ImportError> {
    unpack_borrowed(path, raw).map(|text| text as Text)
}

fn unpack_borrowed<'a, R: Read + Send + 'a>(path: &Path, raw: R) -> Result<Box<dyn Read + Send + 'a>, ImportError> {
    let (head, raw) = peek(raw).map_err(|error| ImportError::io(path, error))?;
    if head.starts_with(b"\x1f\x8b") {
        let (head, text) =
            peek(MultiGzDecoder::new(BufReader::with_capacity(CHUNK, raw))).map_err(|error| broken(path, error))?;
        return unmark(path, &head, text);
    }
    unmark(path, &head, raw)
}

/// Refuses formats that people mistake for CSV and drops a byte order mark.
fn unmark<'a, R: Read + Send + 'a>(
    path: &Path,
    head: &[u8],
    mut text: R,
) -> Result<Box<dyn Read + Send + 'a>, ImportError> {
    let foreign = |what, advice| {
        Err(ImportError::Foreign {
            path: path.to_path_buf(),
            what,
            advice,
        })
    };
    if head.starts_with(b"PK\x03\x04") {
        return foreign(
            "книга Excel или архив ZIP",
            "сохраните лист как «CSV UTF-8» или распакуйте архив",
        );
    }
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return foreign("текст в UTF-16", "сохраните его как «CSV UTF-8»");
    }
    if head.starts_with(UTF8_MARK) {
        let mut mark = [0; 3];
        text.read_exact(&mut mark)
            .map_err(|error| ImportError::io(path, error))?;
    }
    Ok(Box::new(text))
}

/// A reader with its first bytes put back.
type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The first four bytes, and a reader that still gives them.
fn peek<R: Read>(mut raw: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = vec![0; 4];
    let filled = fill(&mut raw, &mut head)?;
    head.truncate(filled);
    Ok((head.clone(), Cursor::new(head).chain(raw)))
}

/// Reads until the buffer is full or the text ends.
fn fill(text: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match text.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn broken(path: &Path, error: io::Error) -> ImportError {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => ImportError::Gzip {
            path: path.to_path_buf(),
            reason: error.to_string(),
        },
        _ => ImportError::io(path, error),
    }
}

fn unpaired(path: &Path, wrong: super::quoting::Unpaired) -> ImportError {
    ImportError::Quoting {
        path: path.to_path_buf(),
        line: wrong.line,
        what: wrong.what,
    }
}

/// The profile's delimiter, or the one that splits the header into the most mapped columns, then the most columns.
fn delimiter(profile: &Profile, head: &[u8]) -> u8 {
    let candidates: &[u8] = match profile.delimiter {
        Delimiter::Comma => b",",
        Delimiter::Semicolon => b";",
        Delimiter::Tab => b"\t",
        Delimiter::Auto => b"\t;,",
    };
    let header = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let mapped = |cell: &str| profile.columns.values().any(|column| column == cell);
    let score = |delimiter: &&u8| {
        let cells = header.split(|byte| byte == *delimiter);
        let cells: Vec<String> = cells.map(|cell| cell_text(cell, profile.encoding)).collect();
        (cells.iter().filter(|cell| mapped(cell)).count(), cells.len())
    };
    *candidates
        .iter()
        .max_by_key(score)
        .expect("there is at least one candidate")
}

fn cell_text(cell: &[u8], encoding: Encoding) -> String {
    let text = match std::str::from_utf8(cell) {
        Ok(text) if encoding != Encoding::Windows1251 => text.into(),
        _ => encoding_rs::WINDOWS_1251.decode_without_bom_handling(cell).0,
    };
    text.trim().trim_matches('"').to_owned()
}

/// Whether the bytes so far are UTF-8.
#[derive(Default)]
struct Letters {
    /// The beginning of a letter that the next chunk ends.
    begun: Vec<u8>,
    /// Line of the first byte that is no UTF-8.
    wrong: Option<u64>,
    /// Valid letters beyond ASCII came before it: it is UTF-8 with an error, not another encoding.
    beyond_ascii: bool,
}

impl Letters {
    fn follow(&mut self, chunk: &[u8], line: u64) {
        if self.wrong.is_some() {
            return;
        }
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(chunk);
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.beyond_ascii |= !text.is_ascii(),
            Err(error) => {
                let (good, rest) = bytes.split_at(error.valid_up_to());
                self.beyond_ascii |= !good.is_ascii();
                if error.error_len().is_none() {
                    self.begun = rest.to_vec();
                } else {
                    self.wrong = Some(line + newlines(good));
                }
            }
        }
    }

    fn finish(&mut self, line: u64) {
        if !self.begun.is_empty() && self.wrong.is_none() {
            self.wrong = Some(line);
        }
    }

    fn decide(&self, path: &Path, wanted: Encoding) -> Result<Encoding, ImportError> {
        match (wanted, self.wrong) {
            (Encoding::Windows1251, _) => Ok(Encoding::Windows1251),
            (_, None) => Ok(Encoding::Utf8),
            (Encoding::Auto, Some(_)) if !self.beyond_ascii => Ok(Encoding::Windows1251),
            (_, Some(line)) => Err(ImportError::Encoding {
                path: path.to_path_buf(),
                line,
                encoding: "UTF-8",
            }),
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}

/// Digests what passes through.
struct Hashing<'a, R> {
    inner: R,
    hasher: &'a mut Sha256,
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}
