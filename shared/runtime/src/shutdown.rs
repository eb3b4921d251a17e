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

    /// A request of its own that this one implies: for a part that can stop while the process goes on.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}
