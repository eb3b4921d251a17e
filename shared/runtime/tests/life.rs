//! The life of connections: how long they may stay silent, stay open, and take to finish.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod stage;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use runtime::accept::{Door, Limits, serve};
use runtime::connect::{Dialer, TcpDialer, Timeouts, channel};
use runtime::tls::ClientAuth;
use stage::{HOUR, STUCK, Stage, ask, whoami};
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;
use tokio::time::{Instant, advance, timeout};

/// A route that says when it was entered and answers when it is let go.
fn slow(entered: &Arc<Notify>, release: &Arc<Notify>) -> Router {
    let (entered, release) = (Arc::clone(entered), Arc::clone(release));
    Router::new().route(
        "/slow",
        get(move || async move {
            entered.notify_one();
            release.notified().await;
            "finished"
        }),
    )
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_lets_nobody_in() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut stage = Stage::with(ClientAuth::Required, slow(&entered, &release), Limits::default());
    let client = stage.ural();
    let channel = stage.dial(Some(&client));
    let asked = tokio::spawn(async move { ask(&channel, "/slow").await });
    entered.notified().await;
    stage.shutdown.trigger();
    assert_eq!(
        ask(&stage.dial(Some(&client)), "/slow").await,
        None,
        "nobody comes in any more"
    );
    release.notify_one();
    assert_eq!(asked.await.unwrap().as_deref(), Some("finished"));
    timeout(STUCK, stage.server.take().unwrap())
        .await
        .expect("the loop ends")
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_cuts_off_what_does_not_finish() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut stage = Stage::with(ClientAuth::Required, slow(&entered, &release), Limits::default());
    let channel = stage.dial(Some(&stage.ural()));
    let asked = tokio::spawn(async move { ask(&channel, "/slow").await });
    entered.notified().await;
    let begun = Instant::now();
    stage.shutdown.trigger();
    stage.server.take().unwrap().await.unwrap();
    assert!(
        begun.elapsed() <= Limits::default().drain + Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(asked.await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_within_a_minute_after_its_certificate() {
    let stage = Stage::new(ClientAuth::Required);
    let channel = stage.dial(Some(&stage.ural()));
    assert!(ask(&channel, "/whoami").await.is_some());
    stage.clock.advance(HOUR * 23);
    advance(Duration::from_mins(5)).await;
    assert!(ask(&channel, "/whoami").await.is_some(), "still in its time");
    stage.clock.advance(HOUR * 2);
    assert!(
        ask(&channel, "/whoami").await.is_some(),
        "the same connection, not looked at yet"
    );
    advance(Duration::from_mins(1)).await;
    assert_eq!(ask(&channel, "/whoami").await, None, "closed, and a new one is refused");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_does_not_outlive_the_certificate() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let stage = Stage::with(ClientAuth::Required, slow(&entered, &release), Limits::default());
    let timeouts = Timeouts {
        call: Duration::from_hours(9),
        ..Timeouts::default()
    };
    let tls = runtime::tls::client_config(
        Some(&stage.ural()),
        stage.authority.certificate_pem(),
        &stage::shared(&stage.clock),
    );
    let network = Arc::new(stage.network.clone());
    let channel = channel(network, "hub", tls.unwrap(), stage::SERVER, timeouts).unwrap();
    let begun = Instant::now();
    let asked = tokio::spawn(async move { ask(&channel, "/slow").await });
    entered.notified().await;
    stage.clock.advance(HOUR * 25);
    assert_eq!(asked.await.unwrap(), None);
    assert!(begun.elapsed() <= Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn fault_23_a_half_handshake_is_cut_off_in_time() {
    let stage = Stage::new(ClientAuth::Optional);
    let begun = Instant::now();
    let mut io = stage.network.dial("hub").await.unwrap();
    let mut rest = Vec::new();
    let _ = io.read_to_end(&mut rest).await;
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_secs(10) && waited < Duration::from_secs(12),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn fault_23_a_stranger_who_stays_silent_is_turned_away_and_a_node_is_not() {
    let stage = Stage::new(ClientAuth::Optional);
    let silence = async |identity| {
        let authority = stage.authority.certificate_pem();
        let tls = runtime::tls::client_config(identity, authority, &stage::shared(&stage.clock)).unwrap();
        let io = stage.network.dial("hub").await.unwrap();
        let name = stage::SERVER.to_owned().try_into().unwrap();
        let mut stream = tokio_rustls::TlsConnector::from(tls).connect(name, io).await.unwrap();
        timeout(Duration::from_secs(15), async {
            let mut bytes = [0; 1024];
            while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        })
        .await
    };
    assert!(silence(None).await.is_ok(), "the stranger's connection was closed");
    assert!(
        silence(Some(&stage.ural())).await.is_err(),
        "the node's connection still stands"
    );
}

#[tokio::test]
async fn fault_23_connections_above_the_bound_are_refused_and_a_place_is_given_again() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let mut stage = Stage::with(ClientAuth::Optional, whoami(), limits);
    let first = stage.dial(None);
    assert!(ask(&first, "/whoami").await.is_some());
    assert_eq!(ask(&stage.dial(None), "/whoami").await, None);
    drop(first);
    let again = async {
        while ask(&stage.dial(None), "/whoami").await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(STUCK, again)
        .await
        .expect("the place is free once the first connection has ended");
    stage.shutdown.trigger();
    timeout(STUCK, stage.server.take().unwrap())
        .await
        .expect("the loop ends")
        .unwrap();
}

#[tokio::test]
async fn fault_23_strangers_are_bounded_by_address_and_those_with_a_certificate_are_not() {
    let stage = Stage::new(ClientAuth::Optional);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let limits = Limits {
        strangers_per_address: 1,
        ..Limits::default()
    };
    tokio::spawn(serve(
        listener,
        Door::Tls(Arc::clone(&stage.door)),
        whoami(),
        limits,
        stage.shutdown.clone(),
    ));
    let dial = |identity: Option<&runtime::tls::Identity>| {
        let clock = stage::shared(&stage.clock);
        let tls = runtime::tls::client_config(identity, stage.authority.certificate_pem(), &clock).unwrap();
        channel(Arc::new(TcpDialer), &address, tls, stage::SERVER, Timeouts::default()).unwrap()
    };
    let named = stage.ural();
    let (one, two, stranger) = (dial(Some(&named)), dial(Some(&named)), dial(None));
    for channel in [&one, &two, &stranger] {
        assert!(ask(channel, "/whoami").await.is_some());
    }
    assert_eq!(ask(&dial(None), "/whoami").await, None, "a second stranger from there");
}
