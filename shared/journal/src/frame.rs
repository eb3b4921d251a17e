//! One frame as bytes, and what names it.
//!
//! On disk: payload length (u32 LE), CRC32C over all that follows it (u32 LE), sequence (u64 LE), the last sequence
//! known to be synced when the frame was written (u64 LE, 0 for none), payload. Sequences start at 1, and the checksum
//! of nothing but zeros is not zero, so a zeroed stretch of disk is never a frame. The length stands outside the
//! checksum: a changed length makes the checksum run over other bytes. This room knows no files.

use crate::error::Damage;

/// Bytes in front of a payload.
pub(crate) const HEADER_BYTES: usize = 24;

/// The longest payload the format admits, in bytes (32 MiB). A longer length on disk is damage, found before anything
/// is allocated for it. It is a constant of the format, since an option could turn good frames into bad ones.
pub const MAX_FRAME_BYTES: u32 = 32 * 1024 * 1024;

/// Where a frame stands. Ordered as the frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The frame's sequence, so that a location kept beside the journal never reads another frame unnoticed.
    pub sequence: u64,
    /// First sequence of the segment, which is its name.
    pub segment: u64,
    /// Offset of the frame's header in the segment file, in bytes.
    pub offset: u64,
    /// Length of the payload, in bytes.
    pub length: u32,
}

/// One good frame, as the replay of [`crate::Journal::open`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct FrameRef<'a> {
    /// The frame's sequence; the replay counts from 1 without holes.
    pub sequence: u64,
    /// Where it stands, for [`crate::Reader::read`].
    pub location: Location,
    /// What was appended.
    pub payload: &'a [u8],
}

/// What stands in front of a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) length: u32,
    checksum: u32,
    pub(crate) sequence: u64,
    /// Every frame up to this sequence was on the disk before this one was written. Recovery tells by it what a power
    /// cut may have torn from what it may not.
    pub(crate) synced: u64,
}

impl Header {
    pub(crate) fn decode(bytes: [u8; HEADER_BYTES]) -> Self {
        let (words, _) = bytes.as_chunks();
        let word = |index: usize| u64::from_le_bytes(words[index]);
        Self {
            length: low_u32(word(0)),
            checksum: low_u32(word(0) >> 32),
            sequence: word(1),
            synced: word(2),
        }
    }

    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.checksum.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.synced.to_le_bytes());
    }

    /// What can be told before the payload is read.
    pub(crate) fn check(&self, expected: u64) -> Result<(), Damage> {
        if self.length > MAX_FRAME_BYTES {
            return Err(Damage::Length { length: self.length });
        }
        if self.sequence != expected {
            return Err(Damage::Sequence {
                expected,
                found: self.sequence,
            });
        }
        Ok(())
    }

    /// Whether `payload` is the one this header was written for.
    pub(crate) fn check_payload(&self, payload: &[u8]) -> Result<(), Damage> {
        if payload.len() != self.length as usize {
            return Err(Damage::Short);
        }
        if checksum(self.sequence, self.synced, payload) != self.checksum {
            return Err(Damage::Checksum);
        }
        Ok(())
    }

    /// Bytes of the whole frame on disk.
    pub(crate) fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.length)
    }
}

/// Appends the frame to `out`. The caller has checked `length`, the payload's own, against its limit.
pub(crate) fn encode(sequence: u64, synced: u64, length: u32, payload: &[u8], out: &mut Vec<u8>) {
    let header = Header {
        length,
        checksum: checksum(sequence, synced, payload),
        sequence,
        synced,
    };
    header.encode(out);
    out.extend_from_slice(payload);
}

fn checksum(sequence: u64, synced: u64, payload: &[u8]) -> u32 {
    let numbers = crc32c::crc32c_append(crc32c::crc32c(&sequence.to_le_bytes()), &synced.to_le_bytes());
    crc32c::crc32c_append(numbers, payload)
}

#[expect(clippy::cast_possible_truncation, reason = "takes the low half on purpose")]
fn low_u32(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc32c() {
        // RFC 3720, B.4: the bytes 0 to 31. The first sixteen stand in the place of the two numbers.
        let bytes: Vec<u8> = (0..32).collect();
        let (sequence, synced) = (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908);
        assert_eq!(checksum(sequence, synced, &bytes[16..]), 0x46DD_794E);
    }

    #[test]
    fn a_header_reads_back_and_names_its_damage() {
        let mut frame = Vec::new();
        encode(7, 5, 3, b"abc", &mut frame);
        let header = Header::decode(frame[..HEADER_BYTES].try_into().unwrap());
        assert_eq!((header.length, header.sequence, header.synced), (3, 7, 5));
        assert_eq!(header.frame_bytes(), frame.len() as u64);
        assert_eq!(header.check(7), Ok(()));
        assert_eq!(header.check(8), Err(Damage::Sequence { expected: 8, found: 7 }));
        assert_eq!(header.check_payload(b"abc"), Ok(()));
        assert_eq!(header.check_payload(b"abd"), Err(Damage::Checksum));
        assert_eq!(header.check_payload(b"ab"), Err(Damage::Short));
        let boasting = Header { synced: 6, ..header };
        assert_eq!(boasting.check_payload(b"abc"), Err(Damage::Checksum));
        let long = Header {
            length: MAX_FRAME_BYTES + 1,
            ..header
        };
        assert_eq!(
            long.check(7),
            Err(Damage::Length {
                length: MAX_FRAME_BYTES + 1
            })
        );
    }

    #[test]
    fn zeros_are_never_a_frame() {
        let header = Header::decode([0; HEADER_BYTES]);
        assert_eq!(header.check_payload(&[]), Err(Damage::Checksum));
    }
}
