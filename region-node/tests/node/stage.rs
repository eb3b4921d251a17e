//! A parent that takes what is right, and nodes that join it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use domain::federation::{Federation, SHIPPED};
use domain::{Code, NodeId};
use federation::join::{JoinPlan, join};
use federation::parent::{INVITATION_VALIDITY, InviteWish, ParentParts};
use federation::{Parent, SharedLedger, held};
use jiff::{SignedDuration, Timestamp};
use ledger::{Anchor, Author, Ledger, Options};
use region_node::node::Node;
use runtime::accept::{Door, Limits, serve};
use runtime::memory::MemoryNetwork;
use runtime::pki::{Authority, TlsKey};
use runtime::tls::{ClientAuth, Identity, TlsDoor, server_config};
use runtime::{Clock, ManualClock, PeerName, SeededRandom, SharedClock, Shutdown};
use seal::SigningKey;
use tempfile::TempDir;
use tonic::service::Routes;
use wire::Statement;
use wire::statement::{BodyRef, DictionaryInForce, Genesis};

/// Свердловская область by ОКТМО.
pub const HOME: &str = "65";

pub struct Stage {
    pub clock: ManualClock,
    pub network: MemoryNetwork,
    pub ledger: SharedLedger,
    parent: Arc<Parent>,
    door: Arc<TlsDoor>,
    serving: Shutdown,
    dir: TempDir,
}

impl Stage {
    /// A hub that serves at the address `hub`.
    pub fn new(now: &str) -> Self {
        let clock = ManualClock::new(now.parse::<Timestamp>().unwrap());
        let shared: SharedClock = Arc::new(clock.clone());
        let dir = tempfile::tempdir().unwrap();
        let name = PeerName::node(Federation::shipped().id(), "hub").unwrap();
        let life = SignedDuration::from_hours(24 * 365);
        let authority = Authority::create(name.federation(), name.node_label(), clock.now(), life).unwrap();
        let key = TlsKey::generate().unwrap();
        let identity = Identity::new(authority.issue(&key, &name, &[], clock.now(), life).unwrap(), &key);
        let trusted = [authority.certificate_pem().to_owned()];
        let config = server_config(&identity, &trusted, ClientAuth::Optional, &shared).unwrap();
        let door = TlsDoor::new(config, Arc::clone(&shared));
        let (ledger, genesis) = hub_ledger(dir.path(), clock.now().as_millisecond());
        let parts = ParentParts {
            federation: Federation::shipped().id().parse().unwrap(),
            node: NodeId::new("hub").unwrap(),
            authority,
            genesis,
            clock: shared,
            random: Arc::new(SeededRandom::new(11)),
            on_change: Arc::new(|_| ()),
        };
        let parent = Parent::open(dir.path(), Arc::clone(&ledger), parts).unwrap();
        let network = MemoryNetwork::new();
        let mut stage = Self {
            clock,
            network,
            ledger,
            parent,
            door,
            serving: Shutdown::new(),
            dir,
        };
        stage.raise_hub();
        stage
    }

    /// The hub answers from now on.
    pub fn raise_hub(&mut self) {
        self.serving = Shutdown::new();
        let router = self.parent.routes(Routes::default()).into_axum_router();
        let listener = self.network.listen("hub");
        let door = Door::Tls(Arc::clone(&self.door));
        tokio::spawn(serve(listener, door, router, Limits::default(), self.serving.clone()));
    }

    /// The hub is gone until it is raised again.
    pub fn fell_hub(&self) {
        self.serving.trigger();
        drop(self.network.listen("hub"));
    }

    /// The directory of a node.
    pub fn dir(&self, node: &str) -> std::path::PathBuf {
        self.dir.path().join(node)
    }

    /// Makes a member of Свердловская область; its node is not open yet.
    pub async fn join(&self, node: &str) {
        let wish = InviteWish {
            node: NodeId::new(node).unwrap(),
            covers: vec![(Code::literal(HOME), None, "2000-01-01".parse().unwrap())],
            zone: None,
            validity: INVITATION_VALIDITY,
        };
        let plan = JoinPlan {
            invitation: self.parent.invite(&wish).unwrap(),
            address: "hub".to_owned(),
            dir: &self.dir(node),
            dialer: Arc::new(self.network.clone()),
            clock: Arc::new(self.clock.clone()),
            random: &SeededRandom::new(3),
        };
        join(plan).await.unwrap();
    }

    pub fn open(&self, node: &str) -> Arc<Node> {
        let (clock, random) = (Arc::new(self.clock.clone()), Arc::new(SeededRandom::new(5)));
        Node::open(&self.dir(node), clock, random, Arc::new(self.network.clone())).unwrap()
    }

    /// Sheets in force at the hub.
    pub fn sheets_at_hub(&self) -> usize {
        held(&self.ledger).sheets().count()
    }
}

fn hub_ledger(dir: &Path, now_ms: i64) -> (SharedLedger, Vec<u8>) {
    let dir = dir.join("hub-ledger");
    std::fs::create_dir(&dir).unwrap();
    let [root, signing_key, ledger_key] = [1, 2, 3].map(|seed| SigningKey::from_seed([seed; 32]));
    let genesis = Genesis {
        root_key: root.verifying_key(),
        signing_key: signing_key.verifying_key(),
        ledger_key: ledger_key.verifying_key(),
        created_at_ms: now_ms,
    };
    let federation = Federation::shipped().id().parse().unwrap();
    let author = Author {
        federation,
        node: NodeId::new("hub").unwrap(),
        epoch: 1,
        signing_key,
        ledger_key,
    };
    let anchor = Anchor::Root {
        root_key: root.verifying_key(),
    };
    let (mut ledger, _) = Ledger::open(&dir, author, anchor, Options::default()).unwrap();
    ledger.append_genesis(genesis, &root, now_ms).unwrap();
    let body = SHIPPED.as_bytes();
    let said = DictionaryInForce {
        version: Code::literal("1"),
        body: BodyRef::of(body),
    };
    ledger
        .append_own(vec![(Statement::Dictionary(said), Some(body.to_vec()))], now_ms)
        .unwrap();
    let first = ledger.entries(0..1).unwrap().pop().unwrap();
    (Arc::new(Mutex::new(ledger)), first.envelope)
}
