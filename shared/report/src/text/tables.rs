//! The tables: child territories with the total first, topics, sources, networks.

use super::Page;
use super::outcome::spoken_for;
use crate::figure::Figure;
use crate::format::{MISSING, NBSP, NOT_APPLICABLE, capitalised, grouped, percent, permille, table_duration};
use crate::model::{Line, Values, measure};
use crate::table::{Row, Table};

/// How many topics have a row of their own; one more than this needs no «остальные» either.
const TOPICS: usize = 7;

/// Child territories, the total first; none for a scope without children.
pub(crate) fn territories(page: Page<'_>) -> Option<Table> {
    let report = page.report;
    let first = report.rows.iter().find(|line| !line.attached)?;
    let level = page.federation.tree().level_of(&first.code);
    let heading = level.map_or_else(|| "Территория".to_owned(), |level| capitalised(&level.unit.one));
    let header = [
        heading.as_str(),
        "Обработано",
        "Поступило",
        "Дан ответ",
        "Среднее время ответа",
        "Медиана",
        "90-й процентиль",
        "В срок",
    ];
    let whole = Row {
        whole: true,
        ..Row::plain(row(page.whole(), &report.totals))
    };
    let mut rows = vec![whole];
    rows.extend(report.rows.iter().map(|line| Row {
        territory: Some(line.code.clone()).filter(|_| !line.attached),
        ..Row::plain(row(territory(line), &line.values))
    }));
    Some(Table {
        title: "По территориям".to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows,
        note: Some(note(page)),
    })
}

/// What a line by territory is called.
pub(crate) fn territory(line: &Line) -> String {
    if line.attached {
        format!("{}, без разбивки", line.name)
    } else {
        line.name.clone()
    }
}

fn row(name: String, values: &Values) -> Vec<String> {
    let text = |measure| {
        values
            .get(measure)
            .map_or(MISSING.to_owned(), |figure| figure.text.clone())
    };
    let time = values.get(measure::RESPONSE_TIME);
    let quantile = |seconds: fn(&Figure) -> Option<u64>| {
        time.map_or(MISSING.to_owned(), |figure| figure.quantile_text(seconds(figure)))
    };
    vec![
        name,
        text(measure::PROCESSED),
        text(measure::RECEIVED),
        text(measure::ANSWERED),
        text(measure::RESPONSE_TIME),
        quantile(|figure| figure.p50_s),
        quantile(|figure| figure.p90_s),
        text(measure::WITHIN_NORM),
    ]
}

/// How the first row comes about.
fn note(page: Page<'_>) -> String {
    let many = &page.federation.incident_noun().many;
    let whole = page.whole();
    let time = page.report.totals.get(measure::RESPONSE_TIME);
    let partly = time
        .and_then(|figure| figure.n_hist.zip(figure.n))
        .filter(|(n_hist, n)| n_hist < n);
    let partly = partly.map(|(n_hist, n)| format!(" Медиана и 90-й процентиль в ней — {}.", spoken_for(n_hist, n)));
    format!(
        "Среднее время в строке «{whole}» взвешено по числу {many}; это не среднее из средних.{}",
        partly.unwrap_or_default(),
    )
}

/// What the shares in [`breakdowns`] are shares of.
pub(crate) fn shares_note() -> String {
    format!("Доля — от числа поступивших; из-за округления сумма может не совпадать со 100{NBSP}%.")
}

/// Topics, sources and networks, each that has a row.
pub(crate) fn breakdowns(page: Page<'_>) -> Vec<Table> {
    let lists = &page.report.breakdowns;
    let topics = if lists.topic.len() > TOPICS + 1 {
        TOPICS
    } else {
        lists.topic.len()
    };
    let tables = [
        ("По темам", "Тема", &lists.topic, topics),
        ("По источникам", "Источник", &lists.source, lists.source.len()),
        ("По площадкам", "Площадка", &lists.network, lists.network.len()),
    ];
    tables
        .into_iter()
        .filter(|(_, _, lines, _)| !lines.is_empty())
        .map(|(title, heading, lines, shown)| breakdown(page, (title, heading), lines, shown))
        .collect()
}

fn breakdown(page: Page<'_>, (title, heading): (&str, &str), lines: &[Line], shown: usize) -> Table {
    let total = page.report.totals.n(measure::RECEIVED);
    let (shown, rest) = lines.split_at(shown);
    let mut rows: Vec<Vec<String>> = shown.iter().map(|line| share_row(line, total)).collect();
    if !rest.is_empty() {
        rows.push(rest_row(rest, total));
    }
    let header = [
        heading,
        "Поступило",
        "Доля",
        "Обработано",
        "Дан ответ",
        "Среднее время ответа",
    ];
    Table {
        title: title.to_owned(),
        header: header.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(Row::plain).collect(),
        note: None,
    }
}

fn share_row(line: &Line, total: Option<u64>) -> Vec<String> {
    let text = |measure| {
        line.values
            .get(measure)
            .map_or(MISSING.to_owned(), |figure| figure.text.clone())
    };
    vec![
        line.name.clone(),
        text(measure::RECEIVED),
        share(line.values.n(measure::RECEIVED), total),
        text(measure::PROCESSED),
        text(measure::ANSWERED),
        text(measure::RESPONSE_TIME),
    ]
}

fn share(n: Option<u64>, total: Option<u64>) -> String {
    match n.zip(total) {
        Some((n, total)) => permille(n, total).map_or(NOT_APPLICABLE.to_owned(), percent),
        None => MISSING.to_owned(),
    }
}

/// The topics without a row of their own, added up; unknown as soon as one of them is.
fn rest_row(rest: &[Line], total: Option<u64>) -> Vec<String> {
    let sum = |of: &dyn Fn(&Figure) -> Option<u64>, measure| {
        rest.iter().try_fold(0_u64, |sum, line| {
            sum.checked_add(line.values.get(measure).and_then(of)?)
        })
    };
    let n = |measure| sum(&|figure| figure.n, measure);
    let count = |measure| n(measure).map_or(MISSING.to_owned(), grouped);
    let time = match (
        n(measure::RESPONSE_TIME),
        sum(&|figure| figure.sum_s, measure::RESPONSE_TIME),
    ) {
        (Some(0), Some(_)) => NOT_APPLICABLE.to_owned(),
        (Some(n), Some(sum_s)) => table_duration(mean(sum_s, n)),
        _ => MISSING.to_owned(),
    };
    let share = share(n(measure::RECEIVED), total);
    vec![
        "Остальные темы".to_owned(),
        count(measure::RECEIVED),
        share,
        count(measure::PROCESSED),
        count(measure::ANSWERED),
        time,
    ]
}

/// Rounded half up, like every mean. `n` is not zero.
fn mean(sum_s: u64, n: u64) -> u64 {
    let (sum_s, n) = (u128::from(sum_s), u128::from(n));
    u64::try_from((sum_s * 2 + n) / (n * 2)).unwrap_or(u64::MAX)
}
