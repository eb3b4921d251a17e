//! What the accept loop knows about the other end of a connection. It is put into the extensions of every request.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::certificate::Certificate;
use crate::identity::PeerName;

/// The other end of a connection from the network.
///
/// The handshake judged the chain and the time. Whether the certificate was revoked since is for the service to ask on
/// every request, by `serial` or `fingerprint`: connections live for days.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it connects from; nothing in memory.
    pub address: Option<SocketAddr>,
    /// Its certificate, if it showed one; it always carries a name.
    pub certificate: Option<Arc<Certificate>>,
}

impl Peer {
    /// Its proven name.
    pub fn name(&self) -> Option<&PeerName> {
        self.certificate.as_ref()?.name.as_ref()
    }
}

/// The other end is on this machine and may write into the node's directory: the operator.
#[derive(Debug, Clone, Copy)]
pub struct LocalAdmin;
