//! The moments that measures count by.

/// A moment in the life of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stamp {
    /// The citizen published it.
    Published,
    /// Somebody or something at the centre noticed it.
    Detected,
    /// It was entered in the source system; the only stamp every incident has.
    Registered,
    /// It was given to an executor.
    Assigned,
    /// The first public reaction.
    FirstReaction,
    /// An interim answer.
    Interim,
    /// The final answer.
    Final,
    /// It was passed on to somebody else to answer.
    Redirected,
    /// It was closed without an answer.
    NoAnswer,
    /// The problem itself was solved.
    Resolved,
    /// It was opened again.
    Reopened,
}

impl Stamp {
    /// Every stamp, in the usual order of events.
    pub const ALL: [Stamp; 11] = [
        Stamp::Published,
        Stamp::Detected,
        Stamp::Registered,
        Stamp::Assigned,
        Stamp::FirstReaction,
        Stamp::Interim,
        Stamp::Final,
        Stamp::Redirected,
        Stamp::NoAnswer,
        Stamp::Resolved,
        Stamp::Reopened,
    ];

    /// The code that machines read.
    pub const fn code(self) -> &'static str {
        match self {
            Stamp::Published => "published",
            Stamp::Detected => "detected",
            Stamp::Registered => "registered",
            Stamp::Assigned => "assigned",
            Stamp::FirstReaction => "first_reaction",
            Stamp::Interim => "interim",
            Stamp::Final => "final",
            Stamp::Redirected => "redirected",
            Stamp::NoAnswer => "no_answer",
            Stamp::Resolved => "resolved",
            Stamp::Reopened => "reopened",
        }
    }

    /// The stamp with this code.
    pub fn from_code(code: &str) -> Option<Stamp> {
        Stamp::ALL.into_iter().find(|stamp| stamp.code() == code)
    }
}
