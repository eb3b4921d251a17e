//! The child's end of replication: everything after the parent's cursor, in order, pipelined, until nothing waits.
//!
//! `step` knows *what*: one connection, from hello to the last verdict. `run` knows *when*: by the interval, when nudged,
//! and after a failure with growing, jittered waits that never give up. A parent that shows another history halts pushing
//! (never intake or sealing) and leaves its evidence in a file.

mod memory;
mod recover;
mod renew;
mod stream;
mod trust;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::NodeId;
use runtime::backoff::Backoff;
use runtime::connect::{SharedDialer, Timeouts, channel};
use runtime::files::{Mode, write_atomic};
use runtime::identity::{PeerName, server_name};
use runtime::random::SharedRandom;
use runtime::tls::{Identity, client_config};
use runtime::{SharedClock, Shutdown};
use tokio::sync::{Notify, watch};
use tonic::transport::Channel;
use tracing::Instrument;
use wire::statement::Membership;

use crate::files::IdentityDir;
use crate::identity::NodeIdentity;
use crate::{SharedLedger, held};
pub use memory::{Memory, MemoryError, RefusedEntry};
pub use recover::Meeting;
pub use trust::{Trust, TrustError};

/// Shortest wait after a failure, before jitter.
const BACKOFF_BASE: Duration = Duration::from_secs(1);
/// Longest wait: a link that comes back is used within five minutes.
const BACKOFF_CAP: Duration = Duration::from_mins(5);

/// Why a step ended before everything had its verdict. The next step goes on from the cursor.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// The parent is not there, or the link broke.
    #[error("родительский узел {address} недоступен: {reason}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What the network says.
        reason: String,
    },
    /// The parent ended the stream with a reason.
    #[error("родительский узел отказал ({code}): {message}")]
    Refused {
        /// Stable code.
        code: String,
        /// For a person.
        message: String,
        /// How long it asks to wait, if it does.
        after: Option<Duration>,
    },
    /// The parent's answer does not hold.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The parent has taken more than this ledger holds: this node was restored from an old copy.
    #[error(
        "у родительского узла записей больше ({cursor}), чем в этом журнале ({size}): узел восстановлен из старой копии"
    )]
    CursorAhead {
        /// The parent's cursor.
        cursor: u64,
        /// Own size.
        size: u64,
    },
    /// The parent took other entries than stand here: two copies of this node were at work.
    #[error(
        "родительский узел принял не те записи, что стоят в этом журнале (до позиции {cursor}): работали две копии узла"
    )]
    Diverged {
        /// The parent's cursor.
        cursor: u64,
    },
    /// The parent cannot give back an entry that it had.
    #[error("родительский узел не может отдать запись {position} этого журнала; узел придётся пригласить заново")]
    Incomplete {
        /// Position in the own ledger.
        position: u64,
    },
    /// The parent broke the protocol.
    #[error("родительский узел ответил не по правилам: {0}")]
    Protocol(&'static str),
    /// The own memory of the parent.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The own ledger.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// Pushing was halted before; the evidence says why.
    #[error("передача остановлена: {0}")]
    Halted(String),
    /// Certificates.
    #[error("сертификаты узла: {0}")]
    Keys(String),
}

impl UplinkError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable { .. } => "PARENT_UNREACHABLE",
            Self::Refused { code, .. } => code,
            Self::Trust(TrustError::Fork { .. }) | Self::Halted(_) => "PARENT_FORKED",
            Self::Trust(TrustError::Unproven(_)) => "PARENT_UNPROVEN",
            Self::CursorAhead { .. } => "CURSOR_AHEAD",
            Self::Diverged { .. } => "LEDGER_DIVERGED",
            Self::Incomplete { .. } => "RECOVERY_INCOMPLETE",
            Self::Protocol(_) => "PROTOCOL",
            Self::Memory(_) => "UPLINK_MEMORY",
            Self::Ledger(error) => error.code(),
            Self::Keys(_) => "KEYS",
        }
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Entries sent.
    pub sent: u64,
    /// Taken by the parent, repeats included.
    pub taken: u64,
    /// Refused.
    pub refused: u64,
    /// Entries of the own ledger that have no verdict yet.
    pub waiting: u64,
}

