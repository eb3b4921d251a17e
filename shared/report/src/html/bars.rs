//! Who was slow and who was fast: one bar for each child territory, and a line where the mean of the whole lies.

use askama::Template;

use super::{Links, NameLine, length, lines, placed, rendered, tables};
use crate::figure::Figure;
use crate::format::{grouped, table_duration};
use crate::model::{Line, measure};
use crate::phrase::FEW;
use crate::table::{Row, Table};
use crate::text::Page;
use crate::text::tables::territory;

/// How many bars a picture has; of more territories those with most answers are shown, and all stand in the table.
const BARS: usize = 24;
/// Where bars begin, how long the longest is, and how many letters of a name stand before them.
const LEFT: u64 = 300;
const LONGEST: u64 = 330;
const LETTERS: usize = 40;
/// The line with the name of the mean.
const TOP: u64 = 30;
const ROW: u64 = 30;
const ROW_OF_TWO: u64 = 40;

#[derive(Template)]
#[template(path = "bars.html", whitespace = "minimize")]
struct Picture {
    finding: String,
    describe: String,
    height: u64,
    bars: Vec<Bar>,
    /// Where the line of the mean stands, and what it says.
    mean: u64,
    mean_label: String,
    /// Near the right edge the label stands to the left of its line.
    mean_left: bool,
    few: bool,
    note: Option<String>,
    table: String,
}

struct Bar {
    href: Option<String>,
    lines: Vec<NameLine>,
    /// The middle of the row.
    middle: u64,
    length: u64,
    value: String,
    few: bool,
}

/// A territory with its mean.
struct Ranked<'a> {
    line: &'a Line,
    n: u64,
    mean_s: u64,
}

/// The picture; none with fewer than two territories to compare.
pub(super) fn figure(page: Page<'_>, links: &dyn Links) -> Option<String> {
    let mean_s = response(&page.report.totals)?.mean_s?;
    let mut ranked: Vec<Ranked<'_>> = page.report.rows.iter().filter_map(ranked).collect();
    let all = ranked.len();
    if all < 2 {
        return None;
    }
    let table = table(page, &ranked_by_time(&ranked), links);
    ranked.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.line.code.cmp(&b.line.code)));
    ranked.truncate(BARS);
    let shown = ranked_by_time(&ranked);
    let longest = shown.iter().map(|one| one.mean_s).max().unwrap_or(0).max(mean_s);
    let bars = bars(&shown, longest, links);
    let mean = LEFT + length(mean_s, longest, LONGEST);
    let (fastest, slowest) = (shown.first()?, shown.last()?);
    let named = |one: &Ranked<'_>| format!("{} ({})", territory(one.line), table_duration(one.mean_s));
    Some(rendered(&Picture {
        finding: format!("Быстрее других: {}; дольше других: {}", named(fastest), named(slowest)),
        describe: format!(
            "Столбцы по территориям от самого короткого среднего времени ответа к самому длинному; черта — {}, {}.",
            page.whole(),
            table_duration(mean_s)
        ),
        height: bars.last().map_or(0, |bar| bar.middle) + ROW,
        few: bars.iter().any(|bar| bar.few),
        bars,
        mean,
        mean_label: format!("{} {}", page.whole(), table_duration(mean_s)),
        mean_left: mean > LEFT + LONGEST / 2,
        note: (all > BARS).then(|| format!("Показаны {BARS} территории из {all}: те, где дано больше всего ответов.")),
        table,
    }))
}

fn response(values: &crate::model::Values) -> Option<&Figure> {
    values.get(measure::RESPONSE_TIME)
}

fn ranked(line: &Line) -> Option<Ranked<'_>> {
    let figure = response(&line.values)?;
    let (n, mean_s) = (figure.n?, figure.mean_s?);
    Some(Ranked { line, n, mean_s })
}

fn ranked_by_time<'a, 'b>(ranked: &'b [Ranked<'a>]) -> Vec<&'b Ranked<'a>> {
    let mut sorted: Vec<&Ranked<'a>> = ranked.iter().collect();
    sorted.sort_by(|a, b| a.mean_s.cmp(&b.mean_s).then_with(|| a.line.code.cmp(&b.line.code)));
    sorted
}

fn bars(shown: &[&Ranked<'_>], longest: u64, links: &dyn Links) -> Vec<Bar> {
    let mut top = TOP;
    let bar = |one: &&Ranked<'_>| {
        let name = territory(one.line);
        let height = if lines(&name, LETTERS).len() > 1 {
            ROW_OF_TWO
        } else {
            ROW
        };
        let middle = top + height / 2;
        top += height;
        Bar {
            href: Some(&one.line.code)
                .filter(|_| !one.line.attached)
                .and_then(|code| links.territory(code)),
            lines: placed(&name, LETTERS, middle),
            middle,
            length: length(one.mean_s, longest, LONGEST).max(1),
            value: table_duration(one.mean_s),
            few: one.n < FEW,
        }
    };
    shown.iter().map(bar).collect()
}

fn table(page: Page<'_>, ranked: &[&Ranked<'_>], links: &dyn Links) -> String {
    let row = |one: &&Ranked<'_>| Row {
        territory: Some(one.line.code.clone()).filter(|_| !one.line.attached),
        ..Row::plain(vec![territory(one.line), table_duration(one.mean_s), grouped(one.n)])
    };
    let table = Table {
        title: format!("Среднее время ответа, {}", page.report.scope.name),
        header: ["Территория", "Среднее время ответа", "Дан ответ"]
            .map(str::to_owned)
            .to_vec(),
        rows: ranked.iter().map(row).collect(),
        note: None,
    };
    tables::markup(&table, links)
}
