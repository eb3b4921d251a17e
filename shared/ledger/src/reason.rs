//! Why an entry of a child is refused, for ever.

use domain::Code;

/// A reason of a refusal. Its code is stable and stands in the refusal statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Reason {
    /// The signature does not fit the bytes.
    #[error("подпись не подходит к подписанным байтам")]
    BadSignature,
    /// Readable, but not in the only form that is accepted.
    #[error("запись не в единственно допустимом виде")]
    NonCanonical,
    /// Not readable as what it claims to be.
    #[error("запись не читается")]
    Malformed,
    /// Signed by a key that nobody of this branch has registered, or in another's name.
    #[error("ключ не зарегистрирован за участником этой ветви")]
    UnknownAuthor,
    /// The author's keys hold no longer.
    #[error("ключи автора отозваны")]
    AuthorRevoked,
    /// A statement of another federation.
    #[error("запись другой федерации")]
    WrongFederation,
    /// Not the next in its author's chain.
    #[error("нарушена цепочка записей автора")]
    ChainBroken,
    /// A kind that a child does not sign.
    #[error("записи этого вида участник не подписывает")]
    KindNotAllowed,
    /// The statement names a body, and it did not come.
    #[error("нет содержания")]
    BodyMissing,
    /// The body is not the one that the statement names.
    #[error("содержание не то, что подписано")]
    BodyMismatch,
    /// The body cannot be read, or contradicts itself.
    #[error("содержание не читается")]
    BodyInvalid,
    /// The body has codes, sets or kinds that its dictionary does not have.
    #[error("содержание не подходит к своему словарю")]
    DictionaryMismatch,
    /// The signed totals are not those of the body.
    #[error("подписанные итоги не равны итогам содержания")]
    TotalsMismatch,
    /// The signed number of cells is not that of the body.
    #[error("число ячеек не равно подписанному")]
    CellCountMismatch,
    /// More cells than a sheet may hold.
    #[error("слишком много ячеек")]
    TooManyCells,
    /// A territory, source, member or day that the author does not answer for.
    #[error("вне области ответственности участника")]
    OutOfScope,
    /// The member is registered by another parent, or one of its keys belongs to somebody else.
    #[error("участник или ключ уже зарегистрирован за другим")]
    MemberTaken,
    /// The day begins more than 26 hours from now.
    #[error("день ещё не начался")]
    DayInFuture,
    /// The day lies before 2000-01-01.
    #[error("день раньше 2000-01-01")]
    DayTooEarly,
    /// Another zone than the registered one, or other bounds than the zone gives.
    #[error("часовой пояс или границы дня не те")]
    ZoneMismatch,
    /// Longer than a day where sheets are daily already.
    #[error("период длиннее дня там, где листы уже ежедневные")]
    PeriodTooLong,
    /// Other bytes under a revision already used for the node and period.
    #[error("под этой редакцией листа уже стоят другие байты")]
    RevisionReused,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 22] = [
        Self::BadSignature,
        Self::NonCanonical,
        Self::Malformed,
        Self::UnknownAuthor,
        Self::AuthorRevoked,
        Self::WrongFederation,
        Self::ChainBroken,
        Self::KindNotAllowed,
        Self::BodyMissing,
        Self::BodyMismatch,
        Self::BodyInvalid,
        Self::DictionaryMismatch,
        Self::TotalsMismatch,
        Self::CellCountMismatch,
        Self::TooManyCells,
        Self::OutOfScope,
        Self::MemberTaken,
        Self::DayInFuture,
        Self::DayTooEarly,
        Self::ZoneMismatch,
        Self::PeriodTooLong,
        Self::RevisionReused,
    ];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadSignature => "BAD_SIGNATURE",
            Self::NonCanonical => "NON_CANONICAL",
            Self::Malformed => "MALFORMED",
            Self::UnknownAuthor => "UNKNOWN_AUTHOR",
            Self::AuthorRevoked => "AUTHOR_REVOKED",
            Self::WrongFederation => "WRONG_FEDERATION",
            Self::ChainBroken => "CHAIN_BROKEN",
            Self::KindNotAllowed => "KIND_NOT_ALLOWED",
            Self::BodyMissing => "BODY_MISSING",
            Self::BodyMismatch => "BODY_MISMATCH",
            Self::BodyInvalid => "BODY_INVALID",
            Self::DictionaryMismatch => "DICTIONARY_MISMATCH",
            Self::TotalsMismatch => "TOTALS_MISMATCH",
            Self::CellCountMismatch => "CELL_COUNT_MISMATCH",
            Self::TooManyCells => "TOO_MANY_CELLS",
            Self::OutOfScope => "OUT_OF_SCOPE",
            Self::MemberTaken => "MEMBER_TAKEN",
            Self::DayInFuture => "DAY_IN_FUTURE",
            Self::DayTooEarly => "DAY_TOO_EARLY",
            Self::ZoneMismatch => "ZONE_MISMATCH",
            Self::PeriodTooLong => "PERIOD_TOO_LONG",
            Self::RevisionReused => "REVISION_REUSED",
        }
    }

    /// The code as it stands in a refusal.
    pub fn code(self) -> Code {
        Code::literal(self.as_str())
    }

    /// The reason with this code, for the words a person reads.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}
