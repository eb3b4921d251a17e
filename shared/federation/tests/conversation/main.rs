//! Both ends over memory: joining, replicating, refusing, coming back, and not being fooled.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod faults;
mod stage;

use domain::{Code, NodeId};
use federation::held;
use federation::join::JoinError;
use federation::parent::InviteWish;
use federation::uplink::UplinkError;
use jiff::SignedDuration;
use seal::Digest;
use testkit::founded;
use testkit::founded::dictionary;
use wire::Statement;

use stage::{Child, Hub};

#[tokio::test]
async fn a_child_joins_and_its_sheets_stand_in_the_parents_ledger_byte_for_byte() {
    let hub = Hub::start();
    let child = Child::joined(&hub, "sverdlovsk", "65").await;
    for day in 1..=9 {
        child.seal(&format!("2022-12-0{day}"), 1, "Asia/Yekaterinburg");
    }
    let mut uplink = child.uplink(&hub);
    let step = uplink.step().await.unwrap();
    assert_eq!((step.sent, step.taken, step.refused, step.waiting), (9, 9, 0, 0));
    let ours: Vec<_> = held(&child.ledger)
        .entries(0..9)
        .unwrap()
        .into_iter()
        .map(|entry| entry.envelope)
        .collect();
    let theirs = held(&hub.ledger).entries(3..12).unwrap();
    assert_eq!(theirs.into_iter().map(|entry| entry.envelope).collect::<Vec<_>>(), ours);
    assert_eq!(uplink.step().await.unwrap().sent, 0, "nothing is sent twice");
}

#[tokio::test]
async fn a_refused_sheet_does_not_hold_up_the_next_and_its_author_knows_why() {
    let hub = Hub::start();
    let child = Child::joined(&hub, "sverdlovsk", "65").await;
    child.seal("2022-12-01", 1, "Asia/Yekaterinburg");
    child.seal("2022-12-02", 1, "Europe/Moscow");
    child.seal("2022-12-03", 1, "Asia/Yekaterinburg");
    let mut uplink = child.uplink(&hub);
    let step = uplink.step().await.unwrap();
    assert_eq!((step.taken, step.refused, step.waiting), (2, 1, 0));
    assert_eq!(uplink.state().refused, vec![(1, "ZONE_MISMATCH".to_owned())]);
    drop(uplink);
    assert_eq!(
        child.uplink(&hub).state().refused.len(),
        1,
        "a restart remembers the refusal"
    );
    let periods: Vec<_> = held(&hub.ledger)
        .sheets()
        .map(|sheet| sheet.period.to_string())
        .collect();
    assert_eq!(periods.len(), 2, "{periods:?}");
}

#[tokio::test]
async fn fault_11_a_lost_memory_gets_the_same_verdicts_again() {
    let hub = Hub::start();
    let child = Child::joined(&hub, "sverdlovsk", "65").await;
    child.seal("2022-12-01", 1, "Asia/Yekaterinburg");
    child.uplink(&hub).step().await.unwrap();
    let before = held(&hub.ledger).checkpoint();
    std::fs::remove_dir_all(child.dir.path().join("uplink")).unwrap();
    let step = child.uplink(&hub).step().await.unwrap();
    assert_eq!((step.sent, step.taken), (1, 1), "the verdict is asked for again");
    assert_eq!(held(&hub.ledger).checkpoint(), before, "and changes nothing");
}

#[tokio::test]
async fn fault_21_a_parent_with_another_history_is_believed_no_more() {
    let hub = Hub::start();
    let child = Child::joined(&hub, "sverdlovsk", "65").await;
    child.seal("2022-12-01", 1, "Asia/Yekaterinburg");
    child.uplink(&hub).step().await.unwrap();
    // Another tree under the same keys: the same genesis, another dictionary time, one entry more.
    let other = tempfile::tempdir().unwrap();
    let mut forked = founded(other.path(), 5);
    forked.append_own((0..4).map(|_| dictionary()).collect(), 6).unwrap();
    let membership = held(&hub.ledger)
        .member(&child.identity.node)
        .unwrap()
        .membership
        .clone();
    forked
        .append_own(vec![(Statement::Membership(membership), None)], 7)
        .unwrap();
    *held(&hub.ledger) = forked;
    let mut uplink = child.uplink(&hub);
    let error = uplink.step().await.unwrap_err();
    assert_eq!(error.code(), "PARENT_FORKED", "{error}");
    child.seal("2022-12-02", 1, "Asia/Yekaterinburg");
    assert!(
        matches!(uplink.step().await, Err(UplinkError::Halted(_))),
        "pushing stays halted, sealing goes on"
    );
    let evidence = std::fs::read_dir(child.dir.path()).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("fork-")
    });
    assert_eq!(evidence.count(), 2, "what was remembered, and what was shown");
}

