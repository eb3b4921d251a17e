//! Passwords: what is one, how it is kept, and a check that costs the same for whoever asks.
//!
//! Argon2id. The cost is an argument of the site, so that a test need not spend 64 MiB on each login.

use argon2::{Algorithm, Argon2, Params, Version};
use runtime::random::{Random, below};
use subtle::ConstantTimeEq;

/// Fewest characters.
pub(crate) const LETTERS_MIN: usize = 15;
/// Most characters: longer ones only make work.
pub(crate) const LETTERS_MAX: usize = 128;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// Fewer different characters than this are a pattern, not a password.
const DIFFERENT_MIN: usize = 6;
/// Long passwords that everybody has thought of, in lower case.
const COMMON: [&str; 14] = [
    "123456789012345",
    "1234567890123456",
    "123456789123456789",
    "qwertyuiopasdfgh",
    "qwertyuiopasdfghjkl",
    "qwertyuiop123456",
    "passwordpassword",
    "password12345678",
    "administrator123",
    "correcthorsebatterystaple",
    "йцукенгшщзхъфыв",
    "йцукенгшщзхъфывапролджэ",
    "пароль123456789",
    "администратор123",
];
/// Letters of a generated password, without those that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Five groups of five letters of 5 bits: 125 bits.
const GROUPS: usize = 5;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
        }
    }
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too short.
    #[error("пароль короче {LETTERS_MIN} знаков")]
    Short,
    /// Too long.
    #[error("пароль длиннее {LETTERS_MAX} знаков")]
    Long,
    /// Known to everybody, or a repetition.
    #[error("такой пароль легко угадать")]
    Common,
}

/// Judges a new password.
pub(crate) fn judge(password: &str) -> Result<(), Unfit> {
    let letters = password.chars().count();
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    if letters < LETTERS_MIN {
        Err(Unfit::Short)
    } else if letters > LETTERS_MAX {
        Err(Unfit::Long)
    } else if different.len() < DIFFERENT_MIN || COMMON.contains(&password.to_lowercase().as_str()) {
        Err(Unfit::Common)
    } else {
        Ok(())
    }
}

/// A new password, easy to copy from paper.
pub(crate) fn generate(random: &dyn Random) -> String {
    let letter = |_| {
        let at = usize::try_from(below(random, ALPHABET.len() as u64)).unwrap_or(0);
        char::from(ALPHABET[at])
    };
    let group = |_| (0..5).map(letter).collect::<String>();
    (0..GROUPS).map(group).collect::<Vec<_>>().join("-")
}

/// The hash of a password under a salt.
pub(crate) fn hash(password: &str, salt: &[u8], cost: Cost) -> Result<[u8; HASH_BYTES], argon2::Error> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES))?;
    let mut out = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password.as_bytes(), salt, &mut out)?;
    Ok(out)
}

/// Whether two hashes are one, in the same time wherever they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::SeededRandom;

    #[test]
    fn a_password_is_long_enough_and_not_everybodys() {
        for (password, judged) in [
            ("a-long-enough-one", Ok(())),
            ("пятнадцать букв", Ok(())),
            ("short", Err(Unfit::Short)),
            ("aaaaaaaaaaaaaaaaaaaa", Err(Unfit::Common)),
            ("QwertyUiopAsdfgh", Err(Unfit::Common)),
            ("ЙЦУКЕНГШЩЗХЪФЫВ", Err(Unfit::Common)),
        ] {
            assert_eq!(judge(password), judged, "{password}");
        }
        assert_eq!(judge(&"абвгдежз".repeat(17)), Err(Unfit::Long));
    }

    #[test]
    fn a_generated_password_is_fit_and_another_each_time() {
        let random = SeededRandom::new(1);
        let (one, other) = (generate(&random), generate(&random));
        assert_eq!(judge(&one), Ok(()));
        assert_eq!(one.len(), 29);
        assert_ne!(one, other);
    }

    #[test]
    fn a_hash_depends_on_password_salt_and_cost() {
        let cost = Cost {
            memory_kib: 8,
            passes: 1,
        };
        let of = |password, salt: &[u8; 16], cost| hash(password, salt, cost).unwrap();
        let first = of("a-long-enough-one", &[1; 16], cost);
        assert!(same(&first, &of("a-long-enough-one", &[1; 16], cost)));
        assert!(!same(&first, &of("a-long-enough-two", &[1; 16], cost)));
        assert!(!same(&first, &of("a-long-enough-one", &[2; 16], cost)));
        assert!(!same(
            &first,
            &of("a-long-enough-one", &[1; 16], Cost { passes: 2, ..cost })
        ));
    }
}
