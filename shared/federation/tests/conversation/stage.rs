//! A hub and its children over a network in memory, with a clock set by hand.

use std::path::Path;
use std::sync::{Arc, Mutex};

use domain::{Code, FederationId, NodeId, Zone};
use federation::join::{JoinError, JoinPlan, Joined, join};
use federation::parent::{InviteWish, ParentParts};
use federation::{Invitation, NodeIdentity, Parent, SharedLedger, Uplink, held};
use jiff::{SignedDuration, Timestamp};
use ledger::{Ledger, Options};
use runtime::accept::{Door, Limits, serve};
use runtime::connect::{SharedDialer, Timeouts, channel};
use runtime::identity::{PeerName, server_name};
use runtime::memory::MemoryNetwork;
use runtime::pki::{Authority, TlsKey};
use runtime::tls::{ClientAuth, Identity, TlsDoor, client_config, server_config};
use runtime::{Clock as _, ManualClock, SeededRandom, SharedClock, SharedRandom, Shutdown};
use tempfile::TempDir;
use testkit::{empty_sheet, founded};
use tonic::service::Routes;
use tonic::transport::Channel;
use wire::pb::replication_service_client::ReplicationServiceClient;

pub const ADDRESS: &str = "hub:7443";
pub const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

pub struct Hub {
    _dir: TempDir,
    pub parent: Arc<Parent>,
    pub ledger: SharedLedger,
    pub clock: ManualClock,
    pub random: SharedRandom,
    pub network: MemoryNetwork,
    pub shutdown: Shutdown,
    door: Door,
}

impl Hub {
    pub fn start() -> Self {
        runtime::tls::install_provider();
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2022-12-20T00:00:00Z".parse::<Timestamp>().unwrap());
        let shared: SharedClock = Arc::new(clock.clone());
        let random: SharedRandom = Arc::new(SeededRandom::new(7));
        let now = clock.now();
        let name = PeerName::node("ru", "hub").unwrap();
        let authority = Authority::create(name.federation(), name.node_label(), now, YEAR).unwrap();
        let key = TlsKey::generate().unwrap();
        let chain = authority.issue(&key, &name, &[], now, YEAR).unwrap();
        let trusted = [authority.certificate_pem().to_owned()];
        let tls = server_config(&Identity::new(chain, &key), &trusted, ClientAuth::Optional, &shared).unwrap();
        let ledger: SharedLedger = Arc::new(Mutex::new(founded(dir.path(), now.as_millisecond())));
        let genesis = held(&ledger).entries(0..1).unwrap().remove(0).envelope;
        let parts = ParentParts {
            federation: FederationId::new("ru").unwrap(),
            node: NodeId::new("hub").unwrap(),
            authority,
            genesis,
            clock: Arc::clone(&shared),
            random: Arc::clone(&random),
            on_change: Arc::new(|_| ()),
        };
        let parent = Parent::open(dir.path(), Arc::clone(&ledger), parts).unwrap();
        let hub = Self {
            _dir: dir,
            parent,
            ledger,
            clock,
            random,
            network: MemoryNetwork::new(),
            shutdown: Shutdown::new(),
            door: Door::Tls(TlsDoor::new(tls, shared)),
        };
        hub.serve(hub.parent.routes(Routes::default()).into_axum_router());
        hub
    }

    /// Answers with these services from now on.
    pub fn serve(&self, router: axum::Router) {
        let (door, stop) = (self.door.clone(), self.shutdown.clone());
        tokio::spawn(serve(
            self.network.listen(ADDRESS),
            door,
            router,
            Limits::default(),
            stop,
        ));
    }

    /// A clock of somebody else.
    pub fn clock_ahead(&self, seconds: i64) -> ManualClock {
        ManualClock::new(self.clock.now() + SignedDuration::from_secs(seconds))
    }

