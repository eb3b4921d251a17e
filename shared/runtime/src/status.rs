//! What a refusal looks like on the wire: a gRPC status with google.rpc `ErrorInfo` (a stable reason for machines) and,
//! where trying again makes sense, `RetryInfo`.
//!
//! Knows no reason by name: each service maps its own errors.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every reason in `ErrorInfo`.
pub const DOMAIN: &str = "svodka";

/// A refusal that will stay: `reason` is `UPPER_SNAKE` for machines, `message` a sentence for people.
pub fn refusal(code: Code, reason: &str, message: impl Into<String>) -> Status {
    refusal_with(code, reason, message, [])
}

/// As [`refusal`], with named facts for the machine (a position, a limit, an id).
pub fn refusal_with<const N: usize>(
    code: Code,
    reason: &str,
    message: impl Into<String>,
    facts: [(&str, String); N],
) -> Status {
    let facts: HashMap<String, String> = facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, facts))
}

/// A refusal for now: the same request may succeed after `after`.
pub fn retry_later(code: Code, reason: &str, message: impl Into<String>, after: Duration) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    details.set_retry_info(Some(after));
    Status::with_error_details(code, message, details)
}

/// The reason in a status of ours; nothing in anybody else's.
pub fn reason(status: &Status) -> Option<String> {
    status
        .get_details_error_info()
        .filter(|info| info.domain == DOMAIN)
        .map(|info| info.reason)
}

/// A fact that [`refusal_with`] put in.
pub fn fact(status: &Status, name: &str) -> Option<String> {
    status
        .get_details_error_info()
        .filter(|info| info.domain == DOMAIN)?
        .metadata
        .remove(name)
}

/// How long the peer asks to wait, if it does.
pub fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_survives_the_wire_and_a_foreign_one_is_not_ours() {
        let sent = refusal_with(
            Code::PermissionDenied,
            "NODE_REVOKED",
            "узел отозван",
            [("node", "ural".to_owned())],
        );
        let headers = sent.clone().into_http::<()>().into_parts().0.headers;
        let received = Status::from_header_map(&headers).unwrap();
        assert_eq!(received.code(), Code::PermissionDenied);
        assert_eq!(received.message(), "узел отозван");
        assert_eq!(reason(&received).as_deref(), Some("NODE_REVOKED"));
        assert_eq!(fact(&received, "node").as_deref(), Some("ural"));
        assert_eq!(retry_after(&received), None);

        let foreign = ErrorDetails::with_error_info("NODE_REVOKED", "elsewhere", HashMap::new());
        assert_eq!(reason(&Status::with_error_details(Code::Internal, "", foreign)), None);
        assert_eq!(reason(&Status::internal("плоско")), None);
    }

    #[test]
    fn a_wait_is_told() {
        let status = retry_later(Code::ResourceExhausted, "BUSY", "занято", Duration::from_secs(7));
        assert_eq!(retry_after(&status), Some(Duration::from_secs(7)));
        assert_eq!(reason(&status).as_deref(), Some("BUSY"));
    }
}
