//! A machine: a directory, a clock, and the program that has it open, or nothing while it is down.
//!
//! Stopping drops the program where it stands. A start reads everything again from the files, which may have lost what
//! sled keeps, or carry a torn frame at their end, as a crash leaves them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Code, Zone};
use federal_hub::hub::Hub;
use region_node::node::Node;
use runtime::{ManualClock, SeededRandom, SharedClock, SharedRandom};

use crate::failure::{Failure, While};
use crate::link::Link;

/// A program that is open, or down; clones are the same place.
pub struct Slot<T>(Arc<Mutex<Option<Arc<T>>>>);

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Slot<T> {
    /// The program, if it is up.
    pub fn get(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The program.
    pub fn up(&self) -> Result<Arc<T>, Failure> {
        self.get().ok_or_else(|| Failure::new("the machine is down"))
    }

    fn put(&self, program: Arc<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(program);
    }

    /// Drops the program; nobody else may hold it.
    pub fn stop(&self) -> Result<(), Failure> {
        let program = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match program.map(Arc::try_unwrap) {
            Some(Err(_)) => Err(Failure::new("a program that was stopped is still held by somebody")),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

/// What a stop leaves on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Everything that was written.
    Everything,
    /// Everything but what sled keeps.
    NoProjections,
    /// Everything, and the beginning of a frame at the end of each file of frames.
    TornTails,
}

impl Left {
    fn do_to(self, dir: &Path) -> Result<(), Failure> {
        match self {
            Self::Everything => Ok(()),
            Self::NoProjections => ["store", "ledger/index"]
                .into_iter()
                .map(|name| dir.join(name))
                .filter(|store| store.exists())
                .try_for_each(|store| fs::remove_dir_all(store).during("deleting what sled keeps")),
            Self::TornTails => tear(dir),
        }
    }
}

/// Appends the head of a frame of 200 bytes, and not all of it, to the last segment of every folder.
fn tear(dir: &Path) -> Result<(), Failure> {
    let listed = fs::read_dir(dir).during("listing a directory")?;
    let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    folders.iter().try_for_each(|folder| tear(folder))?;
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "seg");
    let Some(last) = files.into_iter().rfind(is_segment) else {
        return Ok(());
    };
    let begun = [&200_u32.to_le_bytes()[..], &[7; 90]].concat();
    let file = fs::OpenOptions::new().append(true).open(last);
    file.and_then(|mut file| file.write_all(&begun))
        .during("tearing a frame")
}

/// The hub's machine.
pub struct HubMachine {
    /// Its directory.
    pub dir: PathBuf,
    /// Its clock, which is right.
    pub clock: ManualClock,
    /// The hub.
    pub slot: Slot<Hub>,
    /// How often it was started: each start draws other chance.
    starts: u64,
    seed: u64,
}

impl HubMachine {
    /// A machine that is down.
    pub fn new(dir: PathBuf, clock: ManualClock, seed: u64) -> Self {
        Self {
            dir,
            clock,
            slot: Slot::default(),
            starts: 0,
            seed,
        }
    }

    /// Opens the hub from its files.
    pub fn start(&mut self) -> Result<(), Failure> {
        self.starts += 1;
        let clock: SharedClock = Arc::new(self.clock.clone());
        let hub = Hub::open(&self.dir, clock, chance(self.seed, "hub", self.starts)).during("opening the hub")?;
        self.slot.put(hub);
        Ok(())
    }

    /// Stops it and opens it from what is left.
    pub fn restart(&mut self, left: Left) -> Result<(), Failure> {
        self.slot.stop()?;
        left.do_to(&self.dir)?;
        self.start()
    }
}

/// A node's machine.
pub struct NodeMachine {
    /// Its id.
    pub id: String,
    /// Its directory.
    pub dir: PathBuf,
    /// Its clock.
    pub clock: ManualClock,
    /// How far the clock is ahead of the true time, seconds.
    pub skew_s: i64,
    /// The node.
    pub slot: Slot<Node>,
    /// Its way to the parent.
    pub link: Link,
    /// Its territory, then what lies in it.
    pub scope: Vec<Code>,
    /// Zone of its days.
    pub zone: Zone,
    /// How often it was started.
    starts: u64,
    seed: u64,
}

impl NodeMachine {
    /// A machine that is down.
    pub fn new(id: String, dir: PathBuf, clock: ManualClock, scope: Vec<Code>, zone: Zone, seed: u64) -> Self {
        Self {
            id,
            dir,
            clock,
            skew_s: 0,
            slot: Slot::default(),
            link: Link::default(),
            scope,
            zone,
            starts: 0,
            seed,
        }
    }

    /// Its clock, shared.
    pub fn shared_clock(&self) -> SharedClock {
        Arc::new(self.clock.clone())
    }

    /// Opens the node from its files.
    pub fn start(&mut self) -> Result<(), Failure> {
        self.starts += 1;
        let chance = chance(self.seed, &self.id, self.starts);
        let opened = Node::open(&self.dir, self.shared_clock(), chance, Arc::new(self.link.clone()));
        self.slot.put(opened.during(&format!("opening {}", self.id))?);
        Ok(())
    }

    /// Stops it and opens it from what is left.
    pub fn restart(&mut self, left: Left) -> Result<(), Failure> {
        self.slot.stop()?;
        left.do_to(&self.dir)?;
        self.start()
    }
}

/// Chance of one start of one machine.
pub fn chance(seed: u64, machine: &str, start: u64) -> SharedRandom {
    let mixed = machine.bytes().fold(seed ^ start.rotate_left(32), |mixed, byte| {
        mixed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    Arc::new(SeededRandom::new(mixed))
}
