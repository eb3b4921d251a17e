//! Revoking: from that entry of the ledger on, a member is heard no longer, whatever connection it holds.

use std::sync::Arc;

use domain::Code;
use federal_hub::admin::Admin;
use federal_hub::figures::Inquiry;
use federal_hub::hub::Hub;
use federation::uplink::UplinkError;
use federation::{MESSAGE_BYTES, held};
use report::Format;
use runtime::Exit;
use runtime::command::Failure;
use runtime::connect::{Timeouts, channel};
use runtime::identity::{PeerName, server_name};
use runtime::status::reason;
use runtime::tls::client_config;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code as Rpc, Request, Status, Streaming};
use wire::pb;
use wire::pb::parent_service_server::ParentService;
use wire::pb::replicate_request::Request as Asked;
use wire::pb::replication_service_client::ReplicationServiceClient;

use crate::stage::{ADDRESS, Member, Stage, life};

async fn revoke(admin: &Admin, node: &str, reason: &str) -> Result<pb::RevokeResponse, Status> {
    let request = pb::RevokeRequest {
        node: node.to_owned(),
        reason: reason.to_owned(),
    };
    admin
        .revoke(Request::new(request))
        .await
        .map(tonic::Response::into_inner)
}

/// A member's stream, held open by hand.
struct Stream {
    requests: mpsc::Sender<pb::ReplicateRequest>,
    answers: Streaming<pb::ReplicateResponse>,
}

impl Stream {
    /// Connects and says hello.
    async fn open(stage: &Stage, member: &Member) -> Self {
        let identity = &member.identity;
        let name = PeerName::node(identity.federation.as_str(), identity.parent.as_str()).unwrap();
        let clock: runtime::SharedClock = Arc::new(stage.clock.clone());
        let tls = client_config(Some(&identity.tls), &identity.parent_authority, &clock).unwrap();
        let host = server_name(name.federation(), name.node_label());
        let dialer = Arc::new(stage.network.clone());
        let connected = channel(dialer, ADDRESS, tls, &host, Timeouts::default()).unwrap();
        let (requests, outgoing) = mpsc::channel(4);
        let (origin, ledger_size) = {
            let ledger = held(&member.ledger);
            (ledger.origin(), ledger.size())
        };
        let hello = Asked::Hello(pb::Hello {
            origin,
            ledger_size,
            remembered_size: 0,
            sent_at_ms: 0,
        });
        say(&requests, hello).await;
        let mut client = ReplicationServiceClient::new(connected).max_decoding_message_size(MESSAGE_BYTES);
        let answers = client
            .replicate(ReceiverStream::new(outgoing))
            .await
            .unwrap()
            .into_inner();
        let mut stream = Self { requests, answers };
        stream.answers.message().await.unwrap().unwrap();
        stream
    }

    /// Sends one entry of the member's ledger as a batch.
    async fn send(&mut self, member: &Member, position: u64) -> Result<pb::ReplicateResponse, Status> {
        let batch = {
            let ledger = held(&member.ledger);
            let entries = ledger.outgoing(position..position + 1).unwrap().into_iter();
            pb::Batch {
                first_position: position,
                entries: entries
                    .map(|entry| pb::Entry {
                        envelope: entry.envelope,
                        body: entry.body,
                        body_dropped: entry.body_dropped,
                    })
                    .collect(),
                checkpoint: ledger.checkpoint_at(position + 1).unwrap(),
            }
        };
        say(&self.requests, Asked::Batch(batch)).await;
        self.answers.message().await.map(Option::unwrap)
    }
}

