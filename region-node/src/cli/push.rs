//! `region-node push`: seal what changed and send it now.

use std::time::Duration;

use clap::Args;
use runtime::Exit;
use serde::Serialize;
use wire::pb;
use wire::pb::intake_service_client::IntakeServiceClient;

use super::{Failure, Place, Session, Voice, output};

mod preview;

/// Arguments of `push`.
#[derive(Debug, Args)]
pub struct PushArgs {
    #[command(flatten)]
    place: Place,
    /// Ждать, пока родительский узел не ответит по каждой записи
    #[arg(long)]
    wait: bool,
    /// Сколько секунд ждать с --wait
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Только показать, что ушло бы и чем отличается от того, что есть у родительского узла
    #[arg(short = 'n', long, conflicts_with = "wait")]
    dry_run: bool,
}

/// What was pushed, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Pushed {
    schema: &'static str,
    sealed: u64,
    waiting: u64,
    refused: u64,
}

/// Runs the command.
pub async fn run(args: PushArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    if args.dry_run {
        return preview::run(session, voice).await;
    }
    let mut client = IntakeServiceClient::new(session.channel());
    let mut request = tonic::Request::new(pb::PushRequest { wait: args.wait });
    if args.wait {
        request.set_timeout(Duration::from_secs(args.timeout));
    }
    let answer = client.push(request).await;
    let answer = match answer {
        Err(refused) if timed_out(&refused) => Err(late(&session, args.timeout, voice).await),
        other => other.map_err(Failure::from),
    };
    session.close().await;
    let pushed = answer?.into_inner();
    let pushed = Pushed {
        schema: "region-node.push/1",
        sealed: pushed.sealed,
        waiting: pushed.waiting,
        refused: pushed.refused,
    };
    if voice.json {
        return output::json(&pushed);
    }
    let Pushed {
        sealed,
        waiting,
        refused,
        ..
    } = pushed;
    output::line(&match voice.lang {
        super::Lang::Ru => format!("Составлено листов: {sealed}; ждут ответа: {waiting}; не принято: {refused}"),
        super::Lang::En => format!("Sheets sealed: {sealed}; waiting for a verdict: {waiting}; refused: {refused}"),
    })
}

/// The call ran out of the time it was given, here or there; the node itself refused nothing.
fn timed_out(refused: &tonic::Status) -> bool {
    let ended = matches!(refused.code(), tonic::Code::Cancelled | tonic::Code::DeadlineExceeded);
    ended && runtime::status::reason(refused).is_none()
}

/// What is waiting is durable and will be sent. Why it was not sent yet, the node's status says.
async fn late(session: &Session, seconds: u64, voice: Voice) -> Failure {
    let mut message = voice.lang.say(
        &format!("за {seconds} с ответ получен не по всем записям; они сохранены и будут отправлены"),
        &format!("no verdict on everything within {seconds} s; it is stored and will be sent"),
    );
    match super::status::ask(session)
        .await
        .ok()
        .and_then(|status| status.uplink.last_error)
    {
        Some(error) => {
            message.push_str(": ");
            message.push_str(&error);
            Failure::new(Exit::Unreachable, message)
        }
        None => Failure::new(Exit::TryLater, message),
    }
}
