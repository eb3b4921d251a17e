//! A child's own ledger, its members below, revocations, refusals and rulings.

use std::path::Path;

use domain::SheetPeriod;
use ledger::{Anchor, Ledger, Options, Outcome};
use wire::Statement;
use wire::statement::{Decision, Revocation, Ruling};

use crate::stage::{Child, NOW_MS, author, code, day, day_sheet, federation, hub, membership, node, total, words};

fn open_region(directory: &Path) -> Ledger {
    let anchor = Anchor::Parent {
        node: node("hub"),
        signing_key: author("hub", 1).signing_key.verifying_key(),
    };
    let mut region = Ledger::open(directory, author("sve", 2), anchor, Options::default())
        .unwrap()
        .0;
    region.know_dictionary(domain::federation::SHIPPED.as_bytes()).unwrap();
    region
}

fn push(region: &Ledger, hub: &mut Ledger) -> Vec<String> {
    let from = hub.cursor(region.node()).position;
    let entries = region.outgoing(from..region.size()).unwrap();
    words(
        &hub.take(region.node(), from, entries, &region.checkpoint(), NOW_MS)
            .unwrap(),
    )
}

fn append_sheet(region: &mut Ledger, on: &str, revision: u32, n: u64) -> Result<Vec<u64>, ledger::LedgerError> {
    let (statement, body) = day_sheet(on, revision, n);
    region.append_own(vec![(Statement::Sheet(Box::new(statement)), Some(body))], NOW_MS)
}

#[test]
fn a_municipality_reaches_the_hub_through_its_region_byte_for_byte() {
    let (low, high) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut region, mut hub) = (open_region(low.path()), hub(high.path()));
    append_sheet(&mut region, "2022-12-01", 1, 1).unwrap();
    let town = membership("ekb", 3, "sve", "65701");
    region
        .append_own(vec![(Statement::Membership(town), None)], NOW_MS)
        .unwrap();
    let mut child = Child::new("ekb", 3);
    let of_town = |n| {
        super::stage::sheet(
            SheetPeriod::day(day("2022-12-02")),
            n,
            &super::stage::cells(&[("65701", 10)]),
        )
    };
    let (statement, body) = of_town(1);
    child.say(&Statement::Sheet(Box::new(statement)), Some(body));
    child.sheet("2022-12-03", 1, 5);
    child.bytes(vec![1, 2, 3], None);
    child.sequence += 1;
    let (statement, body) = of_town(2);
    child.say(&Statement::Sheet(Box::new(statement)), Some(body));
    assert_eq!(
        words(&child.push(&mut region)),
        ["TAKEN", "OUT_OF_SCOPE", "MALFORMED", "TAKEN"]
    );
    assert_eq!(push(&region, &mut hub), vec!["TAKEN"; 6]);
    assert_eq!((total(&region), total(&hub)), (11, 11));
    let leaf = |ledger: &Ledger, at| ledger.entries(at..at + 1).unwrap()[0].envelope.clone();
    assert_eq!(leaf(&region, 5), leaf(&hub, 8));
    region.verify_all().unwrap();
    hub.verify_all().unwrap();
    let members: Vec<_> = hub
        .members()
        .into_iter()
        .map(|member| member.node.to_string())
        .collect();
    assert_eq!(members, ["ekb", "sve"]);
}

#[test]
fn a_revoked_member_is_heard_no_longer_and_its_branch_neither() {
    let (low, high) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut region, mut hub) = (open_region(low.path()), hub(high.path()));
    let town = membership("ekb", 3, "sve", "65701");
    let revoke = |member| {
        Statement::Revocation(Revocation {
            member: node(member),
            member_epoch: 1,
            reason: code("lost"),
        })
    };
    region
        .append_own(
            vec![(Statement::Membership(town.clone()), None), (revoke("ekb"), None)],
            NOW_MS,
        )
        .unwrap();
    push(&region, &mut hub);
    assert!(hub.member(&node("ekb")).unwrap().revoked.is_some());
    // Registered once more with the same keys it stays revoked.
    region
        .append_own(vec![(Statement::Membership(town), None)], NOW_MS)
        .unwrap();
    push(&region, &mut hub);
    assert!(hub.member(&node("ekb")).unwrap().revoked.is_some());
    let mut child = Child::new("ekb", 3);
    child.sheet("2022-12-01", 1, 1);
    let refused = child
        .deliver(&mut region, 0, 1)
        .map(|_| ())
        .map_err(|error| error.code());
    assert_eq!(refused, Err("MEMBER_REVOKED"));
    // A region that passes its sheets on all the same is not believed.
    let mut bad = Child::new("sve", 2);
    bad.entries = region.outgoing(0..3).unwrap();
    bad.bytes(child.entries[0].envelope.clone(), child.entries[0].body.clone());
    assert_eq!(words(&bad.push(&mut hub)), ["AUTHOR_REVOKED"]);
    hub.append_own(vec![(revoke("sve"), None)], NOW_MS).unwrap();
    assert_eq!(
        bad.deliver(&mut hub, 4, 4).map_err(|error| error.code()),
        Err("MEMBER_REVOKED")
    );
    assert_eq!(hub.members().len(), 0);
}

