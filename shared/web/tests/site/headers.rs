//! What every answer carries, and what each page leads to.

use std::fmt::Write;

use axum::body::Body;
use http::header::CONTENT_SECURITY_POLICY;
use http::{Method, Request, StatusCode};

use crate::reading::CANARY;
use crate::stage::{Answer, Browser, Stage};

/// Every kind of page, the documents, and what is refused.
const ROUTES: [&str; 14] = [
    "/",
    "/login",
    "/style.css",
    "/s/RU-FD-URAL/2022",
    "/s/65/2022-12-13",
    "/s/65/2022?compare=&format=html",
    "/s/65/2022?format=csv",
    "/s/65/2022?format=pdf",
    "/s/nowhere/2022",
    "/s/65/tomorrow",
    "/s/71/2022",
    "/s/37/2022",
    "/e/5",
    "/e/6",
];

fn head(path: &str, answer: &Answer) -> String {
    let mut text = format!("{path} {}\n", answer.status.as_u16());
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id" && *name != "content-length")
        .map(|(name, value)| format!("  {name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    for line in lines {
        let shown = match line.split_once("__Host-sid=") {
            Some((before, after)) => format!("{before}__Host-sid=…;{}", after.split_once(';').unwrap().1),
            None => line,
        };
        writeln!(text, "{shown}").unwrap();
    }
    text
}

#[tokio::test]
async fn every_route_carries_the_headers() {
    let stage = Stage::new();
    let mut text = String::new();
    let mut outside = Browser::new(&stage);
    for path in ["/", "/login", "/style.css", "/nowhere"] {
        text += &head(&format!("(nobody) {path}"), &outside.get(path).await);
    }
    let mut browser = Browser::inside(&stage).await;
    for path in ROUTES {
        let answer = browser.get(path).await;
        assert_eq!(answer.headers["x-request-id"].len(), 16, "{path}");
        text += &head(path, &answer);
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn methods_that_an_address_does_not_have_are_refused() {
    let stage = Stage::new();
    let browser = Browser::inside(&stage).await;
    for method in [
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::TRACE,
    ] {
        for path in ["/", "/login", "/style.css", "/s/65/2022", "/e/5", "/logout"] {
            let request = Request::builder()
                .method(&method)
                .uri(path)
                .header("cookie", format!("__Host-sid={}", browser.cookie.as_ref().unwrap()))
                .body(Body::empty())
                .unwrap();
            let answer = stage.send(request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(answer.headers.contains_key("allow"), "{method} {path}");
            assert!(answer.headers.contains_key(CONTENT_SECURITY_POLICY), "{method} {path}");
        }
    }
}

/// The served pages obey their own policy: nothing inline, nothing from elsewhere, no name that became markup.
#[tokio::test]
async fn no_page_has_what_its_policy_forbids() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    for path in [
        "/",
        "/s/RU-FD-URAL/2022",
        "/s/65/2022-12-13",
        "/e/5",
        "/s/nowhere/2022",
        "/login",
    ] {
        let page = browser.get(path).await.body;
        assert!(!page.contains(CANARY), "{path}: a name became markup");
        for forbidden in [
            "<script",
            " style=",
            "<style",
            "javascript:",
            "http://",
            "https://",
            "<img",
            " onclick",
        ] {
            assert!(!page.contains(forbidden), "{path}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn a_failure_inside_tells_a_number_and_nothing_else() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    for path in ["/s/71/2022", "/s/37/2022"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(
            answer.body.contains(answer.headers["x-request-id"].to_str().unwrap()),
            "{path}"
        );
        assert!(
            !answer.body.contains("/var/lib") && !answer.body.contains("panic"),
            "{path}"
        );
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "the site lives on");
}

#[tokio::test]
async fn pages_look_as_they_did() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    let token = browser.token("/").await;
    for (name, path) in [
        ("index", "/"),
        ("day", "/s/65/2022-12-13"),
        ("entry", "/e/5"),
        ("absent", "/e/6"),
    ] {
        let answer = browser.get(path).await;
        let id = answer.headers["x-request-id"].to_str().unwrap();
        let page = answer
            .body
            .replace(&token, "TOKEN")
            .replace(id, "NUMBER")
            .replace('\u{a0}', " ");
        insta::assert_snapshot!(name, page);
    }
}

/// From the first page to a signature: any figure leads down in four steps.
#[tokio::test]
async fn a_figure_leads_down_to_its_signed_statement() {
    let stage = Stage::new();
    let mut browser = Browser::inside(&stage).await;
    let mut at = "/".to_owned();
    for step in ["/s/RU-FD-URAL/2022-12", "/s/65/2022-12", "/s/65/2022-12-13", "/e/5"] {
        let page = browser.get(&at).await.body;
        assert!(
            page.contains(&format!(r#"href="{step}""#)),
            "{at} does not lead to {step}"
        );
        at = step.to_owned();
    }
    let statement = browser.get(&at).await.body;
    for said in [
        "sverdlovsk",
        &"dd".repeat(32),
        &"bb".repeat(32),
        "1 198",
        "7 из 8",
        "/s/65/2022-12-13",
    ] {
        assert!(statement.replace('\u{a0}', " ").contains(said), "{said}");
    }
}
