//! Every reason of a refusal, each by the smallest wrong thing; and the next entry is always taken.

use domain::sheet::{Completeness, MAX_CELLS, MAX_COUNT, SheetBody};
use domain::{Code, FederationId, Granularity, SheetPeriod, Zone};
use ledger::{Ledger, Reason};
use seal::{Digest, Envelope, SigningKey};
use wire::statement::{BodyRef, DictionaryInForce, Revocation, SheetStatement};
use wire::{Statement, envelope};

use crate::stage::{Child, NOW_MS, cells, code, cover, day, day_sheet, hub, membership, node, sheet, total, words};

type Wrong = fn(&mut Child);

fn say(child: &mut Child, change: impl FnOnce(&mut SheetStatement)) {
    let (mut statement, body) = day_sheet("2022-12-01", 1, 5);
    change(&mut statement);
    child.say(&Statement::Sheet(Box::new(statement)), Some(body));
}

fn say_body(child: &mut Child, body: &SheetBody) {
    let (statement, bytes) = sheet(SheetPeriod::day(day("2022-12-01")), 1, body);
    child.say(&Statement::Sheet(Box::new(statement)), Some(bytes));
}

/// Signs a payload that is not what our encoder writes.
fn say_payload(child: &mut Child, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let (statement, body) = day_sheet("2022-12-01", 1, 5);
    let said = Statement::Sheet(Box::new(statement));
    let payload = change(said.encode(&child.head()).unwrap());
    let sealed = Envelope::seal(said.payload_type(), payload, &child.keys.signing_key);
    child.put(&sealed, Some(body));
}

fn raw_body(child: &mut Child, bytes: Vec<u8>) {
    let (mut statement, _) = day_sheet("2022-12-01", 1, 5);
    statement.body = BodyRef::of(&bytes);
    child.say(&Statement::Sheet(Box::new(statement)), Some(bytes));
}

fn with_code(old: &str, new: &str) -> SheetBody {
    let mut body = cells(&[("65", 5)]);
    let (mut key, cell) = body.cells.pop_first().unwrap();
    let old = code(old);
    key.values
        .iter_mut()
        .filter(|value| **value == old)
        .for_each(|value| *value = code(new));
    body.cells.insert(key, cell);
    body
}

