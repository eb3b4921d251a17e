//! Pushing, as the rest of the node sees it: one handle over the child's end of replication, whether its loop runs in
//! this process or a command takes single steps.
//!
//! Promises that only one conversation with the parent runs at a time, and that waiting is told by the end itself, never
//! asked for again and again. Knows no sheet: what waits is counted in entries of the ledger.

use std::sync::Arc;
use std::time::Duration;

use federation::Uplink;
use federation::uplink::{Meeting, UplinkError, UplinkState};
use runtime::backoff::Backoff;
use runtime::{SharedRandom, Shutdown};
use tokio::sync::{Mutex, Notify, watch};
use tracing::warn;

/// Between attempts of a command that waits: shorter than the loop's, since a person is looking.
const RETRY_BASE: Duration = Duration::from_millis(200);
const RETRY_CAP: Duration = Duration::from_secs(5);

/// Why a push ended before everything had its verdict.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// A step taken here failed.
    #[error(transparent)]
    Step(#[from] UplinkError),
    /// The loop told that it failed, and trying again cannot help.
    #[error("{text}")]
    Told {
        /// Stable code.
        code: String,
        /// For a person.
        text: String,
    },
}

impl Undelivered {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Step(error) => error.code(),
            Self::Told { code, .. } => code,
        }
    }
}

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

    /// What wakes the loop, for those who know no pusher.
    pub fn waker(&self) -> Arc<Notify> {
        Arc::clone(&self.nudge)
    }

    /// Wakes the loop, if it runs.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Asks the parent what it has of the own ledger, unless that was done since the start; returns when it answered or
    /// could not be asked.
    pub async fn meet(&self) {
        if let Some(uplink) = self.idle.lock().await.as_mut() {
            if let Err(error) = uplink.meet().await {
                warn!(%error, "the parent could not be asked for what it has of this ledger");
            }
            return;
        }
        let mut state = self.watch();
        while state.borrow_and_update().met == Meeting::Ahead {
            if state.changed().await.is_err() {
                return;
            }
        }
    }

    /// Replicates until the shutdown. A second loop has nothing to do and returns.
    pub async fn run(&self, interval: Duration, shutdown: Shutdown) {
        let uplink = self.idle.lock().await.take();
        if let Some(uplink) = uplink {
            uplink.run(interval, Arc::clone(&self.nudge), shutdown).await;
        }
    }

    /// Sends what waits. With the loop running it is woken; otherwise one step is taken here.
    pub async fn push(&self) -> Result<(), Undelivered> {
        if let Some(uplink) = self.idle.lock().await.as_mut() {
            uplink.step().await?;
            return Ok(());
        }
        self.nudge();
        Ok(())
    }

    /// Sends what waits until the first `size` entries have their verdict, however often the link is lost. Ends early
    /// only where trying again cannot help. Dropping the wait loses nothing: verdicts are remembered as they come.
    pub async fn deliver(&self, size: u64) -> Result<(), Undelivered> {
        let mut idle = self.idle.lock().await;
        let Some(uplink) = idle.as_mut() else {
            drop(idle);
            // Before the loop wakes: its answer to this nudge must not pass for an old one.
            let mut state = self.watch();
            let cursor = state.borrow_and_update().cursor;
            self.nudge();
            return verdicts(state, cursor, size).await;
        };
        let mut backoff = Backoff::new(RETRY_BASE, RETRY_CAP);
        while uplink.state().cursor < size {
            match uplink.step().await {
                Ok(_) => backoff.reset(),
                Err(error) if may_pass(&error) => tokio::time::sleep(backoff.next(&*self.random)).await,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Waits for the loop. A failure told before the wait may have been mended since: it counts when it is told again, which
/// is a change that moves no cursor.
async fn verdicts(mut state: watch::Receiver<UplinkState>, mut cursor: u64, size: u64) -> Result<(), Undelivered> {
    let mut fresh = state.has_changed().unwrap_or(false);
    loop {
        {
            let now = state.borrow_and_update();
            if now.cursor >= size {
                return Ok(());
            }
            if let Some(reason) = &now.halted {
                return Err(UplinkError::Halted(reason.clone()).into());
            }
            match &now.last_error {
                Some((code, text)) if fresh && now.cursor == cursor && needs_a_person(code) => {
                    let (code, text) = (code.clone(), text.clone());
                    return Err(Undelivered::Told { code, text });
                }
                _ => cursor = now.cursor,
            }
        }
        if state.changed().await.is_err() {
            return Err(UplinkError::Halted("процесс узла останавливается".to_owned()).into());
        }
        fresh = true;
    }
}

/// Whether the same step may succeed later without a person.
fn may_pass(error: &UplinkError) -> bool {
    let outside = matches!(error, UplinkError::Unreachable { .. } | UplinkError::Refused { .. });
    outside && !needs_a_person(error.code())
}

/// Whether a failure with this code stands until a person has done something, here or at the parent.
fn needs_a_person(code: &str) -> bool {
    matches!(
        code,
        "MEMBER_REVOKED"
            | "NOT_A_MEMBER"
            | "ORIGIN_MISMATCH"
            | "CURSOR_AHEAD"
            | "LEDGER_DIVERGED"
            | "RECOVERY_INCOMPLETE"
            | "PARENT_UNPROVEN"
            | "PARENT_FORKED"
            | "UPLINK_MEMORY"
            | "CLOCK_SKEW"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(cursor: u64, code: &str) -> UplinkState {
        UplinkState {
            cursor,
            last_error: Some((code.to_owned(), "текст".to_owned())),
            ..UplinkState::default()
        }
    }

    #[test]
    fn a_refusal_by_membership_is_not_waited_out_and_a_busy_parent_is() {
        for (code, expected) in [("MEMBER_REVOKED", false), ("NOT_A_MEMBER", false), ("BUSY", true)] {
            let refused = UplinkError::Refused {
                code: code.to_owned(),
                message: String::new(),
                after: None,
            };
            assert_eq!(may_pass(&refused), expected, "{code}");
        }
    }

    #[tokio::test]
    async fn waiting_ends_when_the_failure_is_told_again_and_not_by_an_old_one() {
        let (sender, mut receiver) = watch::channel(state(1, "NOT_A_MEMBER"));
        let cursor = receiver.borrow_and_update().cursor;
        let wait = tokio::spawn(verdicts(receiver.clone(), cursor, 3));
        for (step, code) in [(1, "PARENT_UNREACHABLE"), (2, "NOT_A_MEMBER"), (3, "NOT_A_MEMBER")] {
            tokio::task::yield_now().await;
            assert!(!wait.is_finished(), "{step}");
            sender.send_replace(state(step, code));
        }
        wait.await.unwrap().unwrap();
        let wait = tokio::spawn(verdicts(receiver, cursor, 5));
        tokio::task::yield_now().await;
        sender.send_replace(state(3, "MEMBER_REVOKED"));
        let ended = wait.await.unwrap().unwrap_err();
        assert!(
            matches!(&ended, Undelivered::Told { code, .. } if code == "MEMBER_REVOKED"),
            "{ended:?}"
        );
        assert_eq!(ended.to_string(), "текст");
    }
}
