//! The figures at the top, each with what became of it, and the table of all changes.

use domain::tally::TallyKind;

use super::{NoLinks, tables};
use crate::compare::Comparison;
use crate::format::{MISSING, capitalised, for_period};
use crate::model::measure;
use crate::table::{Row, Table};
use crate::text::Page;

/// The measures that stand at the top, in this order.
const KEYS: [&str; 4] = [
    measure::PROCESSED,
    measure::RECEIVED,
    measure::RESPONSE_TIME,
    measure::WITHIN_NORM,
];

/// One figure at the top.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) figure: String,
    /// In words, with the share; nothing without another period.
    pub(super) change: Option<String>,
}

/// The figures at the top; a measure that the dictionary does not have is left out.
pub(super) fn keys(page: Page<'_>) -> Vec<Key> {
    let key = |code: &&str| {
        let figure = page.report.totals.get(code)?;
        let change = page.report.compare.as_ref().and_then(|compare| change(compare, code));
        Some(Key {
            name: name(page, code),
            figure: figure.text.clone(),
            change,
        })
    };
    KEYS.iter().filter_map(key).collect()
}

fn change(compare: &Comparison, code: &str) -> Option<String> {
    let (_, change) = compare.changes.iter().find(|(measure, _)| measure.as_str() == code)?;
    Some(change.text.clone())
}

/// What a heading says of a measure; of a duration the mean is shown.
fn name(page: Page<'_>, code: &str) -> String {
    match page.federation.dictionary().measure(code) {
        Some(measure) if measure.kind == TallyKind::Duration => format!("{}, среднее", measure.name),
        Some(measure) => measure.name.clone(),
        None => code.to_owned(),
    }
}

/// Every measure now and before; none without another period.
pub(super) fn table(page: Page<'_>) -> Option<String> {
    let compare = page.report.compare.as_ref()?;
    let row = |(code, change): &(domain::Code, crate::compare::Change)| {
        let text = |values: &crate::model::Values| {
            let figure = values.get(code.as_str());
            figure.map_or(MISSING.to_owned(), |figure| figure.text.clone())
        };
        Row::plain(vec![
            name(page, code.as_str()),
            text(&page.report.totals),
            text(&compare.totals),
            change.text.clone(),
        ])
    };
    let rows: Vec<Row> = compare.changes.iter().map(row).collect();
    let (now, before) = (&page.report.period.code, &compare.period.code);
    let header = [
        "Показатель".to_owned(),
        capitalised(&for_period(now)),
        capitalised(&for_period(before)),
        "Изменение".to_owned(),
    ];
    let table = Table {
        title: "Показатели двух периодов".to_owned(),
        header: header.to_vec(),
        rows,
        note: None,
    };
    (!table.rows.is_empty()).then(|| tables::markup(&table, &NoLinks))
}
