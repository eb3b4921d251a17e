//! The users: a file in the node's directory that a command writes and the process reads again when it has changed.
//!
//! Promises that the file is the owner's alone, that a writer waits for another, that whoever is removed is nobody on the
//! next request, and that a file that cannot be read lets nobody in. There is no user until a command adds one.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

use jiff::Timestamp;
use runtime::files::{Mode, write_atomic};
use runtime::random::{Random, bytes};
use serde::{Deserialize, Serialize};

use crate::password::{self, Cost, Unfit};

/// The file's name in the node's directory.
pub const FILE: &str = "users.json";
/// Held by whoever writes the file.
const LOCK: &str = "users.lock";
const SCHEMA: &str = "svodka.users/1";
/// Longest name.
const NAME_BYTES: usize = 64;
/// A larger file is another file: a user takes about 250 bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// One user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name to come in by.
    pub name: String,
    /// When the user was added, RFC 3339.
    pub added_at: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    hash: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.name)
    }
}

/// Why users cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// The file.
    #[error("{}: {source}", file.display())]
    Io {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not ours.
    #[error("{}: файл пользователей не разобран: {reason}", file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The name cannot be one.
    #[error("имя «{0}»: нужны от 1 до {NAME_BYTES} знаков из a–z, 0–9, «.», «_» и «-»")]
    Name(String),
    /// There is such a user.
    #[error("пользователь {0} уже есть; чтобы сменить пароль, удалите его и добавьте заново")]
    Taken(String),
    /// There is no such user.
    #[error("пользователя {0} нет")]
    Absent(String),
    /// The password.
    #[error(transparent)]
    Password(#[from] Unfit),
    /// The hash.
    #[error("пароль не удалось сохранить: {0}")]
    Hash(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    users: Vec<User>,
}

/// What tells one writing of the file from the next: each is a new file under the old name.
type Mark = (u64, u64, i64, i64);

/// The users of a node.
#[derive(Debug)]
pub struct Users {
    dir: PathBuf,
    read: Mutex<Option<(Mark, Arc<Vec<User>>)>>,
}

impl Users {
    /// Those of the node in `dir`.
    pub fn of(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            read: Mutex::new(None),
        }
    }

    /// Everybody, by name; as the file is now.
    pub fn list(&self) -> Result<Arc<Vec<User>>, UsersError> {
        let path = self.dir.join(FILE);
        let failed = |source| UsersError::Io {
            file: path.clone(),
            source,
        };
        let about = match fs::metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(failed(error)),
        };
        let mark = (about.ino(), about.size(), about.mtime(), about.mtime_nsec());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, users)) = read.as_ref().filter(|(known, _)| *known == mark) {
            return Ok(Arc::clone(users));
        }
        let damaged = |reason: String| UsersError::Damaged {
            file: path.clone(),
            reason,
        };
        if about.size() > FILE_BYTES_MAX {
            return Err(damaged(format!("{} байт", about.size())));
        }
        let bytes = fs::read(&path).map_err(failed)?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(damaged(format!("схема «{}»", document.schema)));
        }
        let users = Arc::new(document.users);
        *read = Some((mark, Arc::clone(&users)));
        Ok(users)
    }

    /// Adds a user.
    pub fn add(
        &self,
        name: &str,
        password: &str,
        cost: Cost,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), UsersError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        if name.is_empty() || name.len() > NAME_BYTES || !name.bytes().all(fits) {
            return Err(UsersError::Name(name.chars().take(NAME_BYTES).collect()));
        }
        password::judge(password)?;
        let salt = bytes::<16>(random);
        let hash = password::hash(password, &salt, cost).map_err(|error| UsersError::Hash(error.to_string()))?;
        let user = User {
            name: name.to_owned(),
            added_at: now.to_string(),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            salt: hex::encode(salt),
            hash: hex::encode(hash),
        };
        self.change(|users| {
            if users.iter().any(|user| user.name == name) {
                return Err(UsersError::Taken(name.to_owned()));
            }
            users.push(user);
            users.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(())
        })
    }

    /// Removes a user, whose sessions end with the next request.
    pub fn remove(&self, name: &str) -> Result<(), UsersError> {
        self.change(|users| {
            let before = users.len();
            users.retain(|user| user.name != name);
            if users.len() < before {
                Ok(())
            } else {
                Err(UsersError::Absent(name.to_owned()))
            }
        })
    }

    /// Changes the file while no other process does.
    fn change(&self, change: impl FnOnce(&mut Vec<User>) -> Result<(), UsersError>) -> Result<(), UsersError> {
        let (path, lock) = (self.dir.join(FILE), self.dir.join(LOCK));
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |source| UsersError::Io { file, source }
        };
        let held = File::create(&lock).map_err(failed(&lock))?;
        held.lock().map_err(failed(&lock))?;
        let mut users = self.list()?.to_vec();
        change(&mut users)?;
        let document = Document {
            schema: SCHEMA.to_owned(),
            users,
        };
        let text = serde_json::to_vec_pretty(&document).expect("names and hashes are text");
        write_atomic(&path, &text, Mode::Private).map_err(failed(&path))
    }

    /// The stamp of a user's account: another one after the user was removed and added again; nothing for nobody.
    pub(crate) fn stamp(&self, name: &str) -> Option<String> {
        match self.list() {
            Ok(users) => users
                .iter()
                .find(|user| user.name == name)
                .map(|user| user.salt.clone()),
            Err(error) => {
                tracing::error!(%error, "nobody is let in: the users cannot be read");
                None
            }
        }
    }

    /// The stamp of the account whose name and password these are. The same work for a name that nobody has.
    pub(crate) fn enter(&self, name: &str, password: &str, cost: Cost) -> Option<String> {
        let users = self
            .list()
            .inspect_err(|error| tracing::error!(%error, "nobody is let in"));
        let users = users.unwrap_or_default();
        let user = users.iter().find(|user| user.name == name);
        let (salt, wanted, cost) = match user {
            Some(user) => (
                hex::decode(&user.salt).unwrap_or_default(),
                hex::decode(&user.hash).unwrap_or_default(),
                Cost {
                    memory_kib: user.memory_kib,
                    passes: user.passes,
                },
            ),
            None => (vec![0; 16], vec![0; 32], cost),
        };
        let given = password::hash(password, &salt, cost).ok()?;
        let same = password::same(&given, &wanted);
        user.filter(|_| same).map(|user| user.salt.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use runtime::SeededRandom;

    const COST: Cost = Cost {
        memory_kib: 8,
        passes: 1,
    };
    const PASSWORD: &str = "a-long-enough-one";

    fn add(users: &Users, name: &str, seed: u64) -> Result<(), UsersError> {
        users.add(name, PASSWORD, COST, Timestamp::UNIX_EPOCH, &SeededRandom::new(seed))
    }

    #[test]
    fn a_user_comes_in_by_name_and_password_until_removed() {
        let dir = tempfile::tempdir().unwrap();
        let users = Users::of(dir.path());
        assert!(users.list().unwrap().is_empty());
        add(&users, "anna", 1).unwrap();
        let stamp = users.enter("anna", PASSWORD, COST).expect("the right password");
        assert_eq!(users.stamp("anna"), Some(stamp.clone()));
        assert_eq!(users.enter("anna", "another-long-one", COST), None);
        assert_eq!(users.enter("boris", PASSWORD, COST), None);
        // Another process removes and adds again: the account is another one.
        let elsewhere = Users::of(dir.path());
        elsewhere.remove("anna").unwrap();
        assert_eq!(users.stamp("anna"), None);
        add(&elsewhere, "anna", 2).unwrap();
        assert_ne!(users.stamp("anna"), Some(stamp));
    }

    #[test]
    fn the_file_is_the_owners_alone_and_tells_no_password() {
        let dir = tempfile::tempdir().unwrap();
        add(&Users::of(dir.path()), "anna", 1).unwrap();
        let path = dir.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(&path).unwrap().contains(PASSWORD));
    }

    #[test]
    fn a_wrong_name_a_second_one_and_a_weak_password_are_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let users = Users::of(dir.path());
        add(&users, "anna", 1).unwrap();
        for name in ["", "Anna", "а", "a b", &"a".repeat(65)] {
            assert!(matches!(add(&users, name, 1), Err(UsersError::Name(_))), "{name}");
        }
        assert!(matches!(add(&users, "anna", 1), Err(UsersError::Taken(_))));
        assert!(matches!(users.remove("boris"), Err(UsersError::Absent(_))));
        let weak = users.add("boris", "short", COST, Timestamp::UNIX_EPOCH, &SeededRandom::new(1));
        assert!(matches!(weak, Err(UsersError::Password(Unfit::Short))));
    }

    #[test]
    fn a_file_that_cannot_be_read_lets_nobody_in() {
        let dir = tempfile::tempdir().unwrap();
        let users = Users::of(dir.path());
        add(&users, "anna", 1).unwrap();
        fs::write(dir.path().join(FILE), "{").unwrap();
        assert_eq!(users.enter("anna", PASSWORD, COST), None);
        assert_eq!(users.stamp("anna"), None);
        assert!(matches!(users.list(), Err(UsersError::Damaged { .. })));
    }
}
