//! The accepting end: our own loop, because it must put the peer's certificate into every request, take new
//! certificates without a restart, bound what strangers may cost, and run over memory in tests.
//!
//! Knows no service: a router comes in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::connection::{Guest, Hall};
use crate::crowd::Crowd;
use crate::listener::Listener;
use crate::shutdown::Shutdown;
use crate::tls::TlsDoor;

/// How long to wait after the system could not accept (no file descriptors): some may be free by then.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who comes through, and what is known about them.
#[derive(Debug, Clone)]
pub enum Door {
    /// The network, over TLS: requests carry a [`crate::Peer`].
    Tls(Arc<TlsDoor>),
    /// The network in the clear, for health and metrics on a private address: a [`crate::Peer`] without certificate.
    Plain,
    /// This machine: requests carry [`crate::LocalAdmin`].
    Local,
}

/// What connections may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; further ones are closed at once.
    pub connections: usize,
    /// Connections at once from one address that have shown no certificate.
    pub strangers_per_address: usize,
    /// TLS handshakes at once (they cost a signature each); further ones wait within their time.
    pub handshakes: usize,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// Bytes of a request's headers.
    pub header_bytes: u32,
    /// For the TLS handshake, including the wait for a place.
    pub handshake: Duration,
    /// For the headers of a stranger's first request.
    pub header: Duration,
    /// Bytes of one gRPC message from whoever has shown a certificate.
    pub message_bytes: usize,
    /// Bytes of one gRPC message from a stranger, who may only ask to join.
    pub stranger_message_bytes: usize,
    /// For a message that has begun, before its bytes count.
    pub body: Duration,
    /// Bytes of a message that earn its sender another second.
    pub body_pace: u32,
    /// Between pings that tell a dead peer.
    pub keepalive_interval: Duration,
    /// For the answer to a ping.
    pub keepalive_timeout: Duration,
    /// For requests under way after the shutdown began; then they are cut off.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            strangers_per_address: 32,
            handshakes: 256,
            streams: 16,
            header_bytes: 16 * 1024,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            // The largest body of a sheet is 8 MiB.
            message_bytes: 9 * 1024 * 1024,
            stranger_message_bytes: 64 * 1024,
            body: Duration::from_secs(10),
            body_pace: 1024,
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(8),
        }
    }
}

/// Serves `router` to whoever comes until `shutdown`, then finishes the requests under way and returns. Dropping the
/// wait cuts off every connection.
pub async fn serve<L: Listener>(mut listener: L, door: Door, router: Router, limits: Limits, shutdown: Shutdown) {
    let crowd = Crowd::new(limits.connections, limits.strangers_per_address);
    let handshakes = Semaphore::new(limits.handshakes);
    let hall = Arc::new(Hall {
        door,
        router,
        limits,
        handshakes,
        shutdown: shutdown.clone(),
    });
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.wait() => break,
            Some(_) = guests.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((io, address)) => {
                    if let Some(seat) = crowd.admit(address) {
                        guests.spawn(Guest { hall: Arc::clone(&hall), seat, address }.attend(io));
                    } else {
                        warn!(?address, "connection refused: no place");
                    }
                }
                Err(error) if of_one_connection(&error) => debug!(%error, "connection lost before it was accepted"),
                Err(error) => {
                    warn!(%error, "cannot accept");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let finished = async { while guests.join_next().await.is_some() {} };
    if timeout(limits.drain, finished).await.is_err() {
        warn!(connections = guests.len(), "requests under way cut off");
        guests.shutdown().await;
    }
}

fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput, NotConnected};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | InvalidInput | NotConnected
    )
}
