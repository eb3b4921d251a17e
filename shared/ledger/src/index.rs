//! The index over the entries, in sled: a projection that answers look-ups and may be deleted at any time.
//!
//! sled flushes without an fsync, and a flipped bit in its files shows as a panic or as a silent loss. So its head keeps
//! a manifest (count and digest of all pairs, with the size and root it stands for), every open compares it with what is
//! really there, behind a guard against panics, and whatever does not fit is moved aside and built again from the frames.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use seal::Digest;
use seal::merkle::EMPTY_ROOT;
use sled::Mode;

use crate::error::StoreError;

/// sled's own cache, bytes. No bound of memory, only a wish; the index is small.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
const HEAD: &[u8] = b"h";
const HEAD_BYTES: usize = 8 + 32 + 8 + 32;

/// What the index says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// Entries applied.
    pub(crate) size: u64,
    /// Root of the tree of that size.
    pub(crate) root: Digest,
    pairs: u64,
    /// All pairs' digests, joined by exclusive or: the same in any order.
    digest: [u8; 32],
}

impl Manifest {
    const EMPTY: Self = Self {
        size: 0,
        root: EMPTY_ROOT,
        pairs: 0,
        digest: [0; 32],
    };

    fn toggle(&mut self, key: &[u8], value: &[u8]) {
        let pair = Digest::of(&[key, value].concat());
        self.digest
            .iter_mut()
            .zip(pair.as_bytes())
            .for_each(|(sum, byte)| *sum ^= byte);
    }

    fn encode(&self) -> Vec<u8> {
        let fields = [
            &self.size.to_be_bytes()[..],
            self.root.as_bytes(),
            &self.pairs.to_be_bytes(),
            &self.digest,
        ];
        let mut bytes = fields.concat();
        bytes.extend(crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (fields, sum) = bytes.split_at_checked(HEAD_BYTES)?;
        if sum != crc32c::crc32c(fields).to_be_bytes() {
            return None;
        }
        Some(Self {
            size: u64::from_be_bytes(*fields.first_chunk()?),
            root: Digest::try_from(fields.get(8..40)?).ok()?,
            pairs: u64::from_be_bytes(*fields.get(40..)?.first_chunk()?),
            digest: *fields.get(48..)?.first_chunk()?,
        })
    }
}

/// The open index.
pub(crate) struct Index {
    db: sled::Db,
    manifest: Manifest,
}

impl Index {
    /// Opens the index, or makes an empty one. The error says what is wrong with the one that is there.
    pub(crate) fn open(directory: &Path) -> Result<Self, String> {
        catch_unwind(AssertUnwindSafe(|| Self::open_unguarded(directory)))
            .unwrap_or_else(|_| Err("sled остановился на повреждённых данных".to_owned()))
    }

    fn open_unguarded(directory: &Path) -> Result<Self, String> {
        let db = config(directory).open().map_err(|error| error.to_string())?;
        let manifest = match db.get(HEAD).map_err(|error| error.to_string())? {
            Some(bytes) => Manifest::decode(&bytes).ok_or("повреждён заголовок")?,
            None => Manifest::EMPTY,
        };
        let mut found = Manifest {
            pairs: 0,
            digest: [0; 32],
            ..manifest
        };
        for pair in db.iter() {
            let (key, value) = pair.map_err(|error| error.to_string())?;
            if *key != *HEAD {
                found.pairs += 1;
                found.toggle(&key, &value);
            }
        }
        if found == manifest {
            Ok(Self { db, manifest })
        } else {
            Err("состав не сходится с заголовком".to_owned())
        }
    }

    /// Moves a bad index aside and begins an empty one. Returns where the bad one is now.
    pub(crate) fn replace(directory: &Path) -> Result<(Self, PathBuf), StoreError> {
        let aside = (1..u32::MAX)
            .map(|n| directory.with_extension(format!("damaged-{n}")))
            .find(|path| !path.exists())
            .expect("some number is free");
        fs::rename(directory, &aside).map_err(|source| StoreError::Io {
            file: directory.to_owned(),
            source,
        })?;
        let db = config(directory).open().map_err(StoreError::Index)?;
        Ok((
            Self {
                db,
                manifest: Manifest::EMPTY,
            },
            aside,
        ))
    }

    /// What it stands for.
    pub(crate) fn manifest(&self) -> Manifest {
        self.manifest
    }

    /// Applies the keys of the entries up to `size`, whose tree has this root, in one atomic batch.
    pub(crate) fn apply(&mut self, size: u64, root: Digest, pairs: Vec<(Vec<u8>, u64)>) -> Result<(), StoreError> {
        let mut manifest = Manifest {
            size,
            root,
            ..self.manifest
        };
        let mut batch = sled::Batch::default();
        // Of one key the last position stands, as it would had each been applied alone.
        for (key, position) in pairs.into_iter().collect::<BTreeMap<_, _>>() {
            let value = position.to_be_bytes();
            match self.db.get(&key).map_err(StoreError::Index)? {
                Some(old) => manifest.toggle(&key, &old),
                None => manifest.pairs += 1,
            }
            manifest.toggle(&key, &value);
            batch.insert(key, &value);
        }
        batch.insert(HEAD, manifest.encode());
        self.db.apply_batch(batch).map_err(StoreError::Index)?;
        self.db.flush().map_err(StoreError::Index)?;
        self.manifest = manifest;
        Ok(())
    }

    /// The position under a key.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<u64>, StoreError> {
        let value = self.db.get(key).map_err(StoreError::Index)?;
        Ok(value
            .and_then(|value| value.first_chunk().copied())
            .map(u64::from_be_bytes))
    }
}

fn config(directory: &Path) -> sled::Config {
    sled::Config::new()
        .path(directory)
        .mode(Mode::LowSpace)
        .flush_every_ms(None)
        .cache_capacity(CACHE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_pair_is_found_at_the_next_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        let mut index = Index::open(&path).unwrap();
        index
            .apply(2, EMPTY_ROOT, vec![(b"sa".to_vec(), 0), (b"sb".to_vec(), 1)])
            .unwrap();
        index.apply(3, EMPTY_ROOT, vec![(b"sb".to_vec(), 2)]).unwrap();
        drop(index);
        let index = Index::open(&path).unwrap();
        assert_eq!((index.get(b"sb").unwrap(), index.manifest().size), (Some(2), 3));
        index.db.remove(b"sa").unwrap();
        index.db.flush().unwrap();
        drop(index);
        assert!(Index::open(&path).is_err());
        let (fresh, aside) = Index::replace(&path).unwrap();
        assert_eq!(fresh.manifest(), Manifest::EMPTY);
        assert!(aside.ends_with("index.damaged-1") && aside.exists());
    }
}
