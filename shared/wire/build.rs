//! Compiles `proto/` with a compiler written in Rust, so that no `protoc` need be installed.

use std::path::{Path, PathBuf};

use protox::prost::Message as _;

const FILES: [&str; 12] = [
    "svodka/v1/envelope.proto",
    "svodka/v1/statement.proto",
    "svodka/v1/body.proto",
    "svodka/v1/incident.proto",
    "svodka/v1/frame.proto",
    "svodka/v1/ingest.proto",
    "svodka/v1/replication.proto",
    "svodka/v1/recovery.proto",
    "svodka/v1/admin.proto",
    "svodka/v1/corrections.proto",
    "svodka/v1/report.proto",
    "svodka/v1/members.proto",
];

fn main() {
    // Asked when it runs, not when it is compiled: a script built for one checkout must not read another's files.
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo tells a build script its package");
    let root = Path::new(&package).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let files = protox::compile(FILES.map(|file| root.join(file)), [&root]).expect("the files of proto/ compile");
    // With the comments, so that a client that describes a method shows them.
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names the directory for what is generated"));
    std::fs::write(out.join("svodka.protoset"), files.encode_to_vec()).expect("the descriptors are written");
    tonic_prost_build::configure()
        .compile_fds(files)
        .expect("code is generated from proto/");
}
