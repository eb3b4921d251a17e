//! `region-node invite` and `region-node members`: nodes of municipalities below this one.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use runtime::Exit;
use wire::pb;
use wire::pb::members_service_client::MembersServiceClient;
use wire::pb::parent_service_client::ParentServiceClient;

use super::{Failure, Lang, Place, Session, Voice, output};
use crate::members::{Comparison, Figures, MemberLine, Members};

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct InviteArgs {
    #[command(flatten)]
    place: Place,
    /// Имя будущего участника: строчные латинские буквы, цифры и дефис
    node: String,
    /// Код территории внутри своей, за которую он будет отвечать (можно несколько)
    #[arg(long, value_name = "CODE", required = true, num_args = 1..)]
    territory: Vec<String>,
    /// Только этот источник; без него любые
    #[arg(long, value_name = "CODE", default_value = "")]
    source: String,
    /// С какого дня, не раньше завтрашнего; без него с завтрашнего
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "")]
    from: String,
    /// Часовой пояс IANA; без него пояс первой территории
    #[arg(long, value_name = "ZONE", default_value = "")]
    zone: String,
    /// Сколько часов действует приглашение; не дольше, чем до начала первого дня
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
            "schema": "region-node.invitation/1",
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

/// Arguments of `members`.
#[derive(Debug, Args)]
pub struct MembersArgs {
    #[command(subcommand)]
    command: MembersCommand,
}

#[derive(Debug, Subcommand)]
enum MembersCommand {
    /// Показать участников ниже этого узла
    List(ListArgs),
    /// Дать участнику ещё одну территорию
    Cover(CoverArgs),
    /// Забрать у участника территорию с указанного дня
    Uncover(UncoverArgs),
    /// Сравнить листы участника со своим подсчётом тех же обращений
    Compare(CompareArgs),
    /// Отозвать ключи участника
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct CoverArgs {
    #[command(flatten)]
    place: Place,
    /// Участник
    node: String,
    /// Код территории
    #[arg(long, value_name = "CODE")]
    territory: String,
    /// Только этот источник; без него любые
    #[arg(long, value_name = "CODE", default_value = "")]
    source: String,
    /// С какого дня, не раньше завтрашнего; без него с завтрашнего
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "")]
    from: String,
}

#[derive(Debug, Args)]
struct UncoverArgs {
    #[command(flatten)]
    place: Place,
    /// Участник
    node: String,
    /// Код территории
    #[arg(long, value_name = "CODE")]
    territory: String,
    /// Только этот источник; без него любые
    #[arg(long, value_name = "CODE", default_value = "")]
    source: String,
    /// С какого дня территорию снова ведёт этот узел
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: String,
}

#[derive(Debug, Args)]
struct CompareArgs {
    #[command(flatten)]
    place: Place,
    /// Участник
    node: String,
    /// Период: 2022-12, 2022-W50, 2022-12-13, 2022-11-15..2022-12-13
    #[arg(long, value_name = "P")]
    period: String,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    #[command(flatten)]
    place: Place,
    /// Участник
    node: String,
    /// Код причины: заглавные латинские буквы, цифры и _
    #[arg(long, value_name = "CODE", default_value = "KEY_LOST")]
    reason: String,
    /// Подтвердить: отменить отзыв нельзя
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
pub async fn run(args: MembersArgs, voice: Voice) -> Result<(), Failure> {
    match args.command {
        MembersCommand::List(args) => list(args, voice).await,
        MembersCommand::Cover(args) => cover(args, voice).await,
        MembersCommand::Uncover(args) => uncover(args, voice).await,
        MembersCommand::Compare(args) => compare(args, voice).await,
        MembersCommand::Revoke(args) => revoke(args, voice).await,
    }
}

async fn list(args: ListArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = ParentServiceClient::new(session.channel())
        .max_decoding_message_size(super::DOCUMENT_BYTES_MAX)
        .list_members(pb::ListMembersRequest {})
        .await;
    session.close().await;
    let json = answer?.into_inner().json;
    if voice.json {
        return output::document(json.as_bytes());
    }
    let members = parsed::<Members>(&json)?.members;
    if members.is_empty() {
        return output::line(voice.lang.pick(
            "Участников ниже этого узла нет. Пригласить: region-node invite УЗЕЛ --territory КОД",
            "No members below this node. To invite one: region-node invite NODE --territory CODE",
        ));
    }
    output::line(&table(&members, voice.lang).to_string())
}

fn table(members: &[MemberLine], lang: Lang) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(match lang {
        Lang::Ru => [
            "УЗЕЛ",
            "ТЕРРИТОРИИ",
            "ЗАПИСЕЙ",
            "ЛИСТОВ",
            "ПОСЛЕДНИЙ ДЕНЬ",
            "ОТКАЗОВ",
            "СОСТОЯНИЕ",
        ],
        Lang::En => [
            "NODE",
            "TERRITORIES",
            "ENTRIES",
            "SHEETS",
            "LAST DAY",
            "REFUSED",
            "STATE",
        ],
    });
    for member in members {
        let covers = member.covers.iter().map(|cover| {
            let source = cover
                .source
                .as_ref()
                .map(|source| format!(" {source}"))
                .unwrap_or_default();
            let until = cover
                .until
                .as_ref()
                .map(|day| lang.say(&format!(" до {day}"), &format!(" to {day}")));
            let from = lang.say(&format!("с {}", cover.from), &format!("from {}", cover.from));
            format!("{}{source} {from}{}", cover.territory, until.unwrap_or_default())
        });
        let state = match &member.revoked {
            None => lang.pick("участник", "member").to_owned(),
            Some(reason) => format!("{}: {reason}", lang.pick("отозван", "revoked")),
        };
        table.add_row([
            member.node.clone(),
            covers.collect::<Vec<_>>().join("; "),
            member.cursor.to_string(),
            member.sheets.to_string(),
            member.last_day.clone().unwrap_or_else(|| "—".to_owned()),
            member.refused.to_string(),
            state,
        ]);
    }
    table
}

