//! Whether quotation marks pair, byte by byte as the file goes by.
//!
//! A CSV reader is lenient: one mark too many and it takes the rest of the file for one field. Here such a file is
//! refused with the line before anything is sent. UTF-8 and Windows-1251 agree on the bytes that matter. Also bounds
//! the length of a record, and with it the memory that reading takes.

/// The longest record: 22 fields of at most 256 bytes are 6 KiB, so a mebibyte is a file that is no table.
pub(super) const RECORD_BYTES_MAX: usize = 1024 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Plain,
    Quoted,
    /// After a mark inside quotes: the field's end, or the first half of a doubled mark.
    Mark,
}

/// Follows the quotation marks of a file.
pub(super) struct Quoting {
    delimiter: u8,
    at: At,
    line: u64,
    opened: u64,
    record: usize,
}

/// The first thing wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unpaired {
    pub line: u64,
    pub what: String,
}

impl Quoting {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            at: At::FieldStart,
            line: 1,
            opened: 0,
            record: 0,
        }
    }

    /// The line of the next byte, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Goes on with the next bytes.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<(), Unpaired> {
        bytes.iter().try_for_each(|&byte| self.step(byte))
    }

    fn step(&mut self, byte: u8) -> Result<(), Unpaired> {
        self.at = match (self.at, byte) {
            (At::FieldStart, b'"') => {
                self.opened = self.line;
                At::Quoted
            }
            (At::Quoted, b'"') | (At::Mark, b'\r') => At::Mark,
            (At::Quoted, _) | (At::Mark, b'"') => At::Quoted,
            (_, b'\n') => At::FieldStart,
            (_, byte) if byte == self.delimiter => At::FieldStart,
            (At::Mark, _) => {
                return Err(unpaired(
                    self.line,
                    "после закрывающей кавычки стоит текст: кавычки внутри значения удваивают (\"\")",
                ));
            }
            (At::FieldStart | At::Plain, _) => At::Plain,
        };
        self.record += 1;
        if byte == b'\n' {
            self.line += 1;
            if self.at == At::FieldStart {
                self.record = 0;
            }
        }
        if self.record > RECORD_BYTES_MAX {
            return Err(match self.at {
                At::Quoted => self.unclosed(),
                _ => unpaired(
                    self.line,
                    "строка длиннее 1 МиБ: это не таблица CSV; проверьте выгрузку",
                ),
            });
        }
        Ok(())
    }

    /// Takes the end of the file.
    pub(super) fn finish(&self) -> Result<(), Unpaired> {
        if self.at == At::Quoted {
            Err(self.unclosed())
        } else {
            Ok(())
        }
    }

    fn unclosed(&self) -> Unpaired {
        unpaired(
            self.opened,
            "кавычка открыта и не закрыта: закройте её или удвойте, если она часть значения",
        )
    }
}

fn unpaired(line: u64, what: &str) -> Unpaired {
    Unpaired {
        line,
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Result<(), u64> {
        let mut quoting = Quoting::new(b';');
        quoting
            .follow(text.as_bytes())
            .and_then(|()| quoting.finish())
            .map_err(|unpaired| unpaired.line)
    }

    #[test]
    fn marks_that_pair_pass_and_others_are_placed() {
        for (text, expected) in [
            ("a;b\n1;2\n", Ok(())),
            ("a;b\r\n\"1\";\"2\"\r\n", Ok(())),
            ("a;b\n\"x\ny\";2\n", Ok(())),
            ("a\n\"ООО \"\"Ромашка\"\"\"\n", Ok(())),
            ("a\nООО \"Ромашка\"\n", Ok(())),
            ("a\n\"\"", Ok(())),
            ("a;b\n1;\"2\n3;4\n", Err(2)),
            ("a\n1\n\"ООО \"Ромашка\"\"\n", Err(3)),
            ("a\n\"x\ny\" z\n", Err(3)),
        ] {
            assert_eq!(judge(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_record_without_end_is_refused_before_it_fills_the_memory() {
        assert_eq!(judge(&"x".repeat(RECORD_BYTES_MAX + 1)), Err(1));
        assert_eq!(judge(&format!("a\n\"{}", "x\n".repeat(RECORD_BYTES_MAX))), Err(2));
    }
}
