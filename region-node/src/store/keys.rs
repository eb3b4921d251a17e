//! Keys of the one tree: a prefix byte, then fixed-width big-endian numbers or a text.

use domain::Day;

/// A block of incidents: registration day it was begun for, block number.
pub(super) const BLOCK: u8 = b'b';
/// The head: how far the journal is applied, and what the rest must add up to.
pub(super) const HEAD: u8 = b'h';
/// Count and digest of the blocks of a day.
pub(super) const MANIFEST: u8 = b'm';
/// A day to be sealed anew, with the sequence that marked it.
pub(super) const DIRTY: u8 = b'd';
/// Days declared complete, by source.
pub(super) const DECLARED: u8 = b'c';
/// Where the row of a batch stands, by the batch's id.
pub(super) const INTAKE: u8 = b'i';
/// The row of a batch, by the sequence of its first frame.
pub(super) const ROW: u8 = b'f';
/// A call that was answered, by the sequence of its frame.
pub(super) const BATCH: u8 = b'r';
/// Whose the incidents were when the days were last marked.
pub(super) const BELONGING: u8 = b'w';
/// A counter for the status, by its name.
pub(super) const COUNTER: u8 = b'n';

pub(super) fn block(day: Day, number: u32) -> [u8; 9] {
    let mut key = [BLOCK; 9];
    key[1..5].copy_from_slice(&ordered(day));
    key[5..].copy_from_slice(&number.to_be_bytes());
    key
}

pub(super) fn of_day(prefix: u8, day: Day) -> [u8; 5] {
    let mut key = [prefix; 5];
    key[1..].copy_from_slice(&ordered(day));
    key
}

pub(super) fn of_sequence(prefix: u8, sequence: u64) -> [u8; 9] {
    let mut key = [prefix; 9];
    key[1..].copy_from_slice(&sequence.to_be_bytes());
    key
}

pub(super) fn of_text(prefix: u8, text: &str) -> Vec<u8> {
    [&[prefix], text.as_bytes()].concat()
}

/// The day and number of a block's key.
pub(super) fn parse_block(key: &[u8]) -> Option<(Day, u32)> {
    let (day, number) = (parse_day(key.get(..5)?)?, key.get(5..)?);
    Some((day, u32::from_be_bytes(number.try_into().ok()?)))
}

/// The day of a key that ends with one.
pub(super) fn parse_day(key: &[u8]) -> Option<Day> {
    let bytes: [u8; 4] = key.get(1..)?.try_into().ok()?;
    Day::new((u32::from_be_bytes(bytes) ^ SIGN).cast_signed())
}

/// The text of a key that ends with one.
pub(super) fn parse_text(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.get(1..)?).ok()
}

const SIGN: u32 = 1 << 31;

/// With the sign turned round, days before 1970 come first.
fn ordered(day: Day) -> [u8; 4] {
    (day.number().cast_unsigned() ^ SIGN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_stand_in_the_order_of_days() {
        let days = [-1, 0, 19_339].map(|number| Day::new(number).unwrap());
        for day in days {
            assert_eq!(parse_block(&block(day, 7)), Some((day, 7)));
            assert_eq!(parse_day(&of_day(DIRTY, day)), Some(day));
        }
        assert!(days.windows(2).all(|pair| block(pair[0], u32::MAX) < block(pair[1], 0)));
    }
}
