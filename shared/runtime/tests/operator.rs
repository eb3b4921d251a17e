//! The operator's way in: through the socket, or inside the process.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod stage;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use axum::routing::get;
use axum::{Extension, Router};
use runtime::accept::{Door, Limits, serve};
use runtime::{DirLock, LocalAdmin, Shutdown, admin};
use stage::{STUCK, ask};
use tokio::time::timeout;

fn router() -> Router {
    Router::new().route("/", get(|Extension(_): Extension<LocalAdmin>| async { "operator" }))
}

async fn through_the_socket(dir: &Path) {
    let shutdown = Shutdown::new();
    let lock = DirLock::acquire(dir).unwrap();
    let listener = admin::listen(&lock).unwrap();
    let server = tokio::spawn(serve(
        listener,
        Door::Local,
        router(),
        Limits::default(),
        shutdown.clone(),
    ));
    let mode = std::fs::metadata(dir.join(admin::SOCKET)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        ask(&admin::channel(dir).await.unwrap(), "/").await.as_deref(),
        Some("operator")
    );
    shutdown.trigger();
    timeout(STUCK, server).await.expect("the loop ends").unwrap();
}

#[tokio::test]
async fn a_socket_serves_the_operator_and_a_dead_one_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    assert!(admin::channel(dir.path()).await.is_err(), "nobody listens yet");
    through_the_socket(dir.path()).await;
    assert!(
        dir.path().join(admin::SOCKET).exists(),
        "the dead process's socket is still there"
    );
    assert!(admin::channel(dir.path()).await.is_err(), "and nobody answers");
    through_the_socket(dir.path()).await;
}

#[tokio::test]
async fn a_deep_directory_is_reached_too() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("области".repeat(9)).join("узел".repeat(9));
    std::fs::create_dir_all(&deep).unwrap();
    assert!(deep.as_os_str().len() > 108);
    through_the_socket(&deep).await;
}

#[tokio::test]
async fn the_same_service_answers_inside_the_process() {
    let shutdown = Shutdown::new();
    let channel = admin::in_process(router(), shutdown.clone());
    assert_eq!(ask(&channel, "/").await.as_deref(), Some("operator"));
    assert_eq!(ask(&channel, "/").await.as_deref(), Some("operator"));
}
