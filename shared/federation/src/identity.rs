//! A member's own identity on disk: its keys, its membership, its parent.
//!
//! Written once by joining, read at every start. What is read is checked against itself: the membership is signed by the
//! parent's key and registers the keys that lie here.

use std::io;
use std::path::Path;

use domain::{FederationId, NodeId};
use ledger::{Anchor, Author};
use runtime::pki::{Authority, TlsKey};
use runtime::tls::Identity;
use seal::{Digest, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use wire::statement::Membership;
use wire::{Statement, envelope};

use crate::files::{self, IdentityDir};

/// Where the parent is and how its answers are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentAddress {
    /// `host:port`.
    pub address: String,
    /// Id of the parent.
    pub node: String,
    /// Origin of its checkpoints.
    pub origin: String,
    /// Key of its checkpoints, hexadecimal.
    pub ledger_key: String,
    /// Key of its statements, hexadecimal.
    pub signing_key: String,
}

/// Everything a member knows of itself and its parent.
pub struct NodeIdentity {
    /// The folder it was read from.
    pub files: IdentityDir,
    /// The federation.
    pub federation: FederationId,
    /// The node.
    pub node: NodeId,
    /// Its key epoch.
    pub epoch: u32,
    /// Its membership as the parent signed it.
    pub membership: Membership,
    /// TLS certificate chain and key for calls to the parent.
    pub tls: Identity,
    /// The node's own CA, which issues its server certificate and those of its sources.
    pub authority: Authority,
    /// Certificate of the parent's CA, PEM.
    pub parent_authority: String,
    /// The parent.
    pub parent: NodeId,
    /// Its address, `host:port`.
    pub parent_address: String,
    /// Origin of its checkpoints.
    pub parent_origin: String,
    /// Key of its checkpoints.
    pub parent_ledger_key: VerifyingKey,
    /// Key of its statements.
    pub parent_signing_key: VerifyingKey,
    /// The federation file.
    pub federation_file: Vec<u8>,
}

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The node has not joined.
    #[error("в каталоге {0} нет узла: сначала выполните region-node join")]
    NotJoined(String),
    /// A file is missing or unreadable.
    #[error("не удалось прочитать {0}")]
    Io(#[from] io::Error),
    /// A file does not say what it should.
    #[error("{file}: {reason}")]
    Broken {
        /// Name of the file.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers pass the error they have just met, and are done with it"
)]
fn broken(file: &'static str, reason: impl ToString) -> IdentityError {
    IdentityError::Broken {
        file,
        reason: reason.to_string(),
    }
}

impl NodeIdentity {
    /// Reads and checks the identity of the node in `dir`.
    pub fn load(dir: &Path) -> Result<Self, IdentityError> {
        let files = IdentityDir::of(dir);
        if !files.has(files::MEMBERSHIP) {
            return Err(IdentityError::NotJoined(dir.display().to_string()));
        }
        let parent: ParentAddress =
            serde_json::from_str(&files.text(files::PARENT)?).map_err(|e| broken(files::PARENT, e))?;
        let parent_signing_key = verifying_key(&parent.signing_key)?;
        let sealed = envelope::decode(&files.bytes(files::MEMBERSHIP)?).map_err(|e| broken(files::MEMBERSHIP, e))?;
        let verified = sealed
            .verify(&parent_signing_key)
            .map_err(|e| broken(files::MEMBERSHIP, e))?;
        let (preamble, statement) = Statement::decode(&verified.get().payload_type, &verified.get().payload)
            .map_err(|e| broken(files::MEMBERSHIP, e))?;
        let Statement::Membership(membership) = statement else {
            return Err(broken(files::MEMBERSHIP, "это не членство"));
        };
        let tls_key = TlsKey::from_pem(&files.text(files::TLS_KEY)?).map_err(|e| broken(files::TLS_KEY, e))?;
        let authority = Authority::load(&files.text(files::CA_CERTIFICATE)?, &files.text(files::CA_KEY)?);
        let identity = Self {
            federation: preamble.federation,
            node: membership.member.clone(),
            epoch: membership.member_epoch,
            tls: Identity::new(files.text(files::TLS_CERTIFICATE)?, &tls_key),
            authority: authority.map_err(|e| broken(files::CA_KEY, e))?,
            parent_authority: files.text(files::PARENT_CERTIFICATE)?,
            parent: parent.node.parse().map_err(|e| broken(files::PARENT, e))?,
            parent_ledger_key: verifying_key(&parent.ledger_key)?,
            parent_signing_key,
            parent_address: parent.address,
            parent_origin: parent.origin,
            federation_file: files.bytes(files::FEDERATION)?,
            membership,
            files,
        };
        identity.author()?;
        Ok(identity)
    }

    /// The author of the node's own ledger, with the keys that the membership registers.
    pub fn author(&self) -> Result<Author, IdentityError> {
        let key = |file, registered: &VerifyingKey| {
            let key = SigningKey::from_pem(&self.files.text(file)?).map_err(|e| broken(file, e))?;
            if key.verifying_key() == *registered {
                Ok(key)
            } else {
                Err(broken(file, "это не зарегистрированный ключ"))
            }
        };
        Ok(Author {
            federation: self.federation.clone(),
            node: self.node.clone(),
            epoch: self.epoch,
            signing_key: key(files::SIGNING_KEY, &self.membership.signing_key)?,
            ledger_key: key(files::LEDGER_KEY, &self.membership.ledger_key)?,
        })
    }

    /// What the node's ledger hangs on.
    pub fn anchor(&self) -> Anchor {
        Anchor::Parent {
            node: self.parent.clone(),
            signing_key: self.parent_signing_key,
        }
    }

    /// SHA-256 of the federation file: the dictionary hash that sheets name.
    pub fn dictionary(&self) -> Digest {
        Digest::of(&self.federation_file)
    }
}

fn verifying_key(text: &str) -> Result<VerifyingKey, IdentityError> {
    let bytes = hex::decode(text).map_err(|e| broken(files::PARENT, e))?;
    VerifyingKey::from_bytes(&bytes).map_err(|e| broken(files::PARENT, e))
}
