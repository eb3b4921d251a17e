//! The Ural district: generated incidents of 2021 and 2022, and the published figures beside ours.

use std::path::PathBuf;

use anyhow::{Context, Result};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use domain::federation::Federation;
use domain::{Code, Zone};

use crate::interrupt::Interrupt;
use crate::measured::Measured;
use crate::pairs::two_at_a_time;
use crate::progress::Phase;
use crate::published::{self, Line};
use crate::regions::{DISTRICT, Region, SVERDLOVSK, article_day, first_day, last_day, regions};
use crate::stage::Stage;
use crate::{export, generator, tagil};

/// Says of every figure where it comes from.
pub const LABEL: &str = "Данные созданы генератором: совпадают только опубликованные показатели, остальное придумано.";

/// A region's file, ready to import.
#[derive(Clone, Debug)]
struct Export {
    node: &'static str,
    file: PathBuf,
    rows: usize,
}

/// Runs the whole story on a hub that stands; what comes back says whether every published line holds.
pub fn run(stage: &mut Stage, interrupt: &Interrupt) -> Result<bool> {
    let regions = regions();
    join(stage, &regions)?;
    tagil::join(stage, &regions[0], zone(&Federation::shipped(), &regions[0])?)?;
    let exports = generate(stage, &regions, interrupt)?;
    import(stage, &exports)?;
    tagil::push(stage)?;
    push(stage, &exports)?;
    println!("\n{LABEL}\n");
    println!(
        "{}",
        stage.report("report-2022", DISTRICT, "2022", Some("2021"), "text")?
    );
    let holds = compare(stage)?;
    Ok(tagil::tell(stage)? && holds)
}

fn join(stage: &mut Stage, regions: &[Region]) -> Result<()> {
    let phase = Phase::begin("Узлы вступают в федерацию", regions.len() as u64, "узлов");
    for region in regions {
        stage.admit(region.node, region.territory)?;
        phase.advance(1, region.node);
    }
    phase.finish();
    Ok(())
}

fn generate(stage: &Stage, regions: &[Region], interrupt: &Interrupt) -> Result<Vec<Export>> {
    let federation = Federation::shipped();
    let expected = regions
        .iter()
        .flat_map(|region| &region.windows)
        .map(|window| u64::from(window.processed))
        .sum();
    let phase = Phase::begin("Генератор создаёт обращения", expected, "обращений");
    let exports = two_at_a_time(regions, |region| {
        interrupt.check()?;
        let incidents = generator::incidents(region, zone(&federation, region)?);
        let file = stage.place().data().join(format!("{}.csv", region.node));
        export::write(&file, &incidents)?;
        let rows = incidents.len();
        phase.advance(
            rows as u64,
            &format!("{}: {}", region.node, published::grouped(rows as u64)),
        );
        Ok(Export {
            node: region.node,
            file,
            rows,
        })
    })?;
    phase.finish();
    Ok(exports)
}

fn zone<'a>(federation: &'a Federation, region: &Region) -> Result<&'a Zone> {
    let zone = federation.tree().zone(&Code::literal(region.territory), first_day());
    zone.with_context(|| format!("у территории {} нет часового пояса", region.territory))
}

fn import(stage: &Stage, exports: &[Export]) -> Result<()> {
    let days = format!("{}..{}", first_day(), last_day());
    let rows = exports.iter().map(|export| export.rows as u64).sum();
    let phase = Phase::begin("Узлы принимают обращения", rows, "обращений");
    two_at_a_time(exports, |export| {
        stage.import(export.node, &export.file, export::PROFILE, Some(&days))?;
        phase.advance(export.rows as u64, export.node);
        Ok(())
    })?;
    phase.finish();
    Ok(())
}

fn push(stage: &Stage, exports: &[Export]) -> Result<()> {
    let phase = Phase::begin("Узлы составляют листы, хаб их проверяет", exports.len() as u64, "узлов");
    two_at_a_time(exports, |export| {
        stage.push(export.node)?;
        phase.advance(1, export.node);
        Ok(())
    })?;
    phase.finish();
    Ok(())
}

/// Prints the published lines beside ours.
fn compare(stage: &Stage) -> Result<bool> {
    let (from, to) = ("2022-01-01", article_day());
    let (period, before) = (format!("{from}..{to}"), "2021-01-01..2021-12-13");
    let district = stage.report("report-district", DISTRICT, "2022", None, "json")?;
    let sverdlovsk = stage.report("report-sverdlovsk", SVERDLOVSK, &period, Some(before), "json")?;
    let first_month = stage.report("report-first-month", SVERDLOVSK, "2021-01", None, "json")?;
    let measured = Measured::of(&district, &sverdlovsk, &first_month)?;
    let lines = published::lines(&measured);
    println!("\nОпубликованное и наше. {LABEL}\n{}", table(&lines));
    println!(
        "Среднее по округу взвешено по числу ответов: {}. Среднее шести средних было бы другим: {}.",
        published::hours(measured.district_mean_s),
        published::hours(measured.mean_of_means_s())
    );
    Ok(lines.iter().all(|line| line.holds))
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["О чём", "Опубликовано", "У нас", "Сходится"]);
    for line in lines {
        let holds = if line.holds { "да" } else { "НЕТ" };
        table.add_row([line.about, &format!("«{}»", line.published), &line.ours, holds]);
    }
    table
}

/// Lines to paste for a closer look.
pub fn further(stage: &Stage) -> Vec<String> {
    let (hub, node) = (stage.programs().hub.display(), stage.programs().node.display());
    let (place, sverdlovsk) = (stage.place().hub(), stage.place().node("sverdlovsk"));
    let (hub_dir, node_dir, data) = (place.display(), sverdlovsk.display(), stage.place().data());
    let (days, pos) = (format!("2022-01-01..{}", article_day()), data.join("pos-client"));
    vec![
        format!("{hub} report --scope {SVERDLOVSK} --period {days} --compare 2021-01-01..2021-12-13 --dir {hub_dir}"),
        format!("{hub} report --scope {DISTRICT} --period 2022-Q4 --compare 2021-Q4 --format csv --dir {hub_dir}"),
        format!("{hub} nodes --dir {hub_dir}"),
        format!("{hub} status --dir {hub_dir}"),
        format!("{node} status --dir {node_dir}"),
        format!("{node} report --scope 65701 --period 2022-12 --compare 2021-12 --dir {node_dir}"),
        format!(
            "{node} source add pos-client --source pos --out {} --dir {node_dir}",
            pos.display()
        ),
    ]
}
