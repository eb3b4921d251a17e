//! The world: the machines of one federation, in a directory of its own, and the true time.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Zone;
use domain::federation::Federation;
use federation::files::{self, IdentityDir};
use jiff::{SignedDuration, Timestamp};
use runtime::random::{Random, bytes};
use runtime::{Clock, ManualClock, SeededRandom};
use seal::{Digest, SigningKey};
use tempfile::TempDir;

use crate::failure::{Failure, While};
use crate::machine::{HubMachine, NodeMachine, chance};
use crate::map::{self, Shape};
use crate::script::Script;
use crate::talk;

/// The machines.
pub struct World {
    /// The seed of everything.
    pub seed: u64,
    /// The hub's.
    pub hub: HubMachine,
    /// The nodes'.
    pub nodes: Vec<NodeMachine>,
    /// Furthest moment that any clock has shown, Unix seconds.
    pub furthest: i64,
    /// Every head of the hub's ledger that anybody has seen: size and root.
    pub heads: Vec<(u64, Digest)>,
    /// Removes everything at the end.
    _dir: TempDir,
}

/// A directory in memory where the system has one: a simulation syncs thousands of times and outlives no power cut.
fn ground() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}

impl World {
    /// Founds the federation of a script; every node has joined and is up.
    pub fn found(script: &Script) -> Result<Self, Failure> {
        let dir = TempDir::with_prefix_in("svodka-sim-", ground()).during("making a directory")?;
        let clock = ManualClock::new(Timestamp::from_second(script.begins).during("the first moment")?);
        let file = map::file(script.shape, script.incidents);
        let hub_dir = dir.path().join("hub");
        let keys = SeededRandom::new(script.seed);
        federal_hub::init::init(&hub_dir, &file, &[], &clock, &keys).during("founding")?;
        let mut hub = HubMachine::new(hub_dir, clock, script.seed);
        hub.start()?;
        let federation = Federation::parse(&file).during("the federation file")?;
        let mut world = Self {
            seed: script.seed,
            hub,
            nodes: nodes(script, &federation, dir.path())?,
            furthest: script.begins,
            heads: Vec::new(),
            _dir: dir,
        };
        talk::join(&world)?;
        world.nodes.iter_mut().try_for_each(NodeMachine::start)?;
        Ok(world)
    }

    /// The true time, Unix seconds.
    pub fn now(&self) -> i64 {
        self.hub.clock.now().as_second()
    }

    /// Lets time pass on every clock.
    pub fn advance(&mut self, seconds: i64) {
        let step = SignedDuration::from_secs(seconds);
        self.hub.clock.advance(step);
        for node in &self.nodes {
            node.clock.advance(step);
        }
        let skew = self.nodes.iter().map(|node| node.skew_s).max().unwrap_or_default();
        self.furthest = self.furthest.max(self.now() + skew.max(0));
    }

    /// Puts a node's clock so far ahead of the true time.
    pub fn skew(&mut self, node: usize, seconds: i64) {
        let node = &mut self.nodes[node];
        node.clock.advance(SignedDuration::from_secs(seconds - node.skew_s));
        node.skew_s = seconds;
        self.advance(0);
    }
}

/// The machines of the regions, down, with their keys in place.
fn nodes(script: &Script, federation: &Federation, dir: &Path) -> Result<Vec<NodeMachine>, Failure> {
    (0..script.shape.regions)
        .map(|number| {
            let id = format!("r{number}");
            let scope = scope(script.shape, number);
            let dir = dir.join(&id);
            write_keys(&dir, &*chance(script.seed, &id, 0)).during("writing keys")?;
            let now = Timestamp::from_second(script.begins).during("the first moment")?;
            let first = Zone::utc().day_of(script.begins);
            let zone = federation.tree().zone(&scope[0], first).cloned();
            let zone = zone.ok_or_else(|| Failure::new("a region without a zone"))?;
            Ok(NodeMachine::new(
                id,
                dir,
                ManualClock::new(now),
                scope,
                zone,
                script.seed,
            ))
        })
        .collect()
}

fn scope(shape: Shape, region: usize) -> Vec<domain::Code> {
    let below = (0..shape.municipalities).map(|place| map::municipality(region, place));
    std::iter::once(map::region(region)).chain(below).collect()
}

/// The keys of a node that is about to join: joining takes what it finds, and these come from the seed, so that the same
/// seed makes the same ledgers.
fn write_keys(dir: &Path, random: &dyn Random) -> std::io::Result<()> {
    runtime::files::create_private_dir(dir)?;
    let files = IdentityDir::create(dir)?;
    for name in [files::SIGNING_KEY, files::LEDGER_KEY] {
        files.write_secret(name, &SigningKey::from_seed(bytes::<32>(random)).to_pem())?;
    }
    files.write_secret(files::TLS_KEY, &tls_key(bytes::<32>(random)))
}

/// A P-256 key as PKCS#8 in PEM, around 32 bytes that are its number.
fn tls_key(number: [u8; 32]) -> String {
    // Below the order of the curve, which begins with 32 ones.
    let mut number = number;
    number[0] &= 0x7f;
    let head = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
    ];
    let der = [&head[..], &number].concat();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    )
}
