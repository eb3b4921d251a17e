//! Statements: what a node signs, as typed values and as the exact bytes under the signature.
//!
//! The payload type names kind and version; the first six fields are the same in all of them, so a verifier places a
//! statement of a kind it has never heard of in its author's chain, stores it and replicates it, and folds nothing.

mod member;
mod ruling;
mod sheet;

use domain::{FederationId, NodeId};
use prost::Message;
use seal::Digest;

use crate::canonical::{self, WireError, bytes32};
use crate::pb;

pub use member::{Genesis, Membership};
pub use ruling::{Decision, DictionaryInForce, Refusal, Revocation, Ruling};
pub use sheet::{BodyRef, SheetStatement};

/// Largest statement, bytes. What is larger goes into a body.
pub const MAX_STATEMENT_BYTES: usize = 4096;

/// Where a statement stands: the fields that every kind begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preamble {
    /// The federation.
    pub federation: FederationId,
    /// The author.
    pub node: NodeId,
    /// Key epoch of the author, from 1.
    pub epoch: u32,
    /// Place in the author's chain of this epoch, from 1, without holes.
    pub sequence: u64,
    /// Statement hash of the one before it; nothing for the first.
    pub previous: Option<Digest>,
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// First entry of the hub's ledger.
    Genesis(Genesis),
    /// A member, its keys and covers.
    Membership(Membership),
    /// A sheet.
    Sheet(Box<SheetStatement>),
    /// A federation file in force.
    Dictionary(DictionaryInForce),
    /// An entry of a child that was not taken.
    Refusal(Refusal),
    /// Keys that hold no longer.
    Revocation(Revocation),
    /// A ruling on an entry that was taken.
    Decision(Decision),
    /// A kind or version this program does not know: stored and replicated, never folded. Holds the payload type.
    Unknown(String),
}

/// The payload types this program reads, with their kinds.
const TYPES: [(&str, pb::Kind); 7] = [
    ("application/vnd.svodka.genesis.v1+proto", pb::Kind::Genesis),
    ("application/vnd.svodka.membership.v1+proto", pb::Kind::Membership),
    ("application/vnd.svodka.sheet.v1+proto", pb::Kind::Sheet),
    ("application/vnd.svodka.dictionary.v1+proto", pb::Kind::Dictionary),
    ("application/vnd.svodka.refusal.v1+proto", pb::Kind::Refusal),
    ("application/vnd.svodka.revocation.v1+proto", pb::Kind::Revocation),
    ("application/vnd.svodka.decision.v1+proto", pb::Kind::Decision),
];

impl Statement {
    /// The payload type that the statement is signed under.
    pub fn payload_type(&self) -> &str {
        let kind = match self {
            Self::Genesis(_) => pb::Kind::Genesis,
            Self::Membership(_) => pb::Kind::Membership,
            Self::Sheet(_) => pb::Kind::Sheet,
            Self::Dictionary(_) => pb::Kind::Dictionary,
            Self::Refusal(_) => pb::Kind::Refusal,
            Self::Revocation(_) => pb::Kind::Revocation,
            Self::Decision(_) => pb::Kind::Decision,
            Self::Unknown(payload_type) => return payload_type,
        };
        TYPES
            .iter()
            .find(|entry| entry.1 == kind)
            .map(|entry| entry.0)
            .expect("every kind has its type")
    }

    /// The bytes to sign. A statement of an unknown kind cannot be written, only kept.
    pub fn encode(&self, preamble: &Preamble) -> Result<Vec<u8>, WireError> {
        let bytes = match self {
            Self::Genesis(genesis) => genesis.to_pb(preamble).encode_to_vec(),
            Self::Membership(membership) => membership.to_pb(preamble).encode_to_vec(),
            Self::Sheet(sheet) => sheet.to_pb(preamble).encode_to_vec(),
            Self::Dictionary(dictionary) => dictionary.to_pb(preamble).encode_to_vec(),
            Self::Refusal(refusal) => refusal.to_pb(preamble).encode_to_vec(),
            Self::Revocation(revocation) => revocation.to_pb(preamble).encode_to_vec(),
            Self::Decision(decision) => decision.to_pb(preamble).encode_to_vec(),
            Self::Unknown(_) => return Err(WireError::field("kind", "неизвестный вид записи не пишется")),
        };
        canonical::at_most("запись", &bytes, MAX_STATEMENT_BYTES)?;
        Ok(bytes)
    }

