//! region-node
fn main() {}
