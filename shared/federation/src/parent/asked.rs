//! What an operator asks of a parent over its admin socket, read from the wire, and what refuses it as a status.

use domain::code::CodeError;
use domain::federation::Federation;
use domain::{Code, Day, NodeId, Zone};
use jiff::SignedDuration;
use ledger::LedgerError;
use runtime::status::refusal;
use tonic::{Code as Rpc, Status};
use wire::pb;

use super::invite::first_day;
use super::{CoverError, INVITATION_VALIDITY, InviteError, InviteWish, Parent, RevokeError};

/// Longest code of a reason to revoke; a statement has at most 4 KiB.
const REASON_BYTES: usize = 64;

impl Parent {
    /// Reads a wish. A cover without a day begins on the first that this parent may give.
    pub fn wish(&self, federation: &Federation, asked: &pb::InviteRequest) -> Result<InviteWish, Status> {
        let zone = Some(asked.zone.as_str()).filter(|zone| !zone.is_empty());
        let zone = zone.map(Zone::new).transpose().map_err(|e| wrong("ZONE_UNKNOWN", &e))?;
        let covers = asked.covers.iter().map(|cover| {
            let territory = named(federation, &cover.territory).map_err(|e| wrong("TERRITORY_INVALID", &e))?;
            let source = source(&cover.source)?;
            let from = match day(&cover.from)? {
                Some(day) => day,
                None => self.first_given(federation, &territory, zone.as_ref()),
            };
            Ok((territory, source, from))
        });
        let seconds = i64::try_from(asked.valid_s).unwrap_or(i64::MAX);
        Ok(InviteWish {
            node: NodeId::new(&asked.node).map_err(|e| wrong("NODE_INVALID", &e))?,
            covers: covers.collect::<Result<_, Status>>()?,
            zone,
            validity: if seconds == 0 {
                INVITATION_VALIDITY
            } else {
                SignedDuration::from_secs(seconds)
            },
        })
    }

    /// The first day that may be given of a territory. One without a zone is refused later, with the reason.
    fn first_given(&self, federation: &Federation, territory: &Code, zone: Option<&Zone>) -> Day {
        let of_tree = || federation.tree().zone(territory, first_day());
        zone.or_else(of_tree).map_or_else(first_day, |zone| self.earliest(zone))
    }
}

/// The unit that an operator names: by its code or its ISO code.
pub fn named(federation: &Federation, text: &str) -> Result<Code, CodeError> {
    let tree = federation.tree();
    let by_alias = || tree.units().iter().find(|unit| unit.iso.as_deref() == Some(text));
    let code = Code::new(text)?;
    if tree.unit(&code).is_some() {
        return Ok(code);
    }
    Ok(by_alias().map_or(code, |unit| unit.code.clone()))
}

/// A source, or any when the text is empty.
pub fn source(text: &str) -> Result<Option<Code>, Status> {
    let named = Some(text).filter(|code| !code.is_empty());
    named
        .map(Code::new)
        .transpose()
        .map_err(|e| wrong("SOURCE_UNKNOWN", &e))
}

/// A day, or none when the text is empty.
pub fn day(text: &str) -> Result<Option<Day>, Status> {
    let named = Some(text).filter(|day| !day.is_empty());
    named
        .map(str::parse::<Day>)
        .transpose()
        .map_err(|e| wrong("DAY_INVALID", &e))
}

/// A reason is signed for ever and read by machines, so it has the form of every other reason.
pub fn reason(text: &str) -> Result<Code, Status> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let is_code = text.len() <= REASON_BYTES
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(fits);
    let unfit = || {
        let message =
            format!("причина — код до {REASON_BYTES} знаков из A–Z, 0–9 и _, например KEY_LOST; получено «{text}»");
        wrong("REASON_INVALID", &message)
    };
    Code::new(text).ok().filter(|_| is_code).ok_or_else(unfit)
}

impl From<&InviteError> for Status {
    fn from(error: &InviteError) -> Self {
        let (code, reason) = match error {
            InviteError::NoTerritory => (Rpc::InvalidArgument, "TERRITORY_REQUIRED"),
            InviteError::UnknownTerritory(_) => (Rpc::InvalidArgument, "TERRITORY_UNKNOWN"),
            InviteError::UnknownSource(_) => (Rpc::InvalidArgument, "SOURCE_UNKNOWN"),
            InviteError::NoZone(_) => (Rpc::InvalidArgument, "ZONE_REQUIRED"),
            InviteError::Taken { .. } => (Rpc::AlreadyExists, "TERRITORY_TAKEN"),
            InviteError::OutsideScope(_) => (Rpc::InvalidArgument, "OUT_OF_SCOPE"),
            InviteError::NotFuture { .. } => (Rpc::InvalidArgument, "COVER_NOT_FUTURE"),
            InviteError::AlreadyCovered(_) => (Rpc::AlreadyExists, "ALREADY_COVERED"),
            InviteError::NoDictionary => (Rpc::FailedPrecondition, "NO_DICTIONARY"),
            InviteError::Io(_) => (Rpc::DataLoss, "STORAGE_FAILED"),
            InviteError::Ledger(failed) => return unwritten(failed),
        };
        refusal(code, reason, error.to_string())
    }
}

impl From<&CoverError> for Status {
    fn from(error: &CoverError) -> Self {
        match error {
            CoverError::Unknown(_) => wrong("NOT_A_MEMBER", error),
            CoverError::NotCovered { .. } => wrong("NOT_COVERED", error),
            CoverError::NotBegun { .. } => wrong("COVER_NOT_BEGUN", error),
            CoverError::Invite(error) => error.into(),
            CoverError::Ledger(failed) => unwritten(failed),
        }
    }
}

impl From<&RevokeError> for Status {
    fn from(error: &RevokeError) -> Self {
        match error {
            RevokeError::Unknown(_) => wrong("NOT_A_MEMBER", error),
            RevokeError::Already { .. } => refusal(Rpc::AlreadyExists, "MEMBER_REVOKED", error.to_string()),
            RevokeError::Ledger(failed) => unwritten(failed),
        }
    }
}

fn unwritten(error: &LedgerError) -> Status {
    refusal(Rpc::DataLoss, error.code(), error.to_string())
}

fn wrong(reason: &str, error: &dyn std::fmt::Display) -> Status {
    refusal(Rpc::InvalidArgument, reason, error.to_string())
}
