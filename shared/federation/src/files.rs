//! Where a node keeps its keys and certificates: names of the files under `<dir>/identity/`.
//!
//! Secrets are written with mode 0600. Nothing here knows what the bytes mean.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime::files::{Mode, create_private_dir, write_atomic};

/// Signs statements; PKCS#8 PEM.
pub const SIGNING_KEY: &str = "signing.key";
/// Signs checkpoints; PKCS#8 PEM.
pub const LEDGER_KEY: &str = "ledger.key";
/// TLS key; PKCS#8 PEM.
pub const TLS_KEY: &str = "tls.key";
/// TLS certificate chain, PEM.
pub const TLS_CERTIFICATE: &str = "tls.crt";
/// Key of the node's own CA; PKCS#8 PEM.
pub const CA_KEY: &str = "ca.key";
/// Certificate of the node's own CA, PEM.
pub const CA_CERTIFICATE: &str = "ca.crt";
/// Certificate of the parent's CA, PEM.
pub const PARENT_CERTIFICATE: &str = "parent-ca.crt";
/// The own membership in its envelope.
pub const MEMBERSHIP: &str = "membership.envelope";
/// The genesis in its envelope.
pub const GENESIS: &str = "genesis.envelope";
/// The federation file as it came with the membership.
pub const FEDERATION: &str = "federation.toml";
/// Address, keys and origin of the parent; JSON.
pub const PARENT: &str = "parent.json";

/// The folder of keys and certificates.
#[derive(Clone, Debug)]
pub struct IdentityDir(PathBuf);

impl IdentityDir {
    /// The folder of the node in `dir`, made when it is not there.
    pub fn create(dir: &Path) -> io::Result<Self> {
        let path = dir.join("identity");
        create_private_dir(&path)?;
        Ok(Self(path))
    }

    /// The folder of the node in `dir`, whether or not it is there.
    pub fn of(dir: &Path) -> Self {
        Self(dir.join("identity"))
    }

    /// Path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Whether a file is there.
    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Reads a text file; the error names it.
    pub fn text(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.path(name)).map_err(|e| self.naming(name, &e))
    }

    /// Reads a file; the error names it.
    pub fn bytes(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name)).map_err(|e| self.naming(name, &e))
    }

    /// Writes a secret, readable by the owner only.
    pub fn write_secret(&self, name: &str, text: &str) -> io::Result<()> {
        write_atomic(&self.path(name), text.as_bytes(), Mode::Private)
    }

    /// Writes what anyone may read.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        write_atomic(&self.path(name), bytes, Mode::Public)
    }

    fn naming(&self, name: &str, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.path(name).display()))
    }
}
