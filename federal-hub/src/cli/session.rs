//! How a command reaches the hub: over the admin socket of the running process, or, when none runs, by opening the hub
//! inside the command. Either way it is one channel and the same services.

use std::path::Path;
use std::sync::Arc;

use runtime::{Exit, Shutdown, SystemClock, SystemRandom};
use tonic::transport::Channel;

use super::{Failure, Lang};
use crate::hub::{Hub, OpenError};

/// A way to speak to the hub for as long as the command runs.
#[derive(Debug)]
pub struct Session {
    channel: Channel,
    /// Stops the hub that the command itself opened.
    inside: Option<Shutdown>,
}

impl Session {
    /// Reaches the hub in `dir`. A directory whose lock is held though nobody answers on its socket is exit 73.
    pub async fn open(dir: &Path, lang: Lang) -> Result<Self, Failure> {
        if let Ok(channel) = runtime::admin::channel(dir).await {
            return Ok(Self { channel, inside: None });
        }
        match Hub::open(dir, Arc::new(SystemClock), Arc::new(SystemRandom)) {
            Ok(hub) => {
                let shutdown = Shutdown::new();
                let channel = runtime::admin::in_process(hub.admin_router(), shutdown.clone());
                Ok(Self {
                    channel,
                    inside: Some(shutdown),
                })
            }
            Err(OpenError::Locked(error)) => match runtime::admin::channel(dir).await {
                // The process began between our two looks.
                Ok(channel) => Ok(Self { channel, inside: None }),
                Err(_) => Err(Failure::new(
                    Exit::Locked,
                    lang.say(
                        &format!("{error}, но он не отвечает; дождитесь его запуска или остановите его"),
                        &format!(
                            "directory {} is locked by a process that does not answer",
                            dir.display()
                        ),
                    ),
                )),
            },
            Err(error) => Err(Failure::new(error.exit(), error.to_string())),
        }
    }

    /// The channel for any client of the admin services.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Ends the session; a hub opened inside is gone when the runtime that carried it ends.
    pub async fn close(self) {
        drop(self.channel);
        if let Some(shutdown) = self.inside {
            shutdown.trigger();
            tokio::task::yield_now().await;
        }
    }
}
