//! Private keys for TLS, and requests for certificates: the side of whoever asks an authority.
//!
//! A key is shown only as PEM for a private file; its debug form is a digest.

use std::fmt;

use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256,
    PublicKeyData,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::pki::PkiError;

/// A private key for TLS.
pub struct TlsKey(pub(crate) KeyPair);

impl TlsKey {
    /// A new key.
    pub fn generate() -> Result<Self, PkiError> {
        Ok(Self(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?))
    }

    /// Reads PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, PkiError> {
        KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_ECDSA_P256_SHA256)
            .map(Self)
            .map_err(|_| PkiError::Key)
    }

    /// The key as PKCS#8 PEM: a secret.
    pub fn pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.serialize_pem())
    }

    /// SHA-256 of the public key (`SubjectPublicKeyInfo`).
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.subject_public_key_info()).into()
    }
}

impl fmt::Debug for TlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsKey({})", hex::encode(&self.digest()[..8]))
    }
}

/// A request in PEM that proves possession of `key`. It names nobody: names are the authority's to give.
pub fn csr(key: &TlsKey) -> Result<String, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    Ok(params.serialize_request(&key.0)?.pem()?)
}

/// SHA-256 of the public key in a request whose proof of possession holds: what an invitation is bound to.
pub fn csr_key_digest(csr_pem: &str) -> Result<[u8; 32], PkiError> {
    Ok(Sha256::digest(requested_key(csr_pem)?.subject_public_key_info()).into())
}

pub(crate) fn requested_key(csr_pem: &str) -> Result<rcgen::PublicKey, PkiError> {
    let request = CertificateSigningRequestParams::from_pem(csr_pem).map_err(|e| PkiError::Request(e.to_string()))?;
    let key = request.public_key;
    // The library tells curves apart by the signature's algorithm alone; an uncompressed P-256 point has 65 bytes.
    if *key.algorithm() == PKCS_ECDSA_P256_SHA256 && key.der_bytes().len() == 65 {
        Ok(key)
    } else {
        Err(PkiError::Request("ключ не ECDSA P-256".to_owned()))
    }
}
