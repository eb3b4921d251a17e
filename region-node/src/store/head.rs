//! The head: how far the journal is applied, and what everything else must add up to.
//!
//! It is written in the same atomic batch as what it speaks of, so at the start a difference means that something was
//! lost or changed since: the store is rebuilt.

use std::collections::BTreeMap;

use domain::{Code, Day};

use super::ranges::Ranges;
use super::{BlockInfo, error::StoreError};

/// Version of the store's layout; another one is rebuilt from the journal.
const LAYOUT: u8 = 2;
const HEAD_BYTES: usize = 1 + 8 + 4 + 4;

/// The head of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Sequence of the last frame applied.
    pub(super) applied: u64,
    /// Number of the next block.
    pub(super) next_block: u32,
    /// Checksum of the dirty marks and declarations.
    pub(super) marks: u32,
}

impl Head {
    pub(super) fn encode(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [LAYOUT; HEAD_BYTES];
        bytes[1..9].copy_from_slice(&self.applied.to_be_bytes());
        bytes[9..13].copy_from_slice(&self.next_block.to_be_bytes());
        bytes[13..].copy_from_slice(&self.marks.to_be_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let bytes: &[u8; HEAD_BYTES] = bytes.try_into().map_err(|_| StoreError::damaged("заголовок"))?;
        if bytes[0] != LAYOUT {
            return Err(StoreError::damaged("заголовок другой версии"));
        }
        let number =
            |range: std::ops::Range<usize>| bytes[range].iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        let short = |range| u32::try_from(number(range)).expect("four bytes");
        Ok(Self {
            applied: number(1..9),
            next_block: short(9..13),
            marks: short(13..17),
        })
    }
}

/// Checksum of all marks and declarations: days not sealed yet must not be forgotten by a lost page.
pub(super) fn marks(dirty: &BTreeMap<Day, u64>, declared: &BTreeMap<Code, Ranges>) -> u32 {
    let marks = dirty.iter().fold(0, |sum, (day, sequence)| {
        let sum = crc32c::crc32c_append(sum, &day.number().to_be_bytes());
        crc32c::crc32c_append(sum, &sequence.to_be_bytes())
    });
    declared.iter().fold(marks, |sum, (source, ranges)| {
        let sum = crc32c::crc32c_append(sum, source.as_str().as_bytes());
        crc32c::crc32c_append(sum, &ranges.encode())
    })
}

/// Records and digest of the blocks of one day. The digest is free of order, so one block is exchanged in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    records: u64,
    digest: u64,
}

impl Manifest {
    /// Takes a block in or, by the same step, out.
    pub(super) fn exchange(&mut self, number: u32, before: Option<&BlockInfo>, after: Option<&BlockInfo>) {
        for info in before.into_iter().chain(after) {
            self.digest ^= u64::from(number) << 32 | u64::from(info.checksum);
        }
        self.records -= before.map_or(0, |info| u64::from(info.records));
        self.records += after.map_or(0, |info| u64::from(info.records));
    }

    pub(super) fn encode(self) -> [u8; 16] {
        (u128::from(self.records) << 64 | u128::from(self.digest)).to_be_bytes()
    }
}
