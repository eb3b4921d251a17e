//! T3 and T4: how fast, and with what result.

use super::Page;
use crate::figure::Figure;
use crate::format::{Case, capitalised, counted, grouped, percent, permille, plural, spell};
use crate::model::measure;
use crate::phrase::{share_change, time_change};

/// «Девять из десяти» needs ten.
const QUANTILES_FROM: u64 = 10;

/// T3: the mean response time, what became of it, and what the mean hides.
pub(super) fn time(page: Page<'_>) -> Option<String> {
    let figure = page.report.totals.get(measure::RESPONSE_TIME)?;
    let mean_s = figure.mean_s?;
    let several = page.report.rows.iter().filter(|row| !row.attached).count() > 1;
    let many = &page.federation.incident_noun().many;
    let weighted = if several {
        format!(", взвешенное по числу {many},")
    } else {
        String::new()
    };
    let mut sentences = vec![format!(
        "Среднее время ответа{weighted} составило {}.",
        spell(mean_s, Case::Nominative)
    )];
    if let Some((since, before)) = page.since().zip(former_mean(page, measure::RESPONSE_TIME)) {
        sentences.push(format!(
            "{} оно {}.",
            capitalised(&since),
            time_change(mean_s, before).short()
        ));
    }
    sentences.extend(quantiles(figure));
    Some(sentences.join(" "))
}

fn former<'a>(page: Page<'a>, measure: &str) -> Option<&'a Figure> {
    page.report.compare.as_ref()?.totals.get(measure)
}

fn former_mean(page: Page<'_>, measure: &str) -> Option<u64> {
    former(page, measure)?.mean_s
}

fn quantiles(figure: &Figure) -> Option<String> {
    let (n, n_hist) = (figure.n?, figure.n_hist?);
    let (median, ninth) = (figure.p50_s?, figure.p90_s?);
    if n_hist < QUANTILES_FROM {
        return None;
    }
    let (median, ninth) = (within(median), within(ninth));
    let partly = (n_hist < n).then(|| format!(" Медиана и 90-й процентиль посчитаны {}.", spoken_for(n_hist, n)));
    let text = format!("Половина ответов дана быстрее чем за {median}, девять из десяти — быстрее чем за {ninth}.");
    Some(text + &partly.unwrap_or_default())
}

/// «по 320 ответам из 400» needs a dative; «для 320 из 400 ответов» does not.
pub(super) fn spoken_for(n_hist: u64, n: u64) -> String {
    format!(
        "для {} из {} {}",
        grouped(n_hist),
        grouped(n),
        plural(n, "ответа", "ответов", "ответов")
    )
}

fn within(seconds: u64) -> String {
    if seconds < 60 {
        "минуту".to_owned()
    } else {
        spell(seconds, Case::Accusative)
    }
}

/// T4 without what is still in work: received, answered, answered in time, resolved.
pub(super) fn result(page: Page<'_>) -> Option<String> {
    let n = |measure| page.report.totals.n(measure);
    let noun = page.federation.incident_noun();
    let received = n(measure::RECEIVED).map(|n| format!("Поступило {}.", counted(n, noun)));
    let answered = n(measure::ANSWERED).map(|n| format!("Дан ответ на {}.", counted(n, noun)));
    let resolved = n(measure::RESOLVED).map(|resolved| {
        let share = n(measure::RECEIVED).and_then(|received| permille(resolved, received));
        let share = share
            .map(|share| format!(", или {} поступивших", percent(share)))
            .unwrap_or_default();
        format!("Решено {}{share}.", counted(resolved, noun))
    });
    let differ = n(measure::RESOLVED) != n(measure::RECEIVED);
    let note = (received.is_some() && resolved.is_some() && differ).then(|| {
        let many = &noun.many;
        format!("Число решённых и поступивших не обязано совпадать: часть {many} поступила раньше.")
    });
    let sentences = [
        received,
        answered,
        within_norm(page),
        resolved,
        note,
        resolution_time(page),
    ];
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(text).filter(|text| !text.is_empty())
}

/// «В пределах норматива (9 часов) — 87,5 % ответов (350 из 400).»
fn within_norm(page: Page<'_>) -> Option<String> {
    let figure = page.report.totals.get(measure::WITHIN_NORM)?;
    let share = figure.permille()?;
    let own = page
        .federation
        .dictionary()
        .measure(measure::WITHIN_NORM)
        .and_then(|measure| measure.norm_seconds);
    let norm = spell(own.unwrap_or(page.federation.default_norm_seconds()), Case::Nominative);
    let (num, den) = (grouped(figure.num?), grouped(figure.den?));
    let text = format!(
        "В пределах норматива ({norm}) — {} ответов ({num} из {den}).",
        percent(share)
    );
    let before = page
        .since()
        .zip(former(page, measure::WITHIN_NORM).and_then(Figure::permille));
    let change = before.map(|(since, before)| match capitalised(&since) {
        since if before == share => format!(" {since} эта доля не изменилась."),
        since => format!(" {since}: {}.", share_change(share, before)),
    });
    Some(text + &change.unwrap_or_default())
}

fn resolution_time(page: Page<'_>) -> Option<String> {
    let mean_s = page.report.totals.get(measure::RESOLUTION_TIME)?.mean_s?;
    let before = page.since().zip(former_mean(page, measure::RESOLUTION_TIME));
    let change = before.map(|(since, before)| format!("; {since} оно {}", time_change(mean_s, before).short()));
    let mean = spell(mean_s, Case::Nominative);
    Some(format!(
        "Среднее время решения составило {mean}{}.",
        change.unwrap_or_default()
    ))
}