async fn say(requests: &mpsc::Sender<pb::ReplicateRequest>, request: Asked) {
    let request = pb::ReplicateRequest { request: Some(request) };
    requests.send(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_of_a_revoked_member_ends_with_its_next_batch() {
    let stage = Stage::founded();
    let (hub, _tasks) = stage.serve().await;
    let member = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
    member.seal("2022-12-01", "Asia/Yekaterinburg");
    member.seal("2022-12-02", "Asia/Yekaterinburg");
    let mut stream = Stream::open(&stage, &member).await;
    stream.send(&member, 0).await.unwrap();
    let admin = Admin(Arc::clone(&hub));
    let revoked = revoke(&admin, "sverdlovsk", "KEY_LOST").await.unwrap();
    let size = held(hub.ledger()).size();
    assert_eq!((revoked.position, revoked.member_epoch), (size - 1, 1));
    let ended = stream.send(&member, 1).await.unwrap_err();
    assert_eq!(ended.code(), Rpc::PermissionDenied, "{ended:?}");
    assert_eq!(reason(&ended).as_deref(), Some("MEMBER_REVOKED"));
    assert_eq!(held(hub.ledger()).size(), size, "nothing of the batch is taken");
    let again = member.uplink(&stage).step().await.unwrap_err();
    let UplinkError::Refused { code, message, .. } = again else {
        panic!("a new connection is told why: {again}");
    };
    assert_eq!(code, "MEMBER_REVOKED");
    assert!(message.contains("KEY_LOST"), "{message}");
}

#[test]
fn a_revocation_survives_a_restart_and_an_invitation_brings_the_node_back_with_new_keys() {
    let stage = Stage::founded();
    let member = life(async {
        let (hub, _tasks) = stage.serve().await;
        let member = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
        revoke(&Admin(hub), "sverdlovsk", "STOLEN").await.unwrap();
        member
    });
    life(async {
        let (hub, _tasks) = stage.serve().await;
        assert_eq!(hub.members()[0].revoked.as_deref(), Some("STOLEN"));
        let back = Member::joined(&stage, &hub, "sverdlovsk", "65", 4).await;
        let standing = &hub.members()[0];
        assert_eq!((standing.epoch, &standing.revoked), (2, &None));
        back.seal("2022-12-01", "Asia/Yekaterinburg");
        assert_eq!(back.uplink(&stage).step().await.unwrap().taken, 1);
        let old = member.uplink(&stage).step().await.unwrap_err();
        assert_eq!(
            old.code(),
            "ORIGIN_MISMATCH",
            "the keys of the first epoch stay outside"
        );
        let revoked = revoke(&Admin(hub), "sverdlovsk", "STOLEN").await.unwrap();
        assert_eq!(revoked.member_epoch, 2, "and can be revoked in their turn");
    });
}

/// Nodes that a report of a region's day has sheets of.
fn nodes_had(hub: &Hub) -> Value {
    let federation = hub.federation().unwrap();
    let inquiry = Inquiry {
        scope: Code::literal("65"),
        period: "2022-12-01".parse().unwrap(),
        compare: None,
        format: Format::Json,
        today: "2022-12-13".parse().unwrap(),
    };
    let report: Value = serde_json::from_str(&hub.report(&federation, &inquiry).unwrap()).unwrap();
    report["coverage"]["nodes"]["had"].clone()
}

#[test]
fn sheets_of_a_revoked_member_leave_the_reports_until_it_is_back() {
    let stage = Stage::founded();
    life(async {
        let (hub, _tasks) = stage.serve().await;
        let member = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
        member.seal("2022-12-01", "Asia/Yekaterinburg");
        member.uplink(&stage).step().await.unwrap();
        assert_eq!(nodes_had(&hub), 1);
        revoke(&Admin(Arc::clone(&hub)), "sverdlovsk", "STOLEN").await.unwrap();
        assert_eq!(nodes_had(&hub), 0);
    });
    life(async {
        let (hub, _tasks) = stage.serve().await;
        assert_eq!(nodes_had(&hub), 0, "after a restart too");
        Member::joined(&stage, &hub, "sverdlovsk", "65", 4).await;
        assert_eq!(nodes_had(&hub), 1);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_territory_whose_member_is_revoked_is_free() {
    let stage = Stage::founded();
    let (hub, _tasks) = stage.serve().await;
    Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
    revoke(&Admin(Arc::clone(&hub)), "sverdlovsk", "CLOSED").await.unwrap();
    let heir = Member::joined(&stage, &hub, "ural", "65", 4).await;
    assert_eq!(heir.identity.epoch, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_revoked_is_refused_with_its_reason() {
    let stage = Stage::founded();
    let (hub, _tasks) = stage.serve().await;
    Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
    let admin = Admin(Arc::clone(&hub));
    revoke(&admin, "sverdlovsk", "KEY_LOST").await.unwrap();
    let size = held(hub.ledger()).size();
    for (node, why, expected, exit) in [
        ("kurgan", "KEY_LOST", "NOT_A_MEMBER", Exit::Usage),
        ("hub", "KEY_LOST", "NOT_A_MEMBER", Exit::Usage),
        ("Курган", "KEY_LOST", "NODE_INVALID", Exit::Usage),
        ("sverdlovsk", "STOLEN", "MEMBER_REVOKED", Exit::Refused),
        ("sverdlovsk", "", "REASON_INVALID", Exit::Usage),
        ("sverdlovsk", "key lost", "REASON_INVALID", Exit::Usage),
        ("sverdlovsk", "_LOST", "REASON_INVALID", Exit::Usage),
        ("sverdlovsk", &"A".repeat(65), "REASON_INVALID", Exit::Usage),
    ] {
        let refused = revoke(&admin, node, why).await.unwrap_err();
        assert_eq!(reason(&refused).as_deref(), Some(expected), "{node} {why}: {refused:?}");
        assert_eq!(Failure::from(refused).exit(), exit, "{node} {why}");
    }
    assert_eq!(held(hub.ledger()).size(), size, "a refusal writes nothing");
}

#[test]
fn the_command_names_the_node_that_is_not_there() {
    let stage = Stage::founded();
    let failure = stage.refused(&["revoke", "kurgan", "--yes"]);
    assert_eq!(failure.exit(), Exit::Usage);
    assert_eq!(
        failure.to_string(),
        "узла kurgan нет среди участников; список: federal-hub nodes [NOT_A_MEMBER]"
    );
}
