//! The commands of the pages for operators, run as they stand there, by the programs as they are built.
//!
//! Only what is the reader's own is replaced: the directories and addresses of the example, and `sudo`. A block that needs
//! what this machine has not (grpcurl, a Python with packages) is named and left out.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod page;
mod scene;

use checks::programs::programs;

use page::steps;
use scene::Scene;

#[test]
fn the_pages_for_operators_do_what_they_say() {
    let programs = programs();
    let install = "howto/install-node.md";
    assert!(
        Scene::founded(&programs).act(install, &steps(install)) >= 4,
        "{install}"
    );
    let ingest = "howto/ingest-from-your-system.md";
    assert!(Scene::joined(&programs).act(ingest, &steps(ingest)) >= 1, "{ingest}");
    for (page, blocks) in [("howto/undo-a-mistake.md", 4), ("howto/back-up-and-restore.md", 5)] {
        assert_eq!(Scene::mistaken(&programs).act(page, &steps(page)), blocks, "{page}");
    }
}
