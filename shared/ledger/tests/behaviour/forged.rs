//! Envelopes that somebody else made, or that say who made them and lie.

use ledger::Ledger;
use seal::{Envelope, Signature, SigningKey};
use wire::{Preamble, Statement, envelope};

use crate::stage::{Child, NOW_MS, author, day_sheet, hub, membership, node, total, words};

/// Ed25519's group order, little-endian: a signature's S plus this is the same number again.
const ORDER: [u8; 32] = {
    let mut order = [0; 32];
    let low = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    ];
    let mut at = 0;
    while at < 16 {
        order[at] = low[at];
        at += 1;
    }
    order[31] = 0x10;
    order
};

/// The same signature with another spelling of S.
fn malleable(signature: &Signature) -> Signature {
    let mut bytes = *signature.as_bytes();
    let mut carry = 0_u16;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    Signature::try_from(bytes.as_slice()).unwrap()
}

/// A right sheet of `sve`, its place in the chain changed by `place`, signed by `key`.
fn sheet_by(key: &SigningKey, place: impl Fn(&mut Preamble)) -> (Envelope, Vec<u8>) {
    let (statement, body) = day_sheet("2022-12-01", 1, 5);
    let said = Statement::Sheet(Box::new(statement));
    let mut head = Child::new("sve", 2).head();
    place(&mut head);
    let payload = said.encode(&head).unwrap();
    (Envelope::seal(said.payload_type(), payload, key), body)
}

/// The verdict on one envelope that `sve` brings to a hub where `tyu` is a member too.
fn verdict(hub: &mut Ledger, sealed: &Envelope, body: Vec<u8>) -> String {
    let mut child = Child::new("sve", 2);
    child.bytes(envelope::encode(sealed), Some(body));
    words(&child.push(hub)).remove(0)
}

type Row = (&'static str, (Envelope, Vec<u8>), &'static str);

/// The right sheet with something changed after it was signed.
fn changed(change: fn(&mut Envelope)) -> (Envelope, Vec<u8>) {
    let (mut sealed, body) = sheet_by(&author("sve", 2).signing_key, |_| ());
    change(&mut sealed);
    (sealed, body)
}

/// Signed well, by or for somebody else.
fn of_others() -> Vec<Row> {
    let [own, other, nobody, hubs] =
        [("sve", 2), ("tyu", 5), ("x", 40), ("hub", 1)].map(|(name, seed)| author(name, seed));
    let right = |_: &mut Preamble| ();
    vec![
        (
            "another member's key",
            sheet_by(&other.signing_key, right),
            "UNKNOWN_AUTHOR",
        ),
        (
            "the parent's own key",
            sheet_by(&hubs.signing_key, right),
            "UNKNOWN_AUTHOR",
        ),
        ("nobody's key", sheet_by(&nobody.signing_key, right), "UNKNOWN_AUTHOR"),
        (
            "the key of checkpoints",
            sheet_by(&own.ledger_key, right),
            "UNKNOWN_AUTHOR",
        ),
        (
            "another's name under the own key",
            sheet_by(&own.signing_key, |head| head.node = node("tyu")),
            "UNKNOWN_AUTHOR",
        ),
        (
            "another epoch under the own key",
            sheet_by(&own.signing_key, |head| head.epoch = 2),
            "UNKNOWN_AUTHOR",
        ),
        (
            "another federation under the own key",
            sheet_by(&own.signing_key, |head| head.federation = "kz".parse().unwrap()),
            "WRONG_FEDERATION",
        ),
    ]
}

/// Not what was signed.
fn altered() -> Vec<Row> {
    vec![
        (
            "a key id that points at the own key",
            {
                let (mut sealed, body) = sheet_by(&author("x", 40).signing_key, |_| ());
                sealed.key_id = author("sve", 2).signing_key.verifying_key().id();
                (sealed, body)
            },
            "BAD_SIGNATURE",
        ),
        (
            "a key id that points at another's key",
            changed(|sealed| sealed.key_id = author("tyu", 5).signing_key.verifying_key().id()),
            "UNKNOWN_AUTHOR",
        ),
        (
            "a payload type that was not signed",
            changed(|sealed| sealed.payload_type = sealed.payload_type.replace("sheet", "genesis")),
            "BAD_SIGNATURE",
        ),
        (
            "an unknown payload type that was not signed",
            changed(|sealed| sealed.payload_type = sealed.payload_type.replace("v1", "v2")),
            "BAD_SIGNATURE",
        ),
        ("no payload", changed(|sealed| sealed.payload.clear()), "BAD_SIGNATURE"),
        ("a byte more", changed(|sealed| sealed.payload.push(0)), "BAD_SIGNATURE"),
        (
            "a signature of nothing",
            changed(|sealed| sealed.signature = Signature::try_from([0; 64].as_slice()).unwrap()),
            "BAD_SIGNATURE",
        ),
        (
            "a signature of another's",
            changed(|sealed| sealed.signature = sheet_by(&author("tyu", 5).signing_key, |_| ()).0.signature),
            "BAD_SIGNATURE",
        ),
        (
            "a second spelling of S",
            changed(|sealed| sealed.signature = malleable(&sealed.signature)),
            "BAD_SIGNATURE",
        ),
        (
            "the payload signed without its type",
            changed(|sealed| sealed.signature = author("sve", 2).signing_key.sign(&sealed.payload)),
            "BAD_SIGNATURE",
        ),
    ]
}

#[test]
fn fault_15_forged_envelopes_are_refused_each_for_its_reason() {
    let rows = of_others().into_iter().chain(altered());
    for (name, (sealed, body), expected) in rows {
        let directory = tempfile::tempdir().unwrap();
        let mut hub = hub(directory.path());
        let tyu = Statement::Membership(membership("tyu", 5, "hub", "71"));
        hub.append_own(vec![(tyu, None)], NOW_MS).unwrap();
        assert_eq!(verdict(&mut hub, &sealed, body), expected, "{name}");
        assert_eq!(total(&hub), 0, "{name}");
    }
    let directory = tempfile::tempdir().unwrap();
    let (sealed, body) = sheet_by(&author("sve", 2).signing_key, |_| ());
    assert_eq!(
        verdict(&mut hub(directory.path()), &sealed, body),
        "TAKEN",
        "the row that all others were made from"
    );
}
