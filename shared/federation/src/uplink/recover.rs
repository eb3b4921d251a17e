//! The first thing said to the parent after a start: what of the own ledger does it have that is not here?
//!
//! A disk that was lost and brought back from an older copy lacks what was sealed since; sealing again would use author
//! sequences and revisions twice. So the missing entries are fetched before anything else, and the root that comes out
//! must be the parent's. A ledger on hold (a marked restore) is released by this and by nothing else.

use ledger::Recovered;
use tonic::Code;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Channel;
use wire::pb;
use wire::pb::recovery_service_client::RecoveryServiceClient;

use super::{Uplink, UplinkError};
use crate::{MESSAGE_BYTES, SharedLedger, held};

/// Whether the parent was asked since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meeting {
    /// Not yet.
    #[default]
    Ahead,
    /// It could not be asked, or its answer did not hold; it is asked again at the next step.
    Failed,
    /// The own ledger has everything that the parent took of it.
    Done {
        /// Entries that were fetched back.
        recovered: u64,
    },
}

/// The ledger on hold while the parent is asked: an entry appended meanwhile would take the place of one that comes
/// back. A ledger that was on hold before stays so until the answer holds.
struct Hold {
    ledger: SharedLedger,
    marked: bool,
}

impl Hold {
    fn on(ledger: &SharedLedger) -> Self {
        let mut taken = held(ledger);
        let marked = taken.is_held();
        taken.hold();
        drop(taken);
        Self {
            ledger: SharedLedger::clone(ledger),
            marked,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.marked {
            held(&self.ledger).release();
        }
    }
}

impl Uplink {
    /// Asks the parent, unless that was done since the start.
    pub async fn meet(&mut self) -> Result<(), UplinkError> {
        if matches!(self.state.borrow().met, Meeting::Done { .. }) {
            return Ok(());
        }
        let channel = self.channel()?;
        let mut hold = Hold::on(&self.ledger);
        let met = self.fetch_own(channel.clone(), hold.marked).await;
        hold.marked &= met.is_err();
        // Before anybody is told: whoever waited for this seals at once.
        drop(hold);
        match &met {
            Ok(recovered) => {
                let recovered = *recovered;
                self.publish(|state| {
                    state.met = Meeting::Done { recovered };
                    state.last_error = None;
                });
                // What follows at once goes the same way.
                self.open = Some(channel);
            }
            Err(error) => {
                self.failed(error);
                self.publish(|state| state.met = Meeting::Failed);
            }
        }
        met.map(|_| ())
    }

    /// Fetches what is missing here, page by page. Every page is on the disk before the next is asked for.
    async fn fetch_own(&self, channel: Channel, marked: bool) -> Result<u64, UplinkError> {
        let mut client = RecoveryServiceClient::new(channel)
            .max_decoding_message_size(MESSAGE_BYTES)
            .accept_compressed(Gzip);
        let (mut from_parent_position, mut recovered) = (0, 0);
        loop {
            let request = {
                let ledger = held(&self.ledger);
                pb::FetchOwnRequest {
                    origin: ledger.origin(),
                    from_position: ledger.size(),
                    from_parent_position,
                }
            };
            let page = match client.fetch_own(request).await {
                Ok(page) => page.into_inner(),
                // A parent of an earlier version: whether it is ahead shows when the ledger is offered to it.
                Err(status) if status.code() == Code::Unimplemented && !marked => {
                    return Ok(recovered);
                }
                Err(status) => return Err(self.refused(&status)),
            };
            let (next, last) = (page.next_parent_position, page.last);
            let (cursor, root) = (page.cursor, page.cursor_root.clone());
            recovered += self.take_back(page)?;
            let ledger = held(&self.ledger);
            match ledger.root_at(cursor) {
                Some(here) if root == here.as_bytes() => return Ok(recovered),
                Some(_) => return Err(UplinkError::Diverged { cursor }),
                None if last || next <= from_parent_position => {
                    return Err(UplinkError::Incomplete {
                        position: ledger.size(),
                    });
                }
                None => from_parent_position = next,
            }
        }
    }

    /// Puts a page of the own ledger back where it stood. Returns how many entries that were.
    fn take_back(&self, page: pb::FetchOwnResponse) -> Result<u64, UplinkError> {
        if page.entries.is_empty() {
            return Ok(0);
        }
        if let Some(gone) = page.entries.iter().find(|entry| entry.envelope.is_empty()) {
            return Err(UplinkError::Incomplete {
                position: gone.position,
            });
        }
        let entries: Vec<_> = page
            .entries
            .into_iter()
            .map(|entry| Recovered {
                position: entry.position,
                envelope: entry.envelope,
                body: entry.body,
            })
            .collect();
        let count = entries.len() as u64;
        let first = entries[0].position;
        held(&self.ledger).recover(entries, self.clock.now().as_millisecond())?;
        tracing::warn!(first, count, "own entries were fetched back from the parent");
        Ok(count)
    }
}
