//! federal-hub
fn main() {}