#[tokio::test]
async fn an_invitation_works_once_in_its_time_and_survives_a_lost_reply() {
    let hub = Hub::start();
    let invitation = hub.invite("sverdlovsk", "65");
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    hub.join(first.path(), invitation.clone()).await.unwrap();
    let size = held(&hub.ledger).size();
    std::fs::remove_file(first.path().join("identity/membership.envelope")).unwrap();
    hub.join(first.path(), invitation.clone()).await.unwrap();
    assert_eq!(held(&hub.ledger).size(), size, "the same keys get the same membership");
    let stolen = hub.join(second.path(), invitation).await.unwrap_err();
    assert!(
        matches!(&stolen, JoinError::Refused { code, .. } if code == "INVITATION_USED"),
        "{stolen}"
    );
    let late = hub.invite("kurgan", "37");
    hub.clock.advance(SignedDuration::from_hours(2));
    let third = tempfile::tempdir().unwrap();
    assert!(matches!(hub.join(third.path(), late).await, Err(JoinError::Expired(_))));
}

#[tokio::test]
async fn a_used_invitation_brings_back_no_keys() {
    let hub = Hub::start();
    let (invitation, node) = (hub.invite("sverdlovsk", "65"), NodeId::new("sverdlovsk").unwrap());
    let dir = tempfile::tempdir().unwrap();
    hub.join(dir.path(), invitation.clone()).await.unwrap();
    let used = |error: &JoinError| matches!(error, JoinError::Refused { code, .. } if code == "INVITATION_USED");
    let again = async |forget: &[&str]| {
        for file in forget {
            std::fs::remove_file(dir.path().join("identity").join(file)).unwrap();
        }
        hub.join(dir.path(), invitation.clone()).await.unwrap_err()
    };
    hub.parent.revoke(&node, Code::literal("KEY_LOST")).unwrap();
    let error = again(&["membership.envelope"]).await;
    assert!(used(&error), "a revoked member is not let in again: {error}");
    let fresh = tempfile::tempdir().unwrap();
    hub.join(fresh.path(), hub.invite("sverdlovsk", "65")).await.unwrap();
    let error = again(&[]).await;
    assert!(
        used(&error),
        "nor does it push out the one that joined after it: {error}"
    );
    assert_eq!(held(&hub.ledger).member(&node).unwrap().membership.member_epoch, 2);
}

#[tokio::test]
async fn one_territory_has_one_invitation_open() {
    let hub = Hub::start();
    hub.invite("sverdlovsk", "65");
    let rival = InviteWish {
        node: NodeId::new("rival").unwrap(),
        covers: vec![(Code::literal("65701"), None, "2020-01-01".parse().unwrap())],
        zone: None,
        validity: SignedDuration::from_hours(1),
    };
    assert!(hub.parent.invite(&rival).is_err());
    hub.clock.advance(SignedDuration::from_hours(2));
    assert!(
        hub.parent.invite(&rival).is_ok(),
        "an invitation that ended holds nothing"
    );
}

#[tokio::test]
async fn a_parent_that_is_not_the_one_in_the_invitation_is_not_told_anything() {
    let hub = Hub::start();
    let mut invitation = hub.invite("sverdlovsk", "65");
    invitation.authority = Digest::of(b"another key");
    let dir = tempfile::tempdir().unwrap();
    let error = hub.join(dir.path(), invitation).await.unwrap_err();
    assert!(matches!(error, JoinError::Unreachable { .. }), "{error}");
    assert_eq!(held(&hub.ledger).size(), 2);
}

#[tokio::test]
async fn a_certificate_is_renewed_long_before_it_ends() {
    let hub = Hub::start();
    let child = Child::joined(&hub, "sverdlovsk", "65").await;
    let before = std::fs::read(child.dir.path().join("identity/tls.crt")).unwrap();
    hub.clock.advance(SignedDuration::from_hours(24 * 40));
    let mut uplink = child.uplink(&hub);
    uplink.step().await.unwrap();
    let after = std::fs::read(child.dir.path().join("identity/tls.crt")).unwrap();
    assert_ne!(before, after);
    hub.clock.advance(SignedDuration::from_hours(24 * 60));
    uplink.step().await.unwrap();
}
