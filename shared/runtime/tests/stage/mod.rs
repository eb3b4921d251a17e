//! One server and its clients on a network in memory, with a clock set by hand.

#![allow(dead_code, reason = "each test binary plays its own part of the stage")]

use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Extension, Router};
use http::Request;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use runtime::accept::{Door, Limits, serve};
use runtime::connect::{Timeouts, channel};
use runtime::memory::MemoryNetwork;
use runtime::pki::{Authority, TlsKey};
use runtime::tls::{ClientAuth, Identity, TlsDoor, client_config, server_config};
use runtime::{ManualClock, Peer, PeerName, SharedClock, Shutdown};
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tower::ServiceExt;

pub const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub const SERVER: &str = "hub.russia.internal";

/// The authority of the hub and everything around it.
pub struct Stage {
    pub clock: ManualClock,
    pub authority: Authority,
    pub network: MemoryNetwork,
    pub shutdown: Shutdown,
    pub door: Arc<TlsDoor>,
    pub server: Option<JoinHandle<()>>,
}

pub fn start_of_time() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

pub fn authority(clock: &ManualClock) -> Authority {
    use runtime::Clock;
    let label = |text: &str| text.parse().unwrap();
    Authority::create(&label("russia"), &label("hub"), clock.now(), HOUR * 24 * 365).unwrap()
}

pub fn issue(authority: &Authority, name: &PeerName, now: Timestamp, validity: SignedDuration) -> Identity {
    let key = TlsKey::generate().unwrap();
    Identity::new(authority.issue(&key, name, &[], now, validity).unwrap(), &key)
}

pub fn shared(clock: &ManualClock) -> SharedClock {
    Arc::new(clock.clone())
}

/// Says who the caller is, as the service sees it.
pub fn whoami() -> Router {
    Router::new().route(
        "/whoami",
        get(|Extension(peer): Extension<Peer>| async move {
            peer.name().map_or_else(|| "stranger".to_owned(), ToString::to_string)
        }),
    )
}

impl Stage {
    /// A hub that serves [`whoami`] at the address `hub`.
    pub fn new(auth: ClientAuth) -> Self {
        Self::with(auth, whoami(), Limits::default())
    }

    pub fn with(auth: ClientAuth, router: Router, limits: Limits) -> Self {
        let clock = ManualClock::new(start_of_time());
        let authority = authority(&clock);
        let hub = issue(
            &authority,
            &PeerName::node("russia", "hub").unwrap(),
            start_of_time(),
            HOUR * 24 * 90,
        );
        let trusted = [authority.certificate_pem().to_owned()];
        let door = TlsDoor::new(
            server_config(&hub, &trusted, auth, &shared(&clock)).unwrap(),
            shared(&clock),
        );
        let (network, shutdown) = (MemoryNetwork::new(), Shutdown::new());
        let serving = serve(
            network.listen("hub"),
            Door::Tls(Arc::clone(&door)),
            router,
            limits,
            shutdown.clone(),
        );
        let server = Some(tokio::spawn(serving));
        Self {
            clock,
            authority,
            network,
            shutdown,
            door,
            server,
        }
    }

    pub fn identity(&self, name: &PeerName, validity: SignedDuration) -> Identity {
        issue(&self.authority, name, start_of_time(), validity)
    }

    pub fn ural(&self) -> Identity {
        self.identity(&PeerName::node("russia", "ural").unwrap(), HOUR * 24)
    }

    pub fn dial(&self, identity: Option<&Identity>) -> Channel {
        let tls = client_config(identity, self.authority.certificate_pem(), &shared(&self.clock)).unwrap();
        self.dial_with(tls, SERVER)
    }

    pub fn dial_with(&self, tls: Arc<rustls::ClientConfig>, name: &str) -> Channel {
        channel(Arc::new(self.network.clone()), "hub", tls, name, Timeouts::default()).unwrap()
    }
}

/// The body of the answer to a GET, or nothing when the connection was refused or lost.
pub async fn ask(channel: &Channel, path: &str) -> Option<String> {
    let request = Request::get(path).body(tonic::body::Body::empty()).unwrap();
    let response = channel.clone().oneshot(request).await.ok()?;
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some(String::from_utf8(body.to_vec()).unwrap())
}

/// Nothing in these tests takes this long; what does is stuck.
pub const STUCK: Duration = Duration::from_secs(20);
