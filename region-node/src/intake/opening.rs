//! Start-up, which is recovery: the store is believed only as far as it adds up, and the journal says the rest.

use std::path::{Path, PathBuf};

use journal::{Journal, OpenError, Options, Truncation};

use super::IntakeError;
use super::context::Context;
use super::frames::Replay;
use crate::store::{Store, guarded, move_aside};

/// What opening an intake found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntakeOpening {
    /// Frames of the journal.
    pub frames: u64,
    /// The torn tail that was cut from the journal, if there was one.
    pub truncated: Option<Truncation>,
    /// Sequence up to which the store was believed; what the journal has above it was applied now.
    pub believed: u64,
    /// The store that could not be believed and was moved aside, with the reason; it was rebuilt from the journal.
    pub rebuilt: Option<(PathBuf, String)>,
}

/// Opens both, the store brought up to the journal.
pub(super) fn open(dir: &Path, context: &Context, seed: u64) -> Result<(Journal, Store, IntakeOpening), IntakeError> {
    let place = dir.join("store");
    let mut opening = IntakeOpening::default();
    let (journal, store) = match attempt(dir, &place, context, seed, &mut opening) {
        Err(IntakeError::Store(reason)) if reason.is_cured_by_rebuilding() => {
            tracing::warn!(%reason, "incident store moved aside, rebuilding it from the journal");
            opening.rebuilt = Some((move_aside(&place)?, reason.to_string()));
            attempt(dir, &place, context, seed, &mut opening)?
        }
        other => other?,
    };
    Ok((journal, store, opening))
}

/// Where an intake keeps its journal.
pub(super) fn journal_of(dir: &Path) -> PathBuf {
    dir.join("journal")
}

fn attempt(
    dir: &Path,
    place: &Path,
    context: &Context,
    seed: u64,
    opening: &mut IntakeOpening,
) -> Result<(Journal, Store), IntakeError> {
    let mut store = Store::open(place, context, seed)?;
    opening.believed = store.applied();
    let journal = guarded(|| {
        let frames = journal_of(dir);
        let mut replay = Replay::new(&mut store, context, &frames);
        let visit = &mut |frame: journal::FrameRef<'_>| replay.frame(frame.sequence, frame.payload);
        let (journal, recovery) = Journal::open(&frames, Options::default(), visit).map_err(|error| match error {
            OpenError::Journal(error) => IntakeError::Journal(error),
            OpenError::Visit(error) => error,
        })?;
        opening.frames = recovery.frames;
        // A tail is cut once: a second attempt finds the journal whole.
        opening.truncated = opening.truncated.take().or(recovery.truncated);
        replay.finish(journal.next_sequence() - 1)?;
        Ok::<_, IntakeError>(journal)
    })?;
    Ok((journal, store))
}
