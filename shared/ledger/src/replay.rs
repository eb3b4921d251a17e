//! What the entry frames add up to while start-up reads them.
//!
//! Owns the check that positions have no holes, that every body named is there, and the tree at the size the index claims.

use std::collections::BTreeMap;

use domain::NodeId;
use journal::Location;
use seal::merkle::{Frontier, leaf_hash};

use crate::cursor::CursorRecord;
use crate::error::StoreError;
use crate::frames::{self, Frame};

/// Where an entry and its body stand.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) entry: Location,
    /// Sequence of the body's frame; 0 when there is none.
    pub(crate) body_frame: u64,
}

/// What the entry frames add up to while they are read.
pub(crate) struct Replay {
    pub(crate) frontier: Frontier,
    pub(crate) places: Vec<Place>,
    pub(crate) cursors: BTreeMap<NodeId, (u64, CursorRecord)>,
    /// Size that the index claims.
    indexed: u64,
    /// The right edge at that size, once the frames have come to it.
    pub(crate) at_index: Option<Frontier>,
}

impl Replay {
    /// Nothing yet; `indexed` is the size that the index claims.
    pub(crate) fn new(indexed: u64) -> Self {
        Self {
            frontier: Frontier::new(),
            places: Vec::new(),
            cursors: BTreeMap::new(),
            indexed,
            at_index: (indexed == 0).then(Frontier::new),
        }
    }

    /// Takes the next frame of the entries file; `bodies` frames stand in the other.
    pub(crate) fn frame(&mut self, frame: journal::FrameRef<'_>, bodies: u64) -> Result<(), StoreError> {
        let position = self.frontier.size();
        let damaged = |reason: String| StoreError::Damaged { position, reason };
        match frames::decode(frame.payload).map_err(damaged)? {
            Frame::Cursor(cursor) => {
                self.cursors.insert(cursor.child.clone(), (position, cursor));
            }
            Frame::Entry(entry) if entry.position != position => {
                return Err(damaged(format!("на её месте запись {}", entry.position)));
            }
            Frame::Entry(entry) if entry.body_frame > bodies => {
                return Err(damaged("содержание потеряно".to_owned()));
            }
            Frame::Entry(entry) => {
                self.places.push(Place {
                    entry: frame.location,
                    body_frame: entry.body_frame,
                });
                self.frontier.append(leaf_hash(&entry.envelope));
                if self.frontier.size() == self.indexed {
                    self.at_index = Some(self.frontier.clone());
                }
            }
        }
        Ok(())
    }
}
