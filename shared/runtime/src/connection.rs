//! One accepted connection, from the handshake to its end.
//!
//! It ends when the peer leaves, when a stranger stays silent, when the client certificate runs out, or when the
//! process stops and the requests under way are done.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;
use tracing::{debug, info};

use crate::accept::{Door, Limits};
use crate::certificate::Certificate;
use crate::crowd::Seat;
use crate::guard::{Allowance, Guarded, is_grpc};
use crate::listener::Io;
use crate::peer::{LocalAdmin, Peer};
use crate::shutdown::Shutdown;
use crate::tls::TlsDoor;

/// How often the time of the client certificate is looked at: asked to leave at the first look after the end, cut off
/// at the second, so gone within a minute.
const EXPIRY_LOOK: Duration = Duration::from_secs(20);

/// What all connections of an accept loop share.
#[derive(Debug)]
pub(crate) struct Hall {
    pub(crate) door: Door,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) handshakes: Semaphore,
    pub(crate) shutdown: Shutdown,
}

/// One connection in its place.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) hall: Arc<Hall>,
    pub(crate) seat: Seat,
    pub(crate) address: Option<SocketAddr>,
}

/// What requests of a connection carry.
#[derive(Debug, Clone)]
enum Known {
    Peer(Peer),
    Local,
}

impl Guest {
    /// Serves the connection to its end.
    pub(crate) async fn attend<I: Io + 'static>(mut self, io: I) {
        let hall = Arc::clone(&self.hall);
        let address = self.address;
        match &hall.door {
            Door::Local => self.converse(io, Known::Local).await,
            Door::Plain => {
                let stranger = Peer {
                    address,
                    certificate: None,
                };
                self.converse(io, Known::Peer(stranger)).await;
            }
            Door::Tls(door) => match self.greet(door, io).await {
                Ok((stream, certificate)) => {
                    if certificate.is_some() {
                        self.seat.known();
                    }
                    self.converse(stream, Known::Peer(Peer { address, certificate })).await;
                }
                Err(reason) => {
                    door.note_failed();
                    info!(?address, reason, "TLS handshake failed");
                }
            },
        }
    }

    async fn greet<I: Io>(&self, door: &TlsDoor, io: I) -> Result<(TlsStream<I>, Option<Arc<Certificate>>), String> {
        let handshake = async {
            let _place = self
                .hall
                .handshakes
                .acquire()
                .await
                .expect("the semaphore is never closed");
            TlsAcceptor::from(door.config())
                .accept(io)
                .await
                .map_err(|error| error.to_string())
        };
        let shutdown = &self.hall.shutdown;
        let stream = tokio::select! {
            stream = timeout(self.hall.limits.handshake, handshake) => stream.map_err(|_| "timeout".to_owned())??,
            () = shutdown.wait() => return Err("shutdown".to_owned()),
        };
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = shown
            .map(|der| Certificate::from_der(der))
            .transpose()
            .map_err(|error| error.to_string())?;
        // Our authorities name everybody; a certificate without a name must not pass for a stranger.
        if certificate
            .as_ref()
            .is_some_and(|certificate| certificate.name.is_none())
        {
            return Err("certificate without a name".to_owned());
        }
        Ok((stream, certificate.map(Arc::new)))
    }

    async fn converse<I: Io + 'static>(&self, io: I, known: Known) {
        let hall = &self.hall;
        let certificate = match &known {
            Known::Peer(peer) => peer.certificate.clone(),
            Known::Local => None,
        };
        let spoken = Arc::new(AtomicBool::new(certificate.is_some()));
        let heard = Arc::clone(&spoken);
        let (router, limits) = (hall.router.clone(), hall.limits);
        let service = service_fn(move |request: Request<Incoming>| {
            heard.store(true, Ordering::Relaxed);
            answer(router.clone(), request, known.clone(), limits)
        });
        let builder = protocol(&hall.limits);
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(io), service));
        let speak_by = Instant::now() + hall.limits.header;
        let mut look = interval(EXPIRY_LOOK);
        let (mut silent, mut leaving, mut expired) = (true, false, false);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        debug!(%error, "connection ended");
                    }
                    return;
                }
                () = hall.shutdown.wait(), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(speak_by), if silent => {
                    silent = false;
                    if !spoken.load(Ordering::Relaxed) {
                        debug!(address = ?self.address, "silent stranger turned away");
                        return;
                    }
                }
                _ = look.tick(), if certificate.is_some() => {
                    if expired {
                        return;
                    }
                    if certificate.as_ref().is_some_and(|certificate| hall.past(certificate)) {
                        expired = true;
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
    }
}

impl Hall {
    fn past(&self, certificate: &Certificate) -> bool {
        matches!(&self.door, Door::Tls(door) if door.clock().now() > certificate.not_after)
    }
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
    known: Known,
    limits: Limits,
) -> Result<axum::response::Response, Infallible> {
    let peer = match known {
        Known::Peer(peer) => peer,
        // Whoever reaches the admin socket is the operator, and may be slow.
        Known::Local => {
            request.extensions_mut().insert(LocalAdmin);
            return router.oneshot(request).await;
        }
    };
    let allowance = Allowance::of(&limits, peer.certificate.is_some());
    request.extensions_mut().insert(peer);
    if !is_grpc(request.headers()) {
        return router.oneshot(request).await;
    }
    let (mut head, body) = request.into_parts();
    let body = Guarded::new(body, &mut head.headers, allowance);
    router.oneshot(Request::from_parts(head, body)).await
}

fn protocol(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let header_bytes = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        // The library insists on 8 KiB.
        .max_buf_size(header_bytes.max(8 * 1024));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout);
    builder
}
