//! What the authority signs: its own words only.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use runtime::certificate::CertificateError;
use runtime::pki::{Authority, PkiError, TlsKey, csr, csr_key_digest};
use runtime::{Certificate, PeerName};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);
const QUARTER: SignedDuration = SignedDuration::from_hours(24 * 90);

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn hub() -> Authority {
    Authority::create(&"russia".parse().unwrap(), &"hub".parse().unwrap(), now(), YEAR).unwrap()
}

fn ural() -> PeerName {
    PeerName::node("russia", "ural").unwrap()
}

/// Every alternative name of the first certificate in a chain, and whether it may serve.
fn names(chain: &str) -> (Vec<String>, bool) {
    let der = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    assert_ne!(parsed.subject(), parsed.issuer(), "a subject of its own");
    assert!(!parsed.is_ca());
    let names = &parsed.subject_alternative_name().unwrap().unwrap().value.general_names;
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.any);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::URI(text) | GeneralName::DNSName(text) => (*text).to_owned(),
        GeneralName::IPAddress(bytes) => format!("{bytes:?}"),
        other => panic!("no other name belongs here: {other:?}"),
    };
    (names.iter().map(text).collect(), usage.server_auth)
}

/// A request for a P-384 key that is signed with SHA-256, as OpenSSL makes it when told so.
const P384_WITH_SHA256: &str = "\
-----BEGIN CERTIFICATE REQUEST-----
MIIBBDCBiwIBADAMMQowCAYDVQQDDAF4MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE
tQJPQrGlmX38nivXmwpC1tpwmeLan6tTkVFF031b2IQBWRlG4Ri9lzfbRdRLswA0
0mgY1yzNbl8KFK0H2MTICq2tPDFfuaQ6U+fyyaurB2Qxp+qbekF8/yx3uuCWUZEO
oAAwCgYIKoZIzj0EAwIDaAAwZQIwYOF6QJAgZVgKurzUH6BmWULsD2XrEM1q03MS
gGX/gFsai52ARMgSxjNM+ePrW7eIAjEA9L86TauZPAtYV9cNBR3AjcbfNEcu3UgJ
+mPQgWDpZpfc/XjiF/1A1u9gteljsPLu
-----END CERTIFICATE REQUEST-----
";

#[test]
fn from_a_request_only_the_key_is_taken() {
    let key = KeyPair::generate().unwrap();
    let mut evil = CertificateParams::new(vec!["hub.russia.internal".to_owned()]).unwrap();
    evil.subject_alt_names
        .push(rcgen::SanType::URI("spiffe://russia/node/hub".try_into().unwrap()));
    evil.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    evil.insert_extended_key_usage(rcgen::ExtendedKeyUsagePurpose::Any);
    let request = evil.serialize_request(&key).unwrap().pem().unwrap();

    let chain = hub().issue_from_csr(&request, &ural(), &[], now(), QUARTER).unwrap();
    assert_eq!(
        names(&chain),
        (
            vec![
                "spiffe://russia/node/ural".to_owned(),
                "ural.russia.internal".to_owned()
            ],
            true
        )
    );
    let facts = Certificate::from_pem(&chain).unwrap();
    assert_eq!(facts.name, Some(ural()));
    assert_eq!(facts.key_digest, csr_key_digest(&request).unwrap());
    assert_eq!(
        facts.key_digest,
        TlsKey::from_pem(&key.serialize_pem()).unwrap().digest()
    );
}

#[test]
fn a_server_carries_its_hosts_and_a_client_none() {
    let (authority, key) = (hub(), TlsKey::generate().unwrap());
    let hosts = ["hub.example.ru".to_owned(), "127.0.0.1".to_owned()];
    let chain = authority.issue(&key, &ural(), &hosts, now(), QUARTER).unwrap();
    assert_eq!(
        names(&chain).0[2..],
        ["hub.example.ru".to_owned(), "[127, 0, 0, 1]".to_owned()]
    );

    let source = PeerName::source("russia", "hub", "pos").unwrap();
    let chain = authority.issue(&key, &source, &[], now(), QUARTER).unwrap();
    assert_eq!(names(&chain), (vec![source.to_string()], false));
    assert!(matches!(
        authority.issue(&key, &source, &hosts, now(), QUARTER),
        Err(PkiError::Host(_))
    ));
    for host in ["*.ru", "имя", "", "a b", "spiffe://russia/node/hub"] {
        let refused = authority.issue(&key, &ural(), &[host.to_owned()], now(), QUARTER);
        assert!(matches!(refused, Err(PkiError::Host(_))), "{host:?}");
    }
}

