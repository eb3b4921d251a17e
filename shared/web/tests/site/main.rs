//! The site as a browser meets it: headers on every route, coming in, staying in, going out, and what is refused.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod entering;
mod headers;
mod reading;
mod stage;
