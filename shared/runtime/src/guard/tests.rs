//! Bodies that would cost too much: oversize, bombs, and senders that never finish.

use std::collections::VecDeque;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use tokio::time::sleep_until;

use super::*;

/// A body whose pieces come one by one, each after a wait.
struct Slowly {
    pieces: VecDeque<(Duration, Vec<u8>)>,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Body for Slowly {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(&(after, _)) = self.pieces.front() else {
            return Poll::Ready(None);
        };
        // Time is paused in these tests: it jumps to this moment when nothing else can go on.
        let wait = self
            .wait
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + after)));
        ready!(wait.as_mut().poll(cx));
        self.wait = None;
        let (_, piece) = self.pieces.pop_front().expect("it was looked at");
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }
}

fn body(pieces: impl IntoIterator<Item = (u64, Vec<u8>)>) -> Slowly {
    let pieces = pieces
        .into_iter()
        .map(|(seconds, piece)| (Duration::from_secs(seconds), piece));
    Slowly {
        pieces: pieces.collect(),
        wait: None,
    }
}

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag], length.as_slice(), message].concat()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a service would read, or the reason of the refusal.
async fn read(inner: Slowly, gzip: bool, known: bool) -> Result<Vec<u8>, String> {
    let mut headers = HeaderMap::new();
    if gzip {
        headers.insert(ENCODING, "gzip".parse().unwrap());
    }
    let guarded = Guarded::new(inner, &mut headers, Allowance::of(&Limits::default(), known));
    assert!(headers.is_empty(), "what goes on is not compressed");
    match guarded.collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) => {
            let status = error.downcast::<Status>().expect("a refusal of ours");
            Err(format!(
                "{:?} {}",
                status.code(),
                crate::status::reason(&status).unwrap()
            ))
        }
    }
}

#[tokio::test]
async fn what_is_within_bounds_goes_on_as_it_came_in_whatever_pieces() {
    let messages = [framed(0, b"first"), framed(0, b""), framed(0, &[7; 3_000])].concat();
    for size in [1, 2, 4, 5, 6, 1_000, messages.len()] {
        let pieces = messages.chunks(size).map(|piece| (0, piece.to_vec()));
        assert_eq!(
            read(body(pieces), false, true).await,
            Ok(messages.clone()),
            "pieces of {size}"
        );
    }
    let two = [
        framed(1, &packed(b"first")),
        framed(0, b"second"),
        framed(1, &packed(b"")),
    ]
    .concat();
    let pieces = two.chunks(3).map(|piece| (0, piece.to_vec()));
    let plain = [framed(0, b"first"), framed(0, b"second"), framed(0, b"")].concat();
    assert_eq!(read(body(pieces), true, true).await, Ok(plain));
}

#[tokio::test]
async fn fault_24_a_message_is_refused_by_its_length_before_a_byte_of_it() {
    let refused = Err("ResourceExhausted MESSAGE_TOO_LARGE".to_owned());
    for (length, known) in [(u32::MAX, true), (9 * 1024 * 1024 + 1, true), (64 * 1024 + 1, false)] {
        for flag in [0, 1] {
            let prefix = [&[flag], length.to_be_bytes().as_slice()].concat();
            // The message never comes: nobody waits for it, and no room was made.
            let inner = body([(0, prefix), (1_000_000, vec![0])]);
            assert_eq!(read(inner, flag == 1, known).await, refused, "{length}");
        }
    }
    let largest = framed(0, &vec![1; 64 * 1024]);
    assert_eq!(read(body([(0, largest.clone())]), false, false).await, Ok(largest));
}

#[tokio::test]
async fn fault_25_a_compressed_message_is_unpacked_no_further_than_allowed() {
    let limit = Err("InvalidArgument DECOMPRESSION_LIMIT".to_owned());
    let zeros = packed(&vec![0; 1_000_000]);
    assert!(zeros.len() < 2_000);
    assert_eq!(
        read(body([(0, framed(1, &zeros))]), true, true).await,
        limit,
        "a megabyte of zeros"
    );
    let short = packed(&vec![0; RATIO_FLOOR + 1]);
    assert_eq!(
        read(body([(0, framed(1, &short))]), true, true).await,
        limit,
        "by the ratio"
    );
    assert_eq!(
        read(body([(0, framed(1, &short))]), true, false).await,
        limit,
        "by a stranger's bound"
    );
    let fine = packed(&vec![0; RATIO_FLOOR]);
    assert_eq!(
        read(body([(0, framed(1, &fine))]), true, true)
            .await
            .map(|out| out.len()),
        Ok(PREFIX + RATIO_FLOOR)
    );
}

#[tokio::test]
async fn fault_25_what_does_not_unpack_whole_is_refused() {
    let refused = Err("InvalidArgument COMPRESSION_INVALID".to_owned());
    let good = packed(b"a message");
    let twice = [good.clone(), packed(b"")].concat();
    let many: Vec<u8> = (0..20).flat_map(|_| packed(b"")).collect();
    for bytes in [&good[..good.len() - 3], b"not gzip at all", b"", &twice, &many] {
        assert_eq!(read(body([(0, framed(1, bytes))]), true, true).await, refused);
    }
}

#[tokio::test(start_paused = true)]
async fn fault_23_a_message_that_trickles_in_is_cut_off_and_an_idle_stream_is_not() {
    let refused = Err("DeadlineExceeded BODY_TOO_SLOW".to_owned());
    let message = framed(0, &vec![7; 100_000]);
    let begun = Instant::now();
    let trickle = message.chunks(1).map(|piece| (60, piece.to_vec()));
    assert_eq!(read(body(trickle), false, true).await, refused, "a byte a minute");
    assert!(begun.elapsed() < Duration::from_mins(2), "{:?}", begun.elapsed());
    let slow = message.chunks(512).map(|piece| (1, piece.to_vec()));
    assert_eq!(read(body(slow), false, true).await, refused, "half a kibibyte a second");
    let steady = message.chunks(2_048).map(|piece| (1, piece.to_vec()));
    assert_eq!(
        read(body(steady), false, true).await,
        Ok(message.clone()),
        "two of them"
    );
    let idle = [(0, message.clone()), (100_000, message.clone())];
    assert!(
        read(body(idle), false, true).await.is_ok(),
        "a day between two messages of a member's stream"
    );
    assert_eq!(
        read(body([(11, framed(0, b"late"))]), false, false).await,
        refused,
        "a stranger must begin"
    );
}