    /// Reads a statement from the bytes that were signed, strictly when the type is known.
    pub fn decode(payload_type: &str, payload: &[u8]) -> Result<(Preamble, Self), WireError> {
        canonical::at_most("запись", payload, MAX_STATEMENT_BYTES)?;
        let Some(&(_, kind)) = TYPES.iter().find(|entry| entry.0 == payload_type) else {
            return decode_unknown(payload_type, payload);
        };
        match kind {
            pb::Kind::Genesis => read::<pb::Genesis, _>(payload, kind, Genesis::from_pb, Self::Genesis),
            pb::Kind::Membership => read::<pb::Membership, _>(payload, kind, Membership::from_pb, Self::Membership),
            pb::Kind::Sheet => read::<pb::Sheet, _>(payload, kind, SheetStatement::from_pb, |sheet| {
                Self::Sheet(Box::new(sheet))
            }),
            pb::Kind::Dictionary => {
                read::<pb::Dictionary, _>(payload, kind, DictionaryInForce::from_pb, Self::Dictionary)
            }
            pb::Kind::Refusal => read::<pb::Refusal, _>(payload, kind, Refusal::from_pb, Self::Refusal),
            pb::Kind::Revocation => read::<pb::Revocation, _>(payload, kind, Revocation::from_pb, Self::Revocation),
            _ => read::<pb::Decision, _>(payload, kind, Decision::from_pb, Self::Decision),
        }
    }

    /// The body that the statement names, if its kind has one.
    pub fn body(&self) -> Option<BodyRef> {
        match self {
            Self::Sheet(sheet) => Some(sheet.body),
            Self::Dictionary(dictionary) => Some(dictionary.body),
            _ => None,
        }
    }
}

/// A generated statement message: all of them begin with the same six fields.
trait Headed: Message + Default {
    /// The six fields, as the generated message has them.
    fn head(&self) -> pb::Preamble;
}

macro_rules! headed {
    ($($message:ident),*) => {$(
        impl Headed for pb::$message {
            fn head(&self) -> pb::Preamble {
                pb::Preamble {
                    federation: self.federation.clone(),
                    node: self.node.clone(),
                    epoch: self.epoch,
                    sequence: self.sequence,
                    previous: self.previous.clone(),
                    kind: self.kind,
                }
            }
        }
    )*};
}
headed!(Genesis, Membership, Sheet, Dictionary, Refusal, Revocation, Decision);

fn read<M: Headed, T>(
    payload: &[u8],
    kind: pb::Kind,
    parse: impl FnOnce(&M) -> Result<T, WireError>,
    wrap: impl FnOnce(T) -> Statement,
) -> Result<(Preamble, Statement), WireError> {
    let message: M = canonical::decode("запись", payload)?;
    let head = message.head();
    if head.kind() != kind {
        return Err(WireError::field("kind", "не совпадает с типом записи"));
    }
    let preamble = Preamble::from_pb(&head)?;
    let statement = wrap(parse(&message)?);
    let again = statement.encode(&preamble)?;
    if again != payload {
        return Err(WireError::NonCanonical { what: "запись" });
    }
    Ok((preamble, statement))
}

fn decode_unknown(payload_type: &str, payload: &[u8]) -> Result<(Preamble, Statement), WireError> {
    let head = pb::Preamble::decode(payload).map_err(|e| WireError::Malformed {
        what: "начало записи",
        reason: e.to_string(),
    })?;
    Ok((
        Preamble::from_pb(&head)?,
        Statement::Unknown(payload_type.chars().take(128).collect()),
    ))
}

impl Preamble {
    fn from_pb(head: &pb::Preamble) -> Result<Self, WireError> {
        if head.epoch == 0 || head.sequence == 0 {
            return Err(WireError::field("sequence", "счёт эпох и записей начинается с 1"));
        }
        if (head.sequence == 1) != head.previous.is_empty() {
            return Err(WireError::field(
                "previous",
                "стоит у всех записей автора, кроме первой",
            ));
        }
        Ok(Self {
            federation: id("federation", &head.federation)?,
            node: id("node", &head.node)?,
            epoch: head.epoch,
            sequence: head.sequence,
            previous: optional_hash("previous", &head.previous)?,
        })
    }

    fn previous_bytes(&self) -> Vec<u8> {
        self.previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default()
    }
}

/// Parses an id or a code of a named field.
fn id<T: std::str::FromStr<Err: ToString>>(field: &'static str, text: &str) -> Result<T, WireError> {
    text.parse().map_err(|e: T::Err| WireError::field(field, e))
}

/// An id or code that may be left out.
fn optional<T: std::str::FromStr<Err: ToString>>(field: &'static str, text: &str) -> Result<Option<T>, WireError> {
    if text.is_empty() {
        Ok(None)
    } else {
        id(field, text).map(Some)
    }
}

fn hash(field: &'static str, bytes: &[u8]) -> Result<Digest, WireError> {
    bytes32(field, bytes).map(Digest)
}

fn optional_hash(field: &'static str, bytes: &[u8]) -> Result<Option<Digest>, WireError> {
    if bytes.is_empty() {
        Ok(None)
    } else {
        hash(field, bytes).map(Some)
    }
}

fn key(field: &'static str, bytes: &[u8]) -> Result<seal::VerifyingKey, WireError> {
    seal::VerifyingKey::from_bytes(bytes).map_err(|e| WireError::field(field, e))
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}
