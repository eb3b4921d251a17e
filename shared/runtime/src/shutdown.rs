//! Stopping. One token says "finish what you have begun and begin nothing more"; every loop waits for it.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// The request to stop; clones are the same request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop when the process gets SIGTERM or SIGINT. Fails when no handler can be installed; needs a runtime.
    pub fn on_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                () = shutdown.wait() => return,
            };
            info!(signal = name, "stopping");
            shutdown.trigger();
        });
        Ok(())
    }

    /// Asks everybody to stop. Again is no difference.
    pub fn trigger(&self) {
        self.0.cancel();
    }

    /// Whether somebody has asked.
    pub fn is_triggered(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until somebody asks. Dropping the wait loses nothing.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Does work that blocks, such as opening files, unless somebody asks to stop before it is done: then there is no
    /// answer, and the work goes on unwatched until the process ends.
    pub async fn unless_asked<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let working = tokio::task::spawn_blocking(work);
        tokio::select! {
            biased;
            () = self.wait() => None,
            done = working => match done {
                Ok(done) => Some(done),
                Err(cut) => std::panic::resume_unwind(cut.into_panic()),
            },
        }
    }

    /// A request of its own that this one implies: for a part that can stop while the process goes on.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_blocks_is_not_waited_for_after_the_request() {
        let shutdown = Shutdown::new();
        assert_eq!(shutdown.unless_asked(|| 7).await, Some(7));
        let (go, blocked) = std::sync::mpsc::channel::<()>();
        let asked = shutdown.clone();
        let waiting = tokio::spawn(async move { asked.unless_asked(move || blocked.recv()).await });
        tokio::task::yield_now().await;
        shutdown.trigger();
        assert!(waiting.await.unwrap().is_none());
        drop(go);
    }
}