/// How the uplink stands, for the status and for those who wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UplinkState {
    /// Entries of the own ledger that have their verdict.
    pub cursor: u64,
    /// Origin, size and root of the parent's last proven checkpoint.
    pub checkpoint: Option<(String, u64, seal::Digest)>,
    /// When everything last had its verdict, Unix milliseconds.
    pub last_success_ms: Option<i64>,
    /// The last failure: code and text; nothing after a success.
    pub last_error: Option<(String, String)>,
    /// Refused entries of the own ledger: position and reason.
    pub refused: Vec<(u64, String)>,
    /// Why pushing is halted, if it is.
    pub halted: Option<String>,
    /// Number of federation files that came down.
    pub dictionaries: usize,
    /// How far the parent's clock is ahead of the own (negative: behind), when that is worth telling; milliseconds.
    pub clock_skew_ms: Option<i64>,
    /// Whether the parent was asked what it has of the own ledger.
    pub met: Meeting,
    /// The node's membership as it came down last; nothing while the one it joined by stands.
    pub membership: Option<Arc<Membership>>,
}

/// The child's end.
pub struct Uplink {
    dir: PathBuf,
    ledger: SharedLedger,
    memory: Memory,
    trust: Trust,
    node: NodeId,
    epoch: u32,
    files: IdentityDir,
    parent: NodeId,
    address: String,
    server_name: String,
    tls: Identity,
    parent_authority: String,
    dialer: SharedDialer,
    clock: SharedClock,
    random: SharedRandom,
    state: watch::Sender<UplinkState>,
    /// The way that was opened to ask the parent, for what follows at once.
    open: Option<Channel>,
}

