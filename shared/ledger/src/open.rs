//! Opening a ledger: everything it says is rebuilt from its entries in order, which is also what recovery does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::{NodeId, SheetPeriod};
use journal::Truncation;
use seal::merkle::{Tree, leaf_hash};
use wire::Statement;

use crate::author::{Anchor, Author};
use crate::dictionaries::Dictionaries;
use crate::error::LedgerError;
use crate::evidence::Evidence;
use crate::ledger::{Ledger, Read, read};
use crate::segments::{SegmentOptions, Segments};
use crate::sheets::{Sheets, sheet_of};
use crate::standing::Standing;
use crate::store::StoredEntry;

/// Limits of a ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Of the files.
    pub segments: SegmentOptions,
}

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Torn tails that were cut, at most one of each file.
    pub truncated: Vec<Truncation>,
    /// Where a damaged index was moved, if it was.
    pub index_damaged: Option<PathBuf>,
    /// Entries replayed.
    pub entries: u64,
    /// Entries that the index lacked.
    pub indexed: u64,
}

impl Ledger {
    /// Opens the ledger in `directory`, which must exist, and replays it.
    pub fn open(
        directory: &Path,
        author: Author,
        anchor: Anchor,
        options: Options,
    ) -> Result<(Self, Opening), LedgerError> {
        let (segments, found) = Segments::open(directory, options.segments)?;
        let (evidence, torn) = Evidence::open(&directory.join("evidence"))?;
        let mut opening = Opening {
            truncated: found.truncated,
            index_damaged: found.index_damaged,
            entries: found.entries,
            indexed: found.indexed,
        };
        opening.truncated.extend(torn);
        let mut ledger = Self {
            author,
            anchor,
            store: Box::new(segments),
            tree: Tree::new(),
            standing: Standing::default(),
            sheets: Sheets::default(),
            dictionaries: Dictionaries::default(),
            cursors: BTreeMap::new(),
            evidence,
            stopped: false,
            held: false,
        };
        ledger.replay()?;
        ledger.check_anchor()?;
        Ok((ledger, opening))
    }

    fn replay(&mut self) -> Result<(), LedgerError> {
        let mut kept = self.store.cursors();
        loop {
            let entries = self.store.tail(self.tree.size())?;
            for entry in &entries {
                self.replay_entry(entry)?;
                // A cursor that was kept says the same as the entries up to it, and also steps over repeats, which left
                // no entry.
                for (_, cursor) in kept.extract_if(.., |(size, _)| *size == entry.position + 1) {
                    self.cursors.insert(cursor.child.clone(), cursor);
                }
            }
            if entries.is_empty() {
                return Ok(());
            }
        }
    }

    fn replay_entry(&mut self, entry: &StoredEntry) -> Result<(), LedgerError> {
        let read = read(entry)?;
        self.tree.append(leaf_hash(&entry.envelope));
        let by = entry.delivered_by.as_ref();
        self.standing
            .fold(entry.position, by, &read.head, read.statement, &read.said);
        let child = match (&read.said, by) {
            (_, Some(child)) => Some(child),
            (Statement::Refusal(refusal), None) => Some(&refusal.delivered_by),
            _ => None,
        };
        if let Some(child) = child.filter(|child| self.is_child(child)).cloned() {
            let mut cursor = self.cursor_record(&child);
            cursor.follow(entry, &read.said);
            self.cursors.insert(child, cursor);
        }
        if let Statement::Dictionary(_) = &read.said {
            let bytes = self.store.body(entry.position)?.ok_or(LedgerError::BodyMismatch)?;
            self.dictionaries.know(&self.author.federation, &bytes)?;
        }
        self.fold_sheet(entry.position, entry.has_body, &read)?;
        Ok(())
    }

    /// Takes in what an entry says of sheets. Returns the node and period whose sheet in force is another one now.
    pub(crate) fn fold_sheet(
        &mut self,
        position: u64,
        has_body: bool,
        read: &Read,
    ) -> Result<Option<(NodeId, SheetPeriod)>, LedgerError> {
        let own = &self.author.node;
        match &read.said {
            Statement::Sheet(sheet) => {
                let node = &read.head.node;
                let changed = self.sheets.add(own, node, position, read.statement, sheet, has_body);
                Ok(changed.then(|| (node.clone(), sheet.facts.period)))
            }
            Statement::Decision(decision) => {
                let changed = self.sheets.decide(own, decision);
                self.put_wanted(changed)
            }
            _ => Ok(None),
        }
    }

    /// Puts the revision in force that stands in for one that counts no longer.
    pub(crate) fn put_wanted(
        &mut self,
        changed: Option<((NodeId, SheetPeriod), Option<u64>)>,
    ) -> Result<Option<(NodeId, SheetPeriod)>, LedgerError> {
        let Some((key, wanted)) = changed else { return Ok(None) };
        if let Some(position) = wanted {
            let read = read(&self.entry(position)?)?;
            if let Some(sheet) = sheet_of(read.said) {
                self.sheets.put(&key.0, position, read.statement, sheet.facts);
            }
        }
        Ok(Some(key))
    }
}
