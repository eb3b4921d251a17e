//! The pages: what people read of a node in a browser, behind a login.
//!
//! Owns the routes, the users with their passwords, sessions, the headers of every answer, and the listener's
//! certificate. Promises that nothing is shown without a session (but the login itself and the style sheet), that every
//! change comes by POST from our own page, and that no page needs a script or asks anybody else for anything. What there
//! is to read comes through [`Reading`], which a hub and a region implement alike; how it is counted, signed or stored is
//! not known here.

mod address;
pub mod command;
pub mod door;
mod guard;
mod login;
mod navigate;
mod origin;
mod pages;
mod password;
mod rate;
pub mod reading;
mod session;
pub mod settings;
mod site;
mod users;

pub use password::Cost;
pub use reading::{Entry, Proof, ReadError, Reading, SheetEntry, SheetLine};
pub use settings::Settings;
pub use site::{Site, SiteParts};
pub use users::{User, Users, UsersError};
