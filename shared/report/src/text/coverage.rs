//! T10: what the report includes, and every gap, before anything else is said.

use domain::dictionary::Dimension;
use domain::names::Noun;
use rollup::GapReason;

use super::Page;
use crate::coverage::{Hole, Part};
use crate::format::{NBSP, counted_genitive, days, grouped, percent, plural, with_period};
use crate::model::{listed_name, territory_name};

/// How many lines of gaps a person reads; JSON and CSV have them all.
const LINES_MAX: usize = 30;
/// How many runs of days stand in one line.
const RUNS_MAX: usize = 8;

/// Expected and had, also of the period compared with, then the gaps: first what is not here, then what is not complete.
pub(super) fn paragraph(page: Page<'_>) -> String {
    let coverage = &page.report.coverage;
    let (incomplete, absent): (Vec<&Hole>, Vec<&Hole>) = coverage
        .gaps
        .iter()
        .partition(|gap| gap.reason == GapReason::NotDeclared);
    let mut lines = vec![had(page)];
    lines.extend(compared(page));
    lines.extend(list(page, "Нет данных:", &absent));
    lines.extend(list(page, "Данные есть, но не объявлены полными:", &incomplete));
    lines.join("\n")
}

fn had(page: Page<'_>) -> String {
    let coverage = &page.report.coverage;
    let units = match page.covered_noun() {
        Some(noun) => units(coverage.units, noun),
        None => of(coverage.units),
    };
    format!(
        "Сводка составлена по данным {units}; {}, объявлено полными — {}; узлы — {}, источники — {}.",
        received(coverage.days),
        grouped(coverage.complete_days),
        of(coverage.nodes),
        of(coverage.sources),
    )
}

/// «получено 2 183 дня из 2 190 (99,6 %)».
fn received(days: Part) -> String {
    let verb = plural(days.had, "получен", "получено", "получено");
    let noun = plural(days.had, "день", "дня", "дней");
    let share = match days.permille() {
        None => String::new(),
        Some(1000) => format!(" (100{NBSP}%)"),
        Some(share) => format!(" ({})", percent(share)),
    };
    format!(
        "{verb} {} {noun} из {}{share}",
        grouped(days.had),
        grouped(days.expected)
    )
}

/// What the other period has, which decides how far the two can be compared.
fn compared(page: Page<'_>) -> Option<String> {
    let compare = page.report.compare.as_ref()?;
    Some(format!(
        "Сравнение — {}: {}.",
        with_period(&compare.period.code),
        received(compare.days)
    ))
}

/// «5 регионов из 6».
fn units(part: Part, noun: &Noun) -> String {
    format!("{} из {}", counted_genitive(part.had, noun), grouped(part.expected))
}

fn of(part: Part) -> String {
    format!("{} из {}", grouped(part.had), grouped(part.expected))
}

fn list(page: Page<'_>, title: &str, gaps: &[&Hole]) -> Vec<String> {
    let mut groups: Vec<Vec<&Hole>> = Vec::new();
    for gap in gaps {
        let same = |group: &&mut Vec<&Hole>| alike(group[0], gap);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    let mut lines: Vec<String> = groups.iter().take(LINES_MAX).map(|group| line(page, group)).collect();
    if !lines.is_empty() {
        lines.insert(0, title.to_owned());
    }
    if let Some(rest) = groups.len().checked_sub(LINES_MAX).filter(|rest| *rest > 0) {
        lines.push(format!("  и ещё {rest}: весь список есть в JSON и CSV"));
    }
    lines
}

/// The same but for the days.
fn alike(a: &Hole, b: &Hole) -> bool {
    (&a.territory, &a.node, &a.source, a.reason) == (&b.territory, &b.node, &b.source, b.reason)
}

/// «— Курганская область: 3–9 марта 2022 года (узел kurgan не прислал лист)».
fn line(page: Page<'_>, group: &[&Hole]) -> String {
    let mut runs: Vec<String> = group.iter().take(RUNS_MAX).map(|gap| days(gap.from, gap.to)).collect();
    if let Some(rest) = group.len().checked_sub(RUNS_MAX).filter(|rest| *rest > 0) {
        runs.push(format!("и ещё промежутков: {rest}"));
    }
    let gap = group[0];
    let name = territory_name(page.federation, &gap.territory);
    format!("  — {name}: {} ({})", runs.join("; "), reason(page, gap))
}

fn reason(page: Page<'_>, gap: &Hole) -> String {
    let node = gap
        .node
        .as_ref()
        .map_or_else(|| "узел".to_owned(), |node| format!("узел {node}"));
    let source = gap
        .source
        .as_ref()
        .map(|code| listed_name(page.federation, Dimension::Source, code));
    let source = source.map_or_else(String::new, |name| format!(", источник «{name}»"));
    match gap.reason {
        GapReason::NoNode => "за территорию не отвечает ни один узел".to_owned(),
        GapReason::NoSheet => format!("{node} не прислал лист"),
        GapReason::NotDeclared => format!("{node}{source}: дни не объявлены полными"),
        GapReason::NotCollected => format!("{node}{source}: не собирается"),
        GapReason::Withdrawn => format!("{node} отозвал лист и не прислал новый"),
        GapReason::Refused => format!("лист не принят, {node}"),
    }
}
