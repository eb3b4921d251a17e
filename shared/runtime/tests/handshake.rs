//! Who gets through the door, and as whom.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

mod stage;

use std::sync::Arc;

use runtime::accept::{Door, Limits, serve};
use runtime::connect::{TcpDialer, Timeouts, channel};
use runtime::tls::{ClientAuth, client_config, pinned_client_config, server_config};
use runtime::{Certificate, PeerName};
use stage::{HOUR, SERVER, Stage, ask, authority, issue, shared, start_of_time};
use tokio::net::TcpListener;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test]
async fn the_service_sees_the_name_in_the_clients_certificate() {
    let stage = Stage::new(ClientAuth::Required);
    for uri in [
        "spiffe://russia/node/ural",
        "spiffe://russia/node/hub/source/pos",
        "spiffe://russia/node/hub/reader/minister",
    ] {
        let client = stage.identity(&uri.parse().unwrap(), HOUR);
        assert_eq!(ask(&stage.dial(Some(&client)), "/whoami").await.as_deref(), Some(uri));
    }
}

#[tokio::test]
async fn grpc_works_over_tcp_and_the_address_is_known() {
    let stage = Stage::new(ClientAuth::Required);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (health, service) = runtime::health::new(&["svodka.v1.Ingest"]).await;
    let router = tonic::service::Routes::new(service)
        .into_axum_router()
        .merge(axum::Router::new().route(
            "/address",
            axum::routing::get(|axum::Extension(peer): axum::Extension<runtime::Peer>| async move {
                peer.address.unwrap().ip().to_string()
            }),
        ));
    let door = Door::Tls(Arc::clone(&stage.door));
    tokio::spawn(serve(listener, door, router, Limits::default(), stage.shutdown.clone()));

    let tls = client_config(
        Some(&stage.ural()),
        stage.authority.certificate_pem(),
        &shared(&stage.clock),
    )
    .unwrap();
    let channel = channel(Arc::new(TcpDialer), &address, tls, SERVER, Timeouts::default()).unwrap();
    assert_eq!(ask(&channel, "/address").await.as_deref(), Some("127.0.0.1"));

    let mut client = HealthClient::new(channel);
    let mut check = async |service: &str| {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        client
            .check(request)
            .await
            .map(|reply| reply.into_inner().status().as_str_name())
    };
    assert_eq!(check("").await.unwrap(), "NOT_SERVING");
    health.set("svodka.v1.Ingest", true).await;
    assert_eq!(check("svodka.v1.Ingest").await.unwrap(), "SERVING");
    assert_eq!(check("other").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn without_a_certificate_only_an_optional_door_opens_and_to_a_stranger() {
    let optional = Stage::new(ClientAuth::Optional);
    assert_eq!(ask(&optional.dial(None), "/whoami").await.as_deref(), Some("stranger"));
    let named = optional.ural();
    assert_eq!(
        ask(&optional.dial(Some(&named)), "/whoami").await.as_deref(),
        Some("spiffe://russia/node/ural")
    );
    let required = Stage::new(ClientAuth::Required);
    assert_eq!(ask(&required.dial(None), "/whoami").await, None);
}

#[tokio::test]
async fn another_authority_is_refused_at_both_ends() {
    for auth in [ClientAuth::Required, ClientAuth::Optional] {
        let stage = Stage::new(auth);
        let other = authority(&stage.clock);
        let impostor = issue(
            &other,
            &PeerName::node("russia", "ural").unwrap(),
            start_of_time(),
            HOUR,
        );
        assert_eq!(
            ask(&stage.dial(Some(&impostor)), "/whoami").await,
            None,
            "the server refuses the client"
        );
        let tls = client_config(Some(&stage.ural()), other.certificate_pem(), &shared(&stage.clock)).unwrap();
        assert_eq!(
            ask(&stage.dial_with(tls, SERVER), "/whoami").await,
            None,
            "the client refuses the server"
        );
    }
}

#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    let stage = Stage::new(ClientAuth::Optional);
    let tls = || client_config(None, stage.authority.certificate_pem(), &shared(&stage.clock)).unwrap();
    assert_eq!(
        ask(&stage.dial_with(tls(), "ural.russia.internal"), "/whoami").await,
        None
    );
    assert!(ask(&stage.dial_with(tls(), SERVER), "/whoami").await.is_some());
}

#[tokio::test]
async fn a_source_cannot_pose_as_a_server() {
    let stage = Stage::new(ClientAuth::Optional);
    let source = stage.identity(&PeerName::source("russia", "hub", "pos").unwrap(), HOUR);
    let trusted = [stage.authority.certificate_pem().to_owned()];
    stage
        .door
        .replace(server_config(&source, &trusted, ClientAuth::Optional, &shared(&stage.clock)).unwrap());
    assert_eq!(ask(&stage.dial(None), "/whoami").await, None);
}

#[tokio::test]
async fn certificates_count_within_their_time_by_our_clock() {
    let stage = Stage::new(ClientAuth::Required);
    let client = stage.ural();
    let facts = Certificate::from_pem(client.cert_chain_pem()).unwrap();
    for (second, let_in) in [
        (facts.not_before.as_second() - 1, false),
        (facts.not_before.as_second(), true),
        (facts.not_after.as_second(), true),
        (facts.not_after.as_second() + 1, false),
    ] {
        stage.clock.set(jiff::Timestamp::from_second(second).unwrap());
        assert_eq!(
            ask(&stage.dial(Some(&client)), "/whoami").await.is_some(),
            let_in,
            "{second}"
        );
    }
}

#[tokio::test]
async fn an_invitation_needs_only_the_digest_of_the_authoritys_key() {
    let stage = Stage::new(ClientAuth::Optional);
    let clock = shared(&stage.clock);
    let pinned = |digest| pinned_client_config(digest, &clock).unwrap();
    let digest = stage.authority.key_digest();
    assert_eq!(
        ask(&stage.dial_with(pinned(digest), SERVER), "/whoami")
            .await
            .as_deref(),
        Some("stranger")
    );
    assert_eq!(
        ask(&stage.dial_with(pinned([7; 32]), SERVER), "/whoami").await,
        None,
        "another key"
    );
    let wrong_name = stage.dial_with(pinned(digest), "ural.russia.internal");
    assert_eq!(ask(&wrong_name, "/whoami").await, None, "another name");

    // A server that shows the pinned authority's certificate beside a leaf which that authority did not sign.
    let other = authority(&stage.clock);
    let key = runtime::pki::TlsKey::generate().unwrap();
    let hub = PeerName::node("russia", "hub").unwrap();
    let forged = other.issue(&key, &hub, &[], start_of_time(), HOUR).unwrap() + stage.authority.certificate_pem();
    let forged = runtime::tls::Identity::new(forged, &key);
    stage.door.replace(
        server_config(
            &forged,
            &[other.certificate_pem().to_owned()],
            ClientAuth::Optional,
            &clock,
        )
        .unwrap(),
    );
    assert_eq!(
        ask(&stage.dial_with(pinned(digest), SERVER), "/whoami").await,
        None,
        "a forged chain"
    );
}

#[tokio::test]
async fn a_door_takes_new_certificates_without_a_restart() {
    let stage = Stage::new(ClientAuth::Required);
    let (client, clock) = (stage.ural(), shared(&stage.clock));
    let open = stage.dial(Some(&client));
    assert!(ask(&open, "/whoami").await.is_some());
    let next = authority(&stage.clock);
    let hub = issue(&next, &PeerName::node("russia", "hub").unwrap(), start_of_time(), HOUR);
    let trusted = [
        stage.authority.certificate_pem().to_owned(),
        next.certificate_pem().to_owned(),
    ];
    stage
        .door
        .replace(server_config(&hub, &trusted, ClientAuth::Required, &clock).unwrap());
    assert!(ask(&open, "/whoami").await.is_some(), "an open connection stays");
    assert_eq!(
        ask(&stage.dial(Some(&client)), "/whoami").await,
        None,
        "a new one meets the new certificate"
    );
    let tls = client_config(Some(&client), next.certificate_pem(), &clock).unwrap();
    assert!(
        ask(&stage.dial_with(tls, SERVER), "/whoami").await.is_some(),
        "and trusts it by the new authority"
    );
}

#[tokio::test]
async fn a_key_of_another_certificate_is_refused_before_it_is_used() {
    let stage = Stage::new(ClientAuth::Required);
    let stranger = runtime::pki::TlsKey::generate().unwrap();
    let mixed = runtime::tls::Identity::new(stage.ural().cert_chain_pem().to_owned(), &stranger);
    let clock = shared(&stage.clock);
    let trusted = [stage.authority.certificate_pem().to_owned()];
    assert!(server_config(&mixed, &trusted, ClientAuth::Required, &clock).is_err());
    assert!(client_config(Some(&mixed), &trusted[0], &clock).is_err());
}
