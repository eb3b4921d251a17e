//! How a repeated call is recognised: by who sends it and its request id, and told from another one by its content.
//!
//! The journal keeps all three in the batch id of a frame, so the memory of batches can be rebuilt from it.

use prost::Message;
use seal::Digest;
use wire::pb;

use super::context::Caller;

/// Stands between the parts; neither codes nor request ids hold control characters.
const SEPARATOR: char = '\u{1f}';

/// The identity of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// Digest of sender and request id.
    pub(super) id: [u8; 16],
    /// Digest of everything in the call.
    pub(super) content: [u8; 16],
    /// As the journal writes it.
    pub(super) text: String,
}

impl Batch {
    pub(super) fn of(caller: &Caller, request: &pb::IngestRequest) -> Self {
        let content = half(&request.encode_to_vec());
        let sender = format!("{}{SEPARATOR}{}", caller.scope(), request.request_id);
        let text = format!("{sender}{SEPARATOR}{}", hex::encode(content));
        Self {
            id: half(sender.as_bytes()),
            content,
            text,
        }
    }

    /// Reads the batch id of a frame.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sender, content) = text.rsplit_once(SEPARATOR)?;
        let content = hex::decode(content).ok()?.try_into().ok()?;
        Some(Self {
            id: half(sender.as_bytes()),
            content,
            text: text.to_owned(),
        })
    }

    /// The sender's id of the call.
    pub(super) fn request(&self) -> &str {
        self.text.split(SEPARATOR).nth(1).unwrap_or_default()
    }

    /// Intake of a call that names none.
    pub(super) fn own_intake(&self) -> String {
        format!("call-{}", hex::encode(self.id))
    }
}

/// The first 128 bits of SHA-256: ample for telling apart a hundred thousand calls.
fn half(bytes: &[u8]) -> [u8; 16] {
    let digest = Digest::of(bytes);
    *digest.as_bytes().first_chunk().expect("a digest has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_told_by_sender_id_and_content() {
        let request = |id: &str, intake: &str| pb::IngestRequest {
            request_id: id.to_owned(),
            intake_id: intake.to_owned(),
            ..Default::default()
        };
        let one = Batch::of(&Caller::Local, &request("1", ""));
        assert_eq!(Batch::parse(&one.text), Some(one.clone()));
        let other = Batch::of(&Caller::Local, &request("1", "x"));
        assert_eq!((one.id == other.id, one.content == other.content), (true, false));
        let source = domain::Code::literal("pos");
        let foreign = Batch::of(
            &Caller::Source {
                name: "a".to_owned(),
                source,
            },
            &request("1", ""),
        );
        assert_eq!((one.id == foreign.id, one.content == foreign.content), (false, true));
    }
}