    /// Codes of the country's subjects.
    pub fn territories(&self) -> Vec<Code> {
        let federation = held(&self.ledger).current_dictionary().unwrap().1;
        let tree = federation.tree();
        let (root, on) = (&tree.root().code, "2022-12-20".parse().unwrap());
        let districts = tree.children(root, on).into_iter();
        districts
            .flat_map(|district| tree.children(&district.code, on))
            .filter(|unit| unit.zone.is_some())
            .map(|unit| unit.code.clone())
            .collect()
    }

    pub fn invite(&self, node: &str, territory: &str) -> Invitation {
        let wish = InviteWish {
            node: NodeId::new(node).unwrap(),
            covers: vec![(Code::new(territory).unwrap(), None, "2000-01-01".parse().unwrap())],
            zone: None,
            validity: SignedDuration::from_hours(1),
        };
        self.parent.invite(&wish).unwrap()
    }

    pub async fn join(&self, dir: &Path, invitation: Invitation) -> Result<Joined, JoinError> {
        join(JoinPlan {
            invitation,
            address: ADDRESS.into(),
            dir,
            dialer: Arc::new(self.network.clone()),
            clock: Arc::new(self.clock.clone()),
            random: &*self.random,
        })
        .await
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

pub struct Child {
    pub dir: TempDir,
    pub identity: NodeIdentity,
    pub ledger: SharedLedger,
}

impl Child {
    pub async fn joined(hub: &Hub, node: &str, territory: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        hub.join(dir.path(), hub.invite(node, territory)).await.unwrap();
        let identity = NodeIdentity::load(dir.path()).unwrap();
        std::fs::create_dir(dir.path().join("ledger")).unwrap();
        let author = identity.author().unwrap();
        let opened = Ledger::open(
            &dir.path().join("ledger"),
            author,
            identity.anchor(),
            Options::default(),
        );
        let (mut ledger, _) = opened.unwrap();
        ledger.know_dictionary(&identity.federation_file).unwrap();
        Self {
            dir,
            identity,
            ledger: Arc::new(Mutex::new(ledger)),
        }
    }

    pub fn uplink(&self, hub: &Hub) -> Uplink {
        self.open(hub, Arc::new(hub.network.clone()), &hub.clock)
    }

    pub fn uplink_by(&self, hub: &Hub, dialer: SharedDialer) -> Uplink {
        self.open(hub, dialer, &hub.clock)
    }

    pub fn uplink_at(&self, hub: &Hub, clock: &ManualClock) -> Uplink {
        self.open(hub, Arc::new(hub.network.clone()), clock)
    }

    fn open(&self, hub: &Hub, dialer: SharedDialer, clock: &ManualClock) -> Uplink {
        let (clock, random) = (Arc::new(clock.clone()), Arc::clone(&hub.random));
        let ledger = Arc::clone(&self.ledger);
        Uplink::open(self.dir.path(), ledger, &self.identity, dialer, clock, random).unwrap()
    }

    /// Zone of its days.
    pub fn zone(&self) -> String {
        self.identity.membership.zone.to_string()
    }

    /// What a child of another make would call by.
    pub fn client(&self, hub: &Hub) -> ReplicationServiceClient<Channel> {
        let clock: SharedClock = Arc::new(hub.clock.clone());
        let tls = client_config(Some(&self.identity.tls), &self.identity.parent_authority, &clock).unwrap();
        let parent = PeerName::node("ru", "hub").unwrap();
        let name = server_name(parent.federation(), parent.node_label());
        let dialer = Arc::new(hub.network.clone());
        ReplicationServiceClient::new(channel(dialer, ADDRESS, tls, &name, Timeouts::default()).unwrap())
    }

    /// Seals an empty sheet of a day.
    pub fn seal(&self, day: &str, revision: u32, zone: &str) {
        let zone = Zone::new(zone).unwrap();
        let sheet = empty_sheet(day.parse().unwrap(), revision, &zone, self.identity.dictionary());
        held(&self.ledger).append_own(vec![sheet], 1).unwrap();
    }
}
