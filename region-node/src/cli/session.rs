//! How a command reaches the node: over the admin socket of the running process, or, when none runs, by opening the
//! node inside the command. Either way it is one channel and the same services, so a command has one code path.

use std::path::Path;
use std::sync::Arc;

use runtime::connect::TcpDialer;
use runtime::{Exit, Shutdown, SystemClock, SystemRandom};
use tonic::transport::Channel;

use super::{Failure, Lang};
use crate::node::{Node, OpenError};

/// A way to speak to the node for as long as the command runs.
#[derive(Debug)]
pub struct Session {
    channel: Channel,
    /// Stops the node that the command itself opened.
    inside: Option<Shutdown>,
}

impl Session {
    /// Reaches the node in `dir`. A directory whose lock is held though nobody answers on its socket is exit 73.
    pub async fn open(dir: &Path, lang: Lang) -> Result<Self, Failure> {
        if let Ok(channel) = runtime::admin::channel(dir).await {
            return Ok(Self { channel, inside: None });
        }
        let opening = Node::open(dir, Arc::new(SystemClock), Arc::new(SystemRandom), Arc::new(TcpDialer));
        match opening {
            Ok(node) => Ok(Self::within(&node)),
            Err(OpenError::Locked(error)) => match runtime::admin::channel(dir).await {
                // The process began between our two looks.
                Ok(channel) => Ok(Self { channel, inside: None }),
                Err(_) => Err(Failure::new(
                    Exit::Locked,
                    lang.say(
                        &format!("{error}, но он не отвечает; дождитесь его запуска или остановите его"),
                        &format!(
                            "directory {} is locked by another process that does not answer; wait for it or stop it",
                            dir.display()
                        ),
                    ),
                )),
            },
            Err(error) => Err(Failure::new(error.exit(), error.to_string())),
        }
    }

    /// A session with a node that is open in this process already.
    pub fn within(node: &Arc<Node>) -> Self {
        let shutdown = Shutdown::new();
        let channel = runtime::admin::in_process(node.admin_router(), shutdown.clone());
        Self {
            channel,
            inside: Some(shutdown),
        }
    }

    /// The channel for any client of the admin services.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Ends the session. A node opened inside is asked to stop; it is gone, and its lock free, when the runtime that
    /// carried it ends.
    pub async fn close(self) {
        drop(self.channel);
        if let Some(shutdown) = self.inside {
            shutdown.trigger();
            tokio::task::yield_now().await;
        }
    }
}
