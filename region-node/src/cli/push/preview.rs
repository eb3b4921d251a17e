//! `region-node push --dry-run`: what would leave, and how it differs from what the parent counts.

use std::fmt::Write as _;

use wire::pb;
use wire::pb::correction_service_client::CorrectionServiceClient;

use crate::cli::{DOCUMENT_BYTES_MAX, Failure, Lang, Session, Voice, output};

/// Asks and prints. Nothing is sealed.
pub(super) async fn run(session: Session, voice: Voice) -> Result<(), Failure> {
    let answer = CorrectionServiceClient::new(session.channel())
        .max_decoding_message_size(DOCUMENT_BYTES_MAX)
        .preview_push(pb::PreviewPushRequest {})
        .await;
    session.close().await;
    let preview = answer?.into_inner();
    if voice.json {
        return output::json(&json(&preview));
    }
    output::document(text(&preview, voice.lang).as_bytes())
}

fn json(preview: &pb::PreviewPushResponse) -> serde_json::Value {
    let sheets: Vec<_> = preview
        .sheets
        .iter()
        .map(|sheet| {
            let totals: serde_json::Map<_, _> = sheet
                .totals
                .iter()
                .map(|total| {
                    let both = serde_json::json!({ "n": total.n, "parent": total.parent_n });
                    (total.measure.clone(), both)
                })
                .collect();
            serde_json::json!({
                "period": sheet.period,
                "revision": sheet.revision,
                "parent_revision": (sheet.parent_revision > 0).then_some(sheet.parent_revision),
                "closed": sheet.closed,
                "sealed": sheet.sealed,
                "totals": totals,
            })
        })
        .collect();
    serde_json::json!({ "schema": "region-node.push-preview/1", "waiting": preview.waiting, "sheets": sheets })
}

fn text(preview: &pb::PreviewPushResponse, lang: Lang) -> String {
    let mut text = String::new();
    for sheet in &preview.sheets {
        let against = match sheet.parent_revision {
            0 => lang.say("у родительского узла его нет", "the parent has none"),
            revision => lang.say(
                &format!("у родительского узла редакция {revision}"),
                &format!("the parent has revision {revision}"),
            ),
        };
        let words = lang.pick("редакция", "revision");
        writeln!(text, "{}: {words} {}, {against}", sheet.period, sheet.revision)
            .expect("writing to a string does not fail");
        let differs: Vec<_> = sheet.totals.iter().filter(|total| total.n != total.parent_n).collect();
        for total in &differs {
            let change = i128::from(total.n) - i128::from(total.parent_n);
            writeln!(
                text,
                "  {}: {} → {} ({change:+})",
                total.measure, total.parent_n, total.n
            )
            .expect("writing to a string does not fail");
        }
        if differs.is_empty() {
            let same = lang.pick(
                "  итоги те же; меняются ячейки, полнота или закрытость дня",
                "  the totals are the same; cells, completeness or closure change",
            );
            writeln!(text, "{same}").expect("writing to a string does not fail");
        }
    }
    let (sheets, waiting) = (preview.sheets.len(), preview.waiting);
    text + &lang.say(
        &format!(
            "Это проверка, ничего не составлено и не отправлено. Листов: {sheets}; уже ждут отправки записей: {waiting}"
        ),
        &format!("A dry run, nothing was sealed or sent. Sheets: {sheets}; entries waiting already: {waiting}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_names_days_and_differences() {
        let total = |measure: &str, n, parent_n| pb::PreviewedTotal {
            measure: measure.to_owned(),
            n,
            parent_n,
        };
        let sheet = |period: &str, parent_revision, totals| pb::PreviewedSheet {
            period: period.to_owned(),
            revision: parent_revision + 1,
            parent_revision,
            closed: true,
            sealed: false,
            totals,
        };
        let preview = pb::PreviewPushResponse {
            sheets: vec![
                sheet("2022-12-12", 0, vec![total("incidents.received", 7, 0)]),
                sheet(
                    "2022-12-13",
                    2,
                    vec![
                        total("incidents.received", 5, 10_005),
                        total("incidents.answered", 3, 3),
                    ],
                ),
                sheet("2022-12-14", 1, vec![total("incidents.received", 4, 4)]),
            ],
            waiting: 2,
        };
        insta::assert_snapshot!(text(&preview, Lang::Ru), @r"
        2022-12-12: редакция 1, у родительского узла его нет
          incidents.received: 0 → 7 (+7)
        2022-12-13: редакция 3, у родительского узла редакция 2
          incidents.received: 10005 → 5 (-10000)
        2022-12-14: редакция 2, у родительского узла редакция 1
          итоги те же; меняются ячейки, полнота или закрытость дня
        Это проверка, ничего не составлено и не отправлено. Листов: 3; уже ждут отправки записей: 2
        ");
    }
}
