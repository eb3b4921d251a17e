//! How a process ends: one code per kind of end, the same in every binary, so that a unit file and a script can tell
//! "try later" from "a person is needed". The numbers above 63 follow `sysexits.h`.

use std::process::ExitCode;

/// The end of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Ok,
    /// It failed and no other code says how.
    Failure,
    /// The command line is wrong.
    Usage,
    /// A verification failed: a fork, a bad signature, a broken chain.
    Unverified,
    /// The self-examination found errors.
    DoctorErrors,
    /// The self-examination found warnings and was asked to be strict.
    DoctorWarnings,
    /// The peer cannot be reached.
    Unreachable,
    /// Another process holds the store.
    Locked,
    /// The storage is damaged or gave an I/O error.
    Damaged,
    /// Not now; the same command may succeed later.
    TryLater,
    /// The peer or a rule refused.
    Refused,
    /// The configuration is wrong.
    Configuration,
}

impl Exit {
    /// The number that the process returns.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Unverified => 3,
            Self::DoctorErrors => 4,
            Self::DoctorWarnings => 5,
            Self::Unreachable => 69,
            Self::Locked => 73,
            Self::Damaged => 74,
            Self::TryLater => 75,
            Self::Refused => 77,
            Self::Configuration => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
