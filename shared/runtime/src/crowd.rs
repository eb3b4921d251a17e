//! How many connections there are: in all, and of strangers from one address. A stranger has shown no certificate.
//!
//! The bound on memory is `connections` times the few kilobytes of a connection; the bound for each address keeps one
//! machine from taking all the places.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// The places in one accept loop.
#[derive(Debug)]
pub(crate) struct Crowd {
    connections: usize,
    strangers_per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    strangers: HashMap<IpAddr, usize>,
}

impl Crowd {
    pub(crate) fn new(connections: usize, strangers_per_address: usize) -> Arc<Self> {
        Arc::new(Self {
            connections,
            strangers_per_address,
            taken: Mutex::default(),
        })
    }

    /// A place, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, address: Option<SocketAddr>) -> Option<Seat> {
        let address = address.map(|address| address.ip().to_canonical());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.connections {
            return None;
        }
        if let Some(address) = address {
            let strangers = taken.strangers.entry(address).or_default();
            if *strangers >= self.strangers_per_address {
                return None;
            }
            *strangers += 1;
        }
        taken.all += 1;
        Some(Seat {
            crowd: Arc::clone(self),
            stranger: address,
        })
    }

    fn leave(&self, seat: &mut Seat, all: usize) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= all;
        let Some(address) = seat.stranger.take() else { return };
        if let Some(strangers) = taken.strangers.get_mut(&address) {
            *strangers -= 1;
            if *strangers == 0 {
                taken.strangers.remove(&address);
            }
        }
    }
}

/// One place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    stranger: Option<IpAddr>,
}

impl Seat {
    /// No stranger any more: it showed a certificate.
    pub(crate) fn known(&mut self) {
        let crowd = Arc::clone(&self.crowd);
        crowd.leave(self, 0);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let crowd = Arc::clone(&self.crowd);
        crowd.leave(self, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_for_strangers_by_address() {
        let crowd = Crowd::new(4, 2);
        let at = |last| Some(SocketAddr::from(([10, 0, 0, last], 1)));
        let mut first = crowd.admit(at(1)).unwrap();
        let second = crowd.admit(at(1)).unwrap();
        assert!(crowd.admit(at(1)).is_none(), "a third stranger from one address");
        first.known();
        let third = crowd.admit(at(1)).expect("the first is no stranger any more");
        let fourth = crowd.admit(at(2)).unwrap();
        assert!(crowd.admit(None).is_none(), "a fifth in all");
        drop((first, second, third, fourth));
        let taken = crowd.taken.lock().unwrap();
        assert_eq!((taken.all, taken.strangers.len()), (0, 0));
    }
}
