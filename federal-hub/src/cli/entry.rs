//! `federal-hub entry` and `key`: an entry of the ledger and its author's key, for programs that verify it elsewhere.

use clap::Args;
use runtime::Exit;
use wire::pb;
use wire::pb::process_service_client::ProcessServiceClient;

use super::members::{members_json, parsed};
use super::{Failure, Place, Session, Voice, output};
use crate::status::Members;

/// Arguments of `entry`.
#[derive(Debug, Args)]
pub struct EntryArgs {
    #[command(flatten)]
    place: Place,
    /// Позиция в журнале, с 0
    position: u64,
    /// Конверт DSSE в JSON; без него — шестнадцатеричная запись канонического конверта
    #[arg(long)]
    dsse: bool,
}

/// Runs `entry`.
pub async fn entry(args: EntryArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::GetEntryRequest {
        position: args.position,
    };
    let answer = ProcessServiceClient::new(session.channel()).get_entry(request).await;
    session.close().await;
    let bytes = answer?.into_inner().envelope;
    if !args.dsse && !voice.json {
        return output::line(&hex::encode(bytes));
    }
    let envelope = wire::envelope::decode(&bytes).map_err(|e| Failure::new(Exit::Damaged, e.to_string()))?;
    output::line(&envelope.to_dsse_json())
}

/// Arguments of `key`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(flatten)]
    place: Place,
    /// Участник
    #[arg(long, value_name = "NODE")]
    node: String,
}

/// Runs `key`.
pub async fn key(args: KeyArgs, voice: Voice) -> Result<(), Failure> {
    let known: Members = parsed(&members_json(&args.place, voice).await?)?;
    let member = known.members.into_iter().find(|member| member.node == args.node);
    let Some(member) = member else {
        return Err(Failure::new(
            Exit::Usage,
            format!("участника {} нет; список: federal-hub nodes", args.node),
        ));
    };
    if voice.json {
        return output::json(&serde_json::json!({
            "schema": "federal-hub.key/1",
            "node": member.node,
            "epoch": member.epoch,
            "signing_key": member.signing_key,
        }));
    }
    output::line(&member.signing_key)
}
