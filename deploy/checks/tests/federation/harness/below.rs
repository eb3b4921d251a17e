//! The level below a region: its door, its invitations, and callers of every kind before the door.

use std::sync::Arc;

use federation::join::{JoinError, JoinPlan, Joined, join};
use federation::{Invitation, NodeIdentity};
use region_node::sources::IssueRequest;
use runtime::accept::{Door, Limits, serve};
use runtime::connect::{Timeouts, channel};
use runtime::pki::{TlsKey, csr};
use runtime::tls::{Identity, client_config};
use runtime::{SeededRandom, Shutdown};
use tonic::Status;
use tonic::service::Routes;
use tonic::transport::Channel;
use wire::pb;
use wire::pb::parent_service_client::ParentServiceClient;

use super::{Region, Stage};

impl Stage {
    /// Opens the region's door under its name; its loops do not run.
    pub fn serve(&self, region: &Region, name: &str) {
        let shutdown = Shutdown::new();
        let door = Door::Tls(region.node.door().unwrap().tls());
        let router = region.node.doorway(Routes::default());
        let serving = serve(
            self.network.listen(name),
            door,
            router,
            Limits::default(),
            shutdown.clone(),
        );
        let task = tokio::spawn(serving);
        self.doors.lock().unwrap().insert(name.to_owned(), (shutdown, task));
    }

    /// Closes the door; nobody behind it holds the node's files any more.
    pub async fn close_door(&self, name: &str) {
        let (shutdown, task) = self.doors.lock().unwrap().remove(name).expect("the door is open");
        shutdown.trigger();
        task.await.unwrap();
    }

    /// Asks the region for an invitation, as its operator does. An empty day is the first that may be given.
    pub async fn invite_below(
        &self,
        region: &Region,
        node: &str,
        territory: &str,
        from: &str,
    ) -> Result<Invitation, Status> {
        let cover = pb::InviteCover {
            territory: territory.to_owned(),
            from: from.to_owned(),
            ..pb::InviteCover::default()
        };
        let request = pb::InviteRequest {
            node: node.to_owned(),
            covers: vec![cover],
            ..pb::InviteRequest::default()
        };
        let answer = ParentServiceClient::new(region.channel()).invite(request).await?;
        Ok(answer.into_inner().invitation.parse().unwrap())
    }

    /// Joins by an invitation at the door called `parent`.
    pub async fn join_at(&self, node: &str, parent: &str, invitation: Invitation) -> Result<Joined, JoinError> {
        let plan = JoinPlan {
            invitation,
            address: parent.to_owned(),
            dir: &self.dir(node),
            dialer: Arc::new(self.link(node)),
            clock: self.shared_clock(),
            random: &SeededRandom::new(node.bytes().fold(100, |seed, byte| seed * 31 + u64::from(byte))),
        };
        join(plan).await
    }

    /// Makes a member of the region from the first day that may be given.
    pub async fn join_below(
        &self,
        region: &Region,
        parent: &str,
        node: &str,
        territory: &str,
    ) -> Result<Joined, JoinError> {
        let invitation = self.invite_below(region, node, territory, "").await.unwrap();
        self.join_at(node, parent, invitation).await
    }

    /// A channel to its parent under the member's certificate.
    pub fn channel_of(&self, node: &str) -> Channel {
        let identity = NodeIdentity::load(&self.dir(node)).unwrap();
        self.channel_to(&identity, Some(&identity.tls))
    }

    /// The same without any certificate.
    pub fn bare_channel(&self, node: &str) -> Channel {
        self.channel_to(&NodeIdentity::load(&self.dir(node)).unwrap(), None)
    }

    /// A channel to a region under the certificate of a source of its own.
    pub fn source_channel(&self, region: &Region, name: &str) -> Channel {
        let key = TlsKey::generate().unwrap();
        let request = csr(&key).unwrap();
        let issued = region.node.issue_source(&IssueRequest {
            name: "system",
            source: "boston311",
            csr: &request,
        });
        let identity = Identity::new(issued.unwrap(), &key);
        let tls = client_config(Some(&identity), region.node.authority_pem(), &self.shared_clock()).unwrap();
        let dialer = Arc::new(self.link("system"));
        channel(dialer, name, tls, &region.node.server_name(), Timeouts::default()).unwrap()
    }

    fn channel_to(&self, identity: &NodeIdentity, tls: Option<&Identity>) -> Channel {
        let tls = client_config(tls, &identity.parent_authority, &self.shared_clock()).unwrap();
        let name = runtime::PeerName::node(identity.federation.as_str(), identity.parent.as_str()).unwrap();
        let name = runtime::identity::server_name(name.federation(), name.node_label());
        let dialer = Arc::new(self.link(identity.node.as_str()));
        channel(dialer, &identity.parent_address, tls, &name, Timeouts::default()).unwrap()
    }
}
