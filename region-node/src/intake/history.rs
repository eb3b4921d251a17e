//! What the journal says of some incidents and declarations, in order, and how they stood after each saying.
//!
//! It plays the journal as the node did, undone batches included, because a reference repeats what stood when it came.
//! Afterwards any batch can be taken out: what is left is heard again from the beginning. Memory grows with what was
//! asked for and not with the journal. Pure but for the reading; the store is not known here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use domain::version::{Record, meet};
use domain::{Code, Day};
use journal::{FrameRef, OpenError};
use prost::Message;
use wire::pb;

use super::attest::{Attested, identity};
use super::notes::batch_of;
use super::{IntakeError, frames};
use crate::store::{Declared, Ranges};

/// Source and id of an incident.
pub(super) type Identity = (Code, Code);

/// One saying of an incident.
#[derive(Debug)]
pub(super) struct Saying {
    /// The batch, by its place in [`History::batches`].
    batch: usize,
    /// When, Unix milliseconds.
    pub(super) at_ms: i64,
    /// It repeated what stood.
    pub(super) repeats: bool,
    pub(super) attested: Attested,
    pub(super) undone: bool,
}

/// One incident from its first saying on.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) sayings: Vec<Saying>,
    /// How it stands after all of them.
    pub(super) standing: Option<Record>,
}

impl Life {
    fn hear(&mut self, saying: Saying) {
        self.standing = hear(self.standing.take(), &saying.attested);
        self.sayings.push(saying);
    }

    /// Takes a batch out and hears the rest again.
    fn undo(&mut self, batch: usize) {
        let mut touched = false;
        for saying in self.sayings.iter_mut().filter(|saying| saying.batch == batch) {
            touched |= !saying.undone;
            saying.undone = true;
        }
        if touched {
            let rest = self.sayings.iter().filter(|saying| !saying.undone);
            self.standing = rest.fold(None, |standing, saying| hear(standing, &saying.attested));
        }
    }
}

/// What stands once another thing was said; what could not have been taken changes nothing.
fn hear(standing: Option<Record>, attested: &Attested) -> Option<Record> {
    let Some(arriving) = attested.arriving(standing.as_ref()) else {
        return standing;
    };
    let (_, record) = meet(standing.as_ref(), &arriving, attested.restore);
    Some(record)
}

/// What is asked of the journal.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) incidents: BTreeSet<Identity>,
    pub(super) declared: BTreeSet<Code>,
}

/// The answer.
#[derive(Debug, Default)]
pub(super) struct History {
    lives: HashMap<String, HashMap<String, Life>>,
    declared: BTreeMap<Code, Vec<(usize, bool, Declared)>>,
    batches: Vec<String>,
    by_name: HashMap<String, usize>,
}

impl History {
    /// Plays the journal of `directory` up to the frame before `until`.
    pub(super) fn read(directory: &Path, until: u64, wanted: &Wanted) -> Result<Self, IntakeError> {
        let mut history = Self::default();
        for (source, id) in &wanted.incidents {
            let of_source = history.lives.entry(source.to_string()).or_default();
            of_source.insert(id.to_string(), Life::default());
        }
        for source in &wanted.declared {
            history.declared.insert(source.clone(), Vec::new());
        }
        scan(directory, 1..until, &mut |sequence, frame| {
            history.frame(sequence, frame)
        })?;
        Ok(history)
    }

    fn frame(&mut self, sequence: u64, frame: pb::JournalFrame) -> Result<(), String> {
        match frame.frame {
            Some(pb::journal_frame::Frame::Items(items)) => {
                for item in &items.items {
                    self.item(&frame.intake, frame.received_at_ms, item)?;
                }
            }
            Some(pb::journal_frame::Frame::Declaration(told)) => {
                let declared = frames::declared(&told).ok_or("declaration")?;
                if self.declared.contains_key(&declared.source) {
                    let batch = self.batch(&batch_of(&frame.intake, sequence));
                    let said = self.declared.get_mut(&declared.source).expect("asked for");
                    said.push((batch, false, declared));
                }
            }
            Some(pb::journal_frame::Frame::Undo(undo)) => self.undo(&undo.batch),
            _ => {}
        }
        Ok(())
    }

