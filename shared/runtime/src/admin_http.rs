//! The port for those who watch the process: is it alive, is it ready, its numbers. Plain HTTP for this machine or a
//! closed network; it answers from before the files are open, changes nothing and tells no figure of anybody's.
//!
//! `/livez` says that the process answers; `/readyz` (also `/healthz`) that it can do its work, or 503 and why not;
//! `/readyz?verbose` says every look; `/metrics` is for Prometheus.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, Uri, header};
use tokio::net::TcpListener;

use crate::accept::{Door, Limits, serve};
use crate::inspect::{Inspected, Readiness};
use crate::metrics::{CONTENT_TYPE, render};
use crate::shutdown::Shutdown;
use crate::supervisor;

/// Who watches are a scraper or two and a person: so many connections and no more.
const CONNECTIONS: usize = 32;
/// Plain text for a person and a probe.
const TEXT: &str = "text/plain; charset=utf-8";

/// What the port looks through: nothing before the files are open, the process after that.
#[derive(Clone, Default)]
pub struct Window {
    inspected: Arc<OnceLock<Arc<dyn Inspected>>>,
    address: Option<SocketAddr>,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Window {
    /// Shows the process from now on. The first one stays.
    pub fn show(&self, inspected: Arc<dyn Inspected>) {
        let _first_stays = self.inspected.set(inspected);
    }

    /// What is shown, if anything is yet.
    pub fn inspected(&self) -> Option<Arc<dyn Inspected>> {
        self.inspected.get().cloned()
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    fn readiness(&self) -> Readiness {
        self.inspected
            .get()
            .map_or_else(Readiness::starting, |inspected| inspected.readiness())
    }

    /// The pages, with every number under `prefix`.
    pub fn router(&self, prefix: &'static str) -> Router {
        let ready = || {
            let window = self.clone();
            get(move |uri: Uri| async move { window.ready(&uri).await })
        };
        let window = self.clone();
        Router::new()
            .route("/livez", get(|| async { text(StatusCode::OK, "жив\n".to_owned()) }))
            .route("/readyz", ready())
            .route("/healthz", ready())
            .route("/metrics", get(move || async move { window.metrics(prefix).await }))
    }

    async fn ready(self, uri: &Uri) -> Response {
        let verbose = uri
            .query()
            .is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose")));
        let Some(readiness) = aside(move || self.readiness()).await else {
            return failed();
        };
        let status = if readiness.is_ready() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        text(status, readiness.text(verbose))
    }

    async fn metrics(self, prefix: &'static str) -> Response {
        let Some(inspected) = self.inspected() else {
            return text(StatusCode::SERVICE_UNAVAILABLE, Readiness::starting().text(false));
        };
        match aside(move || render(prefix, &inspected)).await {
            Some(Ok(page)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response(),
            _ => failed(),
        }
    }
}

/// Opens the window: listens at `address`, where one is given, and reports to the service manager, both until the
/// shutdown. Needs a runtime.
pub async fn open(address: Option<&str>, prefix: &'static str, shutdown: &Shutdown) -> io::Result<Window> {
    let mut window = Window::default();
    if let Some(address) = address {
        let bound = TcpListener::bind(address).await;
        let listener = bound.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
        window.address = Some(listener.local_addr()?);
        tracing::info!(address = ?window.address, "health and numbers are shown");
        let limits = Limits {
            connections: CONNECTIONS,
            ..Limits::default()
        };
        let router = window.router(prefix);
        tokio::spawn(serve(listener, Door::Plain, router, limits, shutdown.clone()));
    }
    tokio::spawn(supervisor::report(window.clone(), shutdown.clone()));
    Ok(window)
}

/// Looks on a thread that may wait for a lock.
async fn aside<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(look).await.ok()
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, TEXT)], body).into_response()
}

fn failed() -> Response {
    text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "внутренняя ошибка; подробности в журнале сообщений\n".to_owned(),
    )
}
