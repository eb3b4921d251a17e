//! What became of a file, in words.

use std::fmt::Write as _;

use crate::cli::Lang;
use crate::import::ImportSummary;

/// The summary for a person: first what matters, then the counts, then what was not used.
pub fn text(summary: &ImportSummary, lang: Lang) -> String {
    let mut text = format!("{}\n", headline(summary, lang));
    for (label, count) in counts(summary, lang) {
        if count > 0 {
            line(&mut text, &format!("  {label}: {}", number(count)));
        }
    }
    unused(&mut text, summary, lang);
    for (source, early) in &summary.early_answers {
        line(&mut text, &format!("{source}: {}", early.sentence(lang)));
    }
    if let Some(file) = &summary.rejected_file {
        let label = lang.pick("Отклонённые строки с причинами", "Rejected rows with their reasons");
        line(&mut text, &format!("{label}: {}", file.display()));
    }
    if let Some(complete) = summary.complete.as_ref().filter(|complete| complete.declared) {
        let label = lang.pick("Дни объявлены полными", "Days declared complete");
        let sources = complete.sources.join(", ");
        line(
            &mut text,
            &format!("{label}: {}..{} ({sources})", complete.from, complete.to),
        );
    }
    text
}

fn headline(summary: &ImportSummary, lang: Lang) -> String {
    let (file, read) = (summary.file.display(), number(summary.read));
    if summary.read == 0 {
        return lang.say(
            &format!("{file}: строк нет, только заголовок."),
            &format!("{file}: no rows, only a header."),
        );
    }
    if summary.nothing_changed() {
        return lang.say(
            &format!("Ничего не изменилось: все строки файла {file} уже учтены (прочитано: {read})."),
            &format!("Nothing changed: every row of {file} was already counted ({read} read)."),
        );
    }
    if summary.dry_run {
        return lang.say(
            &format!("{file}: прочитано строк: {read}. Это проверка, ничего не принято; было бы:"),
            &format!("{file}: {read} rows read. This is a dry run, nothing was taken; it would be:"),
        );
    }
    lang.say(
        &format!("{file}: прочитано строк: {read}."),
        &format!("{file}: {read} rows read."),
    )
}

fn counts(summary: &ImportSummary, lang: Lang) -> [(&'static str, u64); 7] {
    [
        (lang.pick("новых", "new"), summary.accepted),
        (lang.pick("обновлено", "updated"), summary.updated),
        (lang.pick("без изменений", "unchanged"), summary.unchanged),
        (
            lang.pick("старее уже принятых", "older than what stands"),
            summary.superseded,
        ),
        (lang.pick("отклонено", "rejected"), summary.rejected),
        (
            lang.pick("  из них чужой территории", "  of another territory"),
            summary.out_of_scope,
        ),
        (
            lang.pick(
                "с id, который уже был в этом файле",
                "with an id that stood before in the file",
            ),
            summary.repeated,
        ),
    ]
}

fn unused(text: &mut String, summary: &ImportSummary, lang: Lang) {
    if let Some((row, first)) = summary.repeated_example {
        let said = lang.say(
            &format!("    например, строка {row} повторяет id строки {first}; учтена более новая версия"),
            &format!("    for example, line {row} repeats the id of line {first}; the newer version counts"),
        );
        line(text, &said);
    }
    for (field, &count) in &summary.unmatched {
        let label = lang.pick("Не сопоставлено", "Unmatched");
        line(text, &format!("{label}, {field}: {}", number(count)));
    }
    for (stamp, &count) in &summary.dropped_stamps {
        let label = lang.pick("Не использовано моментов", "Moments not used");
        line(text, &format!("{label}, {stamp}: {}", number(count)));
    }
    for (stamp, unread) in &summary.unread_stamps {
        let (count, row, got, formats) = (number(unread.count), unread.line, &unread.got, &summary.formats);
        let said = lang.say(
            &format!("  {stamp}: не распознано {count}, например «{got}» в строке {row}; пробовали: {formats}"),
            &format!("  {stamp}: {count} not understood, for example \"{got}\" on line {row}; tried: {formats}"),
        );
        line(text, &said);
    }
}

fn line(text: &mut String, said: &str) {
    writeln!(text, "{said}").expect("a string takes everything");
}

/// Digits in groups of three with no-break spaces.
fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::import::summary::{Completeness, SCHEMA, Unread};
    use crate::status::EarlyAnswers;

    fn summary() -> ImportSummary {
        ImportSummary {
            schema: SCHEMA,
            file: "data.csv".into(),
            profile: "svodka@0".to_owned(),
            dry_run: false,
            intake_id: "i".to_owned(),
            read: 12_345,
            accepted: 12_000,
            unchanged: 300,
            updated: 40,
            superseded: 0,
            rejected: 5,
            out_of_scope: 2,
            repeated: 1,
            repeated_example: Some((57, 12)),
            unmatched: BTreeMap::from([("topic".to_owned(), 7)]),
            dropped_stamps: BTreeMap::from([("final".to_owned(), 3)]),
            unread_stamps: BTreeMap::from([(
                "final".to_owned(),
                Unread {
                    count: 2,
                    line: 9,
                    got: "вчера".to_owned(),
                },
            )]),
            early_answers: BTreeMap::from([(
                "pos".to_owned(),
                EarlyAnswers {
                    count: 412,
                    median_s: 7_199,
                },
            )]),
            formats: "rfc3339".to_owned(),
            rejected_file: Some("data.csv.rejected.csv".into()),
            complete: Some(Completeness {
                from: "2022-12-01".parse().unwrap(),
                to: "2022-12-31".parse().unwrap(),
                sources: vec!["pos".to_owned()],
                declared: false,
            }),
        }
    }

    #[test]
    fn a_summary_reads_from_the_main_thing_down() {
        insta::assert_snapshot!(text(&summary(), Lang::Ru));
    }

    #[test]
    fn nothing_changed_is_said_first() {
        let mut same = summary();
        (same.accepted, same.updated, same.rejected, same.out_of_scope) = (0, 0, 0, 0);
        (same.unchanged, same.superseded, same.rejected_file) = (12_000, 345, None);
        if let Some(complete) = &mut same.complete {
            complete.declared = true;
        }
        insta::assert_snapshot!(text(&same, Lang::Ru));
        assert!(text(&same, Lang::En).starts_with("Nothing changed"));
    }
}
