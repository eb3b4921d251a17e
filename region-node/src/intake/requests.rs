//! What must hold for a whole call before any of its items is looked at.

use domain::Day;
use domain::incident::LATEST_AHEAD_S;
use wire::pb;

use super::context::Context;
use super::{IntakeError, MAX_ITEMS};

/// First day that can be declared: nothing is counted before it.
const FIRST_DAY: &str = "2000-01-01";
/// Longest request or intake id, in bytes: the limit of every string on the wire.
const MAX_ID_BYTES: usize = 256;

pub(super) fn check_ingest(request: &pb::IngestRequest) -> Result<(), IntakeError> {
    let id = &request.request_id;
    if id.is_empty() {
        return Err(IntakeError::invalid(
            "REQUEST_ID_REQUIRED",
            "request_id",
            "нужен номер запроса, например UUID",
        ));
    }
    if id.len() > MAX_ID_BYTES || id.chars().any(char::is_control) {
        let reason = format!("до {MAX_ID_BYTES} байт без управляющих знаков");
        return Err(IntakeError::invalid("REQUEST_ID_INVALID", "request_id", reason));
    }
    if request.items.len() > MAX_ITEMS {
        let reason = format!("не больше {MAX_ITEMS} позиций, получено {}", request.items.len());
        return Err(IntakeError::invalid("TOO_MANY_ITEMS", "items", reason));
    }
    Ok(())
}

/// The range of a declaration: days from 2000 to as far ahead as a stamp may lie.
pub(super) fn declared_days(
    request: &pb::DeclareCompleteRequest,
    context: &Context,
    now_s: i64,
) -> Result<(Day, Day), IntakeError> {
    let day = |field, text: &str| {
        text.parse::<Day>()
            .map_err(|error| IntakeError::invalid("DAY_INVALID", field, error.to_string()))
    };
    let (from, to) = (day("from", &request.from)?, day("to", &request.to)?);
    let first = FIRST_DAY.parse().expect("a day of the calendar");
    let last = context.zone.day_of(now_s.saturating_add(LATEST_AHEAD_S));
    if from > to || from < first || to > last {
        let reason = format!("дни от {first} до {last} по порядку, получено {from}..{to}");
        return Err(IntakeError::invalid("RANGE_INVALID", "from", reason));
    }
    Ok((from, to))
}
