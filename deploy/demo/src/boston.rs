//! The City of Boston: a real file of service requests at four nodes of a second, small federation.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::pairs::two_at_a_time;
use crate::place::Place;
use crate::progress::Phase;
use crate::stage::Stage;

/// The federation file.
const FEDERATION: &str = include_str!("../../checks/data/boston/federation.toml");
/// Everything.
const CITY: &str = "boston";
/// The profile that reads the city's export.
const PROFILE: &str = "boston311";
/// Node and territory.
const GROUPS: [(&str, &str); 4] = [
    ("north", "group-north"),
    ("central", "group-central"),
    ("south", "group-south"),
    ("west", "group-west"),
];
/// The periods of the sample that reports are printed for.
const PERIODS: [&str; 2] = ["2011-07", "2011"];

/// Writes the federation file where the hub reads it.
pub fn federation(place: &Place) -> Result<PathBuf> {
    let path = place.data().join("boston.toml");
    fs::write(&path, FEDERATION).with_context(|| format!("не удалось записать {}", path.display()))?;
    Ok(path)
}

/// Runs the whole story on a hub that stands.
pub fn run(stage: &mut Stage, input: &Path) -> Result<()> {
    let phase = Phase::begin("Узлы вступают в федерацию", GROUPS.len() as u64, "узлов");
    for (node, territory) in GROUPS {
        stage.admit(node, territory)?;
        phase.advance(1, node);
    }
    phase.finish();
    let summaries = import(stage, input)?;
    let phase = Phase::begin("Узлы составляют листы, хаб их проверяет", GROUPS.len() as u64, "узлов");
    two_at_a_time(&GROUPS, |(node, _)| {
        stage.push(node)?;
        phase.advance(1, node);
        Ok(())
    })?;
    phase.finish();
    println!(
        "\nКаждый узел взял из файла {} обращения своих районов и отклонил остальные:",
        input.display()
    );
    for ((node, _), summary) in GROUPS.iter().zip(summaries) {
        println!("\n— {node}\n{}", summary.trim_end());
    }
    for period in PERIODS {
        println!(
            "\n{}",
            stage.report(&format!("report-{period}"), CITY, period, None, "text")?
        );
    }
    Ok(())
}

/// Every node gets the same file in a folder of its own: what it rejects is listed beside it.
fn import(stage: &Stage, input: &Path) -> Result<Vec<String>> {
    let name = input
        .file_name()
        .with_context(|| format!("{} — не файл", input.display()))?;
    let phase = Phase::begin("Узлы принимают обращения", GROUPS.len() as u64, "узлов");
    let summaries = two_at_a_time(&GROUPS, |(node, _)| {
        let folder = stage.place().data().join(node);
        fs::create_dir(&folder).with_context(|| format!("не удалось создать {}", folder.display()))?;
        let file = folder.join(name);
        fs::copy(input, &file).with_context(|| format!("не удалось скопировать {}", input.display()))?;
        let summary = stage.import(node, &file, PROFILE, None)?;
        phase.advance(1, node);
        Ok(summary)
    })?;
    phase.finish();
    Ok(summaries)
}

/// Lines to paste for a closer look.
pub fn further(stage: &Stage) -> Vec<String> {
    let (hub, node) = (stage.programs().hub.display(), stage.programs().node.display());
    let (hub_dir, node_dir) = (stage.place().hub(), stage.place().node("north"));
    vec![
        format!(
            "{hub} report --scope group-south --period 2011-07 --dir {}",
            hub_dir.display()
        ),
        format!(
            "{hub} report --scope {CITY} --period 2011-07 --format json --dir {}",
            hub_dir.display()
        ),
        format!("{hub} nodes --dir {}", hub_dir.display()),
        format!("{hub} status --dir {}", hub_dir.display()),
        format!("{node} status --dir {}", node_dir.display()),
    ]
}
