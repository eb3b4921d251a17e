//! Addresses of the pages: one place that writes them, so that every link is right or none is.

use domain::{Code, Day, Period};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what RFC 3986 leaves as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The style sheet.
pub(crate) const STYLE: &str = "/style.css";
/// Where a reader comes in.
pub(crate) const LOGIN: &str = "/login";
/// Where a reader goes out.
pub(crate) const LOGOUT: &str = "/logout";

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

/// The page of a scope for a period.
pub(crate) fn scope(scope: &Code, period: Period) -> String {
    format!("/s/{}/{}", encoded(scope.as_str()), encoded(&period.to_string()))
}

/// The page of a scope for a period against another, or against none.
pub(crate) fn compared(of: &Code, period: Period, compare: Option<Period>) -> String {
    let with = compare.map(|period| encoded(&period.to_string())).unwrap_or_default();
    format!("{}?compare={with}", scope(of, period))
}

/// The same in another form.
pub(crate) fn document(of: &Code, period: Period, compare: Option<Period>, format: &str) -> String {
    format!("{}&format={format}", compared(of, period, compare))
}

/// The page of a scope for a day.
pub(crate) fn day(of: &Code, day: Day) -> String {
    scope(of, Period::Day(day))
}

/// The page of an entry.
pub(crate) fn entry(position: u64) -> String {
    format!("/e/{position}")
}

/// The login that leads on to a page of ours.
pub(crate) fn login(next: &str) -> String {
    format!("{LOGIN}?next={}", encoded(next))
}

/// A place to go on to after the login: a path of ours, and never another site's.
pub(crate) fn onward(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && next.len() <= 1024;
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours && plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_any_code_and_leads_back_to_the_same_period() {
        let code = Code::new("65/7 «а»?").unwrap();
        let period = "2022-11-15..2022-12-13".parse().unwrap();
        assert_eq!(
            scope(&code, period),
            "/s/65%2F7%20%C2%AB%D0%B0%C2%BB%3F/2022-11-15..2022-12-13"
        );
        assert_eq!(
            document(&Code::literal("65"), "2022".parse().unwrap(), None, "csv"),
            "/s/65/2022?compare=&format=csv"
        );
    }

    #[test]
    fn the_way_on_after_the_login_never_leaves_the_site() {
        for (next, way) in [
            ("/s/65/2022?compare=2021", "/s/65/2022?compare=2021"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nSet-Cookie: b", "/"),
            ("", "/"),
        ] {
            assert_eq!(onward(next), way, "{next}");
        }
    }
}
