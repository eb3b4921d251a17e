//! The node as one value: everything it is made of, opened in the order in which the parts need each other.
//!
//! The same node runs as a process, inside a command, or many times over in one test: directory, clock, chance and
//! network are arguments, and nothing happens by itself until [`crate::process`] is asked to run the loops.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use domain::{Code, Day};
use federation::identity::IdentityError;
use federation::uplink::{UplinkError, UplinkState};
use federation::{NodeIdentity, SharedLedger, Uplink, held};
use ledger::{Anchor, Author, Ledger, LedgerError, Options};
use rollup::RollupError;
use runtime::connect::SharedDialer;
use runtime::files::create_private_dir;
use runtime::identity::server_name;
use runtime::lock::LockError;
use runtime::tls::TlsDoor;
use runtime::{DirLock, Exit, PeerName, SharedClock, SharedRandom};
use tracing::warn;

use crate::aggregate::{AggregateError, Aggregator, Calendar, Mode, Sealed, Terms};
use crate::config::{Config, SettingsError};
use crate::figures::{Figures, Inquiry};
use crate::intake::{Context, Intake, IntakeError, IntakeOpening};
use crate::sources::{IssueRequest, Issuer, Sources, SourcesError};
use crate::uplink::{Pusher, Undelivered};

/// A regional or municipal node.
pub struct Node {
    pub(crate) config: Config,
    pub(crate) clock: SharedClock,
    pub(crate) identity: NodeIdentity,
    pub(crate) name: PeerName,
    pub(crate) intake: Arc<Intake>,
    pub(crate) opening: IntakeOpening,
    pub(crate) ledger: SharedLedger,
    pub(crate) aggregator: Arc<Aggregator>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) pusher: Pusher,
    pub(crate) sources: Arc<Sources>,
    /// Where sources find the node, once it listens.
    pub(crate) address: OnceLock<String>,
    /// The door they come through, once it is open.
    pub(crate) door: OnceLock<Arc<TlsDoor>>,
    /// Last position of the intake journal when the node was opened.
    pub(crate) opened_at: u64,
    /// Whether what came back from the parent was taken up.
    pub(crate) recovery_noted: AtomicBool,
    /// Last, so that it is dropped after everything that has files in the directory.
    pub(crate) lock: DirLock,
}

/// Why a node cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It has not joined, or its identity is broken.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Another process has the directory.
    #[error(transparent)]
    Locked(LockError),
    /// The directory cannot be locked.
    #[error(transparent)]
    Lock(LockError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A folder cannot be made.
    #[error("каталог узла: {0}")]
    Folder(#[source] std::io::Error),
    /// The intake.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// What is remembered of the parent.
    #[error(transparent)]
    Uplink(#[from] UplinkError),
    /// The list of source certificates.
    #[error(transparent)]
    Sources(#[from] SourcesError),
}

impl OpenError {
    /// The code that the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::Identity(IdentityError::NotJoined(_) | IdentityError::Broken { .. }) => {
                Exit::Configuration
            }
            Self::Locked(_) => Exit::Locked,
            Self::Uplink(UplinkError::Trust(_)) => Exit::Unverified,
            _ => Exit::Damaged,
        }
    }
}

/// Why a push did not do everything. What it did stands.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Sealing.
    #[error(transparent)]
    Aggregate(#[from] AggregateError),
    /// Sending.
    #[error(transparent)]
    Uplink(#[from] Undelivered),
    /// The sealing was cut off.
    #[error("составление листов прервано; подробности в журнале сообщений узла")]
    Interrupted,
}

/// What a push did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Sheets sealed.
    pub sealed: u64,
    /// Entries of the ledger that have no verdict yet.
    pub waiting: u64,
    /// Entries refused meanwhile.
    pub refused: u64,
}

impl Node {
    /// Opens the node in `dir` by the settings that lie there.
    pub fn open(
        dir: &Path,
        clock: SharedClock,
        random: SharedRandom,
        dialer: SharedDialer,
    ) -> Result<Arc<Self>, OpenError> {
        Self::open_with(dir, Config::load(dir)?, clock, random, dialer)
    }

