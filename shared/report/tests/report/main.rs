//! What a reader sees: whole reports in all forms, and their agreement with one another.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod agreement;
mod build;
mod districts;
mod documented;
mod explained;
mod grammar;
mod one_form;
mod page;
mod partial;
mod smaller;
