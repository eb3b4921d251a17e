//! A hub with one member on real files, and a child's ledger forged entry by entry, right or wrong.

use std::path::Path;
use std::sync::OnceLock;

use domain::cell::{Cell, CellKey, Origin};
use domain::federation::{Federation, SHIPPED};
use domain::member::Cover;
use domain::sheet::{Closure, Completeness, SheetBody, SheetFacts, totals};
use domain::zone::TZDB_VERSION;
use domain::{Code, Day, FederationId, NodeId, SheetPeriod, Tally, Zone};
use ledger::{Anchor, Author, Incoming, Ledger, Opening, Options, Outcome, Taking};
use seal::merkle::{Frontier, leaf_hash};
use seal::{Checkpoint, Digest, Envelope, SigningKey};
use wire::statement::{BodyRef, DictionaryInForce, Genesis, Membership, SheetStatement};
use wire::{Preamble, Statement, body, envelope};

/// 2022-12-13T12:00:00Z.
pub const NOW_MS: i64 = 1_670_932_800_000;

pub fn code(text: &str) -> Code {
    text.parse().unwrap()
}

pub fn node(text: &str) -> NodeId {
    text.parse().unwrap()
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub fn federation() -> &'static Federation {
    static FEDERATION: OnceLock<Federation> = OnceLock::new();
    FEDERATION.get_or_init(|| Federation::parse(SHIPPED).unwrap())
}

pub fn zone() -> Zone {
    "Asia/Yekaterinburg".parse().unwrap()
}

fn federation_id() -> FederationId {
    federation().id().parse().unwrap()
}

/// The keys of a node, from one number.
pub fn author(name: &str, seed: u8) -> Author {
    Author {
        federation: federation_id(),
        node: node(name),
        epoch: 1,
        signing_key: SigningKey::from_seed([seed; 32]),
        ledger_key: SigningKey::from_seed([seed + 100; 32]),
    }
}

pub fn root_key() -> SigningKey {
    SigningKey::from_seed([99; 32])
}

pub fn open_hub(directory: &Path) -> (Ledger, Opening) {
    let anchor = Anchor::Root {
        root_key: root_key().verifying_key(),
    };
    Ledger::open(directory, author("hub", 1), anchor, Options::default()).unwrap()
}

/// A hub with genesis, dictionary and the member `sve` for Свердловская область, any source.
pub fn hub(directory: &Path) -> Ledger {
    let mut hub = open_hub(directory).0;
    let own = author("hub", 1);
    let genesis = Genesis {
        root_key: root_key().verifying_key(),
        signing_key: own.signing_key.verifying_key(),
        ledger_key: own.ledger_key.verifying_key(),
        created_at_ms: NOW_MS,
    };
    hub.append_genesis(genesis, &root_key(), NOW_MS).unwrap();
    let file = SHIPPED.as_bytes();
    let dictionary = DictionaryInForce {
        version: code("1"),
        body: BodyRef::of(file),
    };
    hub.append_own(
        vec![
            (Statement::Dictionary(dictionary), Some(file.to_vec())),
            (Statement::Membership(membership("sve", 2, "hub", "65")), None),
        ],
        NOW_MS,
    )
    .unwrap();
    hub
}

pub fn cover(territory: &str) -> Cover {
    let from = day("2000-01-01");
    Cover {
        territory: code(territory),
        source: None,
        from,
        until: None,
        daily_from: from,
    }
}

pub fn membership(member: &str, seed: u8, parent: &str, territory: &str) -> Membership {
    let keys = author(member, seed);
    Membership {
        member: node(member),
        member_epoch: 1,
        signing_key: keys.signing_key.verifying_key(),
        ledger_key: keys.ledger_key.verifying_key(),
        tls_key: Digest::of(member.as_bytes()),
        ca_key: None,
        parent: node(parent),
        hosted_by: None,
        zone: zone(),
        covers: vec![cover(territory)],
        invitation: code("i"),
        joined_at_ms: NOW_MS,
    }
}

/// A body with one cell of `incidents.received` in each territory.
pub fn cells(territories: &[(&str, u64)]) -> SheetBody {
    let mut made = SheetBody::default();
    let measure = code("incidents.received");
    let source = federation().dictionary().lists().sources.entries()[0].code.clone();
    made.completeness
        .insert((source.clone(), measure.clone()), Completeness::Complete);
    for (territory, n) in territories {
        let values = vec![source.clone(), code(territory), Code::unmatched()];
        let key = CellKey {
            measure: measure.clone(),
            set: code("topic"),
            values,
        };
        made.cells.insert(
            key,
            Cell {
                origin: Origin::Incidents,
                snapshot: None,
                tally: Tally::Flow(*n),
            },
        );
    }
    made
}