#[test]
fn possession_of_a_p256_key_must_be_proved() {
    let request = csr(&TlsKey::generate().unwrap()).unwrap();
    csr_key_digest(&request).expect("the request is good as it is");
    let end = request.find("-----END").unwrap();
    let mut forged = request.clone().into_bytes();
    let place = end - 12;
    forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let refused = hub().issue_from_csr(&forged, &ural(), &[], now(), QUARTER);
    assert!(matches!(refused, Err(PkiError::Request(_))), "{refused:?}");

    for algorithm in [&PKCS_ED25519, &PKCS_ECDSA_P384_SHA384] {
        let other = KeyPair::generate_for(algorithm).unwrap();
        let request = CertificateParams::default()
            .serialize_request(&other)
            .unwrap()
            .pem()
            .unwrap();
        assert!(
            matches!(csr_key_digest(&request), Err(PkiError::Request(_))),
            "{algorithm:?}"
        );
        assert!(matches!(TlsKey::from_pem(&other.serialize_pem()), Err(PkiError::Key)));
    }
    assert!(matches!(csr_key_digest(P384_WITH_SHA256), Err(PkiError::Request(_))));
    assert!(matches!(csr_key_digest("нет"), Err(PkiError::Request(_))));
}

#[test]
fn times_and_serials_are_the_authoritys() {
    let (authority, key) = (hub(), TlsKey::generate().unwrap());
    let issue = || Certificate::from_pem(&authority.issue(&key, &ural(), &[], now(), QUARTER).unwrap()).unwrap();
    let (one, two) = (issue(), issue());
    assert_eq!(one.not_before, now() - SignedDuration::from_mins(5));
    assert_eq!(one.not_after, now() + QUARTER);
    assert_ne!(one.serial, two.serial);
    assert_ne!(one.fingerprint, two.fingerprint);
    assert_eq!(one.serial.len(), 32);
    assert!(!one.renewal_due(now() + SignedDuration::from_hours(24 * 29)));
    assert!(one.renewal_due(now() + SignedDuration::from_hours(24 * 30)));
    for validity in [SignedDuration::ZERO, SignedDuration::from_secs(-1), SignedDuration::MAX] {
        let refused = authority.issue(&key, &ural(), &[], now(), validity);
        assert!(matches!(refused, Err(PkiError::Validity)), "{validity:?}");
    }
}

#[test]
fn an_authority_comes_back_from_its_files() {
    let authority = hub();
    let again = Authority::load(authority.certificate_pem(), &authority.key_pem()).unwrap();
    assert_eq!(again.key_digest(), authority.key_digest());
    let own = Certificate::from_pem(again.certificate_pem()).unwrap();
    assert_eq!((own.name, own.key_digest), (None, authority.key_digest()));
    let chain = again
        .issue(&TlsKey::generate().unwrap(), &ural(), &[], now(), QUARTER)
        .unwrap();
    let links: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes())
        .map(Result::unwrap)
        .collect();
    let parse = |der| X509Certificate::from_der(der).unwrap().1;
    let (leaf, root) = (parse(&links[0]), parse(&links[1]));
    assert_eq!(leaf.issuer(), root.subject(), "the chain holds after a reload");
    assert!(matches!(
        Authority::load(authority.certificate_pem(), &hub().key_pem()),
        Err(PkiError::Mismatch)
    ));
    assert!(matches!(
        Authority::load("", &authority.key_pem()),
        Err(PkiError::Certificate(_))
    ));
}

#[test]
fn a_certificate_names_one_peer_or_none() {
    let key = KeyPair::generate().unwrap();
    let read = |uris: &[&str]| {
        let mut params = CertificateParams::default();
        params.subject_alt_names = uris
            .iter()
            .map(|uri| rcgen::SanType::URI((*uri).try_into().unwrap()))
            .collect();
        Certificate::from_der(params.self_signed(&key).unwrap().der()).map(|certificate| certificate.name)
    };
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&["spiffe://russia/node/ural"]), Ok(Some(ural())));
    assert!(matches!(read(&["https://russia"]), Err(CertificateError::Name(_))));
    let both = ["spiffe://russia/node/ural", "spiffe://russia/node/hub"];
    assert_eq!(read(&both), Err(CertificateError::Ambiguous));
    assert_eq!(Certificate::from_der(b"no"), Err(CertificateError::Malformed));
}
