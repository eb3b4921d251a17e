//! Faults: a changed envelope never verifies, and nothing is verified without a verification.

use proptest::prelude::*;
use seal::{Envelope, KeyId, SealError, Signature, Verified};

use crate::key;

fn sample() -> Envelope {
    Envelope::seal(
        "application/vnd.example.v1+proto",
        "a small statement, 34 bytes of it.",
        &key(1),
    )
}

fn refused(envelope: Envelope) -> bool {
    envelope.verify(&key(1).verifying_key()).is_err()
}

/// Every change of one bit of these bytes.
fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(move |bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

#[test]
fn an_untouched_envelope_verifies_under_its_own_key_only() {
    assert_eq!(sample().verify(&key(1).verifying_key()).unwrap().get(), &sample());
    assert_eq!(
        sample().verify(&key(2).verifying_key()).unwrap_err().code(),
        "UNKNOWN_KEY"
    );
    let renamed = Envelope {
        key_id: key(2).verifying_key().id(),
        ..sample()
    };
    assert_eq!(renamed.verify(&key(2).verifying_key()), Err(SealError::BadSignature));
}

#[test]
fn fault_14_an_envelope_with_one_bit_changed_never_verifies() {
    let good = sample();
    let size = good.payload.len() + good.payload_type.len() + 32 + 64;
    assert!(size <= 400, "the loop below tries every bit");

    for payload in flips(&good.payload) {
        assert!(refused(Envelope {
            payload,
            ..good.clone()
        }));
    }
    // A payload type that is no longer text cannot even be received.
    for payload_type in flips(good.payload_type.as_bytes()).filter_map(|bytes| String::from_utf8(bytes).ok()) {
        assert!(refused(Envelope {
            payload_type,
            ..good.clone()
        }));
    }
    for signature in flips(good.signature.as_bytes()) {
        let signature = Signature::try_from(signature.as_slice()).unwrap();
        assert!(refused(Envelope {
            signature,
            ..good.clone()
        }));
    }
    for id in flips(good.key_id.0.as_bytes()) {
        let key_id = KeyId(id.as_slice().try_into().unwrap());
        assert!(refused(Envelope { key_id, ..good.clone() }));
    }
}

#[test]
fn fault_14_dsse_json_with_one_bit_changed_never_verifies() {
    let json = sample().to_dsse_json();
    for changed in flips(json.as_bytes()).filter_map(|bytes| String::from_utf8(bytes).ok()) {
        let read = Envelope::from_dsse_json(&changed);
        assert!(read.is_err() || read.is_ok_and(refused), "{changed}");
    }
}

#[test]
fn bytes_cannot_move_between_payload_type_and_payload() {
    let good = Envelope::seal("ab", "cd", &key(1));
    for (payload_type, payload) in [("a", "bcd"), ("abc", "d"), ("", "abcd"), ("ab 2 cd", ""), ("cd", "ab")] {
        let moved = Envelope {
            payload_type: payload_type.to_owned(),
            payload: payload.into(),
            ..good.clone()
        };
        assert_ne!(moved.pae(), good.pae());
        assert!(refused(moved), "{payload_type:?} {payload:?}");
    }
}

/// That it cannot be written down, converted into, defaulted or changed is shown by the `compile_fail` examples on
/// [`Verified`]; here, that the file which may touch its field makes one from bytes in one place only.
#[test]
fn fault_16_verified_has_one_constructor() {
    let source = include_str!("../../src/verified.rs");
    let code: Vec<_> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let made: Vec<_> = code.iter().filter(|line| line.contains("Verified { value")).collect();
    assert_eq!(made.len(), 2, "one in `Envelope::verify`, one in `try_map`: {made:#?}");
    let checked = source
        .find("key.verify(&self.pae(), &self.signature)?")
        .expect("the check");
    assert!(checked < source.find("Ok(Verified { value: self })").expect("the constructor"));
}

#[test]
fn fault_16_a_decoder_gets_exactly_the_verified_bytes() {
    let verified = sample().verify(&key(1).verifying_key()).unwrap();
    let address = verified.get().payload.as_ptr();
    let seen: Verified<_> = verified
        .try_map(|envelope| {
            if envelope.payload.as_ptr() == address {
                Ok(envelope.payload.len())
            } else {
                Err("a copy")
            }
        })
        .unwrap();
    assert_eq!(seen.into_inner(), 34);
    let refused: Result<Verified<()>, _> = sample()
        .verify(&key(1).verifying_key())
        .unwrap()
        .try_map(|_| Err("malformed"));
    assert_eq!(refused, Err("malformed"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_envelope_survives_its_json_and_verifies(payload_type in ".*", payload: Vec<u8>, seed: [u8; 32]) {
        let key = seal::SigningKey::from_seed(seed);
        let envelope = Envelope::seal(payload_type, payload, &key);
        let read = Envelope::from_dsse_json(&envelope.to_dsse_json()).unwrap();
        prop_assert_eq!(&read, &envelope);
        prop_assert_eq!(read.statement_hash(), seal::Digest::of(&envelope.pae()));
        prop_assert!(read.verify(&key.verifying_key()).is_ok());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".*") {
        prop_assert!(Envelope::from_dsse_json(&text).is_err());
        prop_assert!(seal::SigningKey::from_pem(&text).is_err());
        prop_assert!(text.parse::<seal::Digest>().is_err());
    }
}
