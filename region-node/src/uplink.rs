//! Pushing, as the rest of the node sees it: one handle over the child's end of replication, whether its loop runs in
//! this process or a command takes single steps.
//!
//! Promises that only one conversation with the parent runs at a time, and that waiting is told by the end itself, never
//! asked for again and again. Knows no sheet: what waits is counted in entries of the ledger.

use std::sync::Arc;
use std::time::Duration;

use federation::Uplink;
use federation::uplink::{UplinkError, UplinkState};
use runtime::backoff::Backoff;
use runtime::{SharedRandom, Shutdown};
use tokio::sync::{Mutex, Notify, watch};

/// Between attempts of a command that waits: shorter than the loop's, since a person is looking.
const RETRY_BASE: Duration = Duration::from_millis(200);
const RETRY_CAP: Duration = Duration::from_secs(5);

/// The handle.
pub struct Pusher {
    /// The end itself; gone once the loop has it.
    idle: Mutex<Option<Uplink>>,
    state: watch::Receiver<UplinkState>,
    nudge: Arc<Notify>,
    random: SharedRandom,
}

impl Pusher {
    /// A handle over an end that nobody runs yet.
    pub fn new(uplink: Uplink, random: SharedRandom) -> Self {
        let state = uplink.watch();
        Self {
            idle: Mutex::new(Some(uplink)),
            state,
            nudge: Arc::new(Notify::new()),
            random,
        }
    }

    /// How the end stands.
    pub fn state(&self) -> UplinkState {
        self.state.borrow().clone()
    }

    /// A handle that is told of every change.
    pub fn watch(&self) -> watch::Receiver<UplinkState> {
        self.state.clone()
    }

    /// Wakes the loop, if it runs.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Replicates until the shutdown. A second loop has nothing to do and returns.
    pub async fn run(&self, interval: Duration, shutdown: Shutdown) {
        let uplink = self.idle.lock().await.take();
        if let Some(uplink) = uplink {
            uplink.run(interval, Arc::clone(&self.nudge), shutdown).await;
        }
    }

    /// Sends what waits. With the loop running it is woken; otherwise one step is taken here.
    pub async fn push(&self) -> Result<(), UplinkError> {
        if let Some(uplink) = self.idle.lock().await.as_mut() {
            return uplink.step().await.map(drop);
        }
        self.nudge();
        Ok(())
    }

    /// Sends what waits until the first `size` entries have their verdict, however often the link is lost. Ends early
    /// only where trying again cannot help. Dropping the wait loses nothing: verdicts are remembered as they come.
    pub async fn deliver(&self, size: u64) -> Result<(), UplinkError> {
        let mut idle = self.idle.lock().await;
        let Some(uplink) = idle.as_mut() else {
            drop(idle);
            self.nudge();
            return self.verdicts(size).await;
        };
        let mut backoff = Backoff::new(RETRY_BASE, RETRY_CAP);
        while uplink.state().cursor < size {
            match uplink.step().await {
                Ok(_) => backoff.reset(),
                Err(error) if may_pass(&error) => tokio::time::sleep(backoff.next(&*self.random)).await,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn verdicts(&self, size: u64) -> Result<(), UplinkError> {
        let mut state = self.state.clone();
        let done = |state: &UplinkState| state.cursor >= size || state.halted.is_some();
        let Ok(reached) = state.wait_for(done).await else {
            return Err(UplinkError::Halted("процесс узла останавливается".to_owned()));
        };
        match &reached.halted {
            Some(reason) if reached.cursor < size => Err(UplinkError::Halted(reason.clone())),
            _ => Ok(()),
        }
    }
}

/// Whether the same step may succeed later without a person.
fn may_pass(error: &UplinkError) -> bool {
    matches!(error, UplinkError::Unreachable { .. } | UplinkError::Refused { .. })
}
