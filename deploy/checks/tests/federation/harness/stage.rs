//! The hub, the clock and the links: what all nodes of one federation share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Code, NodeId, Zone};
use federal_hub::figures::Inquiry;
use federal_hub::hub::Hub;
use federation::Invitation;
use federation::join::{JoinPlan, join};
use federation::parent::{INVITATION_VALIDITY, InviteWish};
use jiff::Timestamp;
use region_node::node::Node;
use report::Format;
use runtime::memory::MemoryNetwork;
use runtime::{ManualClock, SeededRandom, SharedClock, Shutdown, Tasks};
use tempfile::TempDir;

use super::{Link, Region, data, until};

/// When a federation is founded unless a test says otherwise.
const NOW: &str = "2020-01-15T12:00:00Z";
const HUB: &str = "hub";

/// A federation of Boston's groups.
pub struct Stage {
    pub clock: ManualClock,
    root: PathBuf,
    pub(super) network: MemoryNetwork,
    /// Open doors of regions, by the name under which they are reached.
    pub(super) doors: Mutex<BTreeMap<String, (Shutdown, tokio::task::JoinHandle<()>)>>,
    links: Mutex<BTreeMap<String, Link>>,
    raised: Option<(Arc<Hub>, Shutdown, Tasks)>,
    /// Removes everything at the end.
    _dir: Option<TempDir>,
}

impl Stage {
    /// A federation just founded, its hub up.
    pub async fn new() -> Self {
        Self::founded(NOW).await
    }

    /// A federation founded at this moment.
    pub async fn founded(now: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_owned();
        let mut stage = Self {
            _dir: Some(dir),
            ..Self::at(&root)
        };
        stage.clock.set(now.parse().unwrap());
        let file = fs::read_to_string(data("federation.toml")).unwrap();
        let random = SeededRandom::new(1);
        federal_hub::init::init(&stage.dir(HUB), &file, &[], &stage.clock, &random).unwrap();
        stage.raise().await;
        stage
    }

    /// A federation whose directories lie in `root` already, its hub down.
    pub fn at(root: &Path) -> Self {
        Self {
            clock: ManualClock::new(NOW.parse::<Timestamp>().unwrap()),
            root: root.to_owned(),
            network: MemoryNetwork::new(),
            doors: Mutex::default(),
            links: Mutex::default(),
            raised: None,
            _dir: None,
        }
    }

    pub fn dir(&self, node: &str) -> PathBuf {
        self.root.join(node)
    }

    pub fn hub_dir(&self) -> PathBuf {
        self.dir(HUB)
    }

    /// Opens the hub, which answers from then on.
    pub async fn raise(&mut self) {
        assert!(self.raised.is_none(), "the hub is up");
        let hub = Hub::open(&self.hub_dir(), self.shared_clock(), Arc::new(SeededRandom::new(2))).unwrap();
        let shutdown = Shutdown::new();
        let tasks = hub.start(self.network.listen(HUB), &shutdown).await.unwrap();
        self.raised = Some((hub, shutdown, tasks));
    }

    /// Stops the hub; its directory is free afterwards.
    pub async fn fell(&mut self) {
        let (hub, _, tasks) = self.raised.take().expect("the hub is up");
        tasks.drain(Duration::from_secs(30)).await.unwrap();
        until("nobody holds the hub", || Arc::strong_count(&hub) == 1).await;
        let ledger = Arc::clone(hub.ledger());
        drop(hub);
        until("nobody holds the hub's ledger", || Arc::strong_count(&ledger) == 1).await;
    }

    pub fn hub(&self) -> &Arc<Hub> {
        &self.raised.as_ref().expect("the hub is up").0
    }

    /// The node's link to the hub.
    pub fn link(&self, node: &str) -> Link {
        let mut links = self.links.lock().unwrap();
        links
            .entry(node.to_owned())
            .or_insert_with(|| Link::new(self.network.clone()))
            .clone()
    }

    pub fn shared_clock(&self) -> SharedClock {
        Arc::new(self.clock.clone())
    }

    fn invite(&self, node: &str, territory: &'static str, zone: &str) -> Invitation {
        let wish = InviteWish {
            node: NodeId::new(node).unwrap(),
            covers: vec![(Code::literal(territory), None, "2000-01-01".parse().unwrap())],
            zone: Some(Zone::new(zone).unwrap()),
            validity: INVITATION_VALIDITY,
        };
        self.hub().parent().invite(&wish).unwrap()
    }

    /// Makes a member whose days are those of UTC; its node is not open yet.
    pub async fn join(&self, node: &str, territory: &'static str) {
        self.join_in(node, territory, "UTC").await;
    }

    /// Makes a member of a zone.
    pub async fn join_in(&self, node: &str, territory: &'static str, zone: &str) {
        let plan = JoinPlan {
            invitation: self.invite(node, territory, zone),
            address: HUB.to_owned(),
            dir: &self.dir(node),
            dialer: Arc::new(self.link(node)),
            clock: self.shared_clock(),
            // Keys of its own: the same seed twice would make two nodes one author.
            random: &SeededRandom::new(node.bytes().fold(100, |seed, byte| seed * 31 + u64::from(byte))),
        };
        join(plan).await.unwrap();
    }

    /// Opens the node of a member.
    pub fn open(&self, node: &str) -> Region {
        self.open_by(node, self.shared_clock())
    }

    /// Opens it by a clock of its own.
    pub fn open_by(&self, node: &str, clock: SharedClock) -> Region {
        let dir = self.dir(node);
        let opened = Node::open(
            &dir,
            Arc::clone(&clock),
            Arc::new(SeededRandom::new(5)),
            Arc::new(self.link(node)),
        );
        Region::new(opened.unwrap(), clock, dir)
    }

    /// Joins and opens at once.
    pub async fn member(&self, node: &str, territory: &'static str) -> Region {
        self.join(node, territory).await;
        self.open(node)
    }

    /// The hub's report as JSON.
    pub fn report(&self, scope: &str, period: &str) -> String {
        self.report_as(scope, period, Format::Json)
    }

    pub fn report_as(&self, scope: &str, period: &str, format: Format) -> String {
        let federation = self.hub().federation().unwrap();
        let scope = Code::new(scope).unwrap();
        let today = self.hub().today(&federation, &scope);
        let inquiry = Inquiry {
            scope,
            period: period.parse().unwrap(),
            compare: None,
            format,
            today,
        };
        self.hub().report(&federation, &inquiry).unwrap()
    }

    /// Received by the hub's report of the whole city.
    pub fn received(&self, period: &str) -> u64 {
        let report = super::figures(&self.report("boston", period));
        report["totals"]["incidents.received"]["n"].as_u64().unwrap_or_default()
    }
}
