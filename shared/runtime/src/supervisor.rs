//! What the service manager is told, when one started the process: ready, how it stands, alive, stopping.
//!
//! Speaks systemd's protocol through `$NOTIFY_SOCKET`; without it every word goes nowhere, and that is no error. The
//! watchdog is fed only after a look at the process came back, so a lock that nobody gives back ends in a restart.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

use crate::admin_http::Window;
use crate::shutdown::Shutdown;

/// Between status lines when nobody asks for signs of life.
const STATUS_INTERVAL: Duration = Duration::from_mins(1);

/// Says that start-up goes on: files may take a while.
pub fn starting() {
    tell(&[NotifyState::Status("Запускается: читает свои файлы")]);
}

/// Says that the process serves from now on, and how it stands.
pub fn ready(summary: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(summary)]);
}

/// Says that the process finishes what it has begun.
pub fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("Останавливается: завершает начатое"),
    ]);
}

/// Tells how the process stands and feeds the watchdog, at half of its interval, until the shutdown.
pub async fn report(window: Window, shutdown: Shutdown) {
    let watchdog = sd_notify::watchdog_enabled();
    let interval = watchdog.map_or(STATUS_INTERVAL, |limit| (limit / 2).min(STATUS_INTERVAL));
    loop {
        tokio::select! {
            () = shutdown.wait() => return stopping(),
            () = tokio::time::sleep(interval) => {}
        }
        let Some(inspected) = window.inspected() else { continue };
        let Ok(summary) = tokio::task::spawn_blocking(move || inspected.summary()).await else {
            continue;
        };
        tell(&[NotifyState::Status(&summary)]);
        if watchdog.is_some() {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "the service manager does not listen");
    }
}
