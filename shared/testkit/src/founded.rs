//! A founded federation: the hub's ledger with its genesis and the shipped federation file in force.

use std::path::Path;

use domain::federation::SHIPPED;
use domain::{Code, FederationId, NodeId};
use ledger::{Anchor, Author, Ledger, Options};
use seal::SigningKey;
use wire::Statement;
use wire::statement::{BodyRef, DictionaryInForce, Genesis};

/// The root key of every federation made here.
pub fn root() -> SigningKey {
    SigningKey::from_seed([9; 32])
}

/// An author of federation `ru`: its signing key is made from `seed`, its ledger key from the next.
pub fn author(node: &str, seed: u8) -> Author {
    Author {
        federation: FederationId::new("ru").expect("an id"),
        node: NodeId::new(node).expect("an id"),
        epoch: 1,
        signing_key: SigningKey::from_seed([seed; 32]),
        ledger_key: SigningKey::from_seed([seed + 1; 32]),
    }
}

/// The federation file in force, and the statement that puts it there.
pub fn dictionary() -> (Statement, Option<Vec<u8>>) {
    let body = BodyRef::of(SHIPPED.as_bytes());
    let version = Code::literal("1");
    let statement = Statement::Dictionary(DictionaryInForce { version, body });
    (statement, Some(SHIPPED.as_bytes().to_vec()))
}

/// The ledger of a hub in `dir`, which must exist: genesis and dictionary, founded at `now_ms`.
pub fn founded(dir: &Path, now_ms: i64) -> Ledger {
    let author = author("hub", 1);
    let genesis = Genesis {
        root_key: root().verifying_key(),
        signing_key: author.signing_key.verifying_key(),
        ledger_key: author.ledger_key.verifying_key(),
        created_at_ms: now_ms,
    };
    let root_key = root().verifying_key();
    let (mut ledger, _) =
        Ledger::open(dir, author, Anchor::Root { root_key }, Options::default()).expect("a new ledger");
    ledger
        .append_genesis(genesis, &root(), now_ms)
        .expect("the first entry");
    ledger.append_own(vec![dictionary()], now_ms).expect("the second entry");
    ledger
}
