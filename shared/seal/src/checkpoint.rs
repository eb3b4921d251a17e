//! The signed tree head (C2SP tlog-checkpoint). Owns its three lines and what makes them trustworthy.
//!
//! Promises that an opened checkpoint was signed by the key asked for, under the origin asked for, and says nothing but
//! origin, size and root. Carries no time and does not know whether the tree behind it exists or only grew: the first is
//! its signer's promise, the second a consistency proof's.

use signed_note::Note;
use tlog_tiles::{Checkpoint as TreeHead, Hash};

use crate::note::{self, NoteSigner, NoteVerifier};
use crate::{Digest, SealError, SigningKey, VerifyingKey};

/// What a log says of itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's permanent name, which is also the name of its key: no spaces, no plus, no control characters.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree of that size.
    pub root: Digest,
}

impl Checkpoint {
    /// The checkpoint as a note signed by the log's key.
    ///
    /// # Panics
    ///
    /// If the origin cannot be the name of a note's key. An origin is made of checked ids, never of received text.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        let mut note = Note::new(self.text().as_bytes(), &[]).expect("an origin has no control characters");
        note.add_sigs(&[&NoteSigner::new(&self.origin, key)])
            .expect("an origin is a valid key name");
        note::render(&note)
    }

    /// Opens a note that the log `origin` must have signed with `key`.
    ///
    /// Signatures of others (witnesses) are ignored. Extension lines are refused: they would be signed, yet nobody could
    /// audit them.
    pub fn open(note: &str, origin: &str, key: &VerifyingKey) -> Result<Self, SealError> {
        let opened = note::open(note, NoteVerifier::new(origin, key))?;
        let checkpoint = Self::parse(&opened.text)?;
        if checkpoint.origin != origin {
            return Err(SealError::BadCheckpoint(format!(
                "журнал {:?}, а не {origin:?}",
                checkpoint.origin
            )));
        }
        Ok(checkpoint)
    }

    /// Reads the text of a note; only its signature says whether it is true.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, SealError> {
        let head = TreeHead::from_bytes(text).map_err(|error| SealError::BadCheckpoint(error.to_string()))?;
        if !head.extension().is_empty() {
            return Err(SealError::BadCheckpoint(
                "в ней есть строки сверх имени, размера и корня".to_owned(),
            ));
        }
        let checkpoint = Self {
            origin: head.origin().to_owned(),
            size: head.size(),
            root: Digest(head.hash().0),
        };
        // One head has one text, whatever else the parser may come to accept.
        if checkpoint.text().as_bytes() != text {
            return Err(SealError::NonCanonical("текст контрольной точки"));
        }
        Ok(checkpoint)
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, Hash(self.root.0))
    }
}
