//! A municipal centre below a region: Nizhny Tagil answers for its own messages from the middle of 2022 on.
//!
//! The region's file still has them all, as its system does: it leaves out of its sheets what the municipality answers
//! for, so the published figures stay the same to the last message. The hub hears of the municipality from the region's
//! ledger alone and checks its signature by the membership that stands there.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use domain::{Code, Day, Zone};
use jiff::civil::date;
use serde_json::Value;

use crate::export;
use crate::generator;
use crate::progress::Phase;
use crate::published::grouped;
use crate::regions::{Region, SVERDLOVSK, last_day};
use crate::stage::Stage;

/// Its node.
pub const NODE: &str = "tagil";
/// The node that it joins.
const PARENT: &str = "sverdlovsk";
/// Its territory.
const TERRITORY: &str = "65751";

/// The first day that it answers for.
fn from() -> Day {
    Day::from_date(date(2022, 7, 1))
}

/// The region invites the municipality, which joins it and takes its own messages in.
pub fn join(stage: &mut Stage, region: &Region, zone: &Zone) -> Result<()> {
    let phase = Phase::begin("Муниципальный центр вступает под региональным", 1, "узел");
    stage.admit_below(NODE, TERRITORY, PARENT, &from().to_string())?;
    let (file, rows) = own(stage, region, zone)?;
    stage.import(
        NODE,
        &file,
        export::PROFILE,
        Some(&format!("{}..{}", from(), last_day())),
    )?;
    phase.advance(1, &format!("{NODE}: {}", grouped(rows)));
    phase.finish();
    Ok(())
}

/// The region's generated messages that were received in the municipality while it answers for them.
fn own(stage: &Stage, region: &Region, zone: &Zone) -> Result<(PathBuf, u64)> {
    let territory = Code::literal(TERRITORY);
    let mut incidents = generator::incidents(region, zone);
    incidents.retain(|one| one.territory == territory && zone.day_of(one.stamps.registered()) >= from());
    ensure!(!incidents.is_empty(), "у {NODE} нет обращений");
    let file = stage.place().data().join(format!("{NODE}.csv"));
    export::write(&file, &incidents)?;
    Ok((file, incidents.len() as u64))
}

/// Seals the municipality's sheets and waits for the region's verdicts.
pub fn push(stage: &Stage) -> Result<()> {
    stage.push(NODE).map(|_| ())
}

/// Prints what the hub knows of the municipality, and says whether all of it is there and right.
pub fn tell(stage: &Stage) -> Result<bool> {
    let period = format!("{}..{}", from(), last_day());
    let report: Value = serde_json::from_str(&stage.report("report-tagil", SVERDLOVSK, &period, None, "json")?)?;
    let rows = report["rows"].as_array().context("в сводке нет строк")?;
    let row = rows
        .iter()
        .find(|row| row["code"] == TERRITORY)
        .context("в сводке нет Нижнего Тагила")?;
    let received = row["values"]["incidents.received"]["n"].as_u64().unwrap_or_default();
    let members: Value = serde_json::from_str(&stage.nodes("nodes-tagil")?)?;
    let members = members["members"].as_array().context("у хаба нет участников")?;
    let member = members
        .iter()
        .find(|one| one["node"] == NODE)
        .context("хаб не знает узла tagil")?;
    let (sheets, refused) = (&member["sheets"], &member["refused"]);
    println!(
        "\nНижний Тагил в сводке округа: узел {NODE} ниже {PARENT}, с {} поступило {}; листов в журнале хаба {sheets}, \
         отказов {refused}: подпись {NODE} проверена хабом, {PARENT} этих обращений не считает.",
        from(),
        grouped(received),
    );
    let compared: Value = serde_json::from_str(&stage.compare(PARENT, NODE, &period)?)?;
    let differences = compared["differences"].as_array().map_or(0, Vec::len);
    println!("Подсчёт {PARENT} в стороне по тем же обращениям: расхождений {differences}.");
    Ok(received > 0 && sheets.as_u64() > Some(0) && refused == 0 && differences == 0)
}
