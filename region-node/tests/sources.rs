//! The registry of source certificates: issued on record, revoked for good, refused with a word.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use domain::Code;
use domain::federation::Federation;
use domain::member::Cover;
use jiff::{SignedDuration, Timestamp};
use region_node::intake::SourceCounts;
use region_node::service::SourceDirectory as _;
use region_node::sources::{IssueRequest, Issuer, Sources, SourcesError};
use runtime::pki::{Authority, TlsKey, csr};
use runtime::{Certificate, Label};

/// A source of the dictionary that the node has no cover for.
const UNCOVERED: &str = "pos";

struct Stage {
    dir: tempfile::TempDir,
    federation: Label,
    node: Label,
    authority: Authority,
    now: Timestamp,
}

impl Stage {
    fn new() -> Self {
        let (federation, node): (Label, Label) = ("ru".parse().unwrap(), "66".parse().unwrap());
        let now: Timestamp = "2022-12-13T00:00:00Z".parse().unwrap();
        let authority = Authority::create(&federation, &node, now, SignedDuration::from_hours(24_000)).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            federation,
            node,
            authority,
            now,
        }
    }

    fn issue(&self, sources: &Sources, name: &str, source: &str) -> Result<Certificate, SourcesError> {
        let csr = csr(&TlsKey::generate().unwrap()).unwrap();
        let issuer = Issuer {
            authority: &self.authority,
            federation: &self.federation,
            node: &self.node,
        };
        let request = IssueRequest {
            name,
            source,
            csr: &csr,
        };
        let federation = Federation::shipped();
        let known = &federation.dictionary().lists().sources;
        let since = "2000-01-01".parse().unwrap();
        let cover = |source| Cover {
            territory: Code::literal("65"),
            source: Some(source),
            from: since,
            until: None,
            daily_from: since,
        };
        // Every source but one.
        let covers: Vec<Cover> = known
            .entries()
            .iter()
            .map(|entry| entry.code.clone())
            .filter(|code| code.as_str() != UNCOVERED)
            .map(cover)
            .collect();
        sources
            .issue(&request, issuer, known, &covers, self.now)
            .map(|chain| Certificate::from_pem(&chain).unwrap())
    }
}

fn some_source() -> String {
    Federation::shipped().dictionary().lists().sources.entries()[0]
        .code
        .to_string()
}

#[test]
fn a_certificate_counts_until_it_is_revoked_also_after_a_restart() {
    let (stage, code) = (Stage::new(), some_source());
    let sources = Sources::open(stage.dir.path()).unwrap();
    let certificate = stage.issue(&sources, "crm", &code).unwrap();
    assert_eq!(
        certificate.name.as_ref().unwrap().to_string(),
        "spiffe://ru/node/66/source/crm"
    );
    let sources = Sources::open(stage.dir.path()).unwrap();
    assert_eq!(sources.source_of("crm", &certificate).unwrap().as_str(), code);
    assert_eq!(sources.source_of("other", &certificate), None);
    sources.revoke("crm", stage.now).unwrap();
    assert_eq!(sources.source_of("crm", &certificate), None);
    let again = stage.issue(&sources, "crm", &code).unwrap();
    let sources = Sources::open(stage.dir.path()).unwrap();
    assert!(
        sources.source_of("crm", &again).is_some(),
        "the name may be given again"
    );
    assert_eq!(
        sources.source_of("crm", &certificate),
        None,
        "the old certificate stays revoked"
    );
    assert_eq!(sources.list().len(), 2);
    assert_eq!(sources.list()[0].revoked_at, Some(stage.now));
}

#[test]
fn a_wrong_request_is_refused_and_leaves_no_record() {
    let (stage, code) = (Stage::new(), some_source());
    let sources = Sources::open(stage.dir.path()).unwrap();
    stage.issue(&sources, "crm", &code).unwrap();
    assert!(matches!(
        stage.issue(&sources, "crm", &code),
        Err(SourcesError::Taken(_))
    ));
    assert!(matches!(
        stage.issue(&sources, "CRM", &code),
        Err(SourcesError::Name { .. })
    ));
    let unknown = stage.issue(&sources, "b", "absent").unwrap_err().to_string();
    assert!(
        unknown.contains("источника «absent» нет") && unknown.contains(&code),
        "{unknown}"
    );
    assert!(matches!(
        stage.issue(&sources, "b", UNCOVERED),
        Err(SourcesError::NotCovered(_))
    ));
    assert!(matches!(sources.revoke("b", stage.now), Err(SourcesError::Absent(_))));
    assert_eq!(sources.list().len(), 1);
    std::fs::write(stage.dir.path().join("sources.json"), "{").unwrap();
    assert!(matches!(
        Sources::open(stage.dir.path()),
        Err(SourcesError::Damaged { .. })
    ));
}

#[test]
fn a_trial_is_remembered_counted_and_ended_once() {
    let (stage, code) = (Stage::new(), some_source());
    let sources = Sources::open(stage.dir.path()).unwrap();
    stage.issue(&sources, "crm", &code).unwrap();
    assert!(!sources.on_trial("crm"));
    sources.put_on_trial("crm", stage.now).unwrap();
    let sent = SourceCounts {
        accepted: 2,
        rejected: 1,
        ..SourceCounts::default()
    };
    sources.tried("crm", sent);
    sources.tried("crm", sent);
    let told = sources.trials(stage.now);
    assert_eq!((told.len(), told[0].1.accepted, told[0].1.rejected), (1, 4, 2));
    let again = Sources::open(stage.dir.path()).unwrap();
    assert!(again.on_trial("crm"), "a restart ends no trial");
    again.accept("crm", stage.now).unwrap();
    assert!(!again.on_trial("crm") && again.trials(stage.now).is_empty());
    let twice = again.accept("crm", stage.now);
    assert!(matches!(twice, Err(SourcesError::NotOnTrial(_))), "{twice:?}");
    assert!(matches!(again.accept("b", stage.now), Err(SourcesError::Absent(_))));
}
