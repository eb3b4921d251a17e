//! Inviting: what is refused, with its reason, and what an operator may write instead of a code.

use federal_hub::admin::Admin;
use runtime::Exit;
use runtime::command::Failure;
use runtime::status::reason;
use tonic::{Request, Status};
use wire::pb;
use wire::pb::parent_service_server::ParentService;

use crate::stage::{Member, Stage};

async fn invite(admin: &Admin, change: impl FnOnce(&mut pb::InviteRequest)) -> Result<pb::InviteResponse, Status> {
    let mut request = pb::InviteRequest {
        node: "kurgan".to_owned(),
        covers: vec![cover("37")],
        ..Default::default()
    };
    change(&mut request);
    admin
        .invite(Request::new(request))
        .await
        .map(tonic::Response::into_inner)
}

fn cover(territory: &str) -> pb::InviteCover {
    pb::InviteCover {
        territory: territory.to_owned(),
        ..Default::default()
    }
}

type Change = fn(&mut pb::InviteRequest);

/// What is wrong with a wish, the reason that a machine reads, and the code that the command ends with.
const REFUSED: &[(Change, &str, Exit)] = &[
    (|wish| wish.covers.clear(), "TERRITORY_REQUIRED", Exit::Usage),
    (
        |wish| wish.covers[0].territory = "99999".into(),
        "TERRITORY_UNKNOWN",
        Exit::Usage,
    ),
    (
        |wish| wish.covers[0].territory = " ".into(),
        "TERRITORY_INVALID",
        Exit::Usage,
    ),
    (
        |wish| wish.covers[0].territory = "65".into(),
        "TERRITORY_TAKEN",
        Exit::Refused,
    ),
    // A part of it and the whole above it are taken too.
    (
        |wish| wish.covers[0].territory = "RU".into(),
        "TERRITORY_TAKEN",
        Exit::Refused,
    ),
    (|wish| wish.covers.push(cover("65")), "TERRITORY_TAKEN", Exit::Refused),
    (
        |wish| wish.covers[0].source = "fax".into(),
        "SOURCE_UNKNOWN",
        Exit::Usage,
    ),
    (
        |wish| wish.covers[0].from = "2022-02-30".into(),
        "DAY_INVALID",
        Exit::Usage,
    ),
    (|wish| wish.node = "Курган".into(), "NODE_INVALID", Exit::Usage),
    (|wish| wish.node = String::new(), "NODE_INVALID", Exit::Usage),
    (|wish| wish.zone = "Asia/Nowhere".into(), "ZONE_UNKNOWN", Exit::Usage),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_wish_is_refused_with_its_reason() {
    let stage = Stage::founded();
    let (hub, _tasks) = stage.serve().await;
    let _member = Member::joined(&stage, &hub, "sverdlovsk", "65", 3).await;
    let admin = Admin(hub);
    for (number, (change, expected, exit)) in REFUSED.iter().enumerate() {
        let refused = invite(&admin, change).await.unwrap_err();
        assert_eq!(
            reason(&refused).as_deref(),
            Some(*expected),
            "case {number}: {refused:?}"
        );
        let failure = Failure::from(refused);
        assert_eq!(failure.exit(), *exit, "case {number}: {failure}");
        assert!(failure.to_string().ends_with(&format!("[{expected}]")), "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iso_code_names_the_territory_and_another_source_may_share_it() {
    let stage = Stage::founded();
    let admin = Admin(stage.open());
    let answer = invite(&admin, |wish| wish.covers = vec![cover("RU-KGN")])
        .await
        .unwrap();
    let hour_ms = 3_600_000;
    let now_ms = runtime::Clock::now(&stage.clock).as_millisecond();
    assert_eq!(
        answer.expires_at_ms,
        now_ms + 24 * hour_ms,
        "a day unless told otherwise"
    );
    let invitation: federation::Invitation = answer.invitation.parse().unwrap();
    assert_eq!(invitation.node.as_str(), "kurgan");
    let kept = std::fs::read_to_string(stage.dir().join("invitations.json")).unwrap();
    assert!(kept.contains("\"territory\": \"37\""), "kept by its own code: {kept}");
    assert!(
        kept.contains("\"Asia/Yekaterinburg\""),
        "with the zone of the tree: {kept}"
    );
    assert!(!kept.contains(&hex::encode(invitation.secret)), "without the secret");
    let hour = invite(&admin, |wish| wish.valid_s = 3600).await.unwrap();
    assert_eq!(hour.expires_at_ms, now_ms + hour_ms);
}

#[test]
fn the_command_says_what_the_service_says() {
    let stage = Stage::founded();
    let failure = stage.refused(&["invite", "kurgan", "--territory", "99999"]);
    assert_eq!(failure.exit(), Exit::Usage);
    assert_eq!(
        failure.to_string(),
        "территории 99999 нет в файле федерации [TERRITORY_UNKNOWN]"
    );
}
