//! The wire: code generated from `proto/`, and the conversions between it and the domain, both ways.
//!
//! Conversions parse: what comes out of them is right, and nobody checks it again. Whatever is signed is decoded
//! strictly, so that one value has one encoding; what is only asked (requests) is decoded as protobuf usually is.
//! This crate knows no file, no socket and no moment in time.

/// Generated from `proto/svodka/v1`. Only this crate and the gRPC handlers name these types.
#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused_qualifications,
    reason = "generated code"
)]
pub mod pb {
    tonic::include_proto!("svodka.v1");
}

/// The files of `proto/` with everything they import, as one encoded `google.protobuf.FileDescriptorSet`: what a client
/// without reflection needs to speak to a node.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/svodka.protoset"));

pub mod body;
pub mod canonical;
pub mod envelope;
pub mod record;
pub mod statement;

pub use canonical::WireError;
pub use statement::{Preamble, Statement};
