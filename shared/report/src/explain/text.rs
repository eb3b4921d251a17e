//! The explanation for people: the figure, its parts by node, its sheets, and what is left out.

use super::{Explanation, LeftOut, Sheet, Why};
use crate::figure::Figure;
use crate::format::{NOT_APPLICABLE, for_period, grouped, plural};
use crate::table::{Row, Table};
use crate::text::basis;
use crate::text::grid::draw;

/// Sheets that a text lists; JSON and CSV have them all.
const SHEETS_SHOWN: usize = 100;
const LEFT_OUT_SHOWN: usize = 50;
/// Letters of a hash that a person compares by eye.
const HASH_SHOWN: usize = 16;

pub(super) fn write(explanation: &Explanation) -> String {
    let paragraphs = [
        Some(heading(explanation)),
        Some(total(explanation)),
        nodes(explanation),
        sheets(explanation),
        left_out(explanation),
        check(explanation),
        Some(basis(&explanation.as_of)),
    ];
    let mut text = paragraphs.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

fn heading(explanation: &Explanation) -> String {
    let cell = &explanation.cell;
    format!(
        "Из чего сложена цифра «{}» ({}): {} {}",
        cell.heading,
        cell.name,
        explanation.scope.name,
        for_period(&explanation.period.code)
    )
}

fn total(explanation: &Explanation) -> String {
    let value = long(&explanation.total);
    if explanation.sheets == 0 {
        return format!("Значение: {value}. Ни один действующий лист её не даёт.");
    }
    let (sheets, nodes) = (explanation.sheets, explanation.nodes.len() as u64);
    format!(
        "Значение: {value}. Сложено из {} {} {} {}.",
        grouped(sheets),
        plural(sheets, "листа", "листов", "листов"),
        grouped(nodes),
        plural(nodes, "узла", "узлов", "узлов"),
    )
}

/// The figure with everything that adds up in it: a mean and a share do not.
fn long(figure: &Figure) -> String {
    let durations = figure.n.zip(figure.sum_s);
    let durations = durations.map(|(n, sum_s)| format!("всего {}, сумма {} с", grouped(n), grouped(sum_s)));
    let share = figure.num.zip(figure.den);
    let share = share.map(|(num, den)| format!("{} из {}", grouped(num), grouped(den)));
    match durations.or(share) {
        Some(numbers) => format!("{} ({numbers})", figure.text),
        None => figure.text.clone(),
    }
}

fn nodes(explanation: &Explanation) -> Option<String> {
    let row = |part: &super::NodePart| Row::plain(vec![part.node.to_string(), grouped(part.sheets), long(&part.value)]);
    table(
        "По узлам",
        &["Узел", "Листов", "Значение"],
        explanation.nodes.iter().map(row).collect(),
    )
}

fn sheets(explanation: &Explanation) -> Option<String> {
    let header = [
        "Узел",
        "Период",
        "Редакция",
        "Позиция",
        "Значение",
        "Запись",
        "Ключ",
        "Пришёл через",
    ];
    let shown = explanation.contributions.iter().take(SHEETS_SHOWN);
    let table = table("Листы", &header, shown.map(sheet).collect())?;
    let hidden = explanation.sheets - explanation.sheets.min(SHEETS_SHOWN as u64);
    let note = (hidden > 0).then(|| {
        format!(
            "\nПоказаны первые {SHEETS_SHOWN} из {}; все — в JSON и CSV (--format json или csv).",
            grouped(explanation.sheets)
        )
    });
    Some(table + &note.unwrap_or_default())
}

fn sheet(sheet: &Sheet) -> Row {
    let stands = &sheet.stands;
    let refused = if sheet.refused { " (отклонён)" } else { "" };
    Row::plain(vec![
        sheet.node.to_string(),
        sheet.period.to_string(),
        format!("{}{refused}", sheet.revision),
        stands.position.to_string(),
        sheet.value.text.clone(),
        short(&stands.statement),
        short(&stands.signer),
        if stands.delivered_by.is_empty() {
            "свой журнал".to_owned()
        } else {
            stands.delivered_by.join(" → ")
        },
    ])
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH_SHOWN).collect()
}

fn left_out(explanation: &Explanation) -> Option<String> {
    let all = explanation.left_out.len() as u64 + explanation.left_out_unlisted;
    let shown = explanation.left_out.iter().take(LEFT_OUT_SHOWN);
    let table = table(
        "Не вошло",
        &["Узел", "Период", "Редакция", "Позиция", "Запись", "Почему"],
        shown.map(out).collect(),
    )?;
    let note = (all > LEFT_OUT_SHOWN as u64).then(|| format!("\nВсего не вошло листов: {}.", grouped(all)));
    Some(table + &note.unwrap_or_default())
}

fn out(sheet: &LeftOut) -> Row {
    let position = sheet.position.map_or(NOT_APPLICABLE.to_owned(), |at| at.to_string());
    Row::plain(vec![
        sheet.node.to_string(),
        sheet.period.to_string(),
        sheet.revision.to_string(),
        position,
        short(&sheet.statement),
        why(sheet),
    ])
}

fn why(sheet: &LeftOut) -> String {
    let words = match sheet.why {
        Why::Superseded => "заменён следующей редакцией",
        Why::Refused => "отклонён вышестоящим узлом",
        Why::Withdrawn => "отозван самим узлом",
        Why::Void => "признан недействительным",
        Why::BodyMissing => "нет содержания",
        Why::Revoked => "ключи узла отозваны",
        Why::Partly => "часть его дней вне периода",
    };
    match &sheet.reason {
        Some(reason) => format!("{words} ({reason})"),
        None => words.to_owned(),
    }
}

/// How to check without believing this program.
fn check(explanation: &Explanation) -> Option<String> {
    let first = explanation.contributions.first()?;
    Some(format!(
        "Проверить лист: команда entry {} --dsse выводит подписанную запись; полные хэши записей, содержаний и ключей — в \
         JSON и CSV.",
        first.stands.position
    ))
}

/// A table; none without rows.
fn table(title: &str, header: &[&str], rows: Vec<Row>) -> Option<String> {
    let filled = !rows.is_empty();
    filled.then(|| {
        draw(&Table {
            title: title.to_owned(),
            header: header.iter().map(ToString::to_string).collect(),
            rows,
            note: None,
        })
    })
}
