//! The client certificates of source systems: who was given one, for which source, and whether it still counts.
//!
//! Owns `sources.json` in the node's directory. Promises that a certificate is on record before anybody holds it, and
//! that a revoked one stays on record with its date. A name is used by one certificate at a time; after a revocation it
//! may be given again, and the old certificate stays revoked.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::Code;
use domain::dictionary::CodeList;
use domain::member::Cover;
use jiff::{SignedDuration, Timestamp};
use runtime::certificate::CertificateError;
use runtime::files::{self, Mode};
use runtime::identity::NameError;
use runtime::pki::{Authority, PkiError};
use runtime::{Certificate, Label, PeerName};
use serde::{Deserialize, Serialize};

use crate::intake::{SourceCounts, speaks_of};
use crate::service::SourceDirectory;

/// The file in the node's directory.
pub const FILE: &str = "sources.json";
/// The schema of `source list --json`.
pub const SCHEMA: &str = "region-node.sources/1";
/// A source's certificate is carried by hand, so it is long: 13 months leave one to notice.
const CERTIFICATE_LIFE: SignedDuration = SignedDuration::from_hours(24 * 397);

/// Why the registry refused.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what this program writes.
    #[error("{}: файл повреждён: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// Not a name.
    #[error("имя клиента «{got}»: {reason}")]
    Name {
        /// The name as given.
        got: String,
        /// What is wrong.
        reason: NameError,
    },
    /// The dictionary has no such source.
    #[error("источника «{got}» нет в словаре; есть: {known}")]
    UnknownSource {
        /// The code as given.
        got: String,
        /// The codes that are there.
        known: String,
    },
    /// No cover of the node is for the source.
    #[error("узел не отвечает за источник «{0}»")]
    NotCovered(String),
    /// The name is taken by a certificate that counts.
    #[error("сертификат с именем «{0}» уже выдан: отзовите его (source revoke {0}) или выберите другое имя")]
    Taken(String),
    /// The client is not on trial.
    #[error("клиент «{0}» не на пробе: его данные учитываются")]
    NotOnTrial(String),
    /// No certificate of this name counts.
    #[error("действующего сертификата с именем «{0}» нет; список: source list")]
    Absent(String),
    /// The request or the authority is wrong.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The certificate just made cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// One certificate on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Name of the client.
    pub name: String,
    /// Code of the source it speaks for.
    pub source: String,
    /// Serial number of the certificate in lower-case hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate in hexadecimal.
    pub fingerprint: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// On trial: what it sends is judged and counted, and is in no sheet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: u32,
    clients: Vec<Client>,
}

const FORMAT: u32 = 1;

/// What a certificate is asked for.
#[derive(Clone, Debug)]
pub struct IssueRequest<'a> {
    /// Name of the client.
    pub name: &'a str,
    /// Code of its source.
    pub source: &'a str,
    /// The certificate signing request, PEM.
    pub csr: &'a str,
}

/// Who issues: the node's own authority, under the node's name.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    /// The authority.
    pub authority: &'a Authority,
    /// The federation.
    pub federation: &'a Label,
    /// The node.
    pub node: &'a Label,
}

/// The registry of one node.
#[derive(Debug)]
pub struct Sources {
    path: PathBuf,
    clients: RwLock<Arc<Vec<Client>>>,
    /// What clients on trial sent since the start, by name.
    tried: Mutex<BTreeMap<String, SourceCounts>>,
}