const TABLE: &[(&str, Reason, Wrong)] = &[
    ("a flipped bit of the signature", Reason::BadSignature, |child| {
        let (statement, body) = day_sheet("2022-12-01", 1, 5);
        let said = Statement::Sheet(Box::new(statement));
        let payload = said.encode(&child.head()).unwrap();
        let mut sealed = Envelope::seal(said.payload_type(), payload, &child.keys.signing_key);
        sealed.signature.0[0] ^= 1;
        child.put(&sealed, Some(body));
    }),
    ("an envelope with an unknown field", Reason::NonCanonical, |child| {
        let (statement, body) = day_sheet("2022-12-01", 1, 5);
        let said = Statement::Sheet(Box::new(statement));
        let payload = said.encode(&child.head()).unwrap();
        let sealed = Envelope::seal(said.payload_type(), payload, &child.keys.signing_key);
        child.put(&sealed, Some(body));
        child.entries.last_mut().unwrap().envelope.extend([0x78, 1]);
    }),
    (
        "a signed payload with an unknown field",
        Reason::NonCanonical,
        |child| {
            say_payload(child, |payload| [payload, vec![0xf8, 0x07, 1]].concat());
        },
    ),
    ("bytes that are no envelope", Reason::Malformed, |child| {
        child.bytes(vec![0xff; 20], None);
    }),
    ("a signed payload that is no statement", Reason::Malformed, |child| {
        say_payload(child, |_| vec![0xff; 20]);
    }),
    ("a key that nobody registered", Reason::UnknownAuthor, |child| {
        let key = std::mem::replace(&mut child.keys.signing_key, SigningKey::from_seed([77; 32]));
        say(child, |_| ());
        child.keys.signing_key = key;
    }),
    ("another node's name", Reason::UnknownAuthor, |child| {
        let name = std::mem::replace(&mut child.keys.node, node("tyu"));
        say(child, |_| ());
        child.keys.node = name;
    }),
    ("another federation", Reason::WrongFederation, |child| {
        let id = std::mem::replace(&mut child.keys.federation, FederationId::new("boston").unwrap());
        say(child, |_| ());
        child.keys.federation = id;
    }),
    ("a hole in the chain", Reason::ChainBroken, |child| {
        child.sequence += 1;
        child.previous = Some(Digest([7; 32]));
        say(child, |_| ());
    }),
    ("another previous statement", Reason::ChainBroken, |child| {
        child.previous = Some(Digest([7; 32]));
        say(child, |_| ());
    }),
    ("a dictionary from below", Reason::KindNotAllowed, |child| {
        let dictionary = DictionaryInForce {
            version: code("2"),
            body: BodyRef::of(b"x"),
        };
        child.say(&Statement::Dictionary(dictionary), Some(b"x".to_vec()));
    }),
    ("no body", Reason::BodyMissing, |child| {
        say(child, |_| ());
        child.entries.last_mut().unwrap().body = None;
    }),
    ("a body dropped too early", Reason::BodyMissing, |child| {
        say(child, |_| ());
        let entry = child.entries.last_mut().unwrap();
        (entry.body, entry.body_dropped) = (None, true);
    }),
    ("another body", Reason::BodyMismatch, |child| {
        say(child, |_| ());
        child.entries.last_mut().unwrap().body = Some(vec![1]);
    }),
    ("a body that is none", Reason::BodyInvalid, |child| {
        raw_body(child, vec![0xff; 20]);
    }),
    ("a number that no count reaches", Reason::BodyInvalid, |child| {
        say_body(child, &cells(&[("65", MAX_COUNT + 1)]));
    }),
    ("cells in a sheet that is taken back", Reason::BodyInvalid, |child| {
        say(child, |sheet| sheet.facts.withdrawn = Some(code("mistake")));
    }),
    ("an unknown topic code", Reason::DictionaryMismatch, |child| {
        say_body(child, &with_code("unmatched", "nonsense"));
    }),
    ("other totals", Reason::TotalsMismatch, |child| {
        say(child, |sheet| sheet.facts.totals.clear());
    }),
    ("another number of cells", Reason::CellCountMismatch, |child| {
        say(child, |sheet| sheet.facts.cell_count += 1);
    }),
    ("too many cells", Reason::TooManyCells, |child| {
        say(child, |sheet| {
            sheet.facts.cell_count = u32::try_from(MAX_CELLS).unwrap() + 1;
        });
    }),
    ("another region", Reason::OutOfScope, |child| {
        say_body(child, &cells(&[("65", 5), ("71", 1)]));
    }),
    ("a territory that is none", Reason::OutOfScope, |child| {
        say_body(child, &with_code("65", "nowhere"));
    }),
    ("a member outside the scope", Reason::OutOfScope, |child| {
        let of = child.keys.node.to_string();
        child.say(&Statement::Membership(membership("sub", 9, &of, "71")), None);
    }),
    ("a member of another parent", Reason::OutOfScope, |child| {
        child.say(&Statement::Membership(membership("sub", 9, "tyu", "65701")), None);
    }),
    ("a revocation of a stranger", Reason::OutOfScope, |child| {
        let revocation = Revocation {
            member: node("tyu"),
            member_epoch: 1,
            reason: code("x"),
        };
        child.say(&Statement::Revocation(revocation), None);
    }),
    ("a member with the hub's name", Reason::MemberTaken, |child| {
        let of = child.keys.node.to_string();
        child.say(&Statement::Membership(membership("hub", 9, &of, "65701")), None);
    }),
    ("a member with its parent's key", Reason::MemberTaken, |child| {
        let of = child.keys.node.to_string();
        let mut sub = membership("sub", 9, &of, "65701");
        sub.signing_key = child.keys.signing_key.verifying_key();
        child.say(&Statement::Membership(sub), None);
    }),
    ("a day too far ahead", Reason::DayInFuture, |child| {
        let (statement, body) = day_sheet("2022-12-16", 1, 5);
        child.say(&Statement::Sheet(Box::new(statement)), Some(body));
    }),
    ("a day too early", Reason::DayTooEarly, |child| {
        let (statement, body) = day_sheet("1999-12-31", 1, 5);
        child.say(&Statement::Sheet(Box::new(statement)), Some(body));
    }),
    ("another zone", Reason::ZoneMismatch, |child| {
        say(child, |sheet| sheet.facts.zone = Zone::utc());
    }),
    ("other bounds", Reason::ZoneMismatch, |child| {
        say(child, |sheet| sheet.facts.bounds.1 += 1);
    }),
    ("a month where sheets are daily", Reason::PeriodTooLong, |child| {
        let month = SheetPeriod::new(Granularity::Month, day("2022-11-01")).unwrap();
        let (statement, body) = sheet(month, 1, &cells(&[("65", 5)]));
        child.say(&Statement::Sheet(Box::new(statement)), Some(body));
    }),
    ("a revision used before", Reason::RevisionReused, |child| {
        child.sheet("2022-11-30", 1, 8);
    }),
];

