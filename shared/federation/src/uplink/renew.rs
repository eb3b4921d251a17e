//! Renewing the node's TLS certificate, long before it ends, by a request signed with the registered signing key.
//!
//! The TLS key stays, so one file changes, whole. A renewal that fails is tried again with the next exchange; nothing
//! stops for it until the certificate itself has ended, and even then the signing key still opens the door.

use std::sync::Arc;

use runtime::Certificate;
use runtime::connect::{Timeouts, channel};
use runtime::pki::{TlsKey, csr};
use runtime::tls::{Identity, client_config};
use seal::SigningKey;
use wire::pb;
use wire::pb::join_service_client::JoinServiceClient;

use super::{Uplink, UplinkError};
use crate::files;
use crate::proof;

impl Uplink {
    /// Renews when a third of the certificate's life has passed.
    pub(super) async fn renew_when_due(&mut self) {
        let due = match Certificate::from_pem(self.tls.cert_chain_pem()) {
            Ok(certificate) => certificate.renewal_due(self.clock.now()),
            Err(_) => true,
        };
        if !due {
            return;
        }
        match self.renew().await {
            Ok(()) => tracing::info!(parent = %self.parent, "the node's certificate is renewed"),
            Err(error) => tracing::warn!(parent = %self.parent, %error, "the node's certificate is not renewed"),
        }
    }

    async fn renew(&mut self) -> Result<(), UplinkError> {
        let keys = |error: &dyn std::fmt::Display| UplinkError::Keys(error.to_string());
        let key = TlsKey::from_pem(&self.files.text(files::TLS_KEY).map_err(|e| keys(&e))?).map_err(|e| keys(&e))?;
        let signing = self.files.text(files::SIGNING_KEY).map_err(|e| keys(&e))?;
        let signing = SigningKey::from_pem(&signing).map_err(|e| keys(&e))?;
        let mut request = pb::RenewRequest {
            node: self.node.to_string(),
            epoch: self.epoch,
            certificate_request: csr(&key).map_err(|e| keys(&e))?,
            requested_at_ms: self.clock.now().as_millisecond(),
            signing_proof: vec![],
        };
        proof::sign_renew(&mut request, &signing);
        let tls = client_config(None, &self.parent_authority, &self.clock).map_err(|e| keys(&e))?;
        let dialer = Arc::clone(&self.dialer);
        let channel =
            channel(dialer, &self.address, tls, &self.server_name, Timeouts::default()).map_err(|e| keys(&e))?;
        let answer = JoinServiceClient::new(channel).renew(request).await;
        let chain = answer.map_err(|status| self.refused(&status))?.into_inner().certificate;
        let renewed = Certificate::from_pem(&chain).map_err(|e| keys(&e))?;
        if renewed.key_digest != key.digest() {
            return Err(keys(&"сертификат выдан на другой ключ"));
        }
        self.files
            .write(files::TLS_CERTIFICATE, chain.as_bytes())
            .map_err(|e| keys(&e))?;
        self.tls = Identity::new(chain, &key);
        Ok(())
    }
}
