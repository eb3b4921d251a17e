//! Proof over bytes: who signed them, that they are in a log, and that the log only grew.
//!
//! Owns digests and keys, the signed envelope (DSSE), the type that says "verified", the Merkle tree with its proofs, the
//! signed tree head (checkpoint), its cosignature by a witness, and the receipt that joins them.
//!
//! Promises that a signature or digest is checked over bytes exactly as received, and that input from a stranger gives an
//! error with a stable code, never a panic.
//!
//! Does not know what the bytes mean (no domain), how they are packed (no protobuf), what time it is or where chance comes
//! from: seeds and seconds are arguments.

mod checkpoint;
mod cosignature;
mod digest;
mod envelope;
mod error;
mod frontier;
mod keys;
pub mod merkle;
mod note;
mod receipt;
mod verified;

pub use checkpoint::Checkpoint;
pub use cosignature::{cosign, verify_cosignature};
pub use digest::Digest;
pub use envelope::Envelope;
pub use error::SealError;
pub use keys::{KeyId, Signature, SigningKey, VerifyingKey};
pub use receipt::Receipt;
pub use verified::Verified;
