//! A federation in one process: the hub and the nodes as they are, each in a directory of its own, over links that a test
//! may cut. Nothing happens by itself: what is pushed, and when, is a call of the test.

mod below;
mod files;
mod link;
mod peer;
mod region;
mod stage;

pub use files::{Row, copy_dir, data, figures, rows_file};
pub use link::Link;
pub use peer::{Peer, words};
pub use region::Region;
pub use stage::Stage;

use std::time::Duration;

/// Waits until `done` holds, giving way to the tasks that make it so. The limit only ends a test that would hang.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting)
        .await
        .unwrap_or_else(|_| panic!("not reached: {what}"));
}
