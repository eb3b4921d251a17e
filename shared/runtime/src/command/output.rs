//! Writing results to standard output. A reader that went away (`| head`) is no failure.

use std::io::{self, Write};

use serde::Serialize;

use super::Failure;

/// One line.
pub fn line(text: &str) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// A document as it is; one that does not end its last line gets the end.
pub fn document(text: &[u8]) -> Result<(), Failure> {
    bytes(text)?;
    if text.last().is_some_and(|&last| last != b'\n') {
        bytes(b"\n")
    } else {
        Ok(())
    }
}

/// A value as one JSON document.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).expect("our results have string keys and finite numbers");
    line(&text)
}

fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
