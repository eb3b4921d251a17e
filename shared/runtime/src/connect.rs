//! The calling end: a gRPC channel that dials when needed, proves the server's name over TLS, and dials again after the
//! link was lost.
//!
//! Knows neither what is called nor when to try again.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use crate::listener::Io;

/// A connection of any kind.
pub type BoxIo = Box<dyn Io>;
/// A connection on its way.
pub type Dialing<'a> = Pin<Box<dyn Future<Output = io::Result<BoxIo>> + Send + 'a>>;
/// A dialer that many parts of a process hold.
pub type SharedDialer = Arc<dyn Dialer>;

/// Makes connections: over TCP, in memory, or with faults.
pub trait Dialer: Send + Sync {
    /// Connects to `address`; its form is the dialer's (`host:port` for TCP).
    fn dial<'a>(&'a self, address: &'a str) -> Dialing<'a>;
}

/// Connects over TCP to `host:port`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpDialer;

impl Dialer for TcpDialer {
    fn dial<'a>(&'a self, address: &'a str) -> Dialing<'a> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxIo)
        })
    }
}

/// How long the calling end waits. gRPC sets no deadline of its own.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the connection and the TLS handshake together.
    pub connect: Duration,
    /// For a call until its response begins; a stream that has begun may last.
    pub call: Duration,
    /// Between pings that tell a dead link, also while idle.
    pub keepalive_interval: Duration,
    /// For the answer to a ping.
    pub keepalive_timeout: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            call: Duration::from_secs(30),
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
        }
    }
}

/// Why a channel cannot be made. (That nobody answers shows in the first call.)
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server's name is not a DNS name or an address.
    #[error("«{0}» не имя сервера")]
    Name(String),
}

/// A channel to `address` that accepts only a server with a certificate for `server_name`, whatever the address is. It
/// connects at the first call. After a renewal of certificates, make a new one.
pub fn channel(
    dialer: SharedDialer,
    address: &str,
    tls: Arc<ClientConfig>,
    server_name: &str,
    timeouts: Timeouts,
) -> Result<Channel, ConnectError> {
    let wrong = || ConnectError::Name(server_name.to_owned());
    let name = ServerName::try_from(server_name.to_owned()).map_err(|_| wrong())?;
    let authority = if server_name.contains(':') {
        format!("[{server_name}]")
    } else {
        server_name.to_owned()
    };
    let endpoint = Endpoint::from_shared(format!("https://{authority}")).map_err(|_| wrong())?;
    let target = Arc::new(Target {
        dialer,
        address: address.to_owned(),
        name,
        tls: tls.into(),
        limit: timeouts.connect,
    });
    let endpoint = endpoint
        .timeout(timeouts.call)
        .http2_keep_alive_interval(timeouts.keepalive_interval)
        .keep_alive_timeout(timeouts.keepalive_timeout)
        .keep_alive_while_idle(true);
    Ok(endpoint.connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
        let target = Arc::clone(&target);
        async move { target.connect().await.map(TokioIo::new) }
    })))
}

/// A channel without TLS over whatever `dial` gives.
pub(crate) fn plain_channel<F, D>(dial: F) -> Channel
where
    F: Fn() -> D + Send + 'static,
    D: Future<Output = io::Result<BoxIo>> + Send + 'static,
{
    Endpoint::from_static("http://local").connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
        let dialling = dial();
        async move { dialling.await.map(TokioIo::new) }
    }))
}

/// Where a channel leads.
struct Target {
    dialer: SharedDialer,
    address: String,
    name: ServerName<'static>,
    tls: TlsConnector,
    limit: Duration,
}

impl Target {
    async fn connect(&self) -> io::Result<BoxIo> {
        let connecting = async {
            let io = self.dialer.dial(&self.address).await?;
            let stream = self.tls.connect(self.name.clone(), io).await?;
            Ok(Box::new(stream) as BoxIo)
        };
        timeout(self.limit, connecting)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("address", &self.address)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
