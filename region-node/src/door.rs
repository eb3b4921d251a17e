//! The door for sources and members: the TLS settings of the listener.
//!
//! Both are admitted by the node, not by its parent, so their certificates and the listener's own are issued by the
//! node's own authority. A certificate is asked for but not required: joining and renewing come without one, and every
//! other service asks who is calling. Promises that the listener's certificate is renewed without a restart. Which source certificate
//! still counts is asked on every request, elsewhere.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use runtime::certificate::CertificateError;
use runtime::pki::{Authority, PkiError, TlsKey};
use runtime::tls::{ClientAuth, Identity, TlsDoor, TlsError, server_config};
use runtime::{Certificate, PeerName, SharedClock};

/// The listener's certificate is cheap to renew, so it is short.
const CERTIFICATE_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Why there is no door.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// A certificate cannot be made.
    #[error("удостоверяющий центр узла: {0}")]
    Pki(#[from] PkiError),
    /// The certificate just made cannot be read.
    #[error("удостоверяющий центр узла: {0}")]
    Certificate(#[from] CertificateError),
    /// The settings are refused.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The listener's settings, and what is needed to make the next ones.
pub struct IngestDoor {
    name: PeerName,
    hosts: Vec<String>,
    clock: SharedClock,
    tls: Arc<TlsDoor>,
    certificate: Certificate,
}

impl IngestDoor {
    /// A door whose certificate carries the node's name and `hosts`, in force from now.
    pub fn new(
        authority: &Authority,
        name: PeerName,
        hosts: Vec<String>,
        clock: SharedClock,
    ) -> Result<Self, DoorError> {
        let (certificate, identity) = issue(authority, &name, &hosts, clock.now())?;
        let trusted = [authority.certificate_pem().to_owned()];
        let config = server_config(&identity, &trusted, ClientAuth::Optional, &clock)?;
        let tls = TlsDoor::new(config, Arc::clone(&clock));
        Ok(Self {
            name,
            hosts,
            clock,
            tls,
            certificate,
        })
    }

    /// What the accept loop reads.
    pub fn tls(&self) -> Arc<TlsDoor> {
        Arc::clone(&self.tls)
    }

    /// Puts a new certificate in when a third of the old one's life has passed. Open connections keep theirs.
    pub fn renew(&mut self, authority: &Authority) -> Result<(), DoorError> {
        if self.certificate.renewal_due(self.clock.now()) {
            let (certificate, identity) = issue(authority, &self.name, &self.hosts, self.clock.now())?;
            let trusted = [authority.certificate_pem().to_owned()];
            self.tls
                .replace(server_config(&identity, &trusted, ClientAuth::Optional, &self.clock)?);
            self.certificate = certificate;
        }
        Ok(())
    }
}

impl fmt::Debug for IngestDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestDoor")
            .field("name", &self.name)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// A new certificate of the listener with its key.
fn issue(
    authority: &Authority,
    name: &PeerName,
    hosts: &[String],
    now: Timestamp,
) -> Result<(Certificate, Identity), DoorError> {
    let key = TlsKey::generate()?;
    let chain = authority.issue(&key, name, hosts, now, CERTIFICATE_LIFE)?;
    Ok((Certificate::from_pem(&chain)?, Identity::new(chain, &key)))
}
