//! `region-node status`: how the node stands.

use clap::Args;
use runtime::Exit;
use wire::pb;
use wire::pb::process_service_client::ProcessServiceClient;

use super::{Failure, Place, Session, Voice, output};
use crate::status::Status;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(args: StatusArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let json = document(&session).await;
    session.close().await;
    let json = json?;
    if voice.json {
        return output::document(json.as_bytes());
    }
    output::document(crate::status::text(&read(&json)?, voice.lang).as_bytes())
}

/// The status of the node that a session speaks to.
pub(super) async fn ask(session: &Session) -> Result<Status, Failure> {
    read(&document(session).await?)
}

async fn document(session: &Session) -> Result<String, Failure> {
    let mut client = ProcessServiceClient::new(session.channel()).max_decoding_message_size(super::DOCUMENT_BYTES_MAX);
    Ok(client.get_status(pb::GetStatusRequest {}).await?.into_inner().json)
}

fn read(json: &str) -> Result<Status, Failure> {
    serde_json::from_str(json).map_err(|error| Failure::new(Exit::Failure, format!("ответ узла не разобран: {error}")))
}
