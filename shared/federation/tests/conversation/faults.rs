//! Links that stall, flap and hang, clocks that are apart, a parent with too many guests.
//!
//! Time is tokio's and stands still while anything can be done, so the waits are exact and cost nothing.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use federation::uplink::{Step, UplinkError};
use federation::{Uplink, held};
use jiff::SignedDuration;
use runtime::connect::{BoxIo, Dialer, Dialing};
use runtime::memory::MemoryNetwork;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;
use wire::pb;
use wire::pb::replication_service_server::{ReplicationService, ReplicationServiceServer};

use crate::stage::{Child, Hub};

/// What a connection does once its bytes are used up.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// Nothing passes any more, and nobody is told: half open, or a hole for large packets.
    Silence,
    /// It is reset.
    Reset,
}

/// A dialer whose connections let so many bytes come down, and then fail; beyond the list they are good.
#[derive(Clone)]
struct Failing {
    network: MemoryNetwork,
    plan: Arc<Mutex<Vec<(usize, Then)>>>,
    dialled: Arc<AtomicUsize>,
}

impl Failing {
    fn new(hub: &Hub, plan: impl IntoIterator<Item = (usize, Then)>) -> Self {
        let mut plan: Vec<_> = plan.into_iter().collect();
        plan.reverse();
        Self {
            network: hub.network.clone(),
            plan: Arc::new(Mutex::new(plan)),
            dialled: Arc::default(),
        }
    }
}

impl Dialer for Failing {
    fn dial<'a>(&'a self, address: &'a str) -> Dialing<'a> {
        Box::pin(async move {
            self.dialled.fetch_add(1, Ordering::Relaxed);
            let io = self.network.dial(address).await?;
            let fate = self.plan.lock().unwrap().pop();
            Ok(Box::new(Wire { io, fate }) as BoxIo)
        })
    }
}

struct Wire {
    io: BoxIo,
    fate: Option<(usize, Then)>,
}

