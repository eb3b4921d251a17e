//! One span for every request, with who asks and what came of it. (Steps have their spans where they run.)

use crate::{LocalAdmin, Peer};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Span, debug, field, info_span};

/// Runs a request inside its span.
pub async fn traced(request: Request, next: Next) -> Response {
    let peer = match (
        request.extensions().get::<Peer>(),
        request.extensions().get::<LocalAdmin>(),
    ) {
        (Some(peer), _) => peer.name().map_or_else(|| "stranger".to_owned(), ToString::to_string),
        (None, Some(_)) => "operator".to_owned(),
        (None, None) => "unknown".to_owned(),
    };
    let span = info_span!("request", path = request.uri().path(), %peer, code = field::Empty);
    async move {
        let response = next.run(request).await;
        // A stream tells its status in the trailers; the header has it only when the call was refused at once.
        if let Some(code) = response
            .headers()
            .get("grpc-status")
            .and_then(|code| code.to_str().ok())
        {
            Span::current().record("code", code);
        }
        debug!("answered");
        response
    }
    .instrument(span)
    .await
}
