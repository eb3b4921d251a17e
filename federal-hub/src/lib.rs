//! federal-hub
