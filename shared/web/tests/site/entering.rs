//! Coming in, staying in, going out: each way that must work and each that must not.

use http::StatusCode;
use http::header::SET_COOKIE;
use jiff::Timestamp;
use runtime::SeededRandom;
use web::Cost;

use crate::stage::{Browser, PASSWORD, Stage};

#[tokio::test]
async fn nobody_sees_a_page_without_a_session() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    for (path, login) in [
        ("/", "/login?next=%2F"),
        (
            "/s/65/2022?compare=2021",
            "/login?next=%2Fs%2F65%2F2022%3Fcompare%3D2021",
        ),
        ("/e/5", "/login?next=%2Fe%2F5"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, login),
            "{path}"
        );
        assert!(answer.body.is_empty(), "{path}");
    }
    browser.cookie = Some("0".repeat(64));
    assert_eq!(
        browser.get("/").await.status,
        StatusCode::SEE_OTHER,
        "an invented session"
    );
}

#[tokio::test]
async fn the_right_password_leads_on_with_a_fresh_secret() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    browser.get("/login").await;
    let before = browser.cookie.clone();
    let answer = browser.login("anna", PASSWORD).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/s/RU-FD-URAL/2022")
    );
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_ne!(browser.cookie, before, "the login's own secret is no session");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let mut old = Browser::new(&stage);
    old.cookie = before;
    assert_eq!(old.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let stage = Stage::new();
    let mut pages = Vec::new();
    for (name, password) in [("anna", "another-long-one"), ("nobody", PASSWORD)] {
        let mut browser = Browser::new(&stage);
        let token = browser.token("/login").await;
        let form = format!("name={name}&password={password}&token={token}&next=/");
        let answer = browser.post("/login", &form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        pages.push(answer.body.replace(&token, "").replace(name, ""));
        assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER, "{name} is not in");
    }
    assert_eq!(pages[0], pages[1]);
}

/// Each POST with everything right but one thing.
#[tokio::test]
async fn a_change_that_is_not_from_our_page_is_refused() {
    let stage = Stage::new();
    for path in ["/login", "/logout"] {
        let mut browser = if path == "/login" {
            Browser::new(&stage)
        } else {
            Browser::inside(&stage).await
        };
        let page = if path == "/login" { "/login" } else { "/" };
        let token = browser.token(page).await;
        let other = Browser::new(&stage).token("/login").await;
        let form = |token: &str| format!("name=anna&password={PASSWORD}&token={token}&next=/");
        let (ours, origin) = (Some("same-origin"), Some("https://hub:8443"));
        for (form, site, from) in [
            (form(&token), Some("cross-site"), origin),
            (form(&token), ours, Some("https://evil.example")),
            (form(&token), None, None),
            (form(""), ours, origin),
            (form(&other), ours, origin),
            (format!("name=anna&password={PASSWORD}&next=/"), ours, origin),
        ] {
            let answer = browser.post_from(path, &form, site, from).await;
            let refused = [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&answer.status);
            assert!(refused, "{path} {form} {site:?} {from:?}: {}", answer.status);
            assert!(!answer.headers.contains_key(SET_COOKIE));
        }
        let right = browser.post(path, &form(&token)).await;
        assert_eq!(right.status, StatusCode::SEE_OTHER, "{path}: everything right");
    }
}

#[tokio::test]
async fn going_out_ends_the_session() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    let session = browser.cookie.clone();
    let token = browser.token("/").await;
    let answer = browser.post("/logout", &format!("token={token}")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/login"));
    assert!(answer.headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    browser.cookie = session;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_idle_and_twelve_hours_in_all() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    stage.later(29);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    stage.later(31);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER, "idle");
    let mut browser = Browser::inside(&stage).await;
    for _ in 0..28 {
        stage.later(25);
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
    }
    stage.later(21);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER, "twelve hours");
}

#[tokio::test]
async fn a_user_who_was_removed_is_out_at_once_and_stays_out_as_another() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    stage.users.remove("anna").unwrap();
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    let cost = Cost {
        memory_kib: 8,
        passes: 1,
    };
    let random = SeededRandom::new(9);
    stage
        .users
        .add("anna", PASSWORD, cost, Timestamp::UNIX_EPOCH, &random)
        .unwrap();
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_sixth_attempt_in_a_minute_waits_even_with_the_right_password() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    for _ in 0..5 {
        assert_eq!(
            browser.login("anna", "another-long-one").await.status,
            StatusCode::FORBIDDEN
        );
    }
    let answer = browser.login("anna", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "60");
    stage.later(1);
    assert_eq!(browser.login("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_too_large_is_not_read() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    let answer = browser.post("/login", &format!("name={}", "a".repeat(9_000))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
