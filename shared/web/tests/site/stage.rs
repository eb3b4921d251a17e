//! A site over invented figures, with a clock set by hand, and a browser that keeps its cookie.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use runtime::{ManualClock, SeededRandom};
use tempfile::TempDir;
use tower::ServiceExt;
use web::{Cost, Site, SiteParts, Users};

use crate::reading::Invented;

pub const PASSWORD: &str = "a-long-enough-one";
const COST: Cost = Cost {
    memory_kib: 8,
    passes: 1,
};

pub struct Stage {
    pub clock: ManualClock,
    pub router: Router,
    pub users: Users,
    _dir: TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |place| place.to_str().unwrap())
    }
}

impl Stage {
    /// A site with the user anna.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2022-12-14T09:00:00Z".parse::<Timestamp>().unwrap());
        let users = Users::of(dir.path());
        users
            .add("anna", PASSWORD, COST, Timestamp::UNIX_EPOCH, &SeededRandom::new(1))
            .unwrap();
        let router = Site::router(SiteParts {
            reading: Arc::new(Invented::new()),
            dir: dir.path().to_owned(),
            clock: Arc::new(clock.clone()),
            random: Arc::new(SeededRandom::new(2)),
            cost: COST,
        });
        Self {
            clock,
            router,
            users,
            _dir: dir,
        }
    }

    pub fn later(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

/// A browser: it keeps its cookie and says where its requests come from.
pub struct Browser<'a> {
    pub stage: &'a Stage,
    pub cookie: Option<String>,
}

impl<'a> Browser<'a> {
    pub fn new(stage: &'a Stage) -> Self {
        Self { stage, cookie: None }
    }

    /// One that has come in.
    pub async fn inside(stage: &'a Stage) -> Self {
        let mut browser = Self::new(stage);
        let answer = browser.login("anna", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    fn request(&self, method: &Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path).header("host", "hub:8443");
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, format!("other=1; __Host-sid={cookie}")),
            None => request,
        }
    }

    async fn exchange(&mut self, request: Request<Body>) -> Answer {
        let answer = self.stage.send(request).await;
        if let Some(set) = answer.headers.get(SET_COOKIE) {
            let value = set.to_str().unwrap().split(['=', ';']).nth(1).unwrap();
            self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(&Method::GET, path).body(Body::empty()).unwrap();
        self.exchange(request).await
    }

    /// A form of our own page.
    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.post_from(path, form, Some("same-origin"), Some("https://hub:8443"))
            .await
    }

    /// A form of whoever's page.
    pub async fn post_from(&mut self, path: &str, form: &str, site: Option<&str>, origin: Option<&str>) -> Answer {
        let mut request = self
            .request(&Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        self.exchange(request).await
    }

    /// The token of the form on a page.
    pub async fn token(&mut self, path: &str) -> String {
        let page = self.get(path).await;
        let after = page.body.split_once(r#"name="token" value=""#).expect("a form").1;
        after.split('"').next().unwrap().to_owned()
    }

    pub async fn login(&mut self, name: &str, password: &str) -> Answer {
        let token = self.token("/login?next=/s/RU-FD-URAL/2022").await;
        let form = format!("name={name}&password={password}&token={token}&next=/s/RU-FD-URAL/2022");
        self.post("/login", &form).await
    }
}