#[test]
fn every_reason_is_met_and_never_stops_what_follows() {
    let mut met: Vec<Reason> = TABLE.iter().map(|row| row.1).collect();
    met.push(Reason::AuthorRevoked);
    for reason in Reason::ALL {
        assert!(met.contains(&reason), "no row meets {reason:?}");
        assert_eq!(Reason::from_code(reason.as_str()), Some(reason));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    // One member for each row, so that all of them share a hub and none meets another's revisions.
    let names: Vec<_> = (0..TABLE.len())
        .map(|at| (format!("row-{at}"), 10 + u8::try_from(at).unwrap()))
        .collect();
    let members = names.iter().map(|(name, seed)| membership(name, *seed, "hub", "65"));
    hub.append_own(
        members.map(|member| (Statement::Membership(member), None)).collect(),
        NOW_MS,
    )
    .unwrap();
    for (at, ((name, reason, wrong), (member, seed))) in TABLE.iter().zip(&names).enumerate() {
        let mut child = Child::new(member, *seed);
        child.sheet("2022-11-30", 1, 7);
        wrong(&mut child);
        child.sheet("2022-12-02", 1, 11);
        assert_eq!(
            words(&child.push(&mut hub)),
            ["TAKEN", reason.as_str(), "TAKEN"],
            "{name}"
        );
        let refused = hub.refusals().last().unwrap();
        assert_eq!(
            (refused.delivered_by.as_str(), refused.reason.as_str()),
            (member.as_str(), reason.as_str()),
            "{name}"
        );
        let kept = hub.evidence(at).unwrap().unwrap();
        assert!(child.entries[1].envelope.starts_with(&kept.envelope), "{name}");
    }
    assert_eq!(
        (hub.refusals().len(), total(&hub)),
        (TABLE.len(), 18 * TABLE.len() as u64)
    );
    hub.verify_all().unwrap();
}

/// A hub whose member `sve` covers one source only and reports daily from 2022 on.
fn hub_with_narrow_cover(directory: &std::path::Path) -> Ledger {
    let mut hub = hub(directory);
    let mut narrow = membership("sve", 2, "hub", "65");
    let mut one = cover("65");
    one.source = cells(&[]).completeness.keys().next().map(|(source, _)| source.clone());
    one.daily_from = day("2022-01-01");
    narrow.covers = vec![one];
    hub.append_own(vec![(Statement::Membership(narrow), None)], NOW_MS)
        .unwrap();
    hub
}

#[test]
fn a_cover_names_its_source_and_the_day_from_which_sheets_are_daily() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub_with_narrow_cover(directory.path());
    let mut child = Child::new("sve", 2);
    let year = |text| SheetPeriod::new(Granularity::Year, day(text)).unwrap();
    for first in ["2021-01-01", "2022-01-01"] {
        let (statement, body) = sheet(year(first), 1, &cells(&[("65", 5)]));
        child.say(&Statement::Sheet(Box::new(statement)), Some(body));
    }
    let mut other = SheetBody::default();
    let source = super::stage::federation().dictionary().lists().sources.entries()[1]
        .code
        .clone();
    other.completeness.insert(
        (source, Code::literal("incidents.received")),
        Completeness::NotCollected,
    );
    say_body(&mut child, &other);
    assert_eq!(
        words(&child.push(&mut hub)),
        ["TAKEN", "PERIOD_TOO_LONG", "OUT_OF_SCOPE"]
    );
}

#[test]
fn fault_13_a_day_may_begin_26_hours_from_now_and_not_a_second_later() {
    // 2022-12-15 begins in Yekaterinburg at 2022-12-14T19:00:00Z.
    let start_ms = super::stage::zone().bounds(day("2022-12-15")).0 * 1000;
    for (now_ms, word) in [
        (start_ms - 26 * 3_600_000, "TAKEN"),
        (start_ms - 26 * 3_600_000 - 1, "DAY_IN_FUTURE"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut hub = hub(directory.path());
        let mut child = Child::new("sve", 2);
        child.sheet("2022-12-15", 1, 7);
        let taking = hub
            .take(&node("sve"), 0, child.entries.clone(), &child.checkpoint(1), now_ms)
            .unwrap();
        assert_eq!(words(&taking), [word]);
    }
}

#[test]
fn a_statement_of_a_kind_unknown_is_stored_and_not_folded() {
    let directory = tempfile::tempdir().unwrap();
    let mut hub = hub(directory.path());
    let mut child = Child::new("sve", 2);
    let (statement, body) = day_sheet("2022-12-01", 1, 5);
    let payload = Statement::Sheet(Box::new(statement)).encode(&child.head()).unwrap();
    let sealed = Envelope::seal(
        "application/vnd.svodka.sheet.v2+proto",
        payload,
        &child.keys.signing_key,
    );
    child.put(&sealed, Some(body.clone()));
    child.sheet("2022-12-02", 1, 11);
    assert_eq!(words(&child.push(&mut hub)), ["TAKEN", "TAKEN"]);
    assert_eq!(total(&hub), 11);
    let outgoing = hub.outgoing(3..4).unwrap();
    assert_eq!(
        (outgoing[0].envelope.clone(), outgoing[0].body.clone()),
        (envelope::encode(&sealed), Some(body))
    );
}
