//! How many children push at once: in all, and each of them. A place costs the batch being read and the four being
//! answered, about 12 MiB at worst, so that all of them together stay below 400 MiB.
//!
//! A child turned away loses nothing but time: what waits is in its own ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::NodeId;

/// Streams at once.
const STREAMS: usize = 32;
/// Of one child: the one that is being answered, and one that its link has lost already.
const STREAMS_OF_ONE: usize = 2;

/// The places.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<NodeId, usize>>>);

/// One place, free again when dropped.
pub(super) struct Place {
    child: NodeId,
    places: Places,
}

impl Places {
    /// A place for a child, if there is one.
    pub(super) fn take(&self, child: &NodeId) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(child).copied().unwrap_or_default();
        if own >= STREAMS_OF_ONE || taken.values().sum::<usize>() >= STREAMS {
            return None;
        }
        taken.insert(child.clone(), own + 1);
        Some(Place {
            child: child.clone(),
            places: self.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.child) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.child);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_28_places_are_bounded_in_all_and_for_each_child_and_come_back() {
        let places = Places::default();
        let take = |number: usize| places.take(&NodeId::new(&format!("n{number}")).unwrap());
        let mut held: Vec<Place> = (0..STREAMS / 2).flat_map(|n| [take(n), take(n)]).flatten().collect();
        assert_eq!(held.len(), STREAMS);
        assert!(take(100).is_none(), "one more in all");
        held.pop();
        assert!(take(0).is_none(), "a third of one child");
        assert!(take(100).is_some(), "a place given back");
        held.clear();
        assert!(places.0.lock().unwrap().is_empty());
    }
}
