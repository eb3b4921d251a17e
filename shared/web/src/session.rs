//! Sessions: who is in, since when, and until when. In memory: a restart sends everybody to the login.
//!
//! Only the hash of a session's secret is kept. A session ends by itself after half an hour without a request and twelve
//! hours after the login, and with its user: it carries the stamp of the account that it began with.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use runtime::random::{Random, bytes};
use sha2::{Digest as _, Sha256};

/// Without a request.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// Since the login.
const WHOLE: SignedDuration = SignedDuration::from_hours(12);
/// Sessions at once, of about 300 bytes each; the one longest unused makes room.
const SESSIONS_MAX: usize = 4_096;

/// The secret in the browser's cookie: 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A new one.
    pub(crate) fn draw(random: &dyn Random) -> Self {
        Self(hex::encode(bytes::<32>(random)))
    }

    /// One that a browser shows; nothing that we did not make has this form.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let ours = text.len() == 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        ours.then(|| Self(text.to_owned()))
    }

    /// As the cookie carries it.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// What a form of ours shows to prove that it was made for this browser. It does not tell the secret.
    pub(crate) fn form_token(&self) -> String {
        hex::encode(self.digest("form"))
    }

    fn digest(&self, purpose: &str) -> [u8; 32] {
        Sha256::digest(format!("svodka {purpose} {}", self.0)).into()
    }
}

/// A session.
#[derive(Clone, Debug)]
struct Session {
    user: String,
    stamp: String,
    began: Timestamp,
    used: Timestamp,
}

/// Who is in.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Begins a session of a user whose account has this stamp.
    pub(crate) fn begin(&self, secret: &Secret, user: &str, stamp: &str, now: Timestamp) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS_MAX {
            sessions.retain(|_, session| session.lives(now));
        }
        if sessions.len() >= SESSIONS_MAX
            && let Some(oldest) = sessions
                .iter()
                .min_by_key(|(_, session)| session.used)
                .map(|(key, _)| *key)
        {
            sessions.remove(&oldest);
        }
        let session = Session {
            user: user.to_owned(),
            stamp: stamp.to_owned(),
            began: now,
            used: now,
        };
        sessions.insert(secret.digest("session"), session);
    }

    /// The user of a session that lives, whose account still has the stamp that `stamp_of` tells.
    pub(crate) fn user(
        &self,
        secret: &Secret,
        now: Timestamp,
        stamp_of: impl FnOnce(&str) -> Option<String>,
    ) -> Option<String> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = secret.digest("session");
        let session = sessions.get_mut(&key)?;
        if !session.lives(now) || stamp_of(&session.user).as_ref() != Some(&session.stamp) {
            sessions.remove(&key);
            return None;
        }
        session.used = now;
        Some(session.user.clone())
    }

    /// Ends a session.
    pub(crate) fn end(&self, secret: &Secret) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&secret.digest("session"));
    }
}

impl Session {
    fn lives(&self, now: Timestamp) -> bool {
        now.duration_since(self.used) < IDLE && now.duration_since(self.began) < WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::SeededRandom;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + minute * 60).unwrap()
    }

    #[test]
    fn a_session_ends_idle_whole_with_its_account_and_on_request() {
        let (random, sessions) = (SeededRandom::new(1), Sessions::default());
        let stamp = |_: &str| Some("s1".to_owned());
        let begun = |minute| {
            let secret = Secret::draw(&random);
            sessions.begin(&secret, "anna", "s1", at(minute));
            secret
        };
        let secret = begun(0);
        assert_eq!(sessions.user(&secret, at(29), stamp).as_deref(), Some("anna"));
        assert_eq!(
            sessions.user(&secret, at(58), stamp).as_deref(),
            Some("anna"),
            "used meanwhile"
        );
        assert_eq!(sessions.user(&secret, at(88), stamp), None, "half an hour idle");
        let secret = begun(0);
        assert!((1..=28).all(|step| sessions.user(&secret, at(step * 25), stamp).is_some()));
        assert_eq!(sessions.user(&secret, at(720), stamp), None, "twelve hours");
        let secret = begun(0);
        assert_eq!(
            sessions.user(&secret, at(1), |_| Some("s2".to_owned())),
            None,
            "the account is another"
        );
        assert_eq!(
            sessions.user(&secret, at(1), stamp),
            None,
            "and the session is gone for good"
        );
        let secret = begun(0);
        sessions.end(&secret);
        assert_eq!(sessions.user(&secret, at(1), stamp), None);
        assert_eq!(sessions.user(&Secret::draw(&random), at(1), stamp), None, "nobody's");
    }

    #[test]
    fn only_hashes_are_kept_and_only_so_many() {
        let (random, sessions) = (SeededRandom::new(1), Sessions::default());
        let first = Secret::draw(&random);
        sessions.begin(&first, "anna", "s", at(0));
        for n in 0..SESSIONS_MAX {
            sessions.begin(&Secret::draw(&random), "boris", "s", at(1 + i64::from(n > 5)));
        }
        assert_eq!(sessions.0.lock().unwrap().len(), SESSIONS_MAX);
        assert_eq!(
            sessions.user(&first, at(2), |_| Some("s".to_owned())),
            None,
            "the longest unused made room"
        );
        assert!(!format!("{sessions:?} {first:?}").contains(first.text()));
        assert_ne!(first.form_token(), first.text());
    }

    #[test]
    fn a_secret_has_one_form() {
        let secret = Secret::draw(&SeededRandom::new(1));
        assert_eq!(Secret::read(secret.text()), Some(secret.clone()));
        for foreign in ["", "abc", &secret.text().to_uppercase(), &format!("{}0", secret.text())] {
            assert_eq!(Secret::read(foreign), None, "{foreign}");
        }
    }
}
