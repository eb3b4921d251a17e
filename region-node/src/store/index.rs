//! Where an incident stands: eight bytes of memory for each, and no certainty.
//!
//! A slot is a 32-bit tag of (source, external id) and a 32-bit block number. Two incidents may share a tag, so a hit
//! is only a place to look: the caller confirms it by the stored id. One slot stands for one record.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Slots of all incidents. Tags depend on a seed, so nobody outside can choose ids that share one.
#[derive(Debug)]
pub(super) struct Index {
    slots: HashTable<u64>,
    seed: u64,
}

impl Index {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            slots: HashTable::new(),
            seed,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Blocks that may hold the incident, each once.
    pub(super) fn candidates(&self, source: &str, id: &str) -> Vec<u32> {
        let tag = self.tag(source, id);
        let slots = self.slots.iter_hash(spread(tag)).copied();
        let mut blocks: Vec<u32> = slots.filter(|&slot| tag_of(slot) == tag).map(block_of).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }

    pub(super) fn insert(&mut self, source: &str, id: &str, block: u32) {
        let tag = self.tag(source, id);
        self.slots
            .insert_unique(spread(tag), slot(tag, block), |&slot| spread(tag_of(slot)));
    }

    pub(super) fn remove(&mut self, source: &str, id: &str, block: u32) {
        let tag = self.tag(source, id);
        let gone = slot(tag, block);
        if let Entry::Occupied(entry) =
            self.slots
                .entry(spread(tag), |&slot| slot == gone, |&slot| spread(tag_of(slot)))
        {
            entry.remove();
        }
    }

    fn tag(&self, source: &str, id: &str) -> u32 {
        let mut hasher = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().build_hasher();
        hasher.write_u64(self.seed);
        hasher.write(source.as_bytes());
        hasher.write_u8(0xFF);
        hasher.write(id.as_bytes());
        tag_of(hasher.finish())
    }
}

fn slot(tag: u32, block: u32) -> u64 {
    u64::from(tag) << 32 | u64::from(block)
}

fn tag_of(slot: u64) -> u32 {
    (slot >> 32) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "takes the low half on purpose")]
fn block_of(slot: u64) -> u32 {
    slot as u32
}

/// The table wants 64 mixed bits; a slot remembers 32, which an odd multiplier spreads.
fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_found_in_its_block_and_nowhere_once_removed() {
        let mut index = Index::new(1);
        for id in 0..1_000_u32 {
            index.insert("a", &id.to_string(), id / 10);
        }
        assert!((0..1_000_u32).all(|id| index.candidates("a", &id.to_string()).contains(&(id / 10))));
        assert!(index.candidates("b", "7").is_empty());
        index.insert("a", "7", 0);
        index.remove("a", "7", 0);
        assert_eq!((index.candidates("a", "7"), index.len()), (vec![0], 1_000));
        index.remove("a", "7", 0);
        assert!(index.candidates("a", "7").is_empty());
    }
}