async fn cover(args: CoverArgs, voice: Voice) -> Result<(), Failure> {
    let request = pb::CoverRequest {
        node: args.node.clone(),
        territory: args.territory.clone(),
        source: args.source,
        from: args.from,
    };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = MembersServiceClient::new(session.channel()).cover(request).await;
    session.close().await;
    let position = answer?.into_inner().position;
    let (node, territory) = (args.node, args.territory);
    changed(
        voice,
        &node,
        position,
        &voice.lang.say(
            &format!("Узел {node} будет отвечать за территорию {territory}: запись журнала {position}."),
            &format!("Node {node} will answer for territory {territory}: ledger entry {position}."),
        ),
    )
}

async fn uncover(args: UncoverArgs, voice: Voice) -> Result<(), Failure> {
    let request = pb::UncoverRequest {
        node: args.node.clone(),
        territory: args.territory.clone(),
        source: args.source,
        from: args.from.clone(),
    };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = MembersServiceClient::new(session.channel()).uncover(request).await;
    session.close().await;
    let position = answer?.into_inner().position;
    let UncoverArgs {
        node, territory, from, ..
    } = args;
    changed(voice, &node, position, &voice.lang.say(
        &format!(
            "С {from} территорию {territory} снова ведёт этот узел, а не {node}: запись журнала {position}. Листы за эти \
             дни будут составлены заново при следующей отправке."
        ),
        &format!(
            "From {from} on this node answers for territory {territory} again, not {node}: ledger entry {position}. The \
             sheets of these days are made anew with the next push."
        ),
    ))
}

fn changed(voice: Voice, node: &str, position: u64, line: &str) -> Result<(), Failure> {
    if voice.json {
        return output::json(&serde_json::json!({
            "schema": "region-node.covers/1", "node": node, "position": position,
        }));
    }
    output::line(line)
}

async fn compare(args: CompareArgs, voice: Voice) -> Result<(), Failure> {
    let request = pb::CompareMemberRequest {
        node: args.node,
        period: args.period,
    };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = MembersServiceClient::new(session.channel())
        .max_decoding_message_size(super::DOCUMENT_BYTES_MAX)
        .compare_member(request)
        .await;
    session.close().await;
    let json = answer?.into_inner().json;
    if voice.json {
        return output::document(json.as_bytes());
    }
    output::line(&compared(&parsed::<Comparison>(&json)?, voice.lang))
}

fn compared(comparison: &Comparison, lang: Lang) -> String {
    let Comparison {
        node,
        days,
        without_sheet,
        differences,
        ..
    } = comparison;
    let (lacking, differing) = (without_sheet.len(), differences.len());
    let mut text = lang.say(
        &format!("Узел {node}: сравнено дней {days}, без листа {lacking}, расхождений {differing}."),
        &format!("Node {node}: days compared {days}, without a sheet {lacking}, differences {differing}."),
    );
    if differences.is_empty() {
        return text;
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(match lang {
        Lang::Ru => ["ДЕНЬ", "ПОКАЗАТЕЛЬ", "У УЧАСТНИКА", "У НАС"],
        Lang::En => ["DAY", "MEASURE", "MEMBER", "OURS"],
    });
    let shown = |figures: &Option<Figures>| match figures {
        None => "—".to_owned(),
        Some(Figures { n, sum: None }) => n.to_string(),
        Some(Figures { n, sum: Some(sum) }) => format!("{n} ({sum})"),
    };
    for one in differences {
        table.add_row([
            one.day.clone(),
            one.measure.clone(),
            shown(&one.member),
            shown(&one.own),
        ]);
    }
    text.push('\n');
    text.push_str(&table.to_string());
    text
}

async fn revoke(args: RevokeArgs, voice: Voice) -> Result<(), Failure> {
    if !args.yes {
        let message = voice.lang.say(
            &format!(
                "ключи узла {} перестанут действовать, отменить это нельзя; чтобы подтвердить, добавьте --yes",
                args.node
            ),
            &format!(
                "the keys of node {} will hold no longer, and this cannot be undone; confirm with --yes",
                args.node
            ),
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    let request = pb::RevokeRequest {
        node: args.node.clone(),
        reason: args.reason.clone(),
    };
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let answer = ParentServiceClient::new(session.channel()).revoke(request).await;
    session.close().await;
    let position = answer?.into_inner().position;
    let (node, reason) = (args.node, args.reason);
    changed(voice, &node, position, &voice.lang.say(
        &format!(
            "Узел {node} отозван ({reason}), запись журнала {position}. Его листы остаются в журнале, но в сводки не \
             входят; его обращения, известные этому узлу, снова считает этот узел."
        ),
        &format!(
            "Node {node} is revoked ({reason}), ledger entry {position}. Its sheets stay in the ledger and leave the \
             reports; those of its incidents that this node knows are counted by this node again."
        ),
    ))
}

fn parsed<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| Failure::new(Exit::Failure, format!("ответ узла не разобран: {error}")))
}