impl Wire {
    fn fate(&self) -> Poll<io::Result<()>> {
        match self.fate {
            Some((0, Then::Silence)) => Poll::Pending,
            Some((0, Then::Reset)) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.fate())?;
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        if let Some((left, _)) = &mut self.fate {
            *left = left.saturating_sub(read);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.fate() {
            // The kernel takes what it will never deliver.
            Poll::Pending => Poll::Ready(Ok(bytes.len())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => Pin::new(&mut self.io).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

fn uplink(hub: &Hub, child: &Child, dialer: &Failing) -> Uplink {
    child.uplink_by(hub, Arc::new(dialer.clone()))
}

async fn with_sheets(days: u32) -> (Hub, Child) {
    let hub = Hub::start();
    let child = Child::joined(&hub, "sverdlovsk", "65").await;
    for day in 1..=days {
        child.seal(&format!("2022-11-{day:02}"), 1, "Asia/Yekaterinburg");
    }
    (hub, child)
}

#[tokio::test(start_paused = true)]
async fn fault_30_a_link_that_goes_silent_anywhere_costs_half_a_minute_and_nothing_else() {
    let (hub, child) = with_sheets(20).await;
    // In the handshake, after it, in the welcome, among the verdicts.
    for bytes in [0, 500, 2_000, 4_000, 6_000] {
        let dialer = Failing::new(&hub, [(bytes, Then::Silence)]);
        let begun = Instant::now();
        let mut uplink = uplink(&hub, &child, &dialer);
        let Err(error @ UplinkError::Unreachable { .. }) = uplink.step().await else {
            panic!("nothing passes after {bytes} bytes")
        };
        assert!(
            begun.elapsed() <= Duration::from_secs(41),
            "{bytes}: {:?}: {error}",
            begun.elapsed()
        );
        let step = uplink.step().await.unwrap();
        assert_eq!(step.waiting, 0, "the next connection is a good one");
        std::fs::remove_dir_all(child.dir.path().join("uplink")).unwrap();
    }
    assert_eq!(held(&hub.ledger).sheets().count(), 20, "each once");
}

#[tokio::test(start_paused = true)]
async fn fault_30_a_flapping_link_gets_everything_through_once() {
    let (hub, child) = with_sheets(20).await;
    let reset = |bytes| (bytes, if bytes % 3 == 0 { Then::Silence } else { Then::Reset });
    let dialer = Failing::new(&hub, (0..40).map(|n| reset(n * 200)));
    let mut uplink = uplink(&hub, &child, &dialer);
    let (nudge, shutdown) = (Arc::new(Notify::new()), runtime::Shutdown::new());
    let mut state = uplink.watch();
    let stepped = uplink.step().await;
    assert!(stepped.is_err(), "the first connection carries nothing");
    let run = tokio::spawn(uplink.run(Duration::from_mins(1), nudge, shutdown.clone()));
    let begun = Instant::now();
    let done = state.wait_for(|state| state.cursor == 20 && state.last_error.is_none());
    tokio::time::timeout(Duration::from_hours(4), done)
        .await
        .expect("it gets through")
        .unwrap();
    shutdown.trigger();
    run.await.unwrap();
    assert!(dialer.dialled.load(Ordering::Relaxed) > 5, "{:?}", begun.elapsed());
    assert_eq!(held(&hub.ledger).sheets().count(), 20, "each once");
}

/// A parent whose process hangs: it takes the call and never says anything.
struct Hanging;

#[tonic::async_trait]
impl ReplicationService for Hanging {
    type ReplicateStream = tokio_stream::Pending<Result<pb::ReplicateResponse, tonic::Status>>;

    async fn replicate(
        &self,
        _: tonic::Request<tonic::Streaming<pb::ReplicateRequest>>,
    ) -> Result<tonic::Response<Self::ReplicateStream>, tonic::Status> {
        Ok(tonic::Response::new(tokio_stream::pending()))
    }

    async fn fetch_down(
        &self,
        _: tonic::Request<pb::FetchDownRequest>,
    ) -> Result<tonic::Response<pb::FetchDownResponse>, tonic::Status> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn fault_30_a_parent_that_answers_pings_and_nothing_else_is_left_after_a_minute() {
    let (hub, child) = with_sheets(1).await;
    let routes = tonic::service::Routes::new(ReplicationServiceServer::new(Hanging));
    hub.serve(routes.into_axum_router());
    let begun = Instant::now();
    let Err(UplinkError::Unreachable { reason, .. }) = child.uplink(&hub).step().await else {
        panic!("it says nothing")
    };
    assert!(begun.elapsed() <= Duration::from_secs(61), "{:?}", begun.elapsed());
    assert!(reason.contains("ответа нет"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn fault_30_a_child_that_says_nothing_gives_its_place_back() {
    let (hub, child) = with_sheets(1).await;
    let mut client = child.client(&hub);
    let begun = Instant::now();
    let mut answers = client.replicate(tokio_stream::pending()).await.unwrap().into_inner();
    let status = answers.message().await.unwrap_err();
    assert_eq!(runtime::status::reason(&status).as_deref(), Some("STREAM_IDLE"));
    assert!(begun.elapsed() <= Duration::from_secs(121), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn fault_07_a_clock_two_minutes_off_is_told_and_five_refused() {
    let (hub, child) = with_sheets(1).await;
    let mut uplink = child.uplink(&hub);
    uplink.step().await.unwrap();
    assert_eq!(uplink.state().clock_skew_ms, None);
    drop(uplink);
    // Certificates of this minute would refuse a clock behind before anybody compares.
    hub.clock.advance(SignedDuration::from_hours(24));
    for (seconds, told) in [
        (-121, Some(121_000)),
        (121, Some(-121_000)),
        (300, Some(-300_000)),
        (120, None),
    ] {
        let own = hub.clock_ahead(seconds);
        let mut uplink = child.uplink_at(&hub, &own);
        uplink.step().await.unwrap();
        assert_eq!(uplink.state().clock_skew_ms, told, "{seconds}");
    }
    for seconds in [-301, 301, 3_600, 86_400 * 20] {
        let own = hub.clock_ahead(seconds);
        let mut uplink = child.uplink_at(&hub, &own);
        let Err(UplinkError::Refused { code, message, .. }) = uplink.step().await else {
            panic!("{seconds} seconds are too many: {:?}", uplink.state())
        };
        assert_eq!(code, "CLOCK_SKEW", "{seconds}");
        for clock in [&hub.clock, &own] {
            let moment = runtime::Clock::now(clock).to_string();
            assert!(message.contains(&moment), "both times: {message}");
        }
        assert_eq!(uplink.state().last_error.unwrap().0, "CLOCK_SKEW");
    }
    // Mended, it goes on; the order in the ledger never was a matter of clocks.
    assert_eq!(child.uplink(&hub).step().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn fault_11_answers_lost_after_the_commit_are_given_again() {
    let (hub, child) = with_sheets(20).await;
    let mut before = None;
    // Every length of what comes back is tried in steps: the commit stands whichever byte is the last to arrive.
    for bytes in (3_000..9_000).step_by(500) {
        let dialer = Failing::new(&hub, [(bytes, Then::Reset)]);
        let _lost = uplink(&hub, &child, &dialer).step().await;
        if held(&hub.ledger).cursor(&child.identity.node).position == 20 {
            let size = held(&hub.ledger).size();
            assert_eq!(*before.get_or_insert(size), size, "a repeat appends nothing");
        }
    }
    let mut uplink = child.uplink(&hub);
    assert_eq!(uplink.step().await.unwrap().waiting, 0);
    assert_eq!((uplink.state().cursor, held(&hub.ledger).sheets().count()), (20, 20));
}

#[tokio::test(start_paused = true)]
async fn fault_28_a_parent_with_too_many_guests_says_when_to_come_back() {
    let (hub, child) = with_sheets(1).await;
    let mut client = child.client(&hub);
    let first = client.replicate(tokio_stream::pending()).await.unwrap();
    let second = client.replicate(tokio_stream::pending()).await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..20 {
        let status = client.replicate(tokio_stream::pending()).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable);
        assert_eq!(runtime::status::reason(&status).as_deref(), Some("OVERLOADED"));
        waits.push(runtime::status::retry_after(&status).expect("it says when"));
    }
    assert!(waits.iter().all(|wait| *wait < Duration::from_mins(2)));
    let (first_back, last_back) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(
        *last_back > *first_back + Duration::from_secs(30),
        "they are spread: {waits:?}"
    );
    drop((first, second));
}

/// Children whose parent comes back: all of them at once. They are 36 because there are 32 places; to found and join them
/// is what takes the time.
#[tokio::test(flavor = "multi_thread")]
async fn fault_28_all_children_at_once_lose_nothing_and_get_through() {
    let hub = Hub::start();
    let mut children = Vec::new();
    for (number, territory) in hub.territories().iter().take(36).enumerate() {
        let child = Child::joined(&hub, &format!("n{number:02}"), territory.as_str()).await;
        child.seal("2022-11-01", 1, &child.zone());
        child.seal("2022-11-02", 1, &child.zone());
        children.push(child);
    }
    let mut steps = tokio::task::JoinSet::new();
    for child in &children {
        let mut uplink = child.uplink(&hub);
        steps.spawn(async move {
            let mut turned_away = 0_u32;
            loop {
                match uplink.step().await {
                    Ok(Step { waiting: 0, .. }) => return turned_away,
                    Ok(_) => {}
                    Err(UplinkError::Refused { code, after, .. }) if code == "OVERLOADED" => {
                        assert!(after.is_some());
                        turned_away += 1;
                        tokio::task::yield_now().await;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let turned_away: u32 = steps.join_all().await.into_iter().sum();
    println!("{turned_away} times somebody was told to come back");
    assert_eq!(held(&hub.ledger).sheets().count(), 72, "each sheet of each child, once");
    held(&hub.ledger).verify_all().unwrap();
}