    fn item(&mut self, intake: &str, at_ms: i64, item: &pb::JournalItem) -> Result<(), String> {
        let Some((source, id)) = identity(item) else {
            return Ok(());
        };
        let known = |lives: &HashMap<String, HashMap<String, Life>>| {
            lives.get(source).is_some_and(|lives| lives.contains_key(id))
        };
        if !known(&self.lives) {
            return Ok(());
        }
        let batch = self.batch(intake);
        let life = self
            .lives
            .get_mut(source)
            .and_then(|lives| lives.get_mut(id))
            .expect("asked for");
        let attested = Attested::read(item, life.standing.as_ref())?;
        life.hear(Saying {
            batch,
            at_ms,
            repeats: matches!(item.item, Some(pb::journal_item::Item::Unchanged(_))),
            attested,
            undone: false,
        });
        Ok(())
    }

    fn batch(&mut self, name: &str) -> usize {
        if let Some(&known) = self.by_name.get(name) {
            return known;
        }
        let number = self.batches.len();
        self.batches.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        number
    }

    /// Takes a batch out of everything that was said so far.
    pub(super) fn undo(&mut self, batch: &str) {
        let Some(&batch) = self.by_name.get(batch) else { return };
        self.lives
            .values_mut()
            .flat_map(HashMap::values_mut)
            .for_each(|life| life.undo(batch));
        for (from, undone, _) in self.declared.values_mut().flatten() {
            *undone |= *from == batch;
        }
    }

    /// The incident, if it was asked for.
    pub(super) fn life(&self, (source, id): &Identity) -> Option<&Life> {
        self.lives.get(source.as_str())?.get(id.as_str())
    }

    /// Id of the batch that said it.
    pub(super) fn batch_of(&self, saying: &Saying) -> &str {
        &self.batches[saying.batch]
    }

    /// How the incidents asked for stand.
    pub(super) fn standing(&self, wanted: &BTreeSet<Identity>) -> Vec<Option<Record>> {
        let standing = |identity| self.life(identity).and_then(|life| life.standing.clone());
        wanted.iter().map(standing).collect()
    }

    /// The days declared complete, by source asked for.
    pub(super) fn declared(&self) -> BTreeMap<Code, Vec<(Day, Day)>> {
        let ranges = |said: &Vec<(usize, bool, Declared)>| {
            let mut ranges = Ranges::default();
            for (_, _, declared) in said.iter().filter(|(_, undone, _)| !undone) {
                if declared.revoked {
                    ranges.remove(declared.from, declared.to);
                } else {
                    ranges.insert(declared.from, declared.to);
                }
            }
            ranges.as_slice().to_vec()
        };
        self.declared
            .iter()
            .map(|(source, said)| (source.clone(), ranges(said)))
            .collect()
    }
}

/// What a batch spoke of, between its first frame and its last.
pub(super) fn spoken_of(directory: &Path, row: &pb::BatchRow) -> Result<Wanted, IntakeError> {
    let mut wanted = Wanted::default();
    scan(directory, row.first..row.last + 1, &mut |sequence, frame| {
        if batch_of(&frame.intake, sequence) != row.id {
            return Ok(());
        }
        let code = |text: &str| Code::new(text).map_err(|error| error.to_string());
        match frame.frame {
            Some(pb::journal_frame::Frame::Items(items)) => {
                for (source, id) in items.items.iter().filter_map(identity) {
                    wanted.incidents.insert((code(source)?, code(id)?));
                }
            }
            Some(pb::journal_frame::Frame::Declaration(told)) => {
                wanted.declared.insert(code(&told.source)?);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(wanted)
}

/// Shows frames of the journal, decoded.
fn scan(
    directory: &Path,
    sequences: std::ops::Range<u64>,
    visit: &mut dyn FnMut(u64, pb::JournalFrame) -> Result<(), String>,
) -> Result<(), IntakeError> {
    let read = journal::scan(directory, sequences, &mut |frame: FrameRef<'_>| {
        let sequence = frame.sequence;
        let unreadable = |reason| IntakeError::Frame { sequence, reason };
        let decoded = pb::JournalFrame::decode(frame.payload).map_err(|error| unreadable(error.to_string()))?;
        visit(sequence, decoded).map_err(unreadable)
    });
    read.map_err(|error| match error {
        OpenError::Journal(error) => IntakeError::Journal(error),
        OpenError::Visit(error) => error,
    })
}