impl Sources {
    /// Reads the registry of a node's directory; a node that never issued anything has none.
    pub fn open(dir: &Path) -> Result<Self, SourcesError> {
        let path = dir.join(FILE);
        let clients = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(SourcesError::Io { path, source }),
            Ok(bytes) => match serde_json::from_slice::<Record>(&bytes) {
                Ok(record) if record.format == FORMAT => record.clients,
                Ok(record) => {
                    let reason = format!("формат {}, а программа знает {FORMAT}", record.format);
                    return Err(SourcesError::Damaged { path, reason });
                }
                Err(error) => {
                    return Err(SourcesError::Damaged {
                        path,
                        reason: error.to_string(),
                    });
                }
            },
        };
        Ok(Self {
            path,
            clients: RwLock::new(Arc::new(clients)),
            tried: Mutex::default(),
        })
    }

    /// Issues a certificate for a source that the dictionary knows and some cover is for; gives its chain in PEM.
    pub fn issue(
        &self,
        request: &IssueRequest<'_>,
        issuer: Issuer<'_>,
        known: &CodeList,
        covers: &[Cover],
        now: Timestamp,
    ) -> Result<String, SourcesError> {
        let named = |reason| SourcesError::Name {
            got: request.name.to_owned(),
            reason,
        };
        let name = PeerName::source(issuer.federation.as_str(), issuer.node.as_str(), request.name).map_err(named)?;
        let entry = known
            .entries()
            .iter()
            .find(|entry| entry.code.as_str() == request.source);
        let Some(entry) = entry else {
            let codes: Vec<&str> = known.entries().iter().map(|entry| entry.code.as_str()).collect();
            return Err(SourcesError::UnknownSource {
                got: request.source.to_owned(),
                known: codes.join(", "),
            });
        };
        if !covers.iter().any(|cover| speaks_of(cover, &entry.code)) {
            return Err(SourcesError::NotCovered(request.source.to_owned()));
        }
        let chain = issuer
            .authority
            .issue_from_csr(request.csr, &name, &[], now, CERTIFICATE_LIFE)?;
        let certificate = Certificate::from_pem(&chain)?;
        self.change(|clients| {
            if clients
                .iter()
                .any(|client| client.name == request.name && client.counts(now))
            {
                return Err(SourcesError::Taken(request.name.to_owned()));
            }
            clients.push(Client {
                name: request.name.to_owned(),
                source: request.source.to_owned(),
                serial: certificate.serial.clone(),
                fingerprint: hex::encode(certificate.fingerprint),
                issued_at: now,
                expires_at: certificate.not_after,
                revoked_at: None,
                trial: false,
            });
            Ok(())
        })?;
        Ok(chain)
    }

    /// Takes every certificate of this name back. In force from the next request on.
    pub fn revoke(&self, name: &str, now: Timestamp) -> Result<(), SourcesError> {
        self.change(|clients| {
            let mut found = false;
            for client in clients
                .iter_mut()
                .filter(|client| client.name == name && client.revoked_at.is_none())
            {
                client.revoked_at = Some(now);
                found = true;
            }
            if found {
                Ok(())
            } else {
                Err(SourcesError::Absent(name.to_owned()))
            }
        })
    }

    /// Puts a client on trial, before it holds its certificate.
    pub fn put_on_trial(&self, name: &str, now: Timestamp) -> Result<(), SourcesError> {
        self.change(|clients| {
            let client = clients
                .iter_mut()
                .find(|client| client.name == name && client.counts(now));
            client.ok_or_else(|| SourcesError::Absent(name.to_owned()))?.trial = true;
            Ok(())
        })
    }

    /// Ends a client's trial: what it sends counts from the next request on.
    pub fn accept(&self, name: &str, now: Timestamp) -> Result<(), SourcesError> {
        self.change(|clients| {
            let client = clients
                .iter_mut()
                .find(|client| client.name == name && client.counts(now));
            let client = client.ok_or_else(|| SourcesError::Absent(name.to_owned()))?;
            if !std::mem::take(&mut client.trial) {
                return Err(SourcesError::NotOnTrial(name.to_owned()));
            }
            Ok(())
        })?;
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    /// Clients on trial with what they sent since the start.
    pub fn trials(&self, now: Timestamp) -> Vec<(Client, SourceCounts)> {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = self.list();
        let on_trial = clients.iter().filter(|client| client.trial && client.counts(now));
        let counted = |client: &Client| (client.clone(), tried.get(&client.name).copied().unwrap_or_default());
        on_trial.map(counted).collect()
    }

    /// Every certificate ever issued, oldest first.
    pub fn list(&self) -> Arc<Vec<Client>> {
        Arc::clone(&self.clients.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The list as the JSON document of `source list`.
    pub fn list_json(&self) -> String {
        let document = serde_json::json!({ "schema": SCHEMA, "clients": &*self.list() });
        serde_json::to_string_pretty(&document).expect("names, codes and moments are JSON")
    }

    /// Writes the changed list, then lets it be seen. The lock is held over the write: changes are rare.
    fn change(&self, change: impl FnOnce(&mut Vec<Client>) -> Result<(), SourcesError>) -> Result<(), SourcesError> {
        let mut current = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        let mut clients = current.as_ref().clone();
        change(&mut clients)?;
        let record = Record {
            format: FORMAT,
            clients,
        };
        let bytes = serde_json::to_vec_pretty(&record).expect("names, codes and moments are JSON");
        files::write_atomic(&self.path, &bytes, Mode::Public).map_err(|source| SourcesError::Io {
            path: self.path.clone(),
            source,
        })?;
        *current = Arc::new(record.clients);
        Ok(())
    }
}

impl Client {
    /// Whether the certificate counts at `now`.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl SourceDirectory for Sources {
    fn on_trial(&self, name: &str) -> bool {
        let on_trial = |client: &Client| client.name == name && client.trial && client.revoked_at.is_none();
        self.list().iter().any(on_trial)
    }

    fn tried(&self, name: &str, more: SourceCounts) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.entry(name.to_owned()).or_default().add(more);
    }

    fn source_of(&self, name: &str, certificate: &Certificate) -> Option<Code> {
        let fingerprint = hex::encode(certificate.fingerprint);
        let clients = self.list();
        let client = clients
            .iter()
            .find(|client| client.name == name && client.fingerprint == fingerprint)?;
        // Whether it has expired was judged by the handshake's clock.
        if client.revoked_at.is_some() {
            None
        } else {
            Code::new(&client.source).ok()
        }
    }
}
