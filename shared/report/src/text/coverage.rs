//! T10: what the report includes, and every gap, before anything else is said.

use domain::dictionary::Dimension;
use domain::names::Noun;
use rollup::GapReason;

use super::Page;
use crate::coverage::{Hole, LeftOut, Part};
use crate::format::{NBSP, counted_genitive, days, grouped, percent, plural, with_period};
use crate::model::{listed_name, territory_name};

/// How many lines of gaps a person reads; JSON and CSV have them all.
const LINES_MAX: usize = 30;
/// How many runs of days stand in one line.
const RUNS_MAX: usize = 8;

/// Expected and had, also of the period compared with, then the gaps: first what is not here, then what is not complete.
pub(super) fn paragraph(page: Page<'_>) -> String {
    let mut lines = vec![had(page)];
    lines.extend(compared(page));
    for list in gaps(page) {
        lines.push(list.title.to_owned());
        lines.extend(list.lines.iter().map(|line| format!("  — {line}")));
        lines.extend(list.rest.map(|rest| format!("  {rest}")));
    }
    lines.join("\n")
}

/// Gaps of one kind, a line each.
pub(crate) struct Gaps {
    pub(crate) title: &'static str,
    pub(crate) lines: Vec<String>,
    /// How many more there are than a person reads.
    pub(crate) rest: Option<String>,
}

/// First what is not here, then what is not complete, then what another node counts; an empty kind is left out.
pub(crate) fn gaps(page: Page<'_>) -> Vec<Gaps> {
    let gaps = &page.report.coverage.gaps;
    let (incomplete, absent): (Vec<&Hole>, Vec<&Hole>) =
        gaps.iter().partition(|gap| gap.reason == GapReason::NotDeclared);
    let lists = [
        ("Нет данных:", absent),
        ("Данные есть, но не объявлены полными:", incomplete),
    ];
    let lists = lists.into_iter().filter(|(_, gaps)| !gaps.is_empty());
    lists
        .map(|(title, gaps)| list(page, title, &gaps))
        .chain(overlaps(page))
        .collect()
}

pub(crate) fn had(page: Page<'_>) -> String {
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
pub(crate) fn compared(page: Page<'_>) -> Option<String> {
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

fn list(page: Page<'_>, title: &'static str, gaps: &[&Hole]) -> Gaps {
    let mut groups: Vec<Vec<&Hole>> = Vec::new();
    for gap in gaps {
        let same = |group: &&mut Vec<&Hole>| alike(group[0], gap);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    let rest = groups.len().saturating_sub(LINES_MAX);
    Gaps {
        title,
        lines: groups.iter().take(LINES_MAX).map(|group| line(page, group)).collect(),
        rest: (rest > 0).then(|| format!("и ещё {rest}: весь список есть в JSON и CSV")),
    }
}

/// The same but for the days.
fn alike(a: &Hole, b: &Hole) -> bool {
    (&a.territory, &a.node, &a.source, a.reason) == (&b.territory, &b.node, &b.source, b.reason)
}

/// «Курганская область: 3–9 марта 2022 года (узел kurgan не прислал лист)».
fn line(page: Page<'_>, group: &[&Hole]) -> String {
    let mut runs: Vec<String> = group.iter().take(RUNS_MAX).map(|gap| days(gap.from, gap.to)).collect();
    if let Some(rest) = group.len().checked_sub(RUNS_MAX).filter(|rest| *rest > 0) {
        runs.push(format!("и ещё промежутков: {rest}"));
    }
    let gap = group[0];
    let name = territory_name(page.federation, &gap.territory);
    format!("{name}: {} ({})", runs.join("; "), reason(page, gap))
}

/// What another node counts, a line for each pair of nodes and territory.
fn overlaps(page: Page<'_>) -> Option<Gaps> {
    let overlap = &page.report.coverage.overlap;
    let rest = overlap.len().saturating_sub(LINES_MAX);
    (!overlap.is_empty()).then(|| Gaps {
        title: "Не вошло поступившее, которое считает другой узел:",
        lines: overlap.iter().take(LINES_MAX).map(|one| left_out(page, one)).collect(),
        rest: (rest > 0).then(|| format!("и ещё {rest}: весь список есть в JSON и CSV")),
    })
}

/// «Нижний Тагил: 16–17 января 2020 года, узел sverdlovsk посчитал 12, считает узел tagil».
fn left_out(page: Page<'_>, one: &LeftOut) -> String {
    let name = territory_name(page.federation, &one.territory);
    let (node, by, amount) = (&one.node, &one.counted_by, grouped(one.amount));
    format!(
        "{name}: {}, узел {node} посчитал {amount}, считает узел {by}",
        days(one.from, one.to)
    )
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
