//! What a certificate says: the few facts that the process acts on, read from X.509.
//!
//! Reading proves nothing. Who signed it and whether it is in force is judged by the TLS verifier.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest as _, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::identity::{NameError, PeerName};

/// The facts of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The peer it names, by its only URI; an authority has none.
    pub name: Option<PeerName>,
    /// SHA-256 of the whole certificate.
    pub fingerprint: [u8; 32],
    /// The serial number in lower-case hexadecimal.
    pub serial: String,
    /// In force from.
    pub not_before: Timestamp,
    /// In force until.
    pub not_after: Timestamp,
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`).
    pub key_digest: [u8; 32],
}

/// Why a certificate cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is no certificate.
    #[error("это не сертификат X.509")]
    Malformed,
    /// It has several URIs, so it would name several peers.
    #[error("в сертификате несколько имён URI")]
    Ambiguous,
    /// Its URI is not the name of a peer.
    #[error("имя в сертификате: {0}")]
    Name(#[from] NameError),
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateError::Malformed)?;
        Self::from_der(&der)
    }

    /// Reads a certificate's bytes.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
        if !rest.is_empty() {
            return Err(CertificateError::Malformed);
        }
        let instant = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_| CertificateError::Malformed)
        };
        Ok(Self {
            name: name(&parsed)?,
            fingerprint: Sha256::digest(der).into(),
            serial: hex::encode(parsed.raw_serial()),
            not_before: instant(parsed.validity().not_before)?,
            not_after: instant(parsed.validity().not_after)?,
            key_digest: Sha256::digest(parsed.public_key().raw).into(),
        })
    }

    /// Whether a third of its life has passed: the time to ask for the next one.
    pub fn renewal_due(&self, now: Timestamp) -> bool {
        let life = self.not_before.duration_until(self.not_after);
        self.not_before.duration_until(now) >= life / 3
    }
}

fn name(parsed: &X509Certificate<'_>) -> Result<Option<PeerName>, CertificateError> {
    let names = parsed
        .subject_alternative_name()
        .map_err(|_| CertificateError::Malformed)?;
    let mut uris = names
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        });
    match (uris.next(), uris.next()) {
        (None, _) => Ok(None),
        (Some(uri), None) => Ok(Some(uri.parse()?)),
        (Some(_), Some(_)) => Err(CertificateError::Ambiguous),
    }
}
