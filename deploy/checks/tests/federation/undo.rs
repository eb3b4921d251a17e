//! A mistake, made and mended: what the parent counts afterwards is what it counted before.

use report::Format;
use wire::pb;
use wire::pb::correction_service_client::CorrectionServiceClient;

use crate::harness::{Region, Row, Stage, figures};

const DAYS: [&str; 5] = [
    "2020-01-08T09:00:00Z",
    "2020-01-10T09:00:00Z",
    "2020-01-11T09:00:00Z",
    "2020-01-12T09:00:00Z",
    "2020-01-13T09:00:00Z",
];

fn row(id: u64, received: &'static str, territory: &'static str, closed: &'static str) -> Row {
    Row {
        id,
        territory,
        received,
        closed,
    }
}

/// Two days of a node, all of them there.
async fn reported(stage: &Stage) -> Region {
    let region = stage.member("north", "group-north").await;
    let right = [
        row(1, DAYS[1], "Boston", "2020-01-11T10:00:00Z"),
        row(2, DAYS[1], "Charlestown", ""),
        row(3, DAYS[2], "Boston", "2020-01-11T12:30:00Z"),
    ];
    region.take_in_complete(&right, ("2020-01-10", "2020-01-12")).await;
    region.push().await.unwrap();
    region
}

/// The hub's reports in every format, without the sentence that names the ledger they were made from: an entry that was
/// signed stays for ever, so that alone has moved.
fn reports(stage: &Stage) -> Vec<String> {
    let root = stage.hub().status().ledger_root;
    let unnamed = |document: String| match (document.find("Основание: "), document.find(&root)) {
        (Some(from), Some(at)) => format!("{}{}", &document[..from], &document[at + root.len()..]),
        _ => document,
    };
    let mut all = vec![figures(&stage.report("boston", "2020-01")).to_string()];
    for scope in ["boston", "group-north", "Charlestown"] {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Json) {
            all.push(unnamed(stage.report_as(scope, "2020-01", format)));
        }
        all.push(figures(&stage.report(scope, "2020")).to_string());
    }
    all
}

async fn undo(region: &Region, id: &str) -> pb::UndoEffect {
    let request = pb::UndoBatchRequest {
        id: id.to_owned(),
        reason: "не тот файл".to_owned(),
        dry_run: false,
    };
    let answer = CorrectionServiceClient::new(region.channel()).undo_batch(request).await;
    answer.unwrap().into_inner().effect.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_undone_leaves_the_hubs_report_as_it_was() {
    let stage = Stage::founded("2020-03-01T12:00:00Z").await;
    let region = reported(&stage).await;
    let before = reports(&stage);
    assert_eq!(stage.received("2020-01"), 3);
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    // It spoils two incidents, repeats one as it was, and brings thousands that never were.
    let mut wrong = vec![
        row(1, DAYS[1], "Charlestown", ""),
        row(2, DAYS[1], "Charlestown", ""),
        row(3, DAYS[4], "Boston", "2020-01-13T12:30:00Z"),
    ];
    let more = 10_000 - wrong.len() as u64;
    wrong.extend((0..more).map(|n| {
        row(
            1_000 + n,
            DAYS[usize::try_from(n % 5).unwrap()],
            "Boston",
            "2020-01-14T10:00:00Z",
        )
    }));
    let summary = region.take_in_complete(&wrong, ("2020-01-08", "2020-01-14")).await;
    assert_eq!((summary.read, summary.rejected), (10_000, 0));
    region.push().await.unwrap();
    assert_eq!(stage.received("2020-01"), 10_000);
    assert_ne!(reports(&stage), before);
    let effect = undo(&region, &summary.intake_id).await;
    assert_eq!((effect.removed, effect.changed, effect.kept), (more, 2, 1));
    let mut corrections = CorrectionServiceClient::new(region.channel());
    let preview = corrections.preview_push(pb::PreviewPushRequest {});
    let preview = preview.await.unwrap().into_inner();
    let day = preview
        .sheets
        .iter()
        .find(|sheet| sheet.period == "2020-01-10")
        .unwrap();
    let received = day
        .totals
        .iter()
        .find(|total| total.measure == "incidents.received")
        .unwrap();
    assert_eq!((day.parent_revision, received.n), (2, 2));
    assert!(received.parent_n > 1_000, "{received:?}");
    let pushed = region.push().await.unwrap();
    assert_eq!((pushed.waiting, pushed.refused), (0, 0));
    assert_eq!(pushed.sealed, preview.sheets.len() as u64, "it did what it said");
    for (now, then) in reports(&stage).iter().zip(&before) {
        assert_eq!(now, then);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_taken_back_is_missing_until_its_day_changes() {
    let stage = Stage::founded("2020-03-01T12:00:00Z").await;
    let region = reported(&stage).await;
    let mut client = CorrectionServiceClient::new(region.channel());
    let request = pb::WithdrawSheetRequest {
        period: "2020-01-10".to_owned(),
        reason: "ошибка в выгрузке".to_owned(),
    };
    let taken = client.withdraw_sheet(request.clone()).await;
    assert_eq!(taken.unwrap().into_inner().revision, 2);
    let again = client.withdraw_sheet(request).await.unwrap_err();
    assert_eq!(runtime::status::reason(&again).as_deref(), Some("SHEET_WITHDRAWN"));
    region.push().await.unwrap();
    region.push().await.unwrap();
    assert_eq!(
        stage.received("2020-01-10..2020-01-12"),
        1,
        "what was taken back is not counted"
    );
    let report = stage.report("group-north", "2020-01-10");
    assert!(report.contains("\"withdrawn\""), "{report}");
    let sheets = client
        .list_sheets(pb::ListSheetsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .sheets;
    let day = sheets.iter().find(|sheet| sheet.period == "2020-01-10").unwrap();
    assert_eq!((day.withdrawn.as_str(), day.delivered), ("ошибка в выгрузке", true));
    stage.clock.advance(jiff::SignedDuration::from_hours(1));
    region.take_in(&[row(4, DAYS[1], "Boston", "")]).await;
    region.push().await.unwrap();
    assert_eq!(stage.received("2020-01-10..2020-01-12"), 4);
}
