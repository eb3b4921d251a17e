//! One block: packed records under one key, with a checksum of its own.
//!
//! A block takes new records until it is 48 KiB long. Its records are rewritten in place and may grow; a block that
//! would pass 96 KiB is split, so that no value comes near the 128 KiB at which the database stops syncing.

use prost::Message;
use wire::pb;

use super::error::StoreError;

/// A block that is this long takes no new records, in bytes.
pub(super) const CLOSED_AT: usize = 48 * 1024;
/// A block that is longer is split, in bytes. A record is below 3 KiB, so a half is below 52 KiB.
pub(super) const SPLIT_AT: usize = 96 * 1024;

/// Bytes in front of the packed records: their CRC32C, which also covers the block's number.
const CHECKSUM_BYTES: usize = 4;

/// The value of a block and its checksum.
pub(super) fn encode(number: u32, records: Vec<pb::IncidentRecord>) -> (Vec<u8>, u32, Vec<pb::IncidentRecord>) {
    let block = pb::IncidentBlock { records };
    let mut value = vec![0; CHECKSUM_BYTES];
    block.encode(&mut value).expect("a vector grows as needed");
    let checksum = checksum(number, &value[CHECKSUM_BYTES..]);
    value[..CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
    (value, checksum, block.records)
}

/// The records of a block and its checksum, which is compared.
pub(super) fn decode(number: u32, value: &[u8]) -> Result<(Vec<pb::IncidentRecord>, u32), StoreError> {
    let (head, packed) = value
        .split_first_chunk::<CHECKSUM_BYTES>()
        .ok_or_else(|| StoreError::damaged(format!("блок {number} пуст")))?;
    let expected = u32::from_le_bytes(*head);
    if checksum(number, packed) != expected {
        return Err(StoreError::damaged(format!(
            "блок {number}: контрольная сумма не сходится"
        )));
    }
    let block = pb::IncidentBlock::decode(packed).map_err(StoreError::damaged)?;
    Ok((block.records, expected))
}

fn checksum(number: u32, packed: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&number.to_be_bytes()), packed)
}

/// Bytes that a record adds to a block.
pub(super) fn weight(record: &pb::IncidentRecord) -> usize {
    let length = record.encoded_len();
    1 + prost::length_delimiter_len(length) + length
}

/// Cuts records into runs of about half of [`SPLIT_AT`] each; one run when they fit in one block.
pub(super) fn split(records: Vec<pb::IncidentRecord>) -> Vec<Vec<pb::IncidentRecord>> {
    let total: usize = records.iter().map(weight).sum();
    if total <= SPLIT_AT {
        return vec![records];
    }
    let mut runs = vec![Vec::new()];
    let mut filled = 0;
    for record in records {
        let weight = weight(&record);
        if filled + weight > SPLIT_AT / 2 {
            runs.push(Vec::new());
            filled = 0;
        }
        filled += weight;
        runs.last_mut().expect("there is a run from the start").push(record);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: usize, bytes: usize) -> pb::IncidentRecord {
        pb::IncidentRecord {
            external_id: id.to_string(),
            executor: "x".repeat(bytes),
            ..Default::default()
        }
    }

    #[test]
    fn a_flipped_bit_and_a_swapped_block_are_seen() {
        let (value, checksum, records) = encode(7, vec![record(1, 10), record(2, 20)]);
        assert_eq!(decode(7, &value).unwrap(), (records, checksum));
        assert!(decode(8, &value).is_err());
        for at in 0..value.len() {
            let mut spoilt = value.clone();
            spoilt[at] ^= 1;
            assert!(decode(7, &spoilt).is_err(), "{at}");
        }
    }

    #[test]
    fn a_block_that_grew_is_split_into_blocks_that_fit() {
        let records: Vec<_> = (0..100).map(|id| record(id, 1_300)).collect();
        let runs = split(records.clone());
        assert!(runs.len() > 1);
        assert!(
            runs.iter()
                .all(|run| run.iter().map(weight).sum::<usize>() <= SPLIT_AT / 2)
        );
        assert_eq!(runs.concat(), records);
        assert_eq!(split(records.into_iter().take(10).collect()).len(), 1);
    }
}
