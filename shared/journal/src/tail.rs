//! The bytes behind a bad frame: does a whole frame among them say that the bad one had been synced?
//!
//! It promises to find such a frame wherever it starts, in memory that does not grow with the file and in time linear
//! in it, whatever the bytes imitate. It does not know what the answer means.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::frame::{HEADER_BYTES, Header, MAX_FRAME_BYTES};

/// How much of a tail is searched for headers at a time, so that a tail of any length costs the same memory.
const WINDOW_BYTES: usize = 1024 * 1024;

/// How many times its own length a tail may cost in checksums. Frames do not overlap, so honest ones cost it once at
/// most; only a payload full of imitated headers, each naming the same bytes, costs more.
const CHECKSUM_PASSES: u64 = 8;

/// The end of the last segment, from its first bad frame on.
pub(crate) struct Tail<'a> {
    pub(crate) file: &'a File,
    /// Offset of the bad frame.
    pub(crate) start: u64,
    /// Length of the file.
    pub(crate) end: u64,
    /// The sequence due at `start`.
    pub(crate) expected: u64,
}

impl Tail<'_> {
    /// Whether the bad frame had been synced, as far as the tail can tell. Looks at every byte, since a bad length says
    /// nothing about where the next frame starts.
    ///
    /// A tail with more imitated headers than it pays to check is taken to say so: then nothing is cut, and a person
    /// looks at it.
    pub(crate) fn was_synced(&self) -> io::Result<bool> {
        let mut budget = (self.end - self.start).saturating_mul(CHECKSUM_PASSES);
        let mut window = Vec::with_capacity(WINDOW_BYTES + HEADER_BYTES);
        let mut base = self.start;
        while base < self.end {
            // Windows overlap by a header less one byte, so that each header is seen whole exactly once.
            let wanted = (self.end - base).min((WINDOW_BYTES + HEADER_BYTES - 1) as u64);
            read_range(self.file, base, wanted, &mut window)?;
            for (at, bytes) in (base..).zip(window.windows(HEADER_BYTES)) {
                let Some(header) = bytes.first_chunk().copied().map(Header::decode) else {
                    continue;
                };
                if !self.would_tell(at, &header) {
                    continue;
                }
                match budget.checked_sub(header.frame_bytes()) {
                    Some(left) if !self.is_whole(at, &header)? => budget = left,
                    _ => return Ok(true),
                }
            }
            base += WINDOW_BYTES as u64;
        }
        Ok(false)
    }

    /// Whether a frame at `at` with this header, if it is whole, says that the bad one had been synced. Each frame in
    /// between takes at least a header, which bounds the sequence so closely that stray bytes hardly ever cost a
    /// checksum. At the very start any other sequence counts: no power cut puts a whole frame where another was due.
    fn would_tell(&self, at: u64, header: &Header) -> bool {
        let tells = if at == self.start {
            header.sequence != self.expected
        } else {
            let between = (at - self.start) / HEADER_BYTES as u64;
            let possible = header.synced < header.sequence && header.sequence <= self.expected.saturating_add(between);
            possible && header.synced >= self.expected
        };
        tells && header.length <= MAX_FRAME_BYTES && at + header.frame_bytes() <= self.end
    }

    fn is_whole(&self, at: u64, header: &Header) -> io::Result<bool> {
        let mut payload = Vec::new();
        read_range(
            self.file,
            at + HEADER_BYTES as u64,
            u64::from(header.length),
            &mut payload,
        )?;
        Ok(header.check_payload(&payload).is_ok())
    }
}

fn read_range(file: &File, offset: u64, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
    let length = usize::try_from(length).map_err(io::Error::other)?;
    into.resize(length, 0);
    file.read_exact_at(into, offset)
}
