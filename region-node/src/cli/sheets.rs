//! `region-node sheets`: the node's own sheets, and taking one back.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use wire::pb;
use wire::pb::correction_service_client::CorrectionServiceClient;

use super::batches::{minute, moment};
use super::{Failure, Lang, Place, Session, Voice, output};

/// Arguments of `sheets`.
#[derive(Debug, Args)]
pub struct SheetsArgs {
    #[command(subcommand)]
    command: SheetsCommand,
}

#[derive(Debug, Subcommand)]
enum SheetsCommand {
    /// Показать листы узла
    List(ListArgs),
    /// Отозвать лист: до следующего изменения день останется без данных
    Withdraw(WithdrawArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Первый день
    #[arg(long, value_name = "DAY", default_value = "")]
    from: String,
    /// Последний день
    #[arg(long, value_name = "DAY", default_value = "")]
    to: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct WithdrawArgs {
    /// День или период листа, например 2022-12-13
    period: String,
    /// Причина: её подпишет узел и увидят выше
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(args: SheetsArgs, voice: Voice) -> Result<(), Failure> {
    match args.command {
        SheetsCommand::List(args) => list(args, voice).await,
        SheetsCommand::Withdraw(args) => withdraw(args, voice).await,
    }
}

async fn list(args: ListArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::ListSheetsRequest {
        from: args.from,
        to: args.to,
    };
    let answer = CorrectionServiceClient::new(session.channel())
        .max_decoding_message_size(super::DOCUMENT_BYTES_MAX)
        .list_sheets(request)
        .await;
    session.close().await;
    let sheets = answer?.into_inner().sheets;
    if voice.json {
        let sheets: Vec<_> = sheets.iter().map(json).collect();
        return output::json(&serde_json::json!({ "schema": "region-node.sheets/1", "sheets": sheets }));
    }
    if sheets.is_empty() {
        return output::line(voice.lang.pick("Листов нет.", "No sheets."));
    }
    output::line(&table(&sheets, voice.lang).to_string())
}

fn json(sheet: &pb::OwnSheet) -> serde_json::Value {
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    serde_json::json!({
        "period": sheet.period,
        "revision": sheet.revision,
        "closed": sheet.closed,
        "cells": sheet.cells,
        "sealed_at": moment(sheet.sealed_ms),
        "withdrawn": told(&sheet.withdrawn),
        "refused": told(&sheet.refused),
        "position": sheet.position,
        "delivered": sheet.delivered,
    })
}

fn table(sheets: &[pb::OwnSheet], lang: Lang) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(match lang {
        Lang::Ru => ["ПЕРИОД", "РЕДАКЦИЯ", "ЯЧЕЕК", "СОСТАВЛЕН (UTC)", "СОСТОЯНИЕ"],
        Lang::En => ["PERIOD", "REVISION", "CELLS", "SEALED (UTC)", "STATE"],
    });
    for sheet in sheets {
        table.add_row([
            sheet.period.clone(),
            sheet.revision.to_string(),
            sheet.cells.to_string(),
            minute(sheet.sealed_ms),
            state(sheet, lang),
        ]);
    }
    table
}

fn state(sheet: &pb::OwnSheet, lang: Lang) -> String {
    let mut words = vec![if sheet.closed {
        lang.pick("закрыт", "closed").to_owned()
    } else {
        lang.pick("открыт", "open").to_owned()
    }];
    if !sheet.withdrawn.is_empty() {
        words = vec![format!("{}: {}", lang.pick("отозван", "withdrawn"), sheet.withdrawn)];
    }
    if !sheet.refused.is_empty() {
        words.push(format!("{} [{}]", lang.pick("не принят", "refused"), sheet.refused));
    } else if !sheet.delivered {
        words.push(lang.pick("ждёт отправки", "waiting").to_owned());
    }
    words.join(", ")
}

async fn withdraw(args: WithdrawArgs, voice: Voice) -> Result<(), Failure> {
    let session = Session::open(&args.place.dir, voice.lang).await?;
    let request = pb::WithdrawSheetRequest {
        period: args.period.clone(),
        reason: args.reason,
    };
    let answer = CorrectionServiceClient::new(session.channel())
        .withdraw_sheet(request)
        .await;
    session.close().await;
    let pb::WithdrawSheetResponse { revision, position } = answer?.into_inner();
    let period = args.period;
    if voice.json {
        return output::json(&serde_json::json!({
            "schema": "region-node.withdrawn/1", "period": period, "revision": revision, "position": position,
        }));
    }
    output::line(&voice.lang.say(
        &format!("Лист за {period} отозван редакцией {revision}. Отправить: region-node push"),
        &format!("The sheet of {period} is taken back by revision {revision}. To send it: region-node push"),
    ))
}
