//! The journal: numbered frames in append-only segment files, the ground truth of whoever writes it.
//!
//! It owns the bytes of one directory: frames with a length, a CRC32C and a sequence, in segments named after their
//! first sequence. It promises that a frame followed by a successful [`Journal::sync`] is there after a crash or a
//! power cut, that what is read is what was written, and that a file it cannot vouch for stops the start with its name
//! and offset instead of a guess. It never repairs anything but a torn tail (what a power cut left of the frames since
//! the last sync, in whatever order the disk took them), and says when it did.
//!
//! It does not know what a payload means, has no async and no network, no clock but the stopwatch of [`timing`], and has no
//! way to delete a frame. One
//! process writes a journal; any number of threads read it through a [`Reader`]. Grouping many writers into one sync is
//! [`group::Committer`]'s.

mod directory;
mod error;
mod frame;
pub mod group;
mod journal;
mod reader;
mod recovery;
mod scan;
mod segment;
mod tail;
pub mod timing;

pub use error::{Damage, JournalError, OpenError};
pub use frame::{FrameRef, Location, MAX_FRAME_BYTES};
pub use journal::{Journal, Options};
pub use reader::Reader;
pub use recovery::{Recovery, Truncation};
pub use scan::scan;

/// The places where a crash meets a durable step half done, in the order a frame passes them.
///
/// Under the feature `failpoints` each of them aborts the process when it is configured with `return`. What is true
/// before and after, and what a crash leaves for start-up, stands at each place in the code.
pub const COMMIT_POINTS: &[&str] = &[
    "journal.append",
    "journal.before_sync",
    "journal.after_sync",
    "journal.new_segment",
];

/// The places where the disk can be made to fail under the feature `failpoints`: configured with `return`, the first
/// answers a write with "no space left", the second a sync with an input/output error.
pub const FAULT_POINTS: &[&str] = &["journal.fault.write", "journal.fault.sync"];