#[test]
fn an_own_revision_is_used_once_and_a_body_must_be_the_one_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut region = open_region(directory.path());
    append_sheet(&mut region, "2022-12-01", 3, 1).unwrap();
    let code_of = |result: Result<Vec<u64>, ledger::LedgerError>| result.map_err(|error| error.code());
    assert_eq!(
        code_of(append_sheet(&mut region, "2022-12-01", 3, 2)),
        Err("REVISION_REUSED")
    );
    let (statement, _) = day_sheet("2022-12-01", 4, 1);
    let sheet = Statement::Sheet(Box::new(statement));
    assert_eq!(
        code_of(region.append_own(vec![(sheet.clone(), None)], NOW_MS)),
        Err("BODY_MISMATCH")
    );
    assert_eq!(
        code_of(region.append_own(vec![(sheet, Some(vec![1]))], NOW_MS)),
        Err("BODY_MISMATCH")
    );
    assert_eq!(
        region.highest_revision(&node("sve"), SheetPeriod::day(day("2022-12-01"))),
        Some(3)
    );
    assert_eq!(region.size(), 1);
}

#[test]
fn a_refusal_that_came_down_marks_the_own_sheet_and_a_ruling_takes_it_out() {
    let (low, high) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut region, mut hub) = (open_region(low.path()), hub(high.path()));
    append_sheet(&mut region, "1999-12-01", 1, 1).unwrap();
    let taking = hub
        .take(
            &node("sve"),
            0,
            region.outgoing(0..1).unwrap(),
            &region.checkpoint(),
            NOW_MS,
        )
        .unwrap();
    let Outcome::Refused { refusal, .. } = &taking.verdicts[0].outcome else {
        panic!("{taking:?}")
    };
    assert_eq!(region.note_refused(refusal).unwrap().sequence, 1);
    let period = SheetPeriod::day(day("1999-12-01"));
    let marked = region.sheet(&node("sve"), period).unwrap();
    assert_eq!(marked.refused, Some(code("DAY_TOO_EARLY")));
    let mut forged = refusal.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(
        region.note_refused(&forged).map(|_| ()).map_err(|error| error.code()),
        Err("BAD_SIGNATURE")
    );

    append_sheet(&mut region, "2022-12-01", 1, 10).unwrap();
    append_sheet(&mut region, "2022-12-01", 2, 20).unwrap();
    assert_eq!(push(&region, &mut hub), ["TAKEN", "TAKEN"]);
    assert_eq!(total(&hub), 20);
    let sheet = hub
        .sheet(&node("sve"), SheetPeriod::day(day("2022-12-01")))
        .unwrap()
        .clone();
    let void = Decision {
        node: node("sve"),
        epoch: 1,
        sequence: 3,
        statement: sheet.statement,
        ruling: Ruling::Void,
        reason: code("wrong"),
    };
    hub.append_own(vec![(Statement::Decision(void), None)], NOW_MS).unwrap();
    assert_eq!(total(&hub), 10);
    drop(hub);
    assert_eq!(total(&super::stage::open_hub(high.path()).0), 10);
}

#[test]
fn the_dictionary_of_the_ledger_is_known_and_one_from_above_too() {
    let (low, high) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (region, mut hub) = (open_region(low.path()), hub(high.path()));
    let (digest, in_force) = hub.current_dictionary().unwrap();
    assert_eq!(
        (in_force.id(), region.current_dictionary().unwrap().0),
        (federation().id(), digest)
    );
    assert!(hub.federation(&seal::Digest([0; 32])).is_none());
    assert_eq!(
        hub.know_dictionary(b"format = 1").map_err(|error| error.code()),
        Err("DICTIONARY_INVALID")
    );
}
