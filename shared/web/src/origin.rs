//! Whether a change comes from a page of ours: by what the browser says of the request, and by the form's own token.
//!
//! A browser tells with `Sec-Fetch-Site` and with `Origin` which site made a request, and no page can tell it otherwise. A
//! request that carries neither is no browser's form and is refused too.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::request::Parts;

use crate::session::Secret;

/// Whether the request was made by a page of this site.
pub(crate) fn is_ours(parts: &Parts) -> bool {
    let site = text(&parts.headers, "sec-fetch-site");
    let origin = text(&parts.headers, ORIGIN.as_str());
    let by_site = site.map(|site| site == "same-origin");
    let by_origin = origin.map(|origin| host(parts).is_some_and(|host| origin == format!("https://{host}")));
    match (by_site, by_origin) {
        (None, None) => false,
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

/// Whether a form's token was made for this browser.
pub(crate) fn is_for(token: &str, secret: &Secret) -> bool {
    crate::password::same(token.as_bytes(), secret.form_token().as_bytes())
}

/// The host that the request is for: of HTTP/2 in its target, of HTTP/1.1 in a header.
fn host(parts: &Parts) -> Option<&str> {
    let in_target = parts.uri.authority().map(http::uri::Authority::as_str);
    in_target.or_else(|| text(&parts.headers, HOST.as_str()))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn only_a_page_of_the_same_origin_changes_anything() {
        for (site, origin, ours) in [
            (Some("same-origin"), Some("https://hub:8443"), true),
            (Some("same-origin"), None, true),
            (None, Some("https://hub:8443"), true),
            (Some("same-site"), Some("https://hub:8443"), false),
            (Some("cross-site"), Some("https://hub:8443"), false),
            (Some("none"), None, false),
            (Some("same-origin"), Some("https://evil.example"), false),
            (None, Some("http://hub:8443"), false),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            let mut request = Request::post("/login").header("host", "hub:8443");
            if let Some(site) = site {
                request = request.header("sec-fetch-site", site);
            }
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(is_ours(&parts), ours, "{site:?} {origin:?}");
        }
    }
}