    /// Opens the node in `dir` by these settings. Start-up is recovery: every part reads its files again.
    pub fn open_with(
        dir: &Path,
        config: Config,
        clock: SharedClock,
        random: SharedRandom,
        dialer: SharedDialer,
    ) -> Result<Arc<Self>, OpenError> {
        let identity = NodeIdentity::load(dir)?;
        let lock = DirLock::acquire(dir).map_err(|error| match error {
            LockError::Held { .. } => OpenError::Locked(error),
            LockError::Io { .. } => OpenError::Lock(error),
        })?;
        let ledger = open_ledger(dir, &identity)?;
        let uplink = Uplink::open(
            dir,
            Arc::clone(&ledger),
            &identity,
            dialer,
            Arc::clone(&clock),
            Arc::clone(&random),
        )?;
        for file in uplink.dictionaries() {
            held(&ledger).know_dictionary(file)?;
        }
        let terms = terms(&identity, &ledger, &config)?;
        let context = context(&terms);
        let (intake, opening) = Intake::open(dir, context, Arc::clone(&clock), Arc::clone(&random))?;
        let opened_at = intake.position();
        let figures = Arc::new(Figures::open(&identity.membership, Arc::clone(&ledger))?);
        let told = Arc::clone(&figures);
        let aggregator = Aggregator::new(
            identity.node.clone(),
            Arc::clone(&intake),
            Arc::clone(&ledger),
            terms,
            Arc::new(move |facts, body| told.sealed(facts, body)),
        );
        let name = PeerName::node(identity.federation.as_str(), identity.node.as_str());
        let node = Self {
            name: name.map_err(|error| IdentityError::Broken {
                file: "membership.envelope",
                reason: error.to_string(),
            })?,
            sources: Arc::new(Sources::open(dir)?),
            aggregator: Arc::new(aggregator),
            pusher: Pusher::new(uplink, random),
            address: OnceLock::new(),
            door: OnceLock::new(),
            config,
            clock,
            identity,
            intake,
            opening,
            ledger,
            figures,
            opened_at,
            recovery_noted: AtomicBool::new(false),
            lock,
        };
        node.heed_restore().map_err(OpenError::Folder)?;
        Ok(Arc::new(node))
    }

    /// What the node takes incidents in by.
    pub fn intake(&self) -> &Arc<Intake> {
        &self.intake
    }

    /// The node's ledger.
    pub fn ledger(&self) -> &SharedLedger {
        &self.ledger
    }

    /// How the child's end stands: the cursor, and the parent's head that it last proved.
    pub fn uplink(&self) -> UplinkState {
        self.pusher.state()
    }

    /// The node's own name in certificates.
    pub fn name(&self) -> &PeerName {
        &self.name
    }

    /// The settings it was opened by.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The present moment, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// The present day in the node's zone.
    pub fn today(&self) -> Day {
        self.aggregator.terms().calendar.today(self.now_ms())
    }

    /// The territory that the node answers for first.
    pub fn home(&self) -> Code {
        self.identity.membership.covers[0].territory.clone()
    }

    /// The certificates of sources.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Issues a certificate for a source that the dictionary knows. Blocks on the disk.
    pub fn issue_source(&self, request: &IssueRequest<'_>) -> Result<String, SourcesError> {
        let terms = self.aggregator.terms();
        let issuer = Issuer {
            authority: &self.identity.authority,
            federation: self.name.federation(),
            node: self.name.node_label(),
        };
        let known = &terms.federation.dictionary().lists().sources;
        let covers = &terms.calendar.covers;
        self.sources.issue(request, issuer, known, covers, self.clock.now())
    }

    /// Takes a source's certificate back. Blocks on the disk.
    pub fn revoke_source(&self, name: &str) -> Result<(), SourcesError> {
        self.sources.revoke(name, self.clock.now())
    }

    /// Certificate of the node's own authority, PEM: what sources check the node by.
    pub fn authority_pem(&self) -> &str {
        self.identity.authority.certificate_pem()
    }

    /// Where sources reach the node: where it listens, or would.
    pub fn ingest_address(&self) -> &str {
        self.address.get().unwrap_or(&self.config.listen)
    }

    /// The name that the node's certificate carries, whatever the address is.
    pub fn server_name(&self) -> String {
        server_name(self.name.federation(), self.name.node_label())
    }

