//! `region-node incidents`: the ids behind a figure, and one incident. There are no texts to show.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use wire::pb;
use wire::pb::correction_service_client::CorrectionServiceClient;

use super::batches::{minute, moment};
use super::{Failure, Lang, Place, Session, Voice, output};

/// Ids asked for at a time.
const PAGE: u32 = 1_000;

/// Arguments of `incidents`.
#[derive(Debug, Args)]
pub struct IncidentsArgs {
    #[command(subcommand)]
    command: IncidentsCommand,
}

#[derive(Debug, Subcommand)]
enum IncidentsCommand {
    /// Показать номера обращений, которые составляют показатель дня
    List(ListArgs),
    /// Показать, что узел знает об одном обращении и кто это сообщил
    Show(ShowArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// День события по времени узла
    #[arg(long, value_name = "DAY")]
    day: String,
    /// Показатель: код, например incidents.received
    #[arg(long, value_name = "CODE", default_value = "")]
    measure: String,
    /// Территория: код, вместе с вложенными
    #[arg(long, value_name = "CODE", default_value = "")]
    territory: String,
    /// Тема: код
    #[arg(long, value_name = "CODE", default_value = "")]
    topic: String,
    /// Источник: код
    #[arg(long, value_name = "CODE", default_value = "")]
    source: String,
    /// Состояние: live, withdrawn, moved или any
    #[arg(long, value_name = "STATE", default_value = "live")]
    state: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Код источника
    source: String,
    /// Номер обращения в источнике
    id: String,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(args: IncidentsArgs, voice: Voice) -> Result<(), Failure> {
    match args.command {
        IncidentsCommand::List(args) => list(args, voice).await,
        IncidentsCommand::Show(args) => show(args, voice).await,
    }
}

/// One line an incident, source and id separated by a tab: made for `sort`, `diff` and `comm`.
async fn list(args: ListArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let found = all(&session, args).await;
    session.close().await;
    let (incidents, total) = found?;
    if voice.json {
        let incidents: Vec<_> = incidents
            .iter()
            .map(|one| serde_json::json!({ "source": one.source, "id": one.external_id, "state": one.state }))
            .collect();
        return output::json(&serde_json::json!({
            "schema": "region-node.incidents/1", "total": total, "incidents": incidents,
        }));
    }
    let mut text = String::new();
    for one in &incidents {
        let state = if one.state == "live" {
            String::new()
        } else {
            format!("\t{}", one.state)
        };
        writeln!(text, "{}\t{}{state}", one.source, one.external_id).expect("writing to a string does not fail");
    }
    output::document(text.as_bytes())?;
    // Beside the list, so that the list can be compared line by line.
    eprintln!("{}: {total}", voice.lang.pick("Всего", "In all"));
    Ok(())
}

async fn all(session: &Session, args: ListArgs) -> Result<(Vec<pb::ListedIncident>, u64), Failure> {
    let mut client = CorrectionServiceClient::new(session.channel());
    let mut request = pb::ListIncidentsRequest {
        day: args.day,
        measure: args.measure,
        territory: args.territory,
        topic: args.topic,
        source: args.source,
        state: args.state,
        page_size: PAGE,
        page_token: String::new(),
    };
    let mut incidents = Vec::new();
    loop {
        let page = client.list_incidents(request.clone()).await?.into_inner();
        incidents.extend(page.incidents);
        if page.next_page_token.is_empty() {
            return Ok((incidents, page.total));
        }
        request.page_token = page.next_page_token;
    }
}

async fn show(args: ShowArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::GetIncidentRequest {
        source: args.source,
        external_id: args.id,
    };
    let answer = CorrectionServiceClient::new(session.channel())
        .get_incident(request)
        .await;
    session.close().await;
    let incident = answer?.into_inner();
    if voice.json {
        return output::json(&json(&incident));
    }
    output::document(text(&incident, voice.lang).as_bytes())
}

fn json(incident: &pb::GetIncidentResponse) -> serde_json::Value {
    let stamps: serde_json::Map<_, _> = incident
        .stamps
        .iter()
        .map(|stamp| (stamp.stamp.clone(), moment(stamp.at_s * 1000).into()))
        .collect();
    let events: Vec<_> = incident
        .events
        .iter()
        .map(|event| serde_json::json!({ "measure": event.measure, "day": event.day }))
        .collect();
    let sayings: Vec<_> = incident
        .sayings
        .iter()
        .map(|saying| {
            serde_json::json!({
                "batch": saying.batch,
                "at": moment(saying.at_ms),
                "version": moment(saying.version_ms),
                "what": saying.what,
                "undone": saying.undone,
            })
        })
        .collect();
    serde_json::json!({
        "schema": "region-node.incident/1",
        "source": incident.source,
        "id": incident.external_id,
        "state": incident.state,
        "state_detail": incident.state_detail,
        "version": moment(incident.version_ms),
        "territory": incident.territory,
        "topic": incident.topic,
        "network": incident.network,
        "legal_kind": incident.legal_kind,
        "addressed_to": incident.addressed_to,
        "stamps": stamps,
        "events": events,
        "sayings": sayings,
    })
}

fn text(incident: &pb::GetIncidentResponse, lang: Lang) -> String {
    let mut text = format!(
        "{}/{}: {}",
        incident.source,
        incident.external_id,
        state(incident, lang)
    );
    let mut line = |line: String| {
        text.push('\n');
        text.push_str(&line);
    };
    let values = [
        (lang.pick("территория", "territory"), &incident.territory),
        (lang.pick("тема", "topic"), &incident.topic),
        (lang.pick("площадка", "network"), &incident.network),
        (lang.pick("вид", "legal kind"), &incident.legal_kind),
        (lang.pick("адресовано", "addressed to"), &incident.addressed_to),
    ];
    for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
        line(format!("  {name}: {value}"));
    }
    for stamp in &incident.stamps {
        line(format!("  {}: {}", stamp.stamp, moment(stamp.at_s * 1000)));
    }
    for event in &incident.events {
        let words = lang.pick("учтено", "counted");
        line(format!("  {words} {}: {}", event.day, event.measure));
    }
    for saying in &incident.sayings {
        let undone = if saying.undone {
            lang.pick(" (загрузка отменена)", " (batch undone)")
        } else {
            ""
        };
        let (at, version) = (minute(saying.at_ms), moment(saying.version_ms));
        let words = lang.pick("на", "as of");
        line(format!(
            "  {at} {}: {}, {words} {version}{undone}",
            saying.batch, saying.what
        ));
    }
    text
}

fn state(incident: &pb::GetIncidentResponse, lang: Lang) -> String {
    let detail = &incident.state_detail;
    match incident.state.as_str() {
        "live" => lang.say("учитывается", "counted"),
        "withdrawn" => lang.say(&format!("отозвано ({detail})"), &format!("withdrawn ({detail})")),
        "moved" => lang.say(&format!("передано в {detail}"), &format!("moved to {detail}")),
        _ => lang.say("все загрузки с ним отменены", "every batch that told it is undone"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_shows_how_it_stands_and_who_said_so() {
        let saying = |batch: &str, what: &str, undone| pb::IncidentSaying {
            batch: batch.to_owned(),
            at_ms: 1_671_500_000_000,
            version_ms: 1_671_400_000_000,
            what: what.to_owned(),
            undone,
        };
        let incident = pb::GetIncidentResponse {
            source: "incident".to_owned(),
            external_id: "7".to_owned(),
            state: "live".to_owned(),
            territory: "65701".to_owned(),
            topic: "roads".to_owned(),
            stamps: vec![pb::NamedStamp {
                stamp: "registered".to_owned(),
                at_s: 1_671_300_000,
            }],
            events: vec![pb::CountedEvent {
                measure: "incidents.received".to_owned(),
                day: "2022-12-17".to_owned(),
            }],
            sayings: vec![saying("file-1", "version", true), saying("file-2", "unchanged", false)],
            ..pb::GetIncidentResponse::default()
        };
        insta::assert_snapshot!(text(&incident, Lang::Ru), @r"
        incident/7: учитывается
          территория: 65701
          тема: roads
          registered: 2022-12-17T18:00:00Z
          учтено 2022-12-17: incidents.received
          2022-12-20 01:33 file-1: version, на 2022-12-18T21:46:40Z (загрузка отменена)
          2022-12-20 01:33 file-2: unchanged, на 2022-12-18T21:46:40Z
        ");
    }
}
