//! A signed statement: the envelope opened, and the proof that it stands in the ledger.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Path, State};
use axum::response::Html;
use domain::federation::Federation;
use domain::sheet::{Closure, MeasureTotal};
use jiff::Timestamp;
use report::format::{grouped, table_duration};

use super::{Frame, shown};
use crate::address;
use crate::guard::{Refusal, Visitor};
use crate::reading::{Entry, SheetEntry};
use crate::site::Site;

#[derive(Template)]
#[template(path = "entry.html", whitespace = "minimize")]
struct EntryPage {
    frame: Frame,
    heading: String,
    /// What the author says.
    says: Vec<Fact>,
    /// Totals of the sheet's measures.
    totals: Vec<(String, String)>,
    /// Who signed it, and how it came.
    signed: Vec<Fact>,
    /// Where it stands.
    stands: Vec<Fact>,
    hashes: Vec<String>,
    dsse: String,
    /// The report of the day that the sheet speaks of.
    day: Option<String>,
}

struct Fact {
    name: &'static str,
    value: String,
    /// Digits to be compared letter by letter.
    code: bool,
}

fn plain(name: &'static str, value: impl Into<String>) -> Fact {
    Fact {
        name,
        value: value.into(),
        code: false,
    }
}

fn code(name: &'static str, value: impl Into<String>) -> Fact {
    Fact {
        code: true,
        ..plain(name, value)
    }
}

/// The page.
pub(crate) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(position): Path<String>,
) -> Result<Html<String>, Refusal> {
    let absent = || Refusal::absent("Такой записи в журнале нет.");
    let position: u64 = position.parse().map_err(|_| absent())?;
    site.work(move |site| {
        let reading = &*site.reading;
        let federation = reading.federation()?;
        let entry = reading.entry(position)?.ok_or_else(absent)?;
        let title = format!("Запись {position}: {}", entry.kind);
        let frame = Frame::inside(reading, &visitor, &title, Vec::new());
        Ok(shown(&page_of(frame, &federation, title, entry)))
    })
    .await
}

fn page_of(frame: Frame, federation: &Federation, heading: String, entry: Entry) -> EntryPage {
    let sheet = entry.sheet.as_ref();
    let day = sheet.and_then(|sheet| {
        let scope = sheet.territory.as_ref()?;
        Some(address::scope(scope, sheet.facts.period.period()))
    });
    EntryPage {
        frame,
        heading,
        says: sheet.map_or_else(Vec::new, |sheet| says(federation, sheet)),
        totals: sheet.map_or_else(Vec::new, |sheet| totals(federation, sheet)),
        signed: signed(&entry),
        stands: stands(&entry),
        hashes: entry.proof.hashes,
        dsse: entry.dsse,
        day,
    }
}

fn moment(milliseconds: i64) -> String {
    let at = Timestamp::from_millisecond(milliseconds);
    at.map_or_else(
        |_| milliseconds.to_string(),
        |at| at.strftime("%d.%m.%Y %H:%M:%S UTC").to_string(),
    )
}

fn says(federation: &Federation, sheet: &SheetEntry) -> Vec<Fact> {
    let facts = &sheet.facts;
    let territory = sheet.territory.as_ref().map(|code| {
        let unit = federation.tree().unit(code);
        unit.map_or_else(|| code.to_string(), |unit| unit.names.nominative().to_owned())
    });
    let closure = match facts.closure {
        Closure::Open => "открыт: день ещё мог пополниться",
        Closure::Closed => "закрыт: день прошёл",
    };
    let mut says = vec![
        plain(
            "Период",
            report::format::days(facts.period.period().first(), facts.period.last()),
        ),
        plain("Редакция", facts.revision.to_string()),
        plain(
            "Действует",
            if sheet.in_force {
                "да"
            } else {
                "нет: есть другая редакция, отзыв или отказ"
            },
        ),
        plain("Состояние", closure),
    ];
    says.extend(territory.map(|name| plain("Территория узла", name)));
    says.extend(
        facts
            .withdrawn
            .as_ref()
            .map(|reason| plain("Отозван, причина", reason.to_string())),
    );
    says.extend([
        plain("Часовой пояс", format!("{}, база {}", facts.zone, facts.tzdb)),
        plain("Составлен", moment(facts.sealed_at_ms)),
        plain("Учтён журнал приёма до записи", grouped(facts.journal_position)),
        plain("Ячеек в содержании", grouped(u64::from(facts.cell_count))),
        plain("Длина содержания, байт", grouped(sheet.body_bytes)),
        code("SHA-256 содержания", &sheet.body),
        code("SHA-256 справочника", hex::encode(facts.dictionary)),
    ]);
    says
}

fn totals(federation: &Federation, sheet: &SheetEntry) -> Vec<(String, String)> {
    let name = |measure: &domain::Code| {
        let known = federation.dictionary().measure(measure.as_str());
        known.map_or_else(|| measure.to_string(), |measure| measure.name.clone())
    };
    let totals = sheet.facts.totals.iter();
    totals
        .map(|(measure, total)| (name(measure), total_text(total)))
        .collect()
}

/// As it is signed: sums, which a reader may divide.
fn total_text(total: &MeasureTotal) -> String {
    match total {
        MeasureTotal::Flow(n) | MeasureTotal::Stock(n) => grouped(*n),
        MeasureTotal::Duration { n, sum_s, .. } => format!("{} за {}", grouped(*n), table_duration(*sum_s)),
        MeasureTotal::Ratio { num, den } => format!("{} из {}", grouped(*num), grouped(*den)),
    }
}

fn signed(entry: &Entry) -> Vec<Fact> {
    let mut facts = vec![
        plain("Автор", entry.author.to_string()),
        plain(
            "Место в цепочке автора",
            format!("{}, эпоха ключей {}", grouped(entry.sequence), entry.epoch),
        ),
        code("Ключ подписи (SHA-256)", &entry.signer),
        code("Хеш записи", &entry.statement),
    ];
    facts.extend(
        entry
            .previous
            .as_ref()
            .map(|previous| code("Хеш предыдущей записи автора", previous)),
    );
    facts.push(code("Вид подписанных байт", &entry.payload_type));
    facts
}

fn stands(entry: &Entry) -> Vec<Fact> {
    let came = match &entry.delivered {
        Some((node, position)) => format!("из журнала узла {node}, запись {}", grouped(*position)),
        None => "собственная запись этого журнала".to_owned(),
    };
    vec![
        plain("Позиция в журнале", grouped(entry.position)),
        plain("Откуда", came),
        plain("Принята и проверена", moment(entry.received_at_ms)),
        code("Хеш листа дерева", &entry.leaf),
        plain("Записей в дереве", grouped(entry.proof.size)),
        code("Корень дерева", &entry.proof.root),
    ]
}
