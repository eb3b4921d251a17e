//! `region-node batches`: what was taken in, by file or call, and how to take it back.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use jiff::Timestamp;
use wire::pb;
use wire::pb::correction_service_client::CorrectionServiceClient;

use super::{Failure, Lang, Place, Session, Voice, output};

/// Days of an effect that the text names; `--json` names all.
const DAYS_SHOWN: usize = 12;

/// Arguments of `batches`.
#[derive(Debug, Args)]
pub struct BatchesArgs {
    #[command(subcommand)]
    command: BatchesCommand,
}

#[derive(Debug, Subcommand)]
enum BatchesCommand {
    /// Показать загрузки, последние сверху
    List(ListArgs),
    /// Показать одну загрузку и что изменит её отмена
    Show(ShowArgs),
    /// Отменить загрузку: останется то, что подтверждают другие
    Undo(UndoArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Сколько показать, не больше 1000
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
    /// Продолжить с места, где кончился прошлый список
    #[arg(long, value_name = "TOKEN", default_value = "")]
    after: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Номер загрузки
    id: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct UndoArgs {
    /// Номер загрузки
    id: String,
    /// Причина: остаётся в журнале приёма
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run", default_value = "")]
    reason: String,
    /// Только показать, что изменилось бы
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(args: BatchesArgs, voice: Voice) -> Result<(), Failure> {
    match args.command {
        BatchesCommand::List(args) => list(args, voice).await,
        BatchesCommand::Show(args) => show(args, voice).await,
        BatchesCommand::Undo(args) => undo(args, voice).await,
    }
}

async fn list(args: ListArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::ListBatchesRequest {
        page_size: args.limit,
        page_token: args.after,
    };
    let answer = CorrectionServiceClient::new(session.channel())
        .list_batches(request)
        .await;
    session.close().await;
    let page = answer?.into_inner();
    if voice.json {
        let batches: Vec<_> = page.batches.iter().map(json).collect();
        return output::json(&serde_json::json!({
            "schema": "region-node.batches/1", "batches": batches, "next": page.next_page_token,
        }));
    }
    if page.batches.is_empty() {
        return output::line(voice.lang.pick("Загрузок ещё не было.", "Nothing was taken in yet."));
    }
    output::line(&table(&page.batches, voice.lang).to_string())?;
    if !page.next_page_token.is_empty() {
        let words = voice.lang.pick("Дальше", "More");
        output::line(&format!("{words}: --after {}", page.next_page_token))?;
    }
    Ok(())
}

async fn show(args: ShowArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::GetBatchRequest { id: args.id };
    let answer = CorrectionServiceClient::new(session.channel()).get_batch(request).await;
    session.close().await;
    let answer = answer?.into_inner();
    let batch = answer.batch.unwrap_or_default();
    if voice.json {
        return output::json(&document(&batch, answer.effect.as_ref(), false));
    }
    let mut text = described(&batch, voice.lang);
    if let Some(effect) = &answer.effect {
        let title = voice.lang.pick("Отмена изменит:", "Undoing it would change:");
        writeln!(text, "{title}\n{}", worded(effect, voice.lang)).expect("writing to a string does not fail");
    }
    output::document(text.as_bytes())
}

async fn undo(args: UndoArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::UndoBatchRequest {
        id: args.id,
        reason: args.reason,
        dry_run: args.dry_run,
    };
    let answer = CorrectionServiceClient::new(session.channel())
        .undo_batch(request)
        .await;
    session.close().await;
    let answer = answer?.into_inner();
    let (batch, effect) = (answer.batch.unwrap_or_default(), answer.effect.unwrap_or_default());
    if voice.json {
        return output::json(&document(&batch, Some(&effect), args.dry_run));
    }
    let title = if args.dry_run {
        voice.lang.say(
            &format!(
                "Это проверка, ничего не отменено. Отмена загрузки {} изменила бы:",
                batch.id
            ),
            &format!("A dry run, nothing was undone. Undoing {} would change:", batch.id),
        )
    } else {
        voice.lang.say(
            &format!("Загрузка {} отменена: {}.", batch.id, batch.undone_reason),
            &format!("Batch {} is undone: {}.", batch.id, batch.undone_reason),
        )
    };
    output::document(format!("{title}\n{}", worded(&effect, voice.lang)).as_bytes())?;
    if args.dry_run || effect.days.is_empty() {
        return Ok(());
    }
    output::line(voice.lang.pick(
        "Листы этих дней будут составлены заново: region-node push",
        "The sheets of these days will be sealed anew: region-node push",
    ))
}

fn document(batch: &pb::IntakeBatch, effect: Option<&pb::UndoEffect>, dry_run: bool) -> serde_json::Value {
    let effect = effect.map(|effect| {
        let pb::UndoEffect {
            removed,
            changed,
            kept,
            days,
        } = effect;
        serde_json::json!({ "removed": removed, "changed": changed, "kept": kept, "days": days })
    });
    serde_json::json!({
        "schema": "region-node.batch/1", "batch": json(batch), "undo": effect, "dry_run": dry_run,
    })
}

/// A batch for machines.
fn json(batch: &pb::IntakeBatch) -> serde_json::Value {
    let undone = (batch.undone_ms != 0)
        .then(|| serde_json::json!({ "at": moment(batch.undone_ms), "reason": batch.undone_reason }));
    serde_json::json!({
        "id": batch.id,
        "began_at": moment(batch.began_ms),
        "sources": batch.sources,
        "profile": batch.profile,
        "file_sha256": batch.file_sha256,
        "request": batch.request,
        "accepted": batch.accepted,
        "unchanged": batch.unchanged,
        "updated": batch.updated,
        "superseded": batch.superseded,
        "rejected": batch.rejected,
        "declarations": batch.declarations,
        "undone": undone,
    })
}

/// RFC 3339 in UTC.
pub(super) fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}

/// For a table: to the minute.
pub(super) fn minute(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// What it came by.
fn origin(batch: &pb::IntakeBatch, lang: Lang) -> String {
    if !batch.profile.is_empty() {
        return batch.profile.clone();
    }
    if batch.request.is_empty() {
        return lang.pick("объявление", "declaration").to_owned();
    }
    format!("{} {}", lang.pick("вызов", "call"), batch.request)
}

fn table(batches: &[pb::IntakeBatch], lang: Lang) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(match lang {
        Lang::Ru => [
            "НОМЕР",
            "КОГДА (UTC)",
            "ИСТОЧНИК",
            "ЧЕМ",
            "НОВЫХ",
            "ИЗМ.",
            "ТЕ ЖЕ",
            "УСТАР.",
            "ОТВЕРГН.",
            "ОТМЕНЕНА",
        ],
        Lang::En => [
            "ID",
            "WHEN (UTC)",
            "SOURCE",
            "BY",
            "NEW",
            "UPD.",
            "SAME",
            "OLD",
            "REJ.",
            "UNDONE",
        ],
    });
    for batch in batches {
        let undone = match batch.undone_ms {
            0 => "—".to_owned(),
            at => format!("{} {}", minute(at), batch.undone_reason),
        };
        table.add_row([
            batch.id.clone(),
            minute(batch.began_ms),
            batch.sources.join(", "),
            origin(batch, lang),
            batch.accepted.to_string(),
            batch.updated.to_string(),
            batch.unchanged.to_string(),
            batch.superseded.to_string(),
            batch.rejected.to_string(),
            undone,
        ]);
    }
    table
}

fn described(batch: &pb::IntakeBatch, lang: Lang) -> String {
    let mut text = format!(
        "{}\n{} UTC, {}: {}\n",
        batch.id,
        minute(batch.began_ms),
        origin(batch, lang),
        batch.sources.join(", ")
    );
    let counts = [
        (lang.pick("новых", "new"), batch.accepted),
        (lang.pick("изменённых", "updated"), batch.updated),
        (lang.pick("без изменений", "unchanged"), batch.unchanged),
        (lang.pick("устаревших", "superseded"), batch.superseded),
        (lang.pick("отвергнутых", "rejected"), batch.rejected),
        (
            lang.pick("объявлений полных дней", "declarations of complete days"),
            u64::from(batch.declarations),
        ),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        writeln!(text, "  {name}: {count}").expect("writing to a string does not fail");
    }
    if batch.undone_ms != 0 {
        let words = lang.pick("Отменена", "Undone");
        writeln!(text, "{words} {} UTC: {}", minute(batch.undone_ms), batch.undone_reason)
            .expect("writing to a string does not fail");
    }
    text
}

fn worded(effect: &pb::UndoEffect, lang: Lang) -> String {
    let mut text = match lang {
        Lang::Ru => format!(
            "  исчезнет обращений: {}\n  вернётся к прежнему виду: {}\n  останется как есть: {}\n",
            effect.removed, effect.changed, effect.kept
        ),
        Lang::En => format!(
            "  incidents that go: {}\n  that go back: {}\n  that stay: {}\n",
            effect.removed, effect.changed, effect.kept
        ),
    };
    if effect.days.is_empty() {
        return text + lang.pick("  ни один день не меняется\n", "  no day changes\n");
    }
    let shown: Vec<&str> = effect.days.iter().take(DAYS_SHOWN).map(String::as_str).collect();
    let more = effect.days.len() - shown.len();
    write!(
        text,
        "  {}: {} ({}",
        lang.pick("дней меняется", "days that change"),
        effect.days.len(),
        shown.join(", ")
    )
    .expect("writing to a string does not fail");
    if more > 0 {
        write!(text, "{} {more}", lang.pick(" и ещё", " and")).expect("writing to a string does not fail");
    }
    text + ")\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_and_its_undo_read_from_the_main_thing_down() {
        let batch = pb::IntakeBatch {
            id: "file-0123".to_owned(),
            began_ms: 1_671_500_000_000,
            sources: vec!["incident".to_owned()],
            profile: "svodka@0".to_owned(),
            accepted: 10_000,
            unchanged: 2,
            undone_ms: 1_671_503_600_000,
            undone_reason: "не тот файл".to_owned(),
            ..pb::IntakeBatch::default()
        };
        let effect = pb::UndoEffect {
            removed: 9_998,
            changed: 2,
            kept: 2,
            days: (1..=14).map(|day| format!("2022-12-{day:02}")).collect(),
        };
        let text = format!("{}{}", described(&batch, Lang::Ru), worded(&effect, Lang::Ru));
        insta::assert_snapshot!(text, @r"
        file-0123
        2022-12-20 01:33 UTC, svodka@0: incident
          новых: 10000
          без изменений: 2
        Отменена 2022-12-20 02:33 UTC: не тот файл
          исчезнет обращений: 9998
          вернётся к прежнему виду: 2
          останется как есть: 2
          дней меняется: 14 (2022-12-01, 2022-12-02, 2022-12-03, 2022-12-04, 2022-12-05, 2022-12-06, 2022-12-07, 2022-12-08, 2022-12-09, 2022-12-10, 2022-12-11, 2022-12-12 и ещё 2)
        ");
        assert!(table(&[batch], Lang::En).to_string().contains("file-0123"));
    }
}
