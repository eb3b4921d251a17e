//! What there is to read: the seam between the pages and the program that serves them.
//!
//! A hub and a region implement [`Reading`] over their ledgers; tests over invented figures. Every call may block: the
//! pages make them off the threads that serve connections.

use std::sync::Arc;

use domain::federation::Federation;
use domain::sheet::SheetFacts;
use domain::{Code, Day, NodeId, Period, SheetPeriod};
use report::Report;

/// A node whose figures are shown.
pub trait Reading: Send + Sync {
    /// What the node calls itself at the top of every page.
    fn title(&self) -> String;

    /// The federation file in force.
    fn federation(&self) -> Result<Arc<Federation>, ReadError>;

    /// The scope that a reader begins with.
    fn home(&self, federation: &Federation) -> Code;

    /// The first and the last day of which there is any sheet.
    fn extent(&self) -> Option<(Day, Day)>;

    /// The report of a scope for a period, compared with another.
    fn report(
        &self,
        federation: &Federation,
        scope: &Code,
        period: Period,
        compare: Option<Period>,
    ) -> Result<Report, ReadError>;

    /// The sheets in force that speak of a scope on a day.
    fn sheets(&self, federation: &Federation, scope: &Code, day: Day) -> Result<Vec<SheetLine>, ReadError>;

    /// The entry at a position of the ledger; nothing when there is none.
    fn entry(&self, position: u64) -> Result<Option<Entry>, ReadError>;
}

/// Why something cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such scope.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be read now: the person who runs the node has to look.
    #[error("{0}")]
    Failed(String),
}

/// A sheet in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLine {
    /// Position of its statement.
    pub position: u64,
    /// Its author.
    pub node: NodeId,
    /// Its period.
    pub period: SheetPeriod,
    /// Its revision.
    pub revision: u32,
    /// Sealed after the day was over.
    pub closed: bool,
    /// Reason of the parent's refusal.
    pub refused: Option<Code>,
}

/// An entry of the ledger with its envelope opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position in the ledger.
    pub position: u64,
    /// What kind of statement it is, in Russian.
    pub kind: &'static str,
    /// Its author.
    pub author: NodeId,
    /// Key epoch of the author.
    pub epoch: u32,
    /// Place in the author's chain.
    pub sequence: u64,
    /// Hash of the author's preceding statement, hexadecimal.
    pub previous: Option<String>,
    /// Hash of the statement, hexadecimal.
    pub statement: String,
    /// Leaf hash of the envelope, hexadecimal.
    pub leaf: String,
    /// Name of the key that signed it, hexadecimal.
    pub signer: String,
    /// Media type of the signed bytes.
    pub payload_type: String,
    /// The envelope as DSSE JSON, for other people's verifiers.
    pub dsse: String,
    /// When it was taken here, Unix milliseconds.
    pub received_at_ms: i64,
    /// The child whose ledger brought it, and the position there; nothing for the node's own.
    pub delivered: Option<(NodeId, u64)>,
    /// What it says, when it is a sheet.
    pub sheet: Option<SheetEntry>,
    /// That it stands in the ledger.
    pub proof: Proof,
}

/// What a sheet's statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetEntry {
    /// The facts that are signed beside the body.
    pub facts: SheetFacts,
    /// SHA-256 of the body, hexadecimal.
    pub body: String,
    /// Its length.
    pub body_bytes: u64,
    /// Whether this revision counts now.
    pub in_force: bool,
    /// The territory that its node answers for first.
    pub territory: Option<Code>,
}

/// The proof that an entry stands in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Entries of the tree.
    pub size: u64,
    /// Its root, hexadecimal.
    pub root: String,
    /// Hashes beside the way from the leaf to the root, hexadecimal.
    pub hashes: Vec<String>,
}
