//! The node as one value: everything it is made of, opened in the order in which the parts need each other.
//!
//! The same node runs as a process, inside a command, or many times over in one test: directory, clock, chance and
//! network are arguments, and nothing happens by itself until [`crate::process`] is asked to run the loops.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use domain::{Code, Day};
use federation::files::{CA_CERTIFICATE, CA_KEY, GENESIS, IdentityDir};
use federation::identity::IdentityError;
use federation::parent::ParentParts;
use federation::uplink::{UplinkError, UplinkState};
use federation::{NodeIdentity, Parent, SharedLedger, Uplink, held};
use ledger::{Anchor, Author, Ledger, LedgerError, Options};
use rollup::RollupError;
use runtime::connect::SharedDialer;
use runtime::files::create_private_dir;
use runtime::identity::server_name;
use runtime::lock::LockError;
use runtime::pki::Authority;
use runtime::tls::TlsDoor;
use runtime::{DirLock, Exit, PeerName, SharedClock, SharedRandom};
use tracing::{error, warn};
use wire::statement::Membership;

use crate::aggregate::{AggregateError, Aggregator, Calendar, Mode, Sealed, Terms};
use crate::belonging::Belonging;
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
    /// The end for members below.
    pub(crate) parent: Arc<Parent>,
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
    /// The genesis or the invitations.
    #[error("приглашения участников: {0}")]
    Members(#[source] std::io::Error),
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
        let membership = uplink.state().membership;
        let membership = membership.as_deref().unwrap_or(&identity.membership);
        for file in uplink.dictionaries() {
            held(&ledger).know_dictionary(file)?;
        }
        let terms = terms(membership, &identity, &ledger, &config)?;
        let context = context(&terms);
        let (intake, opening) = Intake::open(dir, context, Arc::clone(&clock), Arc::clone(&random))?;
        let opened_at = intake.position();
        intake.regard(belonging(&identity, &terms, &ledger))?;
        let figures = Arc::new(Figures::open(membership, Arc::clone(&ledger))?);
        let told = Arc::clone(&figures);
        let aggregator = Aggregator::new(
            identity.node.clone(),
            Arc::clone(&intake),
            Arc::clone(&ledger),
            terms,
            Arc::new(move |facts, body| told.sealed(facts, body)),
        );
        let pusher = Pusher::new(uplink, Arc::clone(&random));
        let parent = open_parent(dir, &identity, &ledger, (&clock, random), (&figures, &pusher))?;
        parent.set_bounds(membership.covers.clone());
        let name = PeerName::node(identity.federation.as_str(), identity.node.as_str());
        let node = Self {
            name: name.map_err(|error| IdentityError::Broken {
                file: "membership.envelope",
                reason: error.to_string(),
            })?,
            sources: Arc::new(Sources::open(dir)?),
            aggregator: Arc::new(aggregator),
            pusher,
            parent,
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
        self.aggregator.terms().calendar.covers[0].territory.clone()
    }

    /// The end for members below.
    pub fn parent(&self) -> &Arc<Parent> {
        &self.parent
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

    /// Seals what there is to seal now, by the covers that stand now. Blocks on the disk.
    pub fn seal(&self, mode: Mode) -> Result<Sealed, AggregateError> {
        self.follow_members()?;
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
        if let Err(error) = self.take_up_terms() {
            warn!(%error, "the new dictionary or membership is not taken up");
        }
        if let Err(error) = self.follow_members() {
            error!(%error, "the members' covers are not taken up");
        }
    }

    /// Takes up a dictionary or a membership of the node that came down.
    fn take_up_terms(&self) -> Result<(), OpenError> {
        let came_down = self.pusher.state().membership;
        let membership = came_down.as_deref().unwrap_or(&self.identity.membership);
        let known = held(&self.ledger).current_dictionary().map(|(digest, _)| digest);
        let standing = self.aggregator.terms();
        if known.is_none_or(|digest| digest == standing.dictionary) && membership.covers == standing.calendar.covers {
            return Ok(());
        }
        let terms = terms(membership, &self.identity, &self.ledger, &self.config)?;
        self.parent.set_bounds(membership.covers.clone());
        self.figures.set_own(membership);
        self.aggregator.between_steps(|| {
            self.intake.set_context(context(&terms))?;
            self.aggregator.set_terms(terms);
            Ok(())
        })
    }

    /// Counts by the covers that stand in the ledger and came down: what belongs to a member below is left out.
    fn follow_members(&self) -> Result<(), IntakeError> {
        self.aggregator.between_steps(|| {
            let belonging = belonging(&self.identity, &self.aggregator.terms(), &self.ledger);
            self.intake.regard(belonging)
        })
    }
}

/// Whose the incidents are, by the node's covers and those of the members in its ledger.
fn belonging(identity: &NodeIdentity, terms: &Terms, ledger: &SharedLedger) -> Belonging {
    let Calendar { zone, covers, .. } = &terms.calendar;
    Belonging::new(&identity.node, zone, covers, &held(ledger).members())
}

/// The end for members below: their sheets go into the node's own figures, and at once on their way up.
fn open_parent(
    dir: &Path,
    identity: &NodeIdentity,
    ledger: &SharedLedger,
    (clock, random): (&SharedClock, SharedRandom),
    (figures, pusher): (&Arc<Figures>, &Pusher),
) -> Result<Arc<Parent>, OpenError> {
    let (figures, waker) = (Arc::clone(figures), pusher.waker());
    let files = &identity.files;
    let parts = ParentParts {
        federation: identity.federation.clone(),
        node: identity.node.clone(),
        authority: authority(files)?,
        genesis: files.bytes(GENESIS).map_err(OpenError::Members)?,
        clock: Arc::clone(clock),
        random,
        on_change: Arc::new(move |sheets| {
            if let Err(error) = figures.refresh(sheets) {
                error!(%error, "a sheet that was taken cannot be folded");
            }
            waker.notify_one();
        }),
    };
    Parent::open(dir, Arc::clone(ledger), parts).map_err(OpenError::Members)
}

/// The node's own CA once more: each of its users keeps its own.
fn authority(files: &IdentityDir) -> Result<Authority, OpenError> {
    let text = |name| files.text(name).map_err(OpenError::Members);
    Authority::load(&text(CA_CERTIFICATE)?, &text(CA_KEY)?).map_err(|error| {
        let reason = error.to_string();
        IdentityError::Broken { file: CA_KEY, reason }.into()
    })
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
fn terms(
    membership: &Membership,
    identity: &NodeIdentity,
    ledger: &SharedLedger,
    config: &Config,
) -> Result<Terms, OpenError> {
    let in_force = held(ledger).current_dictionary();
    let (dictionary, federation) = in_force.ok_or(LedgerError::DictionaryUnknown(identity.dictionary()))?;
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
