//! The members below a node, as its operator sees them: who they are, what they answer for, and how their figures differ
//! from what the node counts aside of the same incidents. Gives documents and answers on the admin socket; what a member
//! may bring is the ledger's business, and whose an incident is, [`crate::belonging`]'s.

mod admin;
mod compare;
mod list;

pub use admin::MembersAdmin;
pub use compare::{CompareError, Comparison, Difference, Figures};
pub use list::{CoverLine, MemberLine, Members};
