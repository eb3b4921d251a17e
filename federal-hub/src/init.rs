//! Founding a federation: keys, the genesis, and the first federation file in force.
//!
//! The root key signs the genesis and nothing else that is daily; it is written apart, to be taken off the machine.

use std::io;
use std::path::Path;

use domain::federation::{Federation, FederationError};
use domain::{Code, FederationId, NodeId};
use federation::files::{self, IdentityDir};
use jiff::SignedDuration;
use ledger::{Anchor, Author, Ledger, LedgerError, Options};
use runtime::files::create_private_dir;
use runtime::identity::PeerName;
use runtime::pki::{Authority, PkiError, TlsKey};
use runtime::random::{Random, bytes};
use runtime::{Clock, DirLock};
use seal::SigningKey;
use wire::Statement;
use wire::statement::{BodyRef, DictionaryInForce, Genesis};

/// The root key, to be taken away from the hub; PKCS#8 PEM.
pub const ROOT_KEY: &str = "root.key";
/// The public root key, hexadecimal: what an auditor begins with.
pub const ROOT_PUBLIC: &str = "root.pub";
/// Names of the hub in its server certificate, one a line.
pub const HOSTS: &str = "hosts";
/// Id of every hub in its own federation.
pub const HUB: &str = "hub";

/// How long the hub's CA holds. Members are renewed under it every thirty days.
const AUTHORITY_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 365 * 10);

/// Why no federation was founded.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is one already.
    #[error("в каталоге {0} уже есть хаб; для нового нужен пустой каталог")]
    Exists(String),
    /// Another process holds the directory.
    #[error(transparent)]
    Lock(#[from] runtime::lock::LockError),
    /// The federation file.
    #[error(transparent)]
    Federation(#[from] FederationError),
    /// Its id cannot stand in host names.
    #[error("идентификатор федерации: {0}")]
    Id(String),
    /// Keys or certificates.
    #[error(transparent)]
    Keys(#[from] PkiError),
    /// Files.
    #[error("не удалось записать: {0}")]
    Io(#[from] io::Error),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What was founded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founded {
    /// The federation.
    pub federation: FederationId,
    /// Its public root key, hexadecimal.
    pub root_key: String,
}

/// Founds the federation that `federation_file` describes in `dir`; `hosts` are further names of the hub's server.
pub fn init(
    dir: &Path,
    federation_file: &str,
    hosts: &[String],
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Founded, InitError> {
    let federation = Federation::parse(federation_file)?;
    let id = FederationId::new(federation.id()).map_err(|e| InitError::Id(e.to_string()))?;
    create_private_dir(dir)?;
    let _lock = DirLock::acquire(dir)?;
    let files = IdentityDir::create(dir)?;
    if files.has(files::GENESIS) {
        return Err(InitError::Exists(dir.display().to_string()));
    }
    let now = clock.now();
    let keys = [(); 3].map(|()| SigningKey::from_seed(bytes::<32>(random)));
    let [root, signing, ledger_key] = keys;
    let name = PeerName::node(id.as_str(), HUB).map_err(|e| InitError::Id(e.to_string()))?;
    let authority = Authority::create(name.federation(), name.node_label(), now, AUTHORITY_VALIDITY)?;
    let tls = TlsKey::generate()?;
    // Refuses a host name that no certificate can carry before anything is written.
    authority.issue(&tls, &name, hosts, now, crate::door::CERTIFICATE_LIFE)?;
    files.write_secret(ROOT_KEY, &root.to_pem())?;
    files.write_secret(files::SIGNING_KEY, &signing.to_pem())?;
    files.write_secret(files::LEDGER_KEY, &ledger_key.to_pem())?;
    files.write_secret(files::CA_KEY, &authority.key_pem())?;
    files.write(files::CA_CERTIFICATE, authority.certificate_pem().as_bytes())?;
    files.write(HOSTS, hosts.join("\n").as_bytes())?;
    let root_key = hex::encode(root.verifying_key().to_bytes());
    files.write(ROOT_PUBLIC, root_key.as_bytes())?;
    crate::config::write_commented(dir)?;
    let genesis = Genesis {
        root_key: root.verifying_key(),
        signing_key: signing.verifying_key(),
        ledger_key: ledger_key.verifying_key(),
        created_at_ms: now.as_millisecond(),
    };
    let node = NodeId::new(HUB).map_err(|e| InitError::Id(e.to_string()))?;
    let author = Author {
        federation: id.clone(),
        node,
        epoch: 1,
        signing_key: signing,
        ledger_key,
    };
    let sealed = found(
        dir,
        author,
        genesis,
        &root,
        &federation,
        federation_file,
        now.as_millisecond(),
    )?;
    // Its presence is what makes the directory a hub's, so it comes last.
    files.write(files::GENESIS, &sealed)?;
    Ok(Founded {
        federation: id,
        root_key,
    })
}

/// Begins the ledger; what comes out is the genesis in its envelope.
fn found(
    dir: &Path,
    author: Author,
    genesis: Genesis,
    root: &SigningKey,
    federation: &Federation,
    file: &str,
    now_ms: i64,
) -> Result<Vec<u8>, InitError> {
    let path = dir.join("ledger");
    // A crash before the genesis file was written left a ledger that nobody has seen: it is begun anew.
    if path.exists() {
        std::fs::remove_dir_all(&path)?;
    }
    create_private_dir(&path)?;
    let anchor = Anchor::Root {
        root_key: root.verifying_key(),
    };
    let (mut ledger, _) = Ledger::open(&path, author, anchor, Options::default())?;
    ledger.append_genesis(genesis, root, now_ms)?;
    let version =
        Code::new(&federation.dictionary().version().to_string()).map_err(|e| InitError::Id(e.to_string()))?;
    let statement = Statement::Dictionary(DictionaryInForce {
        version,
        body: BodyRef::of(file.as_bytes()),
    });
    ledger.append_own(vec![(statement, Some(file.as_bytes().to_vec()))], now_ms)?;
    let first = ledger.entries(0..1)?.pop();
    Ok(first.map(|entry| entry.envelope).unwrap_or_default())
}
