//! What holds for every answer: its headers, its number, the one page of errors, and who is let in.
//!
//! A handler that cannot answer returns a [`Refusal`]; the page around it is written here, so that all refusals look alike
//! and tell nothing but their sentence and the number by which the operator finds the request in the log.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode};
use runtime::random::bytes;

use crate::pages::Frame;
use crate::reading::ReadError;
use crate::session::Secret;
use crate::site::Site;
use crate::{address, origin};

/// The name of the only cookie. The prefix makes browsers refuse it from anywhere but this very host over TLS.
pub(crate) const COOKIE_NAME: &str = "__Host-sid";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What every answer carries.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Why a request gets no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// There is no such thing, or none that the reader may know of.
    pub(crate) fn absent(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The method is not one of the address's.
    pub(crate) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Этот адрес так не запрашивают.")
    }

    /// A change that does not come from a page of ours.
    pub(crate) fn foreign() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Форма устарела или открыта с другого сайта. Вернитесь на страницу, обновите её и повторите.",
        )
    }

    /// Something of ours failed.
    pub(crate) fn failed() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Внутренняя ошибка. Сообщите администратору номер запроса.",
        )
    }
}

impl From<ReadError> for Refusal {
    /// What went wrong inside is for the log alone.
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unknown(message) => Self::absent(message),
            ReadError::Failed(message) => {
                tracing::error!(message, "a page cannot be read");
                Self::failed()
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html", whitespace = "minimize")]
struct ErrorPage {
    frame: Frame,
    message: String,
    id: String,
}

/// Around everything: refuses foreign changes, numbers the request, writes the page of errors and the headers.
pub(crate) async fn guarded(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let id = hex::encode(bytes::<8>(&*site.random));
    let (parts, body) = request.into_parts();
    let open = parts.uri.path() == address::STYLE;
    let changes = ![Method::GET, Method::HEAD].contains(&parts.method);
    let mut response = if changes && parts.method == Method::POST && !origin::is_ours(&parts) {
        Refusal::foreign().into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let refusal = response.extensions_mut().remove::<Refusal>();
        // A page that tells what to do about it, such as the login's, stays.
        if let Some(refusal) = refusal.or_else(|| bare(&response)) {
            tracing::info!(id, status = status.as_u16(), "refused");
            response = error_page(&site, refusal, &id, response.headers());
        }
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let caching = if open && status.is_success() {
        "max-age=300"
    } else {
        "no-store"
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(REQUEST_ID, HeaderValue::from_str(&id).expect("hexadecimal digits"));
    response
}

/// A refusal of the library's own: a form too large, a query that is none.
fn bare(response: &Response) -> Option<Refusal> {
    let ours = response.headers().get(http::header::CONTENT_TYPE);
    let page = ours.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    (!page).then(|| Refusal::new(response.status(), "Запрос не разобран."))
}

fn error_page(site: &Site, refusal: Refusal, id: &str, before: &HeaderMap) -> Response {
    let page = ErrorPage {
        frame: Frame::outside(&*site.reading, "Ошибка"),
        message: refusal.message,
        id: id.to_owned(),
    };
    let html = page.render().expect("our templates write to memory and cannot fail");
    let mut response = (refusal.status, Html(html)).into_response();
    if let Some(allow) = before.get(http::header::ALLOW) {
        response.headers_mut().insert(http::header::ALLOW, allow.clone());
    }
    response
}

/// Who is in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) name: String,
    pub(crate) secret: Secret,
}

/// The secret that a browser shows.
pub(crate) fn shown(headers: &HeaderMap) -> Option<Secret> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE_NAME)
        .and_then(|(_, value)| Secret::read(value))
}

impl Site {
    /// Who the request comes from.
    pub(crate) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let secret = shown(headers)?;
        let name = self
            .sessions
            .user(&secret, self.clock.now(), |user| self.users.stamp(user))?;
        Some(Visitor { name, secret })
    }
}

/// Lets in whoever has a session; sends everybody else to the login, which leads back here.
pub(crate) async fn admitted(State(site): State<Arc<Site>>, mut request: Request<Body>, next: Next) -> Response {
    match site.visitor(request.headers()) {
        Some(visitor) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        None if request.method() == Method::POST => Redirect::to(address::LOGIN).into_response(),
        None => {
            let here = request
                .uri()
                .path_and_query()
                .map_or("/", http::uri::PathAndQuery::as_str);
            Redirect::to(&address::login(here)).into_response()
        }
    }
}
