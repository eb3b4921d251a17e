//! A network without a network: listeners and a dialer inside one process, for tests of whole federations.
//!
//! Addresses are any text. Faults are the business of a dialer around this one.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use crate::connect::{BoxIo, Dialer, Dialing};
use crate::listener::Listener;

/// Bytes under way in one direction of a connection; a writer waits above it.
const PIPE_BYTES: usize = 64 * 1024;
/// Connections dialled and not yet accepted; a dialer waits above it.
const BACKLOG: usize = 64;

/// The network; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct MemoryNetwork(Arc<Mutex<HashMap<String, mpsc::Sender<DuplexStream>>>>);

impl MemoryNetwork {
    /// A network with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes connections to `address` from now on, instead of whoever did before.
    pub fn listen(&self, address: &str) -> MemoryListener {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(address.to_owned(), sender);
        MemoryListener(receiver)
    }

    async fn connect(&self, address: &str) -> io::Result<DuplexStream> {
        let listener = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(address)
            .cloned();
        let listener = listener.ok_or(io::ErrorKind::ConnectionRefused)?;
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        listener
            .send(theirs)
            .await
            .map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(ours)
    }
}

impl Dialer for MemoryNetwork {
    fn dial<'a>(&'a self, address: &'a str) -> Dialing<'a> {
        Box::pin(async move { Ok(Box::new(self.connect(address).await?) as BoxIo) })
    }
}

/// The accepting end of an address in a [`MemoryNetwork`]. Dropping it refuses further connections.
#[derive(Debug)]
pub struct MemoryListener(mpsc::Receiver<DuplexStream>);

impl Listener for MemoryListener {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, Option<SocketAddr>)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, None)),
            // The network is gone or the address was taken over: nobody will come any more.
            None => std::future::pending().await,
        }
    }
}
