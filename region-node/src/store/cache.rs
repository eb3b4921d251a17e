//! The blocks looked into last, decoded: an import meets the incidents of one block one after another.

use std::collections::VecDeque;
use std::sync::Arc;

use wire::pb;

/// Records of one block, shared with whoever looks at them.
pub(super) type Records = Arc<Vec<pb::IncidentRecord>>;

/// Blocks kept: decoded, 48 KiB become about 250 KB, so these are at most 8 MB.
const BLOCKS: usize = 32;

/// The last blocks, the latest used in front.
#[derive(Debug, Default)]
pub(super) struct Cache(VecDeque<(u32, Records)>);

impl Cache {
    pub(super) fn get(&mut self, number: u32) -> Option<Records> {
        let at = self.0.iter().position(|entry| entry.0 == number)?;
        let entry = self.0.remove(at)?;
        let records = Arc::clone(&entry.1);
        self.0.push_front(entry);
        Some(records)
    }

    /// Puts a block in front, in place of what was known of it.
    pub(super) fn put(&mut self, number: u32, records: Records) {
        self.0.retain(|entry| entry.0 != number);
        self.0.push_front((number, records));
        self.0.truncate(BLOCKS);
    }
}
