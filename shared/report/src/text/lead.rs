//! T2: how many, and what became of it.

use super::Page;
use crate::compare::Comparison;
use crate::figure::State;
use crate::format::{Case, NBSP, capitalised, counted, for_period, grouped, signed_percent, with_period};
use crate::model::measure;
use crate::phrase::{CountChange, FEW, count_change, round_words};

/// Below this a round number says less than the exact one beside it.
const ROUND_FROM: u64 = 1_000;

/// T2: the count processed, and what became of it.
pub(super) fn count(page: Page<'_>) -> String {
    let figure = page.report.totals.get(measure::PROCESSED);
    let Some(n) = figure.and_then(|figure| figure.n) else {
        return unknown(page, figure.map_or(State::Missing, |figure| figure.state));
    };
    let (who, case) = match page.centres() {
        Some(centres) => (format!("{centres} обработали"), Case::Accusative),
        None => (format!("{} обработано", page.place()), Case::Nominative),
    };
    let when = capitalised(&for_period(&page.report.period.code));
    let words = Some(n).filter(|n| *n >= ROUND_FROM).and_then(|n| round_words(n, case));
    let words = words.map(|words| format!(" — {words}")).unwrap_or_default();
    let change = page
        .report
        .compare
        .as_ref()
        .map(|compare| format!(" {}", change(page, n, compare)));
    let noun = page.federation.incident_noun();
    format!(
        "{when} {who} {}{words}.{}",
        counted(n, noun),
        change.unwrap_or_default()
    )
}

fn unknown(page: Page<'_>, state: State) -> String {
    let noun = &page.federation.incident_noun().many;
    let period = for_period(&page.report.period.code);
    let why = match state {
        State::Value | State::Zero | State::Missing => "неизвестно: данных нет",
        State::NotCollected => "не собирается",
        State::CannotExist => "не указано: за территорию никто не отвечал",
        State::Suppressed => "не раскрывается",
    };
    format!("Число обработанных {noun} {period} {why}.")
}

fn change(page: Page<'_>, n: u64, compare: &Comparison) -> String {
    let noun = page.federation.incident_noun();
    let period = for_period(&compare.period.code);
    let Some(before) = compare.totals.n(measure::PROCESSED) else {
        return format!("Данных {period} нет.");
    };
    let before_text = grouped(before);
    match count_change(n, before, noun, compare.comparable) {
        CountChange::Same { permille } => {
            let share = permille
                .map(|permille| format!(" ({})", signed_percent(permille)))
                .unwrap_or_default();
            let with = with_period(&compare.period.code);
            format!("По сравнению {with} ({before_text}) их число практически не изменилось{share}.")
        }
        CountChange::Relative { words, plain: true, .. } => format!("Это {words}, чем {period} ({before_text})."),
        CountChange::Relative { words, permille, .. } => {
            format!(
                "Это {words} ({}), чем {period} ({before_text}).",
                signed_percent(permille)
            )
        }
        CountChange::Absolute { words } => {
            format!(
                "Это {words}, чем {period} ({before_text}). {}",
                why_absolute(before, &noun.many)
            )
        }
        CountChange::WasNone => format!("{} обработанных {} не было.", capitalised(&period), noun.many),
    }
}

fn why_absolute(before: u64, many: &str) -> String {
    let why = if before < FEW {
        format!("прежде было меньше {FEW} {many}")
    } else {
        format!("полнота данных за два периода различается более чем на 5{NBSP}%")
    };
    format!("Изменение в процентах не указано: {why}.")
}
