//! `region-node report`: the node's own figures, in the words and numbers that the nodes above print.

use clap::{Args, ValueEnum};
use wire::pb;
use wire::pb::process_service_client::ProcessServiceClient;
use wire::pb::report_service_client::ReportServiceClient;

use super::{DOCUMENT_BYTES_MAX, Failure, Place, Session, Voice, output};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    place: Place,
    /// Территория: код; без него своя территория узла
    #[arg(long, value_name = "CODE", default_value = "")]
    scope: String,
    /// Период: 2022, 2022-Q4, 2022-12, 2022-W50, 2022-12-13, 2022-11-15..2022-12-13
    #[arg(long, value_name = "P")]
    period: String,
    /// Период для сравнения
    #[arg(long, value_name = "P", default_value = "")]
    compare: String,
    /// Показать, из каких подписанных листов сложена одна цифра: показатель[,разрез=код]…
    ///
    /// Например: incidents.received,topic=roads или response.time,territory=65,source=pos
    #[arg(long, value_name = "CELL", conflicts_with = "compare")]
    explain: Option<String>,
    /// Вид сводки
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A format of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Csv,
    Html,
}

impl Format {
    const fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
        }
    }
}

/// Runs the command.
pub async fn run(args: ReportArgs, voice: Voice) -> Result<(), Failure> {
    let format = if voice.json { Format::Json } else { args.format };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    if let Some(cell) = args.explain {
        let request = pb::ExplainRequest {
            scope: args.scope,
            period: args.period,
            cell,
            format: format.code().to_owned(),
        };
        let answer = ReportServiceClient::new(session.channel())
            .max_decoding_message_size(DOCUMENT_BYTES_MAX)
            .explain(request)
            .await;
        session.close().await;
        return output::document(&answer?.into_inner().document);
    }
    let request = pb::GetReportRequest {
        scope: args.scope,
        period: args.period,
        compare: args.compare,
        format: format.code().to_owned(),
    };
    let answer = ProcessServiceClient::new(session.channel())
        .max_decoding_message_size(DOCUMENT_BYTES_MAX)
        .get_report(request)
        .await;
    let changed = super::status::ask(&session)
        .await
        .map_or(0, |status| status.sheets.changed);
    session.close().await;
    output::document(&answer?.into_inner().document)?;
    if changed > 0 {
        // A report leads down to signed sheets, so what is not sealed yet is not in it.
        eprintln!(
            "{}",
            voice.lang.say(
                &format!("Ещё не вошли в листы изменения за дни, всего дней: {changed}. Включить: region-node push"),
                &format!("Changes of {changed} days are not in sheets yet. To include them: region-node push"),
            )
        );
    }
    Ok(())
}
