//! A node's own certificate authority.
//!
//! Promises that a certificate says only what the authority decided: from a request it takes the public key, after a
//! proof of possession, and nothing else. Every key is ECDSA P-256, every certificate has a subject and a random serial
//! number of its own. Knows no membership: who may have which name is the caller's decision.

use std::fmt;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::certificate::{Certificate, CertificateError};
use crate::identity::{Label, PeerName, server_name};
use crate::random::{SystemRandom, bytes};
use crate::tls_key::requested_key;
pub use crate::tls_key::{TlsKey, csr, csr_key_digest};

/// Clocks differ: a certificate is in force this long before it was made.
pub const BACKDATE: SignedDuration = SignedDuration::from_mins(5);

/// Why a key, a request or a certificate was refused.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The key is not ECDSA P-256 in PKCS#8 PEM.
    #[error("ключ должен быть ECDSA P-256 в PKCS#8 PEM")]
    Key,
    /// The request is malformed, asks with another kind of key, or does not prove possession.
    #[error("запрос на сертификат (CSR) не принят: {0}")]
    Request(String),
    /// The authority's certificate and key do not belong together.
    #[error("ключ не подходит к сертификату удостоверяющего центра")]
    Mismatch,
    /// The authority's certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A host name is neither a DNS name nor an address.
    #[error("имя «{0}» не годится в сертификат")]
    Host(String),
    /// The time of validity cannot be written into a certificate.
    #[error("срок действия вне допустимых дат")]
    Validity,
    /// The library refused.
    #[error("сертификат не создан: {0}")]
    Signing(#[from] rcgen::Error),
}

/// A node's certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", hex::encode(&self.key_digest()[..8]))
    }
}

impl Authority {
    /// A new authority of `node`, in force for `validity`; its certificate may sign peers, not further authorities.
    pub fn create(
        federation: &Label,
        node: &Label,
        now: Timestamp,
        validity: SignedDuration,
    ) -> Result<Self, PkiError> {
        let key = TlsKey::generate()?;
        // The digest keeps a second authority of the same node apart from the first while both are trusted.
        let title = format!("authority {}", hex::encode(&key.digest()[..8]));
        let mut params = blank(now, validity)?;
        params.distinguished_name = subject(federation, node, "authority", &title);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate_pem = params.self_signed(&key.0)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key.0),
            certificate_pem,
        })
    }

    /// An authority from its files, which must belong together.
    pub fn load(certificate_pem: &str, key_pem: &str) -> Result<Self, PkiError> {
        let key = TlsKey::from_pem(key_pem)?;
        if Certificate::from_pem(certificate_pem)?.key_digest != key.digest() {
            return Err(PkiError::Mismatch);
        }
        let issuer = Issuer::from_ca_cert_pem(certificate_pem, key.0)?;
        Ok(Self {
            issuer,
            certificate_pem: certificate_pem.to_owned(),
        })
    }

    /// The certificate that others trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's key as PKCS#8 PEM: the node's most valuable secret.
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// SHA-256 of the public key (`SubjectPublicKeyInfo`): what an invitation pins.
    pub fn key_digest(&self) -> [u8; 32] {
        Sha256::digest(self.issuer.key().subject_public_key_info()).into()
    }

    /// A certificate chain (the certificate, then the authority's) for the key in a request, with the name given
    /// here. `hosts` are further DNS names and addresses of a node's server; sources and readers serve nobody, and
    /// theirs must be empty.
    pub fn issue_from_csr(
        &self,
        csr_pem: &str,
        name: &PeerName,
        hosts: &[String],
        now: Timestamp,
        validity: SignedDuration,
    ) -> Result<String, PkiError> {
        self.sign(&requested_key(csr_pem)?, name, hosts, now, validity)
    }

    /// As [`Self::issue_from_csr`], for a key that is at hand.
    pub fn issue(
        &self,
        key: &TlsKey,
        name: &PeerName,
        hosts: &[String],
        now: Timestamp,
        validity: SignedDuration,
    ) -> Result<String, PkiError> {
        self.sign(&key.0, name, hosts, now, validity)
    }

    fn sign(
        &self,
        key: &impl PublicKeyData,
        name: &PeerName,
        hosts: &[String],
        now: Timestamp,
        validity: SignedDuration,
    ) -> Result<String, PkiError> {
        let mut params = blank(now, validity)?;
        params.distinguished_name = match name {
            PeerName::Node { federation, node } => subject(federation, node, "node", node.as_str()),
            PeerName::Source {
                federation,
                node,
                source,
            } => subject(federation, node, "source", source.as_str()),
            PeerName::Reader {
                federation,
                node,
                reader,
            } => subject(federation, node, "reader", reader.as_str()),
        };
        params.subject_alt_names = alternative_names(name, hosts)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if matches!(name, PeerName::Node { .. }) {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        let leaf = params.signed_by(key, &self.issuer)?.pem();
        Ok(leaf + &self.certificate_pem)
    }
}

/// What every certificate has: its time, a random serial number, and no name.
fn blank(now: Timestamp, validity: SignedDuration) -> Result<CertificateParams, PkiError> {
    let at = |instant: Timestamp| {
        time::OffsetDateTime::from_unix_timestamp(instant.as_second()).map_err(|_| PkiError::Validity)
    };
    let mut params = CertificateParams::default();
    params.not_before = at(now.checked_sub(BACKDATE).map_err(|_| PkiError::Validity)?)?;
    params.not_after = at(now.checked_add(validity).map_err(|_| PkiError::Validity)?)?;
    if validity <= SignedDuration::ZERO {
        return Err(PkiError::Validity);
    }
    // Positive and never zero, of full length (RFC 5280, 4.1.2.2): the first bit is clear, the second set.
    let mut serial = bytes::<16>(&SystemRandom);
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

/// A subject that no issuer shares: `BoringSSL` takes a leaf whose subject equals its issuer for self-signed. The parts
/// keep to the 64 characters that X.520 allows.
fn subject(federation: &Label, node: &Label, role: &str, common_name: &str) -> DistinguishedName {
    const TITLE: [u64; 4] = [2, 5, 4, 12];
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, federation.as_str());
    subject.push(DnType::OrganizationalUnitName, node.as_str());
    subject.push(DnType::CustomDnType(TITLE.to_vec()), role);
    subject.push(DnType::CommonName, common_name);
    subject
}

fn alternative_names(name: &PeerName, hosts: &[String]) -> Result<Vec<SanType>, PkiError> {
    let text = |text: &str| text.try_into().map_err(|_| PkiError::Host(text.to_owned()));
    let mut names = vec![SanType::URI(text(&name.to_string())?)];
    match name {
        PeerName::Node { federation, node } => names.push(SanType::DnsName(text(&server_name(federation, node))?)),
        _ if hosts.is_empty() => {}
        _ => return Err(PkiError::Host(hosts[0].clone())),
    }
    for host in hosts {
        names.push(match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) if rustls_pki_types::DnsName::try_from(host.as_str()).is_ok() => SanType::DnsName(text(host)?),
            Err(_) => return Err(PkiError::Host(host.clone())),
        });
    }
    Ok(names)
}
