//! `region-node entry`: an entry of the node's ledger, or the key that signed it, for programs that verify it elsewhere.

use clap::Args;
use runtime::Exit;
use wire::pb;
use wire::pb::report_service_client::ReportServiceClient;

use super::{Failure, Place, Session, Voice, output};

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
    /// Вместо записи — открытый ключ, которым она подписана
    #[arg(long, conflicts_with = "dsse")]
    key: bool,
}

/// Runs `entry`.
pub async fn run(args: EntryArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::ReportServiceGetEntryRequest {
        position: args.position,
        with_body: false,
    };
    let answer = ReportServiceClient::new(session.channel()).get_entry(request).await;
    session.close().await;
    let entry = answer?.into_inner();
    if args.key {
        if entry.author_key.is_empty() {
            let message = format!(
                "ключ, которым подписана запись {}, в узле не зарегистрирован",
                args.position
            );
            return Err(Failure::new(Exit::Usage, message));
        }
        return output::line(&hex::encode(entry.author_key));
    }
    if !args.dsse && !voice.json {
        return output::line(&hex::encode(entry.envelope));
    }
    let envelope = wire::envelope::decode(&entry.envelope).map_err(|e| Failure::new(Exit::Damaged, e.to_string()))?;
    output::line(&envelope.to_dsse_json())
}
