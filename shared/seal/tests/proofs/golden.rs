//! Fixed bytes: what other people's verifiers, and our own of other years, have to read. A change here is a change of
//! format.
//!
//! The expected values were not taken from this crate: a Python script made them from the specifications, with OpenSSL's
//! Ed25519.

use seal::merkle::{Tree, leaf_hash};
use seal::{Checkpoint, Envelope, cosign};

use crate::key;

fn envelope() -> Envelope {
    Envelope::seal("http://example.com/HelloWorld", "hello world", &key(1))
}

#[test]
fn pae() {
    // The example of the DSSE specification.
    assert_eq!(
        envelope().pae(),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(
        envelope().statement_hash().to_string(),
        "217751fac2c4f14edb2c9297fbc34abcb016ba88e74757e875ec4ac16fb6b6a1"
    );
}

#[test]
fn key_and_signature() {
    assert_eq!(
        hex::encode(key(1).verifying_key().to_bytes()),
        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
    );
    assert_eq!(
        key(1).verifying_key().id().to_string(),
        "34750f98bd59fcfc946da45aaabe933be154a4b5094e1c4abf42866505f3c97e"
    );
    assert_eq!(
        hex::encode(envelope().signature.as_bytes()),
        concat!(
            "36b93c69ff970e9a48974789f3eabffa267306b7dc9cee0948e1e3ece522bfa3",
            "dc86a16a673d9066c1d8ca63ca546241e61979d97feace878e49c3c90617550e"
        )
    );
    assert_eq!(
        key(1).to_pem().as_str(),
        concat!(
            "-----BEGIN PRIVATE KEY-----\n",
            "MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n",
            "-----END PRIVATE KEY-----\n",
        )
    );
}

#[test]
fn dsse_json() {
    assert_eq!(
        envelope().to_dsse_json(),
        concat!(
            r#"{"payload":"aGVsbG8gd29ybGQ=","payloadType":"http://example.com/HelloWorld""#,
            r#","signatures":[{"keyid":"34750f98bd59fcfc946da45aaabe933be154a4b5094e1c4abf42866505f3c97e""#,
            r#","sig":"Nrk8af+XDppIl0eJ8+q/+iZzBrfcnO4JSOHj7OUiv6PchqFqZz2QZsHYymPKVGJB5hl52X/qzoeOScPJBhdVDg=="}]}"#
        )
    );
}

#[test]
fn checkpoint_note_and_cosignature() {
    let mut tree = Tree::new();
    for number in 0..3_u8 {
        tree.append(leaf_hash(&[number]));
    }
    let note = Checkpoint {
        origin: "example/hub/1".to_owned(),
        size: tree.size(),
        root: tree.root(),
    }
    .sign(&key(2));
    let signed = concat!(
        "example/hub/1\n",
        "3\n",
        "O2zM1+PgI/85MAbwMDFe562esRGwIrQfun5bejlz9og=\n",
        "\n",
        "— example/hub/1 TQOZZ6dm55bg1PAh8hCOCqeAhji9T4traJZjs9adaDdvT93noo8lYEZ0wWnvS/tCdS1IE8VF196nG+X2tl7EUz8tewk=\n",
    );
    assert_eq!(note, signed);
    let cosignature = concat!(
        "— example/region-1 J76lvwAAAABlU/EAvvcYt4AP/qSa0fryizaVEOkYm",
        "OSaVDTJ95OkIPbC8VOUesRRl9IcobaCaozsP1g9m2jf7dJV9YIylwJRoKXaCg==\n"
    );
    let cosigned = cosign(&note, "example/region-1", &key(3), 1_700_000_000).unwrap();
    assert_eq!(cosigned, format!("{signed}{cosignature}"));
}
