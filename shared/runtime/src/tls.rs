//! TLS settings of both ends: version 1.3, HTTP/2 (for browsers also HTTP/1.1), no resumption (it would skip the client certificate), certificates
//! judged by the standard verifier at *our* clock.
//!
//! Revocation is not judged here: a refusal in a handshake looks like a dead link to the peer, so services answer it
//! on every request (see [`crate::peer::Peer`]).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
pub use rustls::ServerConfig;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, version};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use zeroize::Zeroizing;

use crate::clock::SharedClock;
use crate::pinned::Pinned;
use crate::pki::TlsKey;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate or key file is not PEM, or holds nothing.
    #[error("не читается PEM: {0}")]
    Pem(&'static str),
    /// The certificate, the key or an authority is refused, or they do not belong together.
    #[error("настройка TLS отвергнута: {0}")]
    Refused(#[from] rustls::Error),
    /// The authorities for client certificates are refused.
    #[error("удостоверяющие центры отвергнуты: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// A certificate chain with its private key.
#[derive(Clone)]
pub struct Identity {
    cert_chain_pem: String,
    key_pem: Zeroizing<String>,
}

impl Identity {
    /// The chain as the authority issued it (the certificate, then the authority's) and the key it was issued for.
    pub fn new(cert_chain_pem: String, key: &TlsKey) -> Self {
        Self {
            cert_chain_pem,
            key_pem: key.pem(),
        }
    }

    /// A chain and its key as somebody else's files have them, of any kind that TLS takes.
    pub fn from_pem(cert_chain_pem: String, key_pem: String) -> Self {
        Self {
            cert_chain_pem,
            key_pem: Zeroizing::new(key_pem),
        }
    }

    /// The chain in PEM.
    pub fn cert_chain_pem(&self) -> &str {
        &self.cert_chain_pem
    }

    fn parts(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let chain = certificates(&self.cert_chain_pem)?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|_| TlsError::Pem("ключ"))?;
        Ok((chain, key))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("cert_chain_pem", &self.cert_chain_pem)
            .finish_non_exhaustive()
    }
}

/// Whether a client must show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// The handshake fails without one.
    Required,
    /// It may come without one (joining, renewing); one that it shows must be good.
    Optional,
}

/// Makes aws-lc-rs the process's only provider. First thing in `main`; again is no difference.
pub fn install_provider() {
    // An error says that one is installed already, and no other is linked.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// The server's settings. `client_authorities` are PEM texts of the authorities whose client certificates count.
pub fn server_config(
    identity: &Identity,
    client_authorities: &[String],
    auth: ClientAuth,
    clock: &SharedClock,
) -> Result<Arc<ServerConfig>, TlsError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(client_authorities)?.into(), provider());
    let verifier = match auth {
        ClientAuth::Required => verifier,
        ClientAuth::Optional => verifier.allow_unauthenticated(),
    };
    let (chain, key) = identity.parts()?;
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(TlsTime(Arc::clone(clock))))
        .with_protocol_versions(&[&version::TLS13])?
        .with_client_cert_verifier(verifier.build()?)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// The settings of a server for browsers: they are asked for no certificate, and may speak HTTP/1.1.
pub fn pages_config(identity: &Identity, clock: &SharedClock) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, key) = identity.parts()?;
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(TlsTime(Arc::clone(clock))))
        .with_protocol_versions(&[&version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// The settings of a client that trusts the authority in `authority_pem` and, with an identity, shows its own.
pub fn client_config(
    identity: Option<&Identity>,
    authority_pem: &str,
    clock: &SharedClock,
) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_details(provider(), Arc::new(TlsTime(Arc::clone(clock))))
        .with_protocol_versions(&[&version::TLS13])?
        .with_root_certificates(roots(&[authority_pem])?);
    let config = match identity {
        Some(identity) => {
            let (chain, key) = identity.parts()?;
            builder.with_client_auth_cert(chain, key)?
        }
        None => builder.with_no_client_auth(),
    };
    Ok(finished(config))
}

/// The settings of a client that has only the digest of the authority's public key, from an invitation: it takes the
/// authority's certificate from the server's chain if its key is the pinned one, and then judges as always.
pub fn pinned_client_config(key_digest: [u8; 32], clock: &SharedClock) -> Result<Arc<ClientConfig>, TlsError> {
    let verifier = Pinned::new(key_digest, provider());
    let config = ClientConfig::builder_with_details(provider(), Arc::new(TlsTime(Arc::clone(clock))))
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(finished(config))
}

fn finished(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TlsError::Pem("сертификат")),
    }
}

fn roots(authorities: &[impl AsRef<str>]) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for pem in authorities {
        for certificate in certificates(pem.as_ref())? {
            store.add(certificate)?;
        }
    }
    Ok(store)
}

/// The server's settings that a running accept loop reads for each connection, so that certificates and authorities
/// change without a restart. Open connections keep what they were made with.
pub struct TlsDoor {
    config: ArcSwap<ServerConfig>,
    clock: SharedClock,
    failed: AtomicU64,
}

impl TlsDoor {
    /// A door with these settings; `clock` also ends connections whose client certificate runs out.
    pub fn new(config: Arc<ServerConfig>, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            config: ArcSwap::new(config),
            clock,
            failed: AtomicU64::new(0),
        })
    }

    /// New connections get `config` from now on. Build it first: an error there must leave the old one in place.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.config.store(config);
    }

    /// Handshakes that failed since the door was made: strangers, run-out certificates, scans.
    pub fn failed_handshakes(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    pub(crate) fn note_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }

    pub(crate) fn clock(&self) -> &SharedClock {
        &self.clock
    }
}

impl fmt::Debug for TlsDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsDoor").finish_non_exhaustive()
    }
}

/// Our clock as TLS wants it.
struct TlsTime(SharedClock);

impl TimeProvider for TlsTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for TlsTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTime")
    }
}