    /// Seals what there is to seal now. Blocks on the disk.
    pub fn seal(&self, mode: Mode) -> Result<Sealed, AggregateError> {
        self.aggregator.step(self.now_ms(), mode)
    }

    /// Writes a report of the node's own figures. Blocks while it folds.
    pub fn report(&self, inquiry: &Inquiry) -> Result<String, RollupError> {
        self.figures.report(&self.aggregator.terms().federation, inquiry)
    }

    /// Seals what changed and sends what waits; with `wait`, until everything sealed by now has its verdict.
    pub async fn push(self: &Arc<Self>, wait: bool) -> Result<Pushed, PushError> {
        self.meet_parent().await;
        let refused_before = self.pusher.state().refused.len();
        let node = Arc::clone(self);
        let span = tracing::Span::current();
        let sealing = tokio::task::spawn_blocking(move || span.in_scope(|| node.seal(Mode::Now)));
        let sealed = sealing.await.map_err(|_| PushError::Interrupted)??;
        let size = held(&self.ledger).size();
        let sent = if wait {
            self.pusher.deliver(size).await
        } else {
            self.pusher.push().await
        };
        self.catch_up();
        sent?;
        let state = self.pusher.state();
        Ok(Pushed {
            sealed: sealed.sheets,
            waiting: size.saturating_sub(state.cursor),
            refused: (state.refused.len() - refused_before) as u64,
        })
    }

    /// Takes up what an exchange with the parent brought down: refusals into the own figures, and a new dictionary into
    /// counting. A failure leaves the old figures standing and is told; the next start reads everything again.
    pub fn catch_up(&self) {
        if let Err(error) = self.figures.mark_refused() {
            warn!(%error, "refused sheets are not marked in the own figures");
        }
        let known = held(&self.ledger).current_dictionary().map(|(digest, _)| digest);
        if known.is_some_and(|digest| digest != self.aggregator.terms().dictionary) {
            let taken = terms(&self.identity, &self.ledger, &self.config).and_then(|terms| {
                self.intake.set_context(context(&terms))?;
                self.aggregator.set_terms(terms);
                Ok(())
            });
            if let Err(error) = taken {
                warn!(%error, "the new dictionary is not taken up");
            }
        }
    }
}

/// Whose directory it is, for those who look at a copy of it.
pub fn identity_of(dir: &Path) -> Result<(Author, Anchor), String> {
    let identity = NodeIdentity::load(dir).map_err(|error| error.to_string())?;
    let author = identity.author().map_err(|error| error.to_string())?;
    Ok((author, identity.anchor()))
}

fn open_ledger(dir: &Path, identity: &NodeIdentity) -> Result<SharedLedger, OpenError> {
    let folder = dir.join("ledger");
    create_private_dir(&folder).map_err(OpenError::Folder)?;
    let (mut ledger, opening) = Ledger::open(&folder, identity.author()?, identity.anchor(), Options::default())?;
    for cut in &opening.truncated {
        warn!(?cut, "a torn tail of the ledger was cut");
    }
    if let Some(moved) = &opening.index_damaged {
        warn!(moved = %moved.display(), "a damaged index of the ledger was rebuilt");
    }
    ledger.know_dictionary(&identity.federation_file)?;
    Ok(Arc::new(std::sync::Mutex::new(ledger)))
}

/// What the node counts by: the dictionary in force, and what its membership says.
fn terms(identity: &NodeIdentity, ledger: &SharedLedger, config: &Config) -> Result<Terms, OpenError> {
    let in_force = held(ledger).current_dictionary();
    let (dictionary, federation) = in_force.ok_or(LedgerError::DictionaryUnknown(identity.dictionary()))?;
    let membership = &identity.membership;
    let calendar = Calendar {
        zone: membership.zone.clone(),
        covers: membership.covers.clone(),
        joined: membership.zone.day_of(membership.joined_at_ms.div_euclid(1000)),
        grace: config.grace,
    };
    Ok(Terms {
        federation,
        dictionary,
        calendar,
    })
}

fn context(terms: &Terms) -> Context {
    Context {
        federation: Arc::clone(&terms.federation),
        dictionary: terms.dictionary,
        zone: terms.calendar.zone.clone(),
        covers: terms.calendar.covers.clone(),
    }
}