/// A right sheet statement for a body, and the body's bytes.
pub fn sheet(period: SheetPeriod, revision: u32, body: &SheetBody) -> (SheetStatement, Vec<u8>) {
    let bytes = body::encode(body);
    let facts = SheetFacts {
        period,
        bounds: (zone().bounds(period.first()).0, zone().bounds(period.last()).1),
        closure: Closure::Closed,
        revision,
        withdrawn: None,
        zone: zone(),
        tzdb: TZDB_VERSION.to_owned(),
        dictionary: Digest::of(SHIPPED.as_bytes()).0,
        journal_position: 1,
        sealed_at_ms: NOW_MS,
        cell_count: u32::try_from(body.cells.len()).unwrap(),
        totals: totals(body, federation().dictionary()).unwrap(),
    };
    (
        SheetStatement {
            facts,
            body: BodyRef::of(&bytes),
        },
        bytes,
    )
}

pub fn day_sheet(on: &str, revision: u32, n: u64) -> (SheetStatement, Vec<u8>) {
    sheet(SheetPeriod::day(day(on)), revision, &cells(&[("65", n)]))
}

/// A child's ledger as its owner writes it, without any check.
pub struct Child {
    pub keys: Author,
    pub entries: Vec<Incoming>,
    pub sequence: u64,
    pub previous: Option<Digest>,
}

impl Child {
    pub fn new(name: &str, seed: u8) -> Self {
        Self {
            keys: author(name, seed),
            entries: Vec::new(),
            sequence: 0,
            previous: None,
        }
    }

    pub fn head(&self) -> Preamble {
        Preamble {
            federation: self.keys.federation.clone(),
            node: self.keys.node.clone(),
            epoch: self.keys.epoch,
            sequence: self.sequence + 1,
            previous: self.previous,
        }
    }

    /// Signs a statement as the next of the chain and appends it.
    pub fn say(&mut self, said: &Statement, body: Option<Vec<u8>>) -> u64 {
        let payload = said.encode(&self.head()).unwrap();
        let sealed = Envelope::seal(said.payload_type(), payload, &self.keys.signing_key);
        self.put(&sealed, body)
    }

    /// Appends an envelope that takes the next place of the chain.
    pub fn put(&mut self, sealed: &Envelope, body: Option<Vec<u8>>) -> u64 {
        self.sequence += 1;
        self.previous = Some(sealed.statement_hash());
        self.bytes(envelope::encode(sealed), body)
    }

    /// Appends any bytes, with no place in the chain.
    pub fn bytes(&mut self, envelope: Vec<u8>, body: Option<Vec<u8>>) -> u64 {
        self.entries.push(Incoming {
            envelope,
            body,
            body_dropped: false,
        });
        self.entries.len() as u64 - 1
    }

    pub fn sheet(&mut self, on: &str, revision: u32, n: u64) -> u64 {
        let (statement, body) = day_sheet(on, revision, n);
        self.say(&Statement::Sheet(Box::new(statement)), Some(body))
    }

    pub fn checkpoint(&self, size: u64) -> String {
        let mut frontier = Frontier::new();
        for entry in self.entries.iter().take(usize::try_from(size).unwrap()) {
            frontier.append(leaf_hash(&entry.envelope));
        }
        Checkpoint {
            origin: self.keys.origin(),
            size,
            root: frontier.root(),
        }
        .sign(&self.keys.ledger_key)
    }

    /// Delivers the entries from `first` to `end`.
    pub fn deliver(&self, hub: &mut Ledger, first: u64, end: u64) -> Result<Taking, ledger::TakeError> {
        let range = usize::try_from(first).unwrap()..usize::try_from(end).unwrap();
        let entries = self.entries[range].to_vec();
        hub.take(&self.keys.node, first, entries, &self.checkpoint(end), NOW_MS)
    }

    /// Delivers everything behind the parent's cursor.
    pub fn push(&self, hub: &mut Ledger) -> Taking {
        self.deliver(hub, hub.cursor(&self.keys.node).position, self.entries.len() as u64)
            .unwrap()
    }
}

/// The code of a refusal, or `TAKEN`, or `REPEATED`.
pub fn words(taking: &Taking) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Taken { repeated: false, .. } => "TAKEN".to_owned(),
        Outcome::Taken { repeated: true, .. } => "REPEATED".to_owned(),
        Outcome::Refused { reason, .. } => reason.to_string(),
    };
    taking.verdicts.iter().map(|verdict| word(&verdict.outcome)).collect()
}

/// Everything a reader could tell of a ledger, as one text.
pub fn state(ledger: &Ledger) -> String {
    let sheets: Vec<_> = ledger.sheets().collect();
    let cursors: Vec<_> = ledger
        .members()
        .iter()
        .map(|member| ledger.cursor(&member.node))
        .collect();
    format!(
        "{} {} {sheets:#?} {:#?} {cursors:?}",
        ledger.size(),
        ledger.root(),
        ledger.members()
    )
}

/// What the sheets in force add up to.
pub fn total(ledger: &Ledger) -> u64 {
    let body = |position| ledger.sheet_body(position).unwrap().unwrap();
    let cells = ledger.sheets().flat_map(|sheet| body(sheet.position).cells);
    cells
        .map(|(_, cell)| if let Tally::Flow(n) = cell.tally { n } else { 0 })
        .sum()
}
