//! `federal-hub invite`, `nodes` and `status`: who takes part, and how each stands.

use clap::Args;
use runtime::Exit;
use wire::pb;
use wire::pb::parent_service_client::ParentServiceClient;
use wire::pb::process_service_client::ProcessServiceClient;

use super::{Failure, Place, Session, Voice, output};
use crate::status::{Members, Status, members_text, text};

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct InviteArgs {
    #[command(flatten)]
    place: Place,
    /// Имя будущего участника: строчные латинские буквы, цифры и дефис
    node: String,
    /// Код территории, за которую он отвечает (можно несколько)
    #[arg(long, value_name = "CODE", required = true, num_args = 1..)]
    territory: Vec<String>,
    /// Только этот источник; без него любые
    #[arg(long, value_name = "CODE", default_value = "")]
    source: String,
    /// С какого дня
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "")]
    from: String,
    /// Часовой пояс IANA; без него пояс первой территории
    #[arg(long, value_name = "ZONE", default_value = "")]
    zone: String,
    /// Сколько часов действует приглашение
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    hours: u64,
}

/// Runs `invite`: the invitation goes to standard output, alone, so that it can be saved to a file.
pub async fn invite(args: InviteArgs, voice: Voice) -> Result<(), Failure> {
    let covers = args.territory.iter().map(|territory| pb::InviteCover {
        territory: territory.clone(),
        source: args.source.clone(),
        from: args.from.clone(),
    });
    let request = pb::InviteRequest {
        node: args.node.clone(),
        covers: covers.collect(),
        valid_s: args.hours.saturating_mul(3600),
        zone: args.zone,
    };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = ParentServiceClient::new(session.channel()).invite(request).await;
    session.close().await;
    let answer = answer?.into_inner();
    if voice.json {
        return output::json(&serde_json::json!({
            "schema": "federal-hub.invitation/1",
            "node": args.node,
            "invitation": answer.invitation,
            "expires_at_ms": answer.expires_at_ms,
        }));
    }
    eprintln!(
        "{}",
        voice.lang.pick(
            "Передайте приглашение участнику так, чтобы его не увидели другие: оно действует один раз.",
            "Hand the invitation over so that nobody else sees it: it works once.",
        )
    );
    output::line(&answer.invitation)
}

/// Arguments of `nodes`.
#[derive(Debug, Args)]
pub struct NodesArgs {
    #[command(flatten)]
    place: Place,
}

/// Runs `nodes`.
pub async fn nodes(args: NodesArgs, voice: Voice) -> Result<(), Failure> {
    let json = members_json(&args.place, voice).await?;
    if voice.json {
        return output::document(json.as_bytes());
    }
    output::document(members_text(&parsed::<Members>(&json)?.members).as_bytes())
}

/// The members as the hub tells them.
pub(super) async fn members_json(place: &Place, voice: Voice) -> Result<String, Failure> {
    let session = Session::open(&place.dir, voice.lang).await?;
    let answer = ParentServiceClient::new(session.channel())
        .max_decoding_message_size(runtime::command::DOCUMENT_BYTES_MAX)
        .list_members(pb::ListMembersRequest {})
        .await;
    session.close().await;
    Ok(answer?.into_inner().json)
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    place: Place,
}

/// Runs `status`.
pub async fn status(args: StatusArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = ProcessServiceClient::new(session.channel())
        .max_decoding_message_size(runtime::command::DOCUMENT_BYTES_MAX)
        .get_status(pb::GetStatusRequest {})
        .await;
    session.close().await;
    let json = answer?.into_inner().json;
    if voice.json {
        return output::document(json.as_bytes());
    }
    output::document(text(&parsed::<Status>(&json)?).as_bytes())
}

/// A document of the hub, read again.
pub(super) fn parsed<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|e| Failure::new(Exit::Failure, format!("ответ хаба не разобран: {e}")))
}
