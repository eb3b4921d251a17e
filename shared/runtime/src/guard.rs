//! What the body of a gRPC request may cost before a service sees it: bytes of a message, what comes out of its
//! compression, and the time that its sender takes.
//!
//! A message is refused by its length prefix, before room is made for it. Compressed messages are unpacked here, with the
//! output counted, and go on uncompressed. Knows no service: a refusal is a [`Status`] that the service's own reader meets.

use std::collections::VecDeque;
use std::io::Read;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use flate2::bufread::GzDecoder;
use http::{HeaderMap, header::CONTENT_TYPE};
use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Instant, Sleep, sleep};
use tonic::{Code, Status};

use crate::accept::Limits;
use crate::status::{refusal, refusal_with};

/// Flag and length before each message.
const PREFIX: usize = 5;
/// Names the compression of a request's messages.
const ENCODING: &str = "grpc-encoding";
/// Below this many bytes of output the ratio is not looked at: a short text may pack well.
const RATIO_FLOOR: usize = 64 * 1024;
/// Output to input, at most: sheets reach 10 : 1, the worst that the format can be made to hold 1,000 : 1.
const RATIO: usize = 50;

/// What one request may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Bytes of one message, on the wire and unpacked.
    message: usize,
    /// For a message that has begun, before its bytes count.
    patience: Duration,
    /// Bytes of it that earn another second.
    pace: u32,
    /// Whether the first message must begin in that time too.
    must_begin: bool,
}

impl Allowance {
    /// For whoever has shown a certificate (`known`), or for a stranger.
    pub(crate) fn of(limits: &Limits, known: bool) -> Self {
        Self {
            message: if known {
                limits.message_bytes
            } else {
                limits.stranger_message_bytes
            },
            patience: limits.body,
            pace: limits.body_pace,
            must_begin: !known,
        }
    }
}

/// Whether the request is one of gRPC; anything else has no messages to measure.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
}

/// A body within its allowance.
pub(crate) struct Guarded<B> {
    inner: Pin<Box<B>>,
    allowance: Allowance,
    gzip: bool,
    place: Place,
    /// Whole pieces that may go on.
    checked: VecDeque<Bytes>,
    refused: Option<Status>,
    pace: Pace,
}

/// Where in the messages the next byte belongs.
enum Place {
    Prefix(Vec<u8>),
    Plain { left: usize },
    Packed { left: usize, bytes: Vec<u8> },
    Over,
}

impl<B> Guarded<B> {
    /// The body of a request with these headers, whose messages go on uncompressed: the header that says otherwise is
    /// taken out.
    pub(crate) fn new(inner: B, headers: &mut HeaderMap, allowance: Allowance) -> Self {
        let gzip = headers.get(ENCODING).is_some_and(|encoding| encoding == "gzip");
        if gzip {
            headers.remove(ENCODING);
        }
        Self {
            inner: Box::pin(inner),
            allowance,
            gzip,
            place: Place::Prefix(Vec::with_capacity(PREFIX)),
            checked: VecDeque::new(),
            refused: None,
            pace: Pace::new(allowance),
        }
    }

    /// Takes bytes in; pieces that are within bounds stand in `checked` afterwards.
    fn take_in(&mut self, mut bytes: Bytes) -> Result<(), Status> {
        while !bytes.is_empty() {
            self.place = match std::mem::replace(&mut self.place, Place::Over) {
                Place::Prefix(mut prefix) => {
                    let missing = PREFIX - prefix.len();
                    prefix.extend_from_slice(&bytes.split_to(missing.min(bytes.len())));
                    self.pace.begin();
                    match <[u8; PREFIX]>::try_from(prefix.as_slice()) {
                        Ok(whole) => self.announced(whole)?,
                        Err(_) => Place::Prefix(prefix),
                    }
                }
                Place::Plain { left } => {
                    let piece = bytes.split_to(left.min(bytes.len()));
                    let left = left - piece.len();
                    self.checked.push_back(piece);
                    self.next_unless(left, Place::Plain { left })
                }
                Place::Packed {
                    left,
                    bytes: mut packed,
                } => {
                    let piece = bytes.split_to(left.min(bytes.len()));
                    let left = left - piece.len();
                    packed.extend_from_slice(&piece);
                    if left == 0 {
                        self.unpack(&packed)?;
                    }
                    self.next_unless(left, Place::Packed { left, bytes: packed })
                }
                Place::Over => return Ok(()),
            };
        }
        Ok(())
    }

