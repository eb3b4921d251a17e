//! The hub, open: its ledger, its members' end, its figures. What runs it is in `process`; what asks it, in `admin`.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};

use domain::federation::Federation;
use domain::{Code, Day, FederationId, NodeId};
use federation::files::{self, IdentityDir};
use federation::parent::ParentParts;
use federation::{Parent, SharedLedger, held};
use ledger::{Anchor, Author, Ledger, LedgerError, Opening, Options};
use runtime::identity::PeerName;
use runtime::lock::LockError;
use runtime::pki::Authority;
use runtime::tls::TlsDoor;
use runtime::{DirLock, Exit, SharedClock, SharedRandom};
use seal::{SigningKey, VerifyingKey};

use crate::door::MemberDoor;
use crate::figures::{Figures, Inquiry, ReportError};
use crate::init::{HOSTS, HUB, ROOT_PUBLIC};

/// Why the hub cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing was founded here.
    #[error("в каталоге {0} нет хаба: сначала выполните federal-hub init")]
    NotFounded(String),
    /// Another process holds the directory.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// Keys or certificates.
    #[error("ключи хаба: {0}")]
    Keys(String),
    /// A file cannot be read.
    #[error("не удалось прочитать {0}")]
    Io(#[from] std::io::Error),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl OpenError {
    /// The exit code of a process that ends with it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NotFounded(_) | Self::Keys(_) => Exit::Configuration,
            Self::Locked(_) => Exit::Locked,
            Self::Io(_) | Self::Ledger(_) => Exit::Damaged,
        }
    }
}

/// The hub.
pub struct Hub {
    dir: PathBuf,
    pub(crate) ledger: SharedLedger,
    pub(crate) parent: Arc<Parent>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) clock: SharedClock,
    pub(crate) opening: Opening,
    federation: FederationId,
    name: PeerName,
    hosts: Vec<String>,
    /// The members' door once it is open, and the last moment of its certificate, Unix seconds.
    pub(crate) members_door: OnceLock<Arc<TlsDoor>>,
    pub(crate) door_until_s: AtomicI64,
    /// Last, so that it is released only when the ledger is closed.
    pub(crate) lock: DirLock,
}

