//! After a restore: what the node may not do until it has its own entries back, and what it leaves alone until the
//! incidents that were lost have been sent again.
//!
//! Owns the marker `restored.json` in the node's directory. `backup restore` writes it; a copy restored by hand is
//! noticed when the parent has more than is here, and gets one too. Days whose last sheet knew more of the journal than
//! there is of it are not sealed while the marker stands, so that figures already sent do not shrink; `backup resume`
//! removes it.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::{fs, io};

use federation::held;
use federation::uplink::Meeting;
use runtime::files::{Mode, sync_dir, write_atomic};
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use crate::node::Node;

/// The marker's name in the node's directory.
pub const FILE: &str = "restored.json";

/// The marker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// Last position of the intake journal in the copy; not known before the first start.
    pub journal_position: Option<u64>,
    /// Whether the own entries were fetched back.
    pub recovered: bool,
}

impl Restored {
    /// The marker in a directory, if there is one.
    pub fn load(dir: &Path) -> io::Result<Option<Self>> {
        match fs::read(dir.join(FILE)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes it.
    pub fn save(&self, dir: &Path) -> io::Result<()> {
        write_atomic(&dir.join(FILE), &serde_json::to_vec(self)?, Mode::Private)
    }

    /// Takes it away. Says whether there was one.
    pub fn remove(dir: &Path) -> io::Result<bool> {
        match fs::remove_file(dir.join(FILE)) {
            Ok(()) => sync_dir(dir).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Node {
    /// At the opening: a marked restore puts the ledger on hold until the parent was asked.
    pub(crate) fn heed_restore(&self) -> io::Result<()> {
        let Some(mut marker) = Restored::load(self.lock.dir())? else {
            return Ok(());
        };
        if marker.journal_position.is_none() {
            marker.journal_position = Some(self.intake.position());
            marker.save(self.lock.dir())?;
        }
        if !marker.recovered {
            held(&self.ledger).hold();
        }
        self.aggregator.hold_days_above(marker.journal_position);
        Ok(())
    }

    /// Before sealing: asks the parent once since the start what it has of the own ledger. One that cannot be asked stops
    /// nothing unless the ledger is on hold.
    pub async fn meet_parent(&self) {
        self.pusher.meet().await;
        if let Err(failed) = self.after_meeting() {
            error!(error = %failed, "the mark of a restore cannot be read or written");
        }
    }

    /// How many days wait for their incidents to be sent again.
    pub fn held_days(&self) -> usize {
        self.aggregator.held_days()
    }

    fn after_meeting(&self) -> io::Result<()> {
        let dir = self.lock.dir();
        let mut marker = Restored::load(dir)?;
        let Meeting::Done { recovered } = self.pusher.state().met else {
            return Ok(());
        };
        if recovered > 0 && !self.recovery_noted.swap(true, Ordering::Relaxed) {
            info!(entries = recovered, "own entries came back from the parent");
            if let Err(failed) = self.figures.read_again() {
                warn!(error = %failed, "own figures are read again at the next start");
            }
            let position = marker.map_or(Some(self.opened_at), |marker| marker.journal_position);
            marker = Some(Restored {
                journal_position: position,
                recovered: false,
            });
        }
        if let Some(found) = marker.as_mut().filter(|marker| !marker.recovered) {
            found.recovered = true;
            found.save(dir)?;
        }
        self.aggregator
            .hold_days_above(marker.and_then(|marker| marker.journal_position));
        if marker.is_some() && self.held_days() == 0 {
            Restored::remove(dir)?;
            self.aggregator.hold_days_above(None);
        }
        Ok(())
    }
}
