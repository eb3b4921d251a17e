//! The door for members: the TLS settings of the hub's listener.
//!
//! Certificates of members are issued by the hub's own CA, and so is the listener's. A certificate is asked for but not
//! required: joining and renewing come without one. The listener's certificate is renewed without a restart.

use std::sync::Arc;

use jiff::SignedDuration;
use runtime::certificate::CertificateError;
use runtime::pki::{Authority, PkiError, TlsKey};
use runtime::tls::{ClientAuth, Identity, TlsDoor, TlsError, server_config};
use runtime::{Certificate, PeerName, SharedClock};

/// The listener's certificate is cheap to renew, so it is short.
pub const CERTIFICATE_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Why there is no door.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// A certificate cannot be made.
    #[error("удостоверяющий центр хаба: {0}")]
    Pki(#[from] PkiError),
    /// The certificate just made cannot be read.
    #[error("удостоверяющий центр хаба: {0}")]
    Certificate(#[from] CertificateError),
    /// The settings are refused.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What the listener's settings are made from.
pub struct MemberDoor {
    /// The hub's CA.
    pub authority: Authority,
    /// The hub's own name.
    pub name: PeerName,
    /// Further names of its server.
    pub hosts: Vec<String>,
    /// The present moment.
    pub clock: SharedClock,
}

impl MemberDoor {
    /// A door in force from now, and its certificate.
    pub fn open(&self) -> Result<(Arc<TlsDoor>, Certificate), DoorError> {
        let (identity, certificate) = self.issue()?;
        Ok((
            TlsDoor::new(self.settings(&identity)?, Arc::clone(&self.clock)),
            certificate,
        ))
    }

    /// Puts a new certificate in when a third of the old one's life has passed. Open connections keep theirs.
    pub fn renew(&self, door: &TlsDoor, certificate: &mut Certificate) -> Result<(), DoorError> {
        if certificate.renewal_due(self.clock.now()) {
            let (identity, fresh) = self.issue()?;
            door.replace(self.settings(&identity)?);
            *certificate = fresh;
        }
        Ok(())
    }

    fn issue(&self) -> Result<(Identity, Certificate), DoorError> {
        let key = TlsKey::generate()?;
        let chain = self
            .authority
            .issue(&key, &self.name, &self.hosts, self.clock.now(), CERTIFICATE_LIFE)?;
        let certificate = Certificate::from_pem(&chain)?;
        Ok((Identity::new(chain, &key), certificate))
    }

    fn settings(&self, identity: &Identity) -> Result<Arc<runtime::tls::ServerConfig>, DoorError> {
        let trusted = [self.authority.certificate_pem().to_owned()];
        Ok(server_config(identity, &trusted, ClientAuth::Optional, &self.clock)?)
    }
}
