//! How a command fails: a sentence for the person and an exit code for the script.

use std::fmt;

use crate::{Exit, status};
use tonic::{Code, Status};

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// A failure with its code and sentence.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    /// The code that the process ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Status> for Failure {
    /// The node's own word, with the exit code of its kind; the reason for machines stands in brackets.
    fn from(refused: Status) -> Self {
        let exit = exit_of(&refused);
        let message = match status::reason(&refused) {
            Some(reason) => format!("{} [{reason}]", refused.message()),
            None if refused.message().is_empty() => refused.to_string(),
            None => refused.message().to_owned(),
        };
        Self { exit, message }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Damaged, error.to_string())
    }
}

/// The exit code of a refusal.
pub fn exit_of(refused: &Status) -> Exit {
    match refused.code() {
        Code::InvalidArgument | Code::OutOfRange => Exit::Usage,
        Code::Unavailable => Exit::Unreachable,
        Code::DataLoss => Exit::Damaged,
        Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => Exit::TryLater,
        Code::PermissionDenied | Code::Unauthenticated | Code::FailedPrecondition | Code::AlreadyExists => {
            Exit::Refused
        }
        _ if status::reason(refused).as_deref() == Some("UNVERIFIED") => Exit::Unverified,
        _ => Exit::Failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_exit_code_of_its_kind() {
        for (code, exit) in [
            (Code::InvalidArgument, Exit::Usage),
            (Code::Unavailable, Exit::Unreachable),
            (Code::DataLoss, Exit::Damaged),
            (Code::DeadlineExceeded, Exit::TryLater),
            (Code::PermissionDenied, Exit::Refused),
            (Code::Internal, Exit::Failure),
        ] {
            assert_eq!(exit_of(&Status::new(code, "")), exit, "{code:?}");
        }
        let fork = status::refusal(Code::Internal, "UNVERIFIED", "подпись не сходится");
        assert_eq!(exit_of(&fork), Exit::Unverified);
        assert_eq!(Failure::from(fork).to_string(), "подпись не сходится [UNVERIFIED]");
    }
}
