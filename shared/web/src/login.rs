//! Coming in and going out.
//!
//! Promises the same answer and the same work for a wrong password and for a name that nobody has, a bounded number of
//! attempts and of hashes at once, and a new secret for each session: the one that the login form was shown with ends
//! there.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use runtime::Peer;
use serde::Deserialize;

use crate::address;
use crate::guard::{COOKIE_NAME, Refusal, Visitor, shown};
use crate::origin;
use crate::pages::Frame;
use crate::session::Secret;
use crate::site::Site;

#[derive(Template)]
#[template(path = "login.html", whitespace = "minimize")]
struct LoginPage {
    frame: Frame,
    token: String,
    next: String,
    name: String,
    problem: Option<&'static str>,
}

/// Where to go on to.
#[derive(Debug, Deserialize)]
pub(crate) struct Onward {
    #[serde(default)]
    next: String,
}

/// The login page; whoever is in already goes on.
pub(crate) async fn page(State(site): State<Arc<Site>>, Query(onward): Query<Onward>, headers: HeaderMap) -> Response {
    let next = address::onward(&onward.next);
    if site.visitor(&headers).is_some() {
        return Redirect::to(next).into_response();
    }
    let secret = shown(&headers).unwrap_or_else(|| Secret::draw(&*site.random));
    login(&site, &secret, (next, ""), None, StatusCode::OK)
}

fn login(
    site: &Site,
    secret: &Secret,
    (next, name): (&str, &str),
    problem: Option<&'static str>,
    status: StatusCode,
) -> Response {
    let page = LoginPage {
        frame: Frame::outside(&*site.reading, "Вход"),
        token: secret.form_token(),
        next: next.to_owned(),
        name: name.to_owned(),
        problem,
    };
    let html = page.render().expect("our templates write to memory and cannot fail");
    (status, [(SET_COOKIE, cookie(secret.text(), None))], Html(html)).into_response()
}

fn cookie(value: &str, max_age: Option<u32>) -> String {
    let age = max_age
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}")
}

/// The login form.
#[derive(Deserialize)]
pub(crate) struct Login {
    name: String,
    password: String,
    token: String,
    #[serde(default)]
    next: String,
}

/// Takes the login form.
pub(crate) async fn enter(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    form: Result<Form<Login>, FormRejection>,
) -> Result<Response, Refusal> {
    let Ok(Form(form)) = form else {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "Форма входа не разобрана."));
    };
    let secret = shown(&headers).filter(|secret| origin::is_for(&form.token, secret));
    let secret = secret.ok_or_else(Refusal::foreign)?;
    let next = address::onward(&form.next).to_owned();
    let address = peer
        .and_then(|Extension(peer)| peer.address)
        .map(|address| address.ip().to_canonical());
    if !site.attempts.allow(address, &form.name, site.clock.now()) {
        return Ok(later(&site, &secret, (&next, &form.name), address));
    }
    let Ok(_queued) = site.waiting.try_acquire() else {
        return Ok(later(&site, &secret, (&next, &form.name), address));
    };
    let name = form.name.clone();
    let Some(stamp) = checked(&site, form).await? else {
        tracing::warn!(user = %printable(&name), ?address, "login refused");
        let problem = "Имя или пароль не подходят. Проверьте раскладку и повторите.";
        return Ok(login(
            &site,
            &secret,
            (&next, &name),
            Some(problem),
            StatusCode::FORBIDDEN,
        ));
    };
    site.sessions.end(&secret);
    let fresh = Secret::draw(&*site.random);
    site.sessions.begin(&fresh, &name, &stamp, site.clock.now());
    tracing::info!(user = %printable(&name), ?address, "login");
    Ok(([(SET_COOKIE, cookie(fresh.text(), None))], Redirect::to(&next)).into_response())
}

/// Too many attempts; the page says so and keeps what was typed but for the password.
fn later(site: &Site, secret: &Secret, typed: (&str, &str), address: Option<IpAddr>) -> Response {
    tracing::warn!(user = %printable(typed.1), ?address, "too many logins");
    let problem = "Слишком много попыток. Подождите минуту и повторите.";
    let mut response = login(site, secret, typed, Some(problem), StatusCode::TOO_MANY_REQUESTS);
    response
        .headers_mut()
        .insert(RETRY_AFTER, http::HeaderValue::from_static("60"));
    response
}

/// The stamp of the account, when name and password are right. Hashing takes its place among few.
async fn checked(site: &Arc<Site>, form: Login) -> Result<Option<String>, Refusal> {
    let _place = site.hashing.acquire().await.expect("the semaphore is never closed");
    let at = Arc::clone(site);
    let done = tokio::task::spawn_blocking(move || at.users.enter(&form.name, &form.password, at.cost)).await;
    done.map_err(|_| Refusal::failed())
}

/// What a stranger typed, for the log: short, and without what would begin a new line there.
fn printable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

/// The form that ends a session.
#[derive(Deserialize)]
pub(crate) struct Leave {
    token: String,
}

/// Ends the session.
pub(crate) async fn leave(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    form: Result<Form<Leave>, FormRejection>,
) -> Result<Response, Refusal> {
    let ours = form.is_ok_and(|Form(form)| origin::is_for(&form.token, &visitor.secret));
    if !ours {
        return Err(Refusal::foreign());
    }
    site.sessions.end(&visitor.secret);
    tracing::info!(user = %visitor.name, "logout");
    Ok(([(SET_COOKIE, cookie("", Some(0)))], Redirect::to(address::LOGIN)).into_response())
}
