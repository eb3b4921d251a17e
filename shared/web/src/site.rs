//! The site: what all pages share, and which address leads to which page.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use runtime::traced::traced;
use runtime::{SharedClock, SharedRandom};
use tokio::sync::Semaphore;

use crate::address;
use crate::guard::{Refusal, admitted, guarded};
use crate::password::Cost;
use crate::rate::Attempts;
use crate::reading::Reading;
use crate::session::Sessions;
use crate::users::Users;
use crate::{login, pages};

/// Passwords hashed at once: 64 MiB each.
const HASHING: usize = 2;
/// Logins that wait for one of them; further ones are told to come later.
const WAITING: usize = 32;
/// Reports folded at once; further ones wait.
const READING: usize = 4;
/// Bytes of a form: a name, a password and two addresses.
const FORM_BYTES_MAX: usize = 8 * 1024;

/// What a site is made of.
pub struct SiteParts {
    /// What there is to read.
    pub reading: Arc<dyn Reading>,
    /// The node's directory, in which its users are.
    pub dir: PathBuf,
    /// The present moment.
    pub clock: SharedClock,
    /// Secrets of sessions.
    pub random: SharedRandom,
    /// What hashing a password costs.
    pub cost: Cost,
}

/// The site.
pub struct Site {
    pub(crate) reading: Arc<dyn Reading>,
    pub(crate) users: Users,
    pub(crate) clock: SharedClock,
    pub(crate) random: SharedRandom,
    pub(crate) cost: Cost,
    pub(crate) sessions: Sessions,
    pub(crate) attempts: Attempts,
    pub(crate) hashing: Semaphore,
    pub(crate) waiting: Semaphore,
    reads: Semaphore,
}

impl Site {
    /// The site's routes.
    pub fn router(parts: SiteParts) -> Router {
        let site = Arc::new(Site {
            reading: parts.reading,
            users: Users::of(&parts.dir),
            clock: parts.clock,
            random: parts.random,
            cost: parts.cost,
            sessions: Sessions::default(),
            attempts: Attempts::default(),
            hashing: Semaphore::new(HASHING),
            waiting: Semaphore::new(WAITING),
            reads: Semaphore::new(READING),
        });
        let inside = Router::new()
            .route("/", get(pages::index::page))
            .route("/s/{scope}/{period}", get(pages::scope::page))
            .route("/e/{position}", get(pages::entry::page))
            .route(address::LOGOUT, post(login::leave))
            .layer(from_fn_with_state(Arc::clone(&site), admitted));
        Router::new()
            .route(address::LOGIN, get(login::page).post(login::enter))
            .route(address::STYLE, get(pages::style))
            .merge(inside)
            .fallback(|| async { Refusal::absent("Такой страницы нет.") })
            .method_not_allowed_fallback(|| async { Refusal::method() })
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .layer(from_fn_with_state(Arc::clone(&site), guarded))
            .layer(from_fn(traced))
            .with_state(site)
    }

    /// Work that folds or reads the disk, off the threads that serve connections. A panic of it is an answer, not the end
    /// of the connection.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Site) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _place = self.reads.acquire().await.expect("the semaphore is never closed");
        let (site, span) = (Arc::clone(self), tracing::Span::current());
        let done = tokio::task::spawn_blocking(move || span.in_scope(|| work(&site))).await;
        done.unwrap_or_else(|panicked| {
            tracing::error!(%panicked, "a page was cut off");
            Err(Refusal::failed())
        })
    }
}
