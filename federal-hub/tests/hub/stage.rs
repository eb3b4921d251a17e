//! A hub in a directory of its own with a clock that stands, members that join it over memory, and the command line.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clap::Parser;
use domain::{Code, NodeId, Zone};
use federal_hub::cli::{self, Cli, Failure};
use federal_hub::hub::Hub;
use federal_hub::init::{Founded, init};
use federation::join::{JoinPlan, join};
use federation::parent::{INVITATION_VALIDITY, InviteWish};
use federation::{NodeIdentity, SharedLedger, Uplink, held};
use jiff::Timestamp;
use ledger::{Ledger, Options};
use runtime::connect::SharedDialer;
use runtime::memory::MemoryNetwork;
use runtime::{ManualClock, SeededRandom, SharedRandom, Shutdown, Tasks};
use tempfile::TempDir;
use testkit::empty_sheet;

/// Where the hub listens in the network of a test.
pub const ADDRESS: &str = "hub:7443";

/// A hub's directory and what surrounds it.
pub struct Stage {
    pub clock: ManualClock,
    pub network: MemoryNetwork,
    pub founded: Founded,
    /// One for all openings: a hub opened again does not draw the same secrets.
    random: SharedRandom,
    dir: TempDir,
}

impl Stage {
    /// A federation founded from the shipped file.
    pub fn founded() -> Self {
        runtime::tls::install_provider();
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2022-12-13T09:00:00Z".parse::<Timestamp>().unwrap());
        let shipped = domain::federation::SHIPPED;
        let founded = init(&dir.path().join("hub"), shipped, &[], &clock, &SeededRandom::new(1)).unwrap();
        Self {
            clock,
            network: MemoryNetwork::new(),
            founded,
            random: Arc::new(SeededRandom::new(2)),
            dir,
        }
    }

    /// The hub's directory.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().join("hub")
    }

    /// The hub, open. Its directory is locked for as long as it lives.
    pub fn open(&self) -> Arc<Hub> {
        let clock = Arc::new(self.clock.clone());
        Hub::open(&self.dir(), clock, Arc::clone(&self.random)).unwrap()
    }

    /// The hub at work at [`ADDRESS`].
    pub async fn serve(&self) -> (Arc<Hub>, Tasks) {
        let hub = self.open();
        let tasks = hub.start(self.network.listen(ADDRESS), &Shutdown::new()).await;
        (hub, tasks.unwrap())
    }

    /// Runs a command in this directory as the program does: in a runtime of its own, which takes with it the hub that the
    /// command opened. Only failing commands are run like this; what others print would end in the log of the test.
    pub fn refused(&self, arguments: &[&str]) -> Failure {
        let dir = self.dir();
        let all = [&["federal-hub"], arguments, &["--dir", dir.to_str().unwrap()]].concat();
        refused(&all)
    }
}

/// Runs one life of a hub: whatever holds its files is gone at the end.
pub fn life<T>(scene: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(scene)
}

/// Runs a whole command line that fails.
pub fn refused(arguments: &[&str]) -> Failure {
    runtime::tls::install_provider();
    let cli = Cli::try_parse_from(arguments).unwrap();
    life(cli::run(cli.command, cli.voice)).unwrap_err()
}

/// A member with a ledger of its own.
pub struct Member {
    pub identity: NodeIdentity,
    pub ledger: SharedLedger,
    pub dir: TempDir,
}

impl Member {
    /// Joins a hub that serves; `seed` makes its keys.
    pub async fn joined(stage: &Stage, hub: &Hub, node: &str, territory: &str, seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let wish = InviteWish {
            node: NodeId::new(node).unwrap(),
            covers: vec![(Code::new(territory).unwrap(), None, "2000-01-01".parse().unwrap())],
            zone: None,
            validity: INVITATION_VALIDITY,
        };
        let plan = JoinPlan {
            invitation: hub.parent().invite(&wish).unwrap(),
            address: ADDRESS.to_owned(),
            dir: dir.path(),
            dialer: Arc::new(stage.network.clone()),
            clock: Arc::new(stage.clock.clone()),
            random: &SeededRandom::new(seed),
        };
        join(plan).await.unwrap();
        let identity = NodeIdentity::load(dir.path()).unwrap();
        let path = dir.path().join("ledger");
        std::fs::create_dir(&path).unwrap();
        let author = identity.author().unwrap();
        let (mut ledger, _) = Ledger::open(&path, author, identity.anchor(), Options::default()).unwrap();
        ledger.know_dictionary(&identity.federation_file).unwrap();
        let ledger = Arc::new(Mutex::new(ledger));
        Self { identity, ledger, dir }
    }

    /// Seals an empty sheet of a day, in a zone that may be a wrong one.
    pub fn seal(&self, day: &str, zone: &str) {
        let zone = Zone::new(zone).unwrap();
        let sheet = empty_sheet(day.parse().unwrap(), 1, &zone, self.identity.dictionary());
        held(&self.ledger).append_own(vec![sheet], 1).unwrap();
    }

    /// Zone of its days.
    pub fn zone(&self) -> Zone {
        self.identity.membership.zone.clone()
    }

    /// Its end of the conversation.
    pub fn uplink(&self, stage: &Stage) -> Uplink {
        self.uplink_over(stage, Arc::new(stage.network.clone()))
    }

    /// The same over another network.
    pub fn uplink_over(&self, stage: &Stage, dialer: SharedDialer) -> Uplink {
        Uplink::open(
            self.dir.path(),
            Arc::clone(&self.ledger),
            &self.identity,
            dialer,
            Arc::new(stage.clock.clone()),
            Arc::new(SeededRandom::new(5)),
        )
        .unwrap()
    }
}
