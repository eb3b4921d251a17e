//! The gRPC face: who may call, a stream in order, and errors with reasons.

use std::sync::Arc;

use domain::Code;
use jiff::Timestamp;
use region_node::intake::SourceCounts;
use region_node::service::{IngestGrpc, SourceDirectory};
use runtime::{Certificate, Peer, PeerName, Shutdown};
use tokio_stream::StreamExt;
use tonic::Request;
use tonic::service::Routes;
use wire::pb;
use wire::pb::ingest_service_client::IngestServiceClient;
use wire::pb::ingest_service_server::{IngestService, IngestServiceServer};

use crate::stage::*;
use pb::ItemOutcome::*;

struct OneSource;

impl SourceDirectory for OneSource {
    fn source_of(&self, name: &str, certificate: &Certificate) -> Option<Code> {
        (name == "portal" && certificate.serial == "01").then(|| Code::literal("pos"))
    }
}

/// The same source, on trial.
#[derive(Default)]
struct OnTrial(std::sync::Mutex<SourceCounts>);

impl SourceDirectory for OnTrial {
    fn source_of(&self, name: &str, certificate: &Certificate) -> Option<Code> {
        OneSource.source_of(name, certificate)
    }

    fn on_trial(&self, _: &str) -> bool {
        true
    }

    fn tried(&self, _: &str, more: SourceCounts) {
        *self.0.lock().unwrap() = more;
    }
}

fn service(stage: &Stage) -> IngestGrpc {
    let node = PeerName::node("ru", "sverdlovsk").unwrap();
    IngestGrpc::new(stage.open().0, node, Arc::new(OneSource))
}

fn peer(name: Option<PeerName>, serial: &str) -> Peer {
    let certificate = name.map(|name| {
        Arc::new(Certificate {
            name: Some(name),
            fingerprint: [0; 32],
            serial: serial.to_owned(),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::MAX,
            key_digest: [0; 32],
        })
    });
    Peer {
        address: None,
        certificate,
    }
}

#[test]
fn only_an_admitted_source_of_this_node_may_call() {
    let stage = Stage::new();
    let service = service(&stage);
    let source = |node, name| PeerName::source("ru", node, name).ok();
    for (name, serial, reason) in [
        (None, "01", Some("CERTIFICATE_REQUIRED")),
        (PeerName::node("ru", "sverdlovsk").ok(), "01", Some("NOT_A_SOURCE")),
        (source("perm", "portal"), "01", Some("FOREIGN_SOURCE")),
        (source("sverdlovsk", "portal"), "02", Some("SOURCE_REVOKED")),
        (source("sverdlovsk", "portal"), "01", None),
    ] {
        let mut call = Request::new(request("1", vec![with("1", |_, i| i.source.clear())]));
        call.extensions_mut().insert(peer(name, serial));
        match (block_on(service.ingest(call)), reason) {
            (Ok(response), None) => assert_eq!(outcomes(response.get_ref()), [Accepted]),
            (Err(status), Some(reason)) => {
                assert_eq!(status.code(), tonic::Code::PermissionDenied);
                assert_eq!(runtime::status::reason(&status).as_deref(), Some(reason));
            }
            (other, expected) => panic!("{expected:?}: {other:?}"),
        }
    }
}

#[test]
fn what_comes_on_trial_is_judged_and_counted_and_not_kept() {
    let stage = Stage::new();
    let (intake, _) = stage.open();
    let directory = Arc::new(OnTrial::default());
    let node = PeerName::node("ru", "sverdlovsk").unwrap();
    let service = IngestGrpc::new(
        Arc::clone(&intake),
        node,
        Arc::clone(&directory) as Arc<dyn SourceDirectory>,
    );
    let portal = || peer(PeerName::source("ru", "sverdlovsk", "portal").ok(), "01");
    let items = vec![with("1", |_, i| i.source.clear()), with("", |_, i| i.source.clear())];
    let mut call = Request::new(request("1", items));
    call.extensions_mut().insert(portal());
    let answer = block_on(service.ingest(call)).unwrap();
    assert_eq!(outcomes(answer.get_ref()), [Accepted, Rejected]);
    let mut declaration = Request::new(pb::DeclareCompleteRequest::default());
    declaration.extensions_mut().insert(portal());
    let refused = block_on(service.declare_complete(declaration)).unwrap_err();
    assert_eq!(runtime::status::reason(&refused).as_deref(), Some("SOURCE_ON_TRIAL"));
    let sent = *directory.0.lock().unwrap();
    assert_eq!((sent.accepted, sent.rejected), (1, 1));
    assert_eq!((intake.position(), intake.summary().incidents), (0, 0));
}

#[test]
fn a_stream_answers_in_order_and_ends_with_the_reason() {
    let stage = Stage::new();
    let service = service(&stage);
    block_on(async {
        let router = Routes::new(IngestServiceServer::new(service)).into_axum_router();
        let shutdown = Shutdown::new();
        let mut client = IngestServiceClient::new(runtime::admin::in_process(router, shutdown.clone()));
        let batches = (0..20).map(|n| pb::IngestStreamRequest {
            batch: Some(request(&n.to_string(), vec![item(&n.to_string())])),
        });
        let wrong = pb::IngestStreamRequest {
            batch: Some(request("0", vec![item("other")])),
        };
        let replies = client
            .ingest_stream(tokio_stream::iter(batches.chain([wrong])))
            .await
            .unwrap()
            .into_inner();
        let replies: Vec<_> = replies.collect().await;
        for (n, reply) in replies[..20].iter().enumerate() {
            let reply = reply.as_ref().unwrap();
            let response = reply.response.as_ref().unwrap();
            assert_eq!(
                (reply.request_id.as_str(), response.journal_position),
                (n.to_string().as_str(), n as u64 + 1)
            );
            assert_eq!(outcomes(response), [Accepted]);
        }
        let status = replies[20].as_ref().unwrap_err();
        assert_eq!(status.code(), tonic::Code::AlreadyExists);
        assert_eq!(runtime::status::reason(status).as_deref(), Some("REQUEST_ID_REUSED"));
        let status = client.ingest(request("", vec![])).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        assert_eq!(runtime::status::fact(&status, "field").as_deref(), Some("request_id"));
        shutdown.trigger();
    });
}
