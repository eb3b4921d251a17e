//! What people wrote about: one bar for each topic, and a tick where it was in the other period.

use askama::Template;

use super::{NameLine, NoLinks, length, placed, rendered, tables};
use crate::format::{capitalised, for_period, grouped, percent, permille, signed_percent};
use crate::model::{Line, measure};
use crate::table::{Row, Table};
use crate::text::Page;

/// How many topics have a bar; the whole list stands in the table below the pictures.
const BARS: usize = 8;
const LONGEST: u64 = 300;
const LETTERS: usize = 34;
const TOP: u64 = 6;
const ROW: u64 = 32;

#[derive(Template)]
#[template(path = "topics.html", whitespace = "minimize")]
struct Picture {
    finding: String,
    /// «обращений».
    many: String,
    describe: String,
    /// «за 2021 год», when ticks are shown.
    before: Option<String>,
    height: u64,
    bars: Vec<Bar>,
    note: Option<String>,
    table: String,
}

struct Bar {
    lines: Vec<NameLine>,
    middle: u64,
    length: u64,
    /// Where the tick of the other period stands, from where bars begin.
    tick: Option<u64>,
    value: String,
}

/// A topic with its number, and what became of it.
struct Counted<'a> {
    line: &'a Line,
    n: u64,
    before: Option<(u64, i64)>,
}

/// The picture; none without a topic.
pub(super) fn figure(page: Page<'_>) -> Option<String> {
    let total = page.report.totals.n(measure::RECEIVED)?;
    let counted: Vec<Counted<'_>> = page
        .report
        .breakdowns
        .topic
        .iter()
        .filter_map(|line| counted(page, line))
        .collect();
    let shown = &counted[..counted.len().min(BARS)];
    let first = shown.first()?;
    let befores = shown.iter().filter_map(|one| one.before).map(|(before, _)| before);
    let longest = befores.chain([first.n]).max()?;
    let bars: Vec<Bar> = (0..).zip(shown).map(|(at, one)| bar(one, at, longest, total)).collect();
    let share = permille(first.n, total).map(percent).unwrap_or_default();
    let before = page
        .report
        .compare
        .as_ref()
        .filter(|_| bars.iter().any(|bar| bar.tick.is_some()));
    Some(rendered(&Picture {
        finding: format!("Чаще всего — «{}»: {share} поступивших", first.line.name),
        many: page.federation.incident_noun().many.clone(),
        describe: "Столбцы по темам от самой частой; черта поперёк столбца — столько было в другом периоде.".to_owned(),
        before: before.map(|compare| for_period(&compare.period.code)),
        height: TOP + ROW * bars.len() as u64 + 8,
        note: (counted.len() > bars.len()).then(|| format!("Показаны {} тем из {}.", bars.len(), counted.len())),
        bars,
        table: table(page, &counted, total),
    }))
}

fn counted<'a>(page: Page<'a>, line: &'a Line) -> Option<Counted<'a>> {
    let n = line.values.n(measure::RECEIVED)?;
    let changes = page.report.compare.as_ref().map(|compare| &compare.topics);
    let change = changes.and_then(|changes| changes.iter().find(|change| change.code == line.code));
    let before = change.map(|change| (change.before, change.delta_permille));
    Some(Counted { line, n, before })
}

fn bar(one: &Counted<'_>, at: u64, longest: u64, total: u64) -> Bar {
    let mut parts = vec![grouped(one.n)];
    parts.extend(permille(one.n, total).map(percent));
    parts.extend(one.before.map(|(_, change)| signed_percent(change)));
    let middle = TOP + ROW * at + ROW / 2;
    Bar {
        lines: placed(&one.line.name, LETTERS, middle),
        middle,
        length: length(one.n, longest, LONGEST).max(1),
        tick: one.before.map(|(before, _)| length(before, longest, LONGEST)),
        value: parts.join(" · "),
    }
}

fn table(page: Page<'_>, counted: &[Counted<'_>], total: u64) -> String {
    let compare = page.report.compare.as_ref();
    let mut header = vec![
        "Тема".to_owned(),
        capitalised(&for_period(&page.report.period.code)),
        "Доля".to_owned(),
    ];
    if let Some(compare) = compare {
        header.extend([capitalised(&for_period(&compare.period.code)), "Изменение".to_owned()]);
    }
    let row = |one: &Counted<'_>| {
        let mut cells = vec![
            one.line.name.clone(),
            grouped(one.n),
            permille(one.n, total).map(percent).unwrap_or_default(),
        ];
        if compare.is_some() {
            let dash = || crate::format::NOT_APPLICABLE.to_owned();
            cells.push(one.before.map_or_else(dash, |(before, _)| grouped(before)));
            cells.push(one.before.map_or_else(dash, |(_, change)| signed_percent(change)));
        }
        Row::plain(cells)
    };
    let table = Table {
        title: "Поступило по темам".to_owned(),
        rows: counted.iter().map(row).collect(),
        header,
        note: None,
    };
    tables::markup(&table, &NoLinks)
}
