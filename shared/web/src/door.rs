//! The listener of the pages: its certificate, and the serving.
//!
//! Browsers are not asked for a certificate, so the pages have a listener of their own. Its certificate comes from the
//! node's authority and is renewed without a restart, or from the operator's files, which are read again when they change.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use runtime::accept::{Door, Limits, serve};
use runtime::certificate::{Certificate, CertificateError};
use runtime::listener::Listener as Connections;
use runtime::pki::{PkiError, TlsKey};
use runtime::tls::{Identity, TlsDoor, TlsError, pages_config};
use runtime::{SharedClock, Shutdown, Tasks};
use tokio::net::TcpListener;

use crate::settings::Listen;

/// How long a certificate of the node's authority holds.
pub const CERTIFICATE_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Between looks at the certificate.
const LOOK: Duration = Duration::from_hours(1);

/// Makes the chain for a key, in force from a moment.
pub type Issue = Box<dyn Fn(&TlsKey, Timestamp) -> Result<String, PkiError> + Send + Sync>;

/// Where the certificate comes from.
pub enum Source {
    /// The node's own authority.
    Authority(Issue),
    /// A chain and its key that the operator keeps fresh.
    Files(PathBuf, PathBuf),
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The certificate cannot be issued.
    #[error("сертификат страниц: {0}")]
    Pki(#[from] PkiError),
    /// It cannot be read.
    #[error("сертификат страниц: {0}")]
    Certificate(#[from] CertificateError),
    /// It is refused.
    #[error("сертификат страниц: {0}")]
    Tls(#[from] TlsError),
    /// A file of the operator's.
    #[error("сертификат страниц: {}: {source}", file.display())]
    Io {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The place is not to be had.
    #[error(transparent)]
    Place(#[from] io::Error),
}

/// The listener's settings, and what is needed to make the next ones.
pub struct PagesDoor {
    source: Source,
    clock: SharedClock,
    tls: Arc<TlsDoor>,
    certificate: Certificate,
}

impl PagesDoor {
    /// A door in force from now.
    pub fn open(source: Source, clock: SharedClock) -> Result<Self, DoorError> {
        let (identity, certificate) = identity(&source, clock.now())?;
        let tls = TlsDoor::new(pages_config(&identity, &clock)?, Arc::clone(&clock));
        Ok(Self {
            source,
            clock,
            tls,
            certificate,
        })
    }

    /// Puts a new certificate in when it is time, or when the operator's files hold another one.
    pub fn renew(&mut self) -> Result<(), DoorError> {
        let due = match &self.source {
            Source::Authority(_) => self.certificate.renewal_due(self.clock.now()),
            Source::Files(..) => true,
        };
        if !due {
            return Ok(());
        }
        let (identity, certificate) = identity(&self.source, self.clock.now())?;
        if certificate != self.certificate {
            self.tls.replace(pages_config(&identity, &self.clock)?);
            self.certificate = certificate;
        }
        Ok(())
    }

    /// Serves the pages to whoever comes until `shutdown`. The tasks are the caller's to watch.
    pub fn serve<L: Connections + 'static>(self, listener: L, router: Router, tasks: &mut Tasks, shutdown: &Shutdown) {
        let door = Door::Tls(Arc::clone(&self.tls));
        let serving = serve(listener, door, router, Limits::default(), shutdown.clone());
        tasks.spawn("pages", endless(serving));
        tasks.spawn("pages certificate", endless(self.run(shutdown.clone())));
    }

    async fn run(mut self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.renew() {
                tracing::warn!(%error, "the certificate of the pages is not renewed");
            }
        }
    }
}

/// Takes the place of the pages; nothing when they are off, or when their usual place is another program's.
pub async fn bind(listen: &Listen) -> io::Result<Option<TcpListener>> {
    let named =
        |address: &str, error: &io::Error| io::Error::new(error.kind(), format!("страницы, {address}: {error}"));
    match listen {
        Listen::Off => Ok(None),
        Listen::Given(address) => TcpListener::bind(address)
            .await
            .map(Some)
            .map_err(|error| named(address, &error)),
        Listen::Usual(address) => match TcpListener::bind(address).await {
            Ok(listener) => Ok(Some(listener)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tracing::warn!(address, "the usual address of the pages is taken; they are not served");
                Ok(None)
            }
            Err(error) => Err(named(address, &error)),
        },
    }
}

fn identity(source: &Source, now: Timestamp) -> Result<(Identity, Certificate), DoorError> {
    let identity = match source {
        Source::Authority(issue) => {
            let key = TlsKey::generate()?;
            Identity::new(issue(&key, now)?, &key)
        }
        Source::Files(chain, key) => {
            let read = |file: &PathBuf| {
                std::fs::read_to_string(file).map_err(|source| DoorError::Io {
                    file: file.clone(),
                    source,
                })
            };
            Identity::from_pem(read(chain)?, read(key)?)
        }
    };
    let certificate = Certificate::from_pem(identity.cert_chain_pem())?;
    Ok((identity, certificate))
}

/// A task that cannot fail.
async fn endless(task: impl Future<Output = ()>) -> Result<(), std::convert::Infallible> {
    task.await;
    Ok(())
}