    /// A prefix is whole: the message is refused by it, or awaited.
    fn announced(&mut self, prefix: [u8; PREFIX]) -> Result<Place, Status> {
        let [flag, length @ ..] = prefix;
        let (left, limit) = (u32::from_be_bytes(length) as usize, self.allowance.message);
        if left > limit {
            return Err(too_large(left, limit));
        }
        if flag == 1 && self.gzip {
            if left == 0 {
                self.unpack(&[])?;
            }
            let bytes = Vec::new();
            return Ok(self.next_unless(left, Place::Packed { left, bytes }));
        }
        self.checked.push_back(Bytes::copy_from_slice(&prefix));
        Ok(self.next_unless(left, Place::Plain { left }))
    }

    fn next_unless(&mut self, left: usize, unfinished: Place) -> Place {
        if left > 0 {
            return unfinished;
        }
        self.pace.rest();
        Place::Prefix(Vec::with_capacity(PREFIX))
    }

    /// Unpacks a whole message, never further than one byte above what is allowed.
    fn unpack(&mut self, packed: &[u8]) -> Result<(), Status> {
        let most = packed
            .len()
            .saturating_mul(RATIO)
            .max(RATIO_FLOOR)
            .min(self.allowance.message);
        let mut message = vec![0; PREFIX];
        let mut counted = GzDecoder::new(packed).take(most as u64 + 1);
        let read = counted.read_to_end(&mut message);
        let length = message.len() - PREFIX;
        if length > most {
            return Err(bomb(most));
        }
        let trailing = !counted.into_inner().into_inner().is_empty();
        if read.is_err() || trailing {
            let message = "сжатое сообщение не распаковывается";
            return Err(refusal(Code::InvalidArgument, "COMPRESSION_INVALID", message));
        }
        let length = u32::try_from(length).map_err(|_| bomb(most))?;
        message[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        self.checked.push_back(message.into());
        Ok(())
    }
}

fn too_large(length: usize, limit: usize) -> Status {
    let message = format!("сообщение {length} байт, больше {limit}: разделите его на части");
    let facts = [("limit", limit.to_string()), ("length", length.to_string())];
    refusal_with(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", message, facts)
}

fn bomb(limit: usize) -> Status {
    let message = format!("сжатое сообщение распаковывается больше чем в {limit} байт");
    let facts = [("limit", limit.to_string()), ("ratio", RATIO.to_string())];
    refusal_with(Code::InvalidArgument, "DECOMPRESSION_LIMIT", message, facts)
}

fn slow() -> Status {
    let message = "сообщение приходит слишком медленно";
    refusal(Code::DeadlineExceeded, "BODY_TOO_SLOW", message)
}

impl<B> Body for Guarded<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            if let Some(piece) = self.checked.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            if let Some(status) = self.refused.take() {
                return Poll::Ready(Some(Err(status.into())));
            }
            if let Place::Over = self.place {
                return Poll::Ready(None);
            }
            let Poll::Ready(next) = self.inner.as_mut().poll_frame(cx) else {
                ready!(self.pace.poll(cx));
                self.place = Place::Over;
                self.refused = Some(slow());
                continue;
            };
            let frame = match next {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(bytes) => {
                    self.pace.came(bytes.len());
                    self.refused = self.take_in(bytes).err();
                }
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
    }
}

/// The time that a sender has for the message it has begun. Only waiting for the sender counts, not a busy receiver.
struct Pace {
    allowance: Allowance,
    /// What is left, while a message is under way.
    left: Option<Duration>,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Pace {
    fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            left: allowance.must_begin.then_some(allowance.patience),
            waiting: None,
        }
    }

    /// A message is under way.
    fn begin(&mut self) {
        self.left.get_or_insert(self.allowance.patience);
    }

    /// No message is under way; the next may be long in coming.
    fn rest(&mut self) {
        self.left = None;
    }

    fn came(&mut self, bytes: usize) {
        let waited = take(&mut self.waiting).map_or(Duration::ZERO, |(since, _)| since.elapsed());
        let earned = Duration::from_secs(bytes as u64) / self.allowance.pace.max(1);
        self.left = self.left.map(|left| left.saturating_sub(waited) + earned);
    }

    /// Ready when the time is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(left) = self.left else { return Poll::Pending };
        let (_, end) = self
            .waiting
            .get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        end.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests;
