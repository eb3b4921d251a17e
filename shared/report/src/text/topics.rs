//! T5: what people wrote about, and what changed most.

use domain::Code;

use super::Page;
use crate::compare::TopicChange;
use crate::format::{grouped, listed, percent, permille, signed_percent};
use crate::model::{Line, measure};

/// How many topics a sentence names.
const NAMED: usize = 3;

/// The topics received most and those whose number changed most; none without a single named topic.
pub(super) fn sentence(page: Page<'_>) -> Option<String> {
    let total = page.report.totals.n(measure::RECEIVED)?;
    let topics = page.report.breakdowns.topic.iter().filter(|line| is_named(&line.code));
    let named: Vec<String> = topics.filter_map(|line| topic(line, total)).take(NAMED).collect();
    let word = match named.len() {
        0 => return None,
        1 => "теме",
        _ => "темам",
    };
    let separator = if named.len() == 1 { "" } else { ":" };
    let most = format!("Чаще всего обращались по {word}{separator} {}.", listed(&named));
    let movers = movers(page).map(|movers| format!(" {movers}")).unwrap_or_default();
    Some(most + &movers)
}

/// Not one of the reserved codes, which are no topics.
fn is_named(code: &Code) -> bool {
    ![Code::NONE, Code::UNMATCHED].contains(&code.as_str())
}

/// «Дороги» (92 310, 23,3 %).
fn topic(line: &Line, total: u64) -> Option<String> {
    let n = line.values.n(measure::RECEIVED).filter(|n| *n > 0)?;
    let share = percent(permille(n, total)?);
    Some(format!("«{}» ({}, {share})", line.name, grouped(n)))
}

fn movers(page: Page<'_>) -> Option<String> {
    let noun = &page.federation.incident_noun().many;
    let changes = page
        .report
        .compare
        .as_ref()?
        .topics
        .iter()
        .filter(|change| is_named(&change.code));
    let up = changes
        .clone()
        .filter(|change| change.delta_permille > 0)
        .max_by_key(|change| change.delta_permille);
    let down = changes
        .filter(|change| change.delta_permille < 0)
        .min_by_key(|change| change.delta_permille);
    match (up, down) {
        (Some(up), Some(down)) => Some(format!(
            "Сильнее всего выросло число {noun} по теме {}, сократилось — по теме {}.",
            said(up),
            said(down)
        )),
        (Some(up), None) => Some(format!("Сильнее всего выросло число {noun} по теме {}.", said(up))),
        (None, Some(down)) => Some(format!(
            "Сильнее всего сократилось число {noun} по теме {}.",
            said(down)
        )),
        (None, None) => None,
    }
}

fn said(change: &TopicChange) -> String {
    format!("«{}» ({})", change.name, signed_percent(change.delta_permille))
}
