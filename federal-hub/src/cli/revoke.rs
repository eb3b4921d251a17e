//! `federal-hub revoke`: a member's keys hold no longer.
//!
//! It cannot be undone, so the name is asked for a second time, before the hub's directory is touched.

use std::io::BufRead;

use clap::Args;
use runtime::Exit;
use wire::pb;
use wire::pb::parent_service_client::ParentServiceClient;

use super::{Failure, Lang, Place, Session, Voice, output};

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    place: Place,
    /// Участник
    node: String,
    /// Код причины: заглавные латинские буквы, цифры и _
    #[arg(long, value_name = "CODE", default_value = "KEY_LOST")]
    reason: String,
    /// Не переспрашивать имя
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub async fn run(args: RevokeArgs, voice: Voice) -> Result<(), Failure> {
    if !args.yes {
        confirm(&args.node, &mut std::io::stdin().lock(), voice.lang)?;
    }
    let request = pb::RevokeRequest {
        node: args.node.clone(),
        reason: args.reason.clone(),
    };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = ParentServiceClient::new(session.channel()).revoke(request).await;
    session.close().await;
    let answer = answer?.into_inner();
    if voice.json {
        return output::json(&serde_json::json!({
            "schema": "federal-hub.revoked/1",
            "node": args.node,
            "epoch": answer.member_epoch,
            "reason": args.reason,
            "position": answer.position,
        }));
    }
    let RevokeArgs { node, reason, .. } = &args;
    let position = answer.position;
    output::line(&voice.lang.say(
        &format!(
            "Узел {node} отозван ({reason}), запись журнала {position}. Его листы остаются в журнале, но в сводки не входят.\n\
             Вернуть узел с новыми ключами: federal-hub invite {node} --territory КОД"
        ),
        &format!(
            "Node {node} is revoked ({reason}), ledger entry {position}. Its sheets stay in the ledger and leave the reports.\n\
             To bring the node back with new keys: federal-hub invite {node} --territory CODE"
        ),
    ))
}

/// Whether the operator means this very node.
fn confirm(node: &str, typed: &mut impl BufRead, lang: Lang) -> Result<(), Failure> {
    eprintln!(
        "{}",
        lang.say(
            &format!("Ключи узла {node} перестанут действовать, отменить это нельзя. Введите имя узла ещё раз:"),
            &format!("The keys of node {node} will hold no longer, and this cannot be undone. Type its name again:"),
        )
    );
    let mut line = String::new();
    typed.read_line(&mut line)?;
    if line.trim() == node {
        return Ok(());
    }
    let message = lang.pick(
        "имя не совпало, никто не отозван; без вопроса: --yes",
        "the name is another one, nobody is revoked; --yes does not ask",
    );
    Err(Failure::new(Exit::Usage, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_name_confirms() {
        for (typed, confirmed) in [
            ("sverdlovsk\n", true),
            (" sverdlovsk \r\n", true),
            ("sverdlovsk", true),
            ("", false),
            ("y\n", false),
            ("Sverdlovsk\n", false),
        ] {
            let answer = confirm("sverdlovsk", &mut typed.as_bytes(), Lang::Ru);
            assert_eq!(answer.is_ok(), confirmed, "{typed:?}");
        }
    }
}