impl Hub {
    /// Opens the hub in `dir`: replays its ledger and folds what is in force.
    pub fn open(dir: &Path, clock: SharedClock, random: SharedRandom) -> Result<Arc<Self>, OpenError> {
        let files = IdentityDir::of(dir);
        if !files.has(files::GENESIS) {
            return Err(OpenError::NotFounded(dir.display().to_string()));
        }
        let lock = DirLock::acquire(dir)?;
        let authority = authority(&files)?;
        let author = author(&files)?;
        let (federation, node) = (author.federation.clone(), author.node.clone());
        let name = PeerName::node(federation.as_str(), node.as_str()).map_err(|e| OpenError::Keys(e.to_string()))?;
        let anchor = Anchor::Root {
            root_key: root_key(&files)?,
        };
        let (ledger, opening) = Ledger::open(&dir.join("ledger"), author, anchor, Options::default())?;
        report_opening(&opening);
        let ledger: SharedLedger = Arc::new(std::sync::Mutex::new(ledger));
        let figures = Arc::new(Figures::open(Arc::clone(&ledger))?);
        let changed = Arc::clone(&figures);
        let parts = ParentParts {
            federation: federation.clone(),
            node,
            authority,
            genesis: files.bytes(files::GENESIS)?,
            clock: Arc::clone(&clock),
            random,
            on_change: Arc::new(move |sheets| {
                if let Err(error) = changed.refresh(sheets) {
                    tracing::error!(%error, "a sheet that was taken cannot be folded");
                }
            }),
        };
        let parent = Parent::open(dir, Arc::clone(&ledger), parts)?;
        let hosts = files
            .text(HOSTS)?
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        let dir = dir.to_owned();
        Ok(Arc::new(Self {
            dir,
            ledger,
            parent,
            figures,
            clock,
            opening,
            federation,
            name,
            hosts,
            members_door: OnceLock::new(),
            door_until_s: AtomicI64::new(0),
            lock,
        }))
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its federation.
    pub fn federation_id(&self) -> &FederationId {
        &self.federation
    }

    /// The ledger, for those who verify it.
    pub fn ledger(&self) -> &SharedLedger {
        &self.ledger
    }

    /// The members' end.
    pub fn parent(&self) -> &Arc<Parent> {
        &self.parent
    }

    /// What the listener's certificate is made from.
    pub fn door(&self) -> Result<MemberDoor, OpenError> {
        let authority = authority(&IdentityDir::of(&self.dir))?;
        let (name, hosts, clock) = (self.name.clone(), self.hosts.clone(), Arc::clone(&self.clock));
        Ok(MemberDoor {
            authority,
            name,
            hosts,
            clock,
        })
    }

    /// The federation file in force.
    pub fn federation(&self) -> Result<Arc<Federation>, LedgerError> {
        let current = held(&self.ledger).current_dictionary();
        current
            .map(|(_, federation)| federation)
            .ok_or(LedgerError::Dictionary("его нет в журнале"))
    }

    /// The present day where the scope is, or in UTC where the tree gives no zone (a country of eleven).
    pub fn today(&self, federation: &Federation, scope: &Code) -> Day {
        let now = self.clock.now().as_second();
        let utc = domain::Zone::utc();
        let day = utc.day_of(now);
        federation.tree().zone(scope, day).unwrap_or(&utc).day_of(now)
    }

    /// Writes a report of what stands now.
    pub fn report(&self, federation: &Federation, inquiry: &Inquiry) -> Result<String, ReportError> {
        self.figures.report(federation, inquiry)
    }
}

fn report_opening(opening: &Opening) {
    for torn in &opening.truncated {
        tracing::warn!(file = %torn.file.display(), offset = torn.offset, bytes = torn.bytes, "a torn tail was cut");
    }
    if let Some(moved) = &opening.index_damaged {
        tracing::warn!(to = %moved.display(), "the index was damaged; it was moved aside and rebuilt");
    }
    tracing::info!(
        entries = opening.entries,
        indexed = opening.indexed,
        "the ledger is open"
    );
}

fn authority(files: &IdentityDir) -> Result<Authority, OpenError> {
    Authority::load(&files.text(files::CA_CERTIFICATE)?, &files.text(files::CA_KEY)?)
        .map_err(|e| OpenError::Keys(e.to_string()))
}

/// Whose directory it is, for those who look at a copy of it.
pub fn identity_of(dir: &Path) -> Result<(Author, Anchor), String> {
    let files = IdentityDir::of(dir);
    if !files.has(files::GENESIS) {
        return Err(OpenError::NotFounded(dir.display().to_string()).to_string());
    }
    let root_key = root_key(&files).map_err(|error| error.to_string())?;
    let author = author(&files).map_err(|error| error.to_string())?;
    Ok((author, Anchor::Root { root_key }))
}

fn root_key(files: &IdentityDir) -> Result<VerifyingKey, OpenError> {
    let bytes = hex::decode(files.text(ROOT_PUBLIC)?.trim()).map_err(|e| OpenError::Keys(e.to_string()))?;
    VerifyingKey::from_bytes(&bytes).map_err(|e| OpenError::Keys(e.to_string()))
}

/// The hub as an author: federation and epoch are those of its genesis.
fn author(files: &IdentityDir) -> Result<Author, OpenError> {
    let broken = |error: &dyn std::fmt::Display| OpenError::Keys(error.to_string());
    let key = |name| SigningKey::from_pem(&files.text(name)?).map_err(|e| broken(&e));
    let sealed = wire::envelope::decode(&files.bytes(files::GENESIS)?).map_err(|e| broken(&e))?;
    let verified = sealed.verify(&root_key(files)?).map_err(|e| broken(&e))?;
    let genesis = verified.get();
    let decoded = wire::Statement::decode(&genesis.payload_type, &genesis.payload);
    let (head, _) = decoded.map_err(|e| broken(&e))?;
    Ok(Author {
        federation: head.federation,
        node: NodeId::new(HUB).map_err(|e| broken(&e))?,
        epoch: head.epoch,
        signing_key: key(files::SIGNING_KEY)?,
        ledger_key: key(files::LEDGER_KEY)?,
    })
}