impl Uplink {
    /// Opens the memory of the parent and tells the ledger what was refused before.
    pub fn open(
        dir: &Path,
        ledger: SharedLedger,
        identity: &NodeIdentity,
        dialer: SharedDialer,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Result<Self, UplinkError> {
        let memory = Memory::open(dir, &identity.parent_origin, identity.parent_ledger_key)?;
        let name = PeerName::node(identity.federation.as_str(), identity.parent.as_str());
        let name = name.map_err(|e| UplinkError::Keys(e.to_string()))?;
        let uplink = Self {
            dir: dir.to_owned(),
            ledger,
            trust: Trust {
                origin: identity.parent_origin.clone(),
                ledger_key: identity.parent_ledger_key,
                signing_key: identity.parent_signing_key,
            },
            node: identity.node.clone(),
            epoch: identity.epoch,
            files: identity.files.clone(),
            parent: identity.parent.clone(),
            address: identity.parent_address.clone(),
            server_name: server_name(name.federation(), name.node_label()),
            tls: identity.tls.clone(),
            parent_authority: identity.parent_authority.clone(),
            dialer,
            clock,
            random,
            state: watch::Sender::new(UplinkState::default()),
            open: None,
            memory,
        };
        uplink.tell_ledger()?;
        uplink.publish(|_| ());
        Ok(uplink)
    }

    /// A handle that always shows the present state, also while a step runs.
    pub fn watch(&self) -> watch::Receiver<UplinkState> {
        self.state.subscribe()
    }

    /// The present state.
    pub fn state(&self) -> UplinkState {
        self.state.borrow().clone()
    }

    /// Federation files that came down, oldest first.
    pub fn dictionaries(&self) -> &[Vec<u8>] {
        &self.memory.dictionaries
    }

    /// The node's own membership as it came down last, if it is of its present keys.
    fn membership(&self) -> Option<Arc<Membership>> {
        let sealed = self.memory.membership.as_ref()?;
        match self.trust.statement(sealed) {
            Ok(wire::Statement::Membership(said)) if said.member == self.node && said.member_epoch == self.epoch => {
                Some(Arc::new(said))
            }
            _ => None,
        }
    }

    /// One connection: hello, everything after the cursor, then what comes down.
    pub async fn step(&mut self) -> Result<Step, UplinkError> {
        let halted = self.state.borrow().halted.clone();
        if let Some(reason) = halted {
            return Err(UplinkError::Halted(reason));
        }
        let span = tracing::info_span!("uplink", parent = %self.parent);
        let meeting = async {
            self.renew_when_due().await;
            self.meet().await
        };
        meeting.instrument(span.clone()).await?;
        let result = self.converse().instrument(span).await;
        match &result {
            Ok(step) if step.waiting == 0 => {
                let now = self.clock.now().as_millisecond();
                self.publish(|state| {
                    state.last_success_ms = Some(now);
                    state.last_error = None;
                });
            }
            Ok(_) => self.publish(|_| ()),
            Err(error) => self.failed(error),
        }
        result
    }

    /// Steps until the shutdown: at the interval, when nudged, after failures with back-off.
    pub async fn run(mut self, interval: Duration, nudge: Arc<Notify>, shutdown: Shutdown) {
        let mut backoff = Backoff::new(BACKOFF_BASE, BACKOFF_CAP);
        loop {
            // What a step remembers is on the disk before it goes on, so it may be left at any point.
            let stepped = tokio::select! {
                () = shutdown.wait() => return,
                stepped = self.step() => stepped,
            };
            let wait = match stepped {
                Ok(step) => {
                    backoff.reset();
                    if step.sent > 0 {
                        tracing::info!(parent = %self.parent, sent = step.sent, refused = step.refused, "replicated");
                    }
                    interval
                }
                Err(error) => {
                    tracing::warn!(parent = %self.parent, code = error.code(), %error, "replication ended early");
                    let own = backoff.next(&*self.random);
                    match error {
                        UplinkError::Refused { after: Some(after), .. } => own.max(after),
                        _ => own,
                    }
                }
            };
            tokio::select! {
                () = shutdown.wait() => return,
                () = nudge.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn channel(&self) -> Result<Channel, UplinkError> {
        let tls = client_config(Some(&self.tls), &self.parent_authority, &self.clock);
        let tls = tls.map_err(|e| UplinkError::Keys(e.to_string()))?;
        channel(
            self.dialer.clone(),
            &self.address,
            tls,
            &self.server_name,
            Timeouts::default(),
        )
        .map_err(|e| UplinkError::Keys(e.to_string()))
    }

    /// What a failed call means.
    fn refused(&self, status: &tonic::Status) -> UplinkError {
        match runtime::status::reason(status) {
            Some(code) => UplinkError::Refused {
                code,
                message: status.message().to_owned(),
                after: runtime::status::retry_after(status),
            },
            None => UplinkError::Unreachable {
                address: self.address.clone(),
                reason: crate::join::innermost(status),
            },
        }
    }

    /// The own ledger learns of federation files that came down, and of refusals: it counts a refused sheet as «не принят».
    fn tell_ledger(&self) -> Result<(), UplinkError> {
        let mut ledger = held(&self.ledger);
        for file in &self.memory.dictionaries {
            ledger.know_dictionary(file)?;
        }
        for entry in self.memory.refused.values() {
            ledger.note_refused(&entry.refusal)?;
        }
        Ok(())
    }

    fn failed(&self, error: &UplinkError) {
        let (code, text) = (error.code().to_owned(), error.to_string());
        if let UplinkError::Trust(TrustError::Fork { note, .. }) = error {
            self.keep_evidence(note);
            self.publish(|state| state.halted = Some(text.clone()));
        }
        self.publish(|state| state.last_error = Some((code, text)));
    }

    /// Both checkpoints, signed by the parent itself: proof for anyone that it showed two histories.
    fn keep_evidence(&self, shown: &str) {
        let remembered = self.memory.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
        for (name, note) in [("remembered", self.memory.note.as_str()), ("shown", shown)] {
            let path = self.dir.join(format!("fork-{remembered}-{name}.txt"));
            if let Err(error) = write_atomic(&path, note.as_bytes(), Mode::Private) {
                tracing::error!(path = %path.display(), %error, "the evidence of a fork could not be written");
            }
        }
    }

    fn publish(&self, change: impl FnOnce(&mut UplinkState)) {
        let refused = self.memory.refused.iter().map(|(&position, entry)| {
            let reason = match self.trust.statement(&entry.refusal) {
                Ok(wire::Statement::Refusal(refusal)) => refusal.reason.to_string(),
                _ => String::new(),
            };
            (position, reason)
        });
        let refused: Vec<_> = refused.collect();
        let membership = self.membership();
        self.state.send_modify(|state| {
            state.cursor = self.memory.cursor;
            let checkpoint = self.memory.checkpoint.as_ref();
            state.checkpoint = checkpoint.map(|one| (one.origin.clone(), one.size, one.root));
            state.dictionaries = self.memory.dictionaries.len();
            state.refused = refused;
            state.membership = membership;
            change(state);
        });
    }
}
