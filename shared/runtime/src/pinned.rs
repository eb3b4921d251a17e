//! Judging a server by the digest of its authority's public key, which is all that an invitation can carry.
//!
//! The authority's certificate comes in the server's own chain and counts only if its key is the pinned one; the name,
//! the time and the signatures are then judged by the standard verifier with that authority as its only root.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::certificate::Certificate;

/// Finds the pinned authority in the chain; everything else is the standard verifier's.
#[derive(Debug)]
pub(crate) struct Pinned {
    key_digest: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    pub(crate) fn new(key_digest: [u8; 32], provider: Arc<CryptoProvider>) -> Self {
        Self { key_digest, provider }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = |der: &&CertificateDer<'_>| {
            Certificate::from_der(der).is_ok_and(|certificate| certificate.key_digest == self.key_digest)
        };
        let unknown = || rustls::Error::from(CertificateError::UnknownIssuer);
        let authority = intermediates.iter().find(pinned).ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider))
            .build()
            .map_err(|_| unknown())?
            .verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
