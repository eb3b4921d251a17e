//! What a hub promises to its operator: founding, inviting, asking, revoking, and how each of them fails.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod founding;
mod invite;
mod life;
mod reading;
mod recovery;
mod revoke;
mod stage;
mod watch;
