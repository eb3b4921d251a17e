//! Federation files by their hash: those in the ledger, and those that came down.

use std::collections::HashMap;
use std::sync::Arc;

use domain::FederationId;
use domain::federation::Federation;
use seal::Digest;

use crate::error::LedgerError;

/// The files known, and the one in force.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    known: HashMap<Digest, Arc<Federation>>,
    /// Read, and on its way into the ledger.
    prepared: Option<(Digest, Arc<Federation>)>,
    current: Option<Digest>,
    /// The bytes of the file in force, for newcomers.
    file: Vec<u8>,
}

impl Dictionaries {
    /// Reads a file that is about to be appended, so that nothing unreadable ever is.
    pub(crate) fn prepare(&mut self, id: &FederationId, bytes: &[u8]) -> Result<(), LedgerError> {
        self.prepared = Some((Digest::of(bytes), Arc::new(read(id, bytes)?)));
        Ok(())
    }

    /// Takes a file in; it is in force from here on.
    pub(crate) fn know(&mut self, id: &FederationId, bytes: &[u8]) -> Result<Digest, LedgerError> {
        let digest = Digest::of(bytes);
        if !self.known.contains_key(&digest) {
            let prepared = self.prepared.take().filter(|(of, _)| *of == digest);
            let federation = match prepared {
                Some((_, federation)) => federation,
                None => Arc::new(read(id, bytes)?),
            };
            self.known.insert(digest, federation);
        }
        self.current = Some(digest);
        self.file = bytes.to_vec();
        Ok(digest)
    }

    /// The file with this hash.
    pub(crate) fn get(&self, digest: &Digest) -> Option<&Arc<Federation>> {
        self.known.get(digest)
    }

    /// The bytes of the file in force; empty when there is none.
    pub(crate) fn file(&self) -> &[u8] {
        &self.file
    }

    /// The file in force.
    pub(crate) fn current(&self) -> Option<(Digest, &Arc<Federation>)> {
        let digest = self.current?;
        self.known.get(&digest).map(|federation| (digest, federation))
    }
}

/// Reads a federation file that must be of this federation.
fn read(id: &FederationId, bytes: &[u8]) -> Result<Federation, LedgerError> {
    let text = std::str::from_utf8(bytes).map_err(|_| LedgerError::Dictionary("это не текст UTF-8"))?;
    let federation = Federation::parse(text)?;
    if federation.id() == id.as_str() {
        Ok(federation)
    } else {
        Err(LedgerError::Dictionary("он другой федерации"))
    }
}
