//! A member that lost its disk, and had members of its own: its ledger comes back byte for byte.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use domain::member::Cover;
use domain::{Code, NodeId, Zone};
use federation::held;
use federation::uplink::{Meeting, UplinkError};
use ledger::{Anchor, Author, Ledger, Options, StoredEntry};
use seal::{Digest, SigningKey};
use testkit::empty_sheet;
use wire::Statement;
use wire::statement::Membership;

use crate::stage::{Member, Stage, life};

const ZONE: &str = "Asia/Yekaterinburg";

/// A municipality below a region, with a ledger of its own.
struct Below {
    ledger: Ledger,
    dictionary: Digest,
    _dir: tempfile::TempDir,
}

impl Below {
    fn registered(region: &Member) -> Self {
        let (signing_key, ledger_key) = (SigningKey::from_seed([41; 32]), SigningKey::from_seed([42; 32]));
        let from = "2000-01-01".parse().unwrap();
        let membership = Membership {
            member: NodeId::new("tagil").unwrap(),
            member_epoch: 1,
            signing_key: signing_key.verifying_key(),
            ledger_key: ledger_key.verifying_key(),
            tls_key: Digest::of(b"tls"),
            ca_key: None,
            parent: region.identity.node.clone(),
            hosted_by: None,
            zone: Zone::new(ZONE).unwrap(),
            covers: vec![Cover {
                territory: Code::literal("65751"),
                source: None,
                from,
                until: None,
                daily_from: from,
            }],
            invitation: Code::literal("i"),
            joined_at_ms: 1,
        };
        held(&region.ledger)
            .append_own(vec![(Statement::Membership(membership), None)], 1)
            .unwrap();
        let author = Author {
            federation: region.identity.federation.clone(),
            node: NodeId::new("tagil").unwrap(),
            epoch: 1,
            signing_key,
            ledger_key,
        };
        let anchor = Anchor::Parent {
            node: region.identity.node.clone(),
            signing_key: region.identity.author().unwrap().signing_key.verifying_key(),
        };
        let dir = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(dir.path(), author, anchor, Options::default()).unwrap();
        let dictionary = ledger.know_dictionary(&region.identity.federation_file).unwrap();
        Self {
            ledger,
            dictionary,
            _dir: dir,
        }
    }

    fn seal(&mut self, day: &str, zone: &str) {
        let sheet = empty_sheet(day.parse().unwrap(), 1, &Zone::new(zone).unwrap(), self.dictionary);
        self.ledger.append_own(vec![sheet], 1).unwrap();
    }

    /// Brings the region everything after its cursor.
    fn bring(&self, region: &Member) {
        let child = NodeId::new("tagil").unwrap();
        let mut taking = held(&region.ledger);
        let (from, size) = (taking.cursor(&child).position, self.ledger.size());
        let (entries, checkpoint) = (self.ledger.outgoing(from..size).unwrap(), self.ledger.checkpoint());
        taking.take(&child, from, entries, &checkpoint, 1).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Everything that stands, but for when it came.
fn standing(ledger: &Ledger) -> Vec<(StoredEntry, Option<Vec<u8>>)> {
    let entries = ledger.entries(0..ledger.size()).unwrap();
    let told = entries.into_iter().map(|mut entry| {
        entry.received_at_ms = 0;
        let body = ledger.body(entry.position).unwrap();
        (entry, body)
    });
    told.collect()
}

/// The same member with the files of an older copy.
fn reopened(member: &Member, dir: tempfile::TempDir) -> Member {
    let identity = federation::NodeIdentity::load(dir.path()).unwrap();
    let author = member.identity.author().unwrap();
    let path = dir.path().join("ledger");
    let (mut ledger, _) = Ledger::open(&path, author, identity.anchor(), Options::default()).unwrap();
    ledger.know_dictionary(&identity.federation_file).unwrap();
    Member {
        identity,
        ledger: Arc::new(Mutex::new(ledger)),
        dir,
    }
}

#[test]
fn fault_35_a_restored_region_gets_its_own_and_its_members_entries_back_byte_for_byte() {
    let stage = Stage::founded();
    life(async {
        let (hub, _tasks) = stage.serve().await;
        let region = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
        let mut below = Below::registered(&region);
        below.seal("2022-12-01", ZONE);
        below.bring(&region);
        region.seal("2022-12-01", ZONE);
        region.uplink(&stage).step().await.unwrap();
        let old = tempfile::tempdir().unwrap();
        copy(region.dir.path(), old.path());
        // After the copy: taken from below, refused from below, own, own and refused by the hub, own again.
        below.seal("2022-12-02", ZONE);
        below.seal("2022-12-03", "UTC");
        below.seal("2022-12-04", ZONE);
        below.bring(&region);
        region.seal("2022-12-02", ZONE);
        region.seal("2022-12-03", "UTC");
        region.seal("2022-12-04", ZONE);
        let step = region.uplink(&stage).step().await.unwrap();
        assert_eq!((step.refused, step.waiting), (1, 0));
        let child = NodeId::new("tagil").unwrap();
        let (before, cursor) = {
            let ledger = held(&region.ledger);
            (standing(&ledger), ledger.cursor(&child))
        };
        let region = reopened(&region, old);
        held(&region.ledger).hold();
        let mut uplink = region.uplink(&stage);
        uplink.meet().await.unwrap();
        assert_eq!(uplink.state().met, Meeting::Done { recovered: 6 });
        {
            let ledger = held(&region.ledger);
            assert!(!ledger.is_held());
            assert_eq!(standing(&ledger), before);
            assert_eq!(ledger.cursor(&child), cursor);
            ledger.verify_all().unwrap();
        }
        // Life goes on, above and below, also after a restart.
        below.seal("2022-12-05", ZONE);
        below.bring(&region);
        region.seal("2022-12-05", ZONE);
        let step = uplink.step().await.unwrap();
        assert_eq!(step.waiting, 0);
        assert_eq!(hub.status().refused_in_all, 1, "the one of before, and no other");
        assert_eq!(
            held(hub.ledger()).cursor(&region.identity.node).root,
            held(&region.ledger).root()
        );
    });
}

#[test]
fn fault_35_two_copies_at_work_are_told_apart_and_nothing_is_released() {
    let stage = Stage::founded();
    life(async {
        let (hub, _tasks) = stage.serve().await;
        let region = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
        let old = tempfile::tempdir().unwrap();
        copy(region.dir.path(), old.path());
        region.seal("2022-12-01", ZONE);
        region.uplink(&stage).step().await.unwrap();
        let second = reopened(&region, old);
        second.seal("2022-12-02", ZONE);
        held(&second.ledger).hold();
        let refused = second.uplink(&stage).meet().await.unwrap_err();
        assert!(matches!(refused, UplinkError::Diverged { cursor: 1 }), "{refused}");
        assert!(held(&second.ledger).is_held());
    });
}
