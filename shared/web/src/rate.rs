//! How often one may try to come in: by address, and by account from that address.
//!
//! The account is counted together with the address, so that nobody shuts a colleague out by failing in that colleague's
//! name from elsewhere. Bounded: so many keys, and none older than a minute.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Attempts within [`WINDOW`] by one account from one address, and by one address in all.
const BY_ACCOUNT: usize = 5;
const BY_ADDRESS: usize = 20;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Keys kept: 4,096 of about 500 bytes each with all their moments.
const KEYS_MAX: usize = 4_096;

/// Whose attempts are counted.
type Key = (Option<IpAddr>, Option<String>);

/// The attempts of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Key, VecDeque<Timestamp>>>);

impl Attempts {
    /// Counts an attempt; says whether it may be made.
    pub(crate) fn allow(&self, address: Option<IpAddr>, account: &str, now: Timestamp) -> bool {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account: String = account.chars().take(64).collect();
        take(&mut tried, (address, None), BY_ADDRESS, now)
            && take(&mut tried, (address, Some(account)), BY_ACCOUNT, now)
    }
}

fn take(tried: &mut HashMap<Key, VecDeque<Timestamp>>, key: Key, limit: usize, now: Timestamp) -> bool {
    let recent = |moment: &Timestamp| now.duration_since(*moment) < WINDOW;
    if tried.len() >= KEYS_MAX && !tried.contains_key(&key) {
        tried.retain(|_, moments| moments.back().is_some_and(recent));
        if tried.len() >= KEYS_MAX {
            return false;
        }
    }
    let moments = tried.entry(key).or_default();
    while moments.front().is_some_and(|moment| !recent(moment)) {
        moments.pop_front();
    }
    if moments.len() >= limit {
        return false;
    }
    moments.push_back(now);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn five_for_an_account_and_twenty_for_an_address_in_any_minute() {
        let attempts = Attempts::default();
        let (here, there) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let tried = |from, name: &str, second| attempts.allow(Some(from), name, at(second));
        assert!((0..5).all(|second| tried(here, "anna", second)));
        assert!(!tried(here, "anna", 5), "a sixth for the account");
        assert!(tried(there, "anna", 5), "the colleague elsewhere is not shut out");
        assert!((0..14).all(|n| tried(here, &format!("user{n}"), 6)));
        assert!(!tried(here, "another", 7), "a twenty-first from the address");
        assert!(tried(here, "anna", 66), "a minute later");
    }

    #[test]
    fn keys_are_bounded_and_old_ones_make_room() {
        let attempts = Attempts::default();
        for n in 0..u32::try_from(KEYS_MAX / 2).unwrap() {
            attempts.allow(Some(IpAddr::from(n.to_be_bytes())), "a", at(0));
        }
        assert_eq!(attempts.0.lock().unwrap().len(), KEYS_MAX);
        assert!(!attempts.allow(Some([200, 0, 0, 1].into()), "a", at(1)), "no room now");
        assert!(attempts.allow(Some([200, 0, 0, 1].into()), "a", at(61)), "room later");
    }
}
