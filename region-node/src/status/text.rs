//! The status for people: what needs a person stands first, figures follow.

use std::fmt::Write;

use super::{Source, Status, Uplink};
use crate::cli::Lang;

/// Days before its end from which on a certificate is worth a word.
const CERTIFICATE_SOON_DAYS: i64 = 14;

/// The page.
pub fn text(status: &Status, lang: Lang) -> String {
    let mut page = Page {
        text: String::new(),
        lang,
    };
    page.warnings(status);
    page.node(status);
    page.link(&status.uplink);
    page.sheets(status);
    page.intake(status);
    page.text
}

struct Page {
    text: String,
    lang: Lang,
}

impl Page {
    /// A line of a name and a value; names are padded to one column by characters, not bytes.
    fn row(&mut self, russian: &'static str, english: &'static str, value: &str) {
        let name = self.lang.pick(russian, english);
        let pad = 22_usize.saturating_sub(name.chars().count());
        self.line(&format!("{name}:{:pad$} {value}", ""));
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("writing to a string does not fail");
    }

    fn warnings(&mut self, status: &Status) {
        let lang = self.lang;
        if let Some(reason) = &status.uplink.halted {
            let words = lang.pick(
                "! Отправка остановлена, доказательства сохранены",
                "! Pushing is halted, the evidence is kept",
            );
            self.line(&format!("{words}: {reason}"));
        }
        if let Some(seconds) = status.uplink.clock_skew_s {
            let words = lang.pick(
                "! Часы расходятся с родительскими, секунд",
                "! The clock differs from the parent's, seconds",
            );
            self.line(&format!("{words}: {seconds}"));
        }
        if status.sheets.refused_total > 0 {
            let words = lang.pick("! Не принято листов", "! Sheets refused");
            self.line(&format!("{words}: {}", status.sheets.refused_total));
        }
        if status.certificate.days_left < CERTIFICATE_SOON_DAYS {
            let words = lang.pick(
                "! Сертификат истекает, осталось дней",
                "! The certificate ends, days left",
            );
            self.line(&format!("{words}: {}", status.certificate.days_left));
        }
        if status.store.rebuilt {
            self.line(lang.pick(
                "! Хранилище обращений при запуске построено заново по журналу приёма",
                "! The store of incidents was rebuilt from the intake journal at start",
            ));
        }
    }

    fn node(&mut self, status: &Status) {
        self.row("Узел", "Node", &format!("{} ({})", status.node, status.federation));
        self.row("Территории", "Territories", &status.territories.join(", "));
        self.row("Часовой пояс", "Zone", &status.zone);
        self.row(
            "Родительский узел",
            "Parent",
            &format!("{} ({})", status.parent, status.parent_address),
        );
        self.row(
            "Записей в журнале",
            "Entries in the ledger",
            &status.ledger.size.to_string(),
        );
        self.row("Корень журнала", "Root of the ledger", &status.ledger.root);
    }

    fn link(&mut self, uplink: &Uplink) {
        self.row("Отправлено записей", "Entries pushed", &uplink.cursor.to_string());
        self.row("Ждут ответа", "Waiting", &uplink.waiting.to_string());
        let never = self.lang.pick("ещё не было", "not yet");
        self.row(
            "Последняя отправка",
            "Last push",
            uplink.last_push.as_deref().unwrap_or(never),
        );
        if let Some(error) = &uplink.last_error {
            self.row("Последняя ошибка", "Last error", error);
        }
    }

    fn sheets(&mut self, status: &Status) {
        self.row("Листов закрыто", "Sheets closed", &status.sheets.closed.to_string());
        self.row("Листов открыто", "Sheets open", &status.sheets.open.to_string());
        self.row("Дней изменилось", "Days changed", &status.sheets.changed.to_string());
        for refused in &status.sheets.refused {
            let words = self.lang.pick("не принят, редакция", "refused, revision");
            let (period, revision) = (&refused.period, refused.revision);
            self.line(&format!(
                "  {period}: {words} {revision}: {} [{}]",
                refused.message, refused.reason
            ));
        }
    }

    fn intake(&mut self, status: &Status) {
        self.row("Обращений", "Incidents", &status.intake.incidents.to_string());
        for source in &status.intake.sources {
            let mut line = counts(source, self.lang);
            if !source.dropped_stamps.is_empty() {
                let words = self.lang.pick("отброшено отметок", "stamps dropped");
                let dropped: Vec<_> = source
                    .dropped_stamps
                    .iter()
                    .map(|(stamp, n)| format!("{stamp} {n}"))
                    .collect();
                let _ = write!(line, "; {words}: {}", dropped.join(", "));
            }
            if let Some(early) = &source.early_answers {
                line.push_str("; ");
                line.push_str(&early.sentence(self.lang));
            }
            self.line(&line);
        }
        for trial in &status.intake.trials {
            let words = self.lang.pick("На пробе, в листы не входит", "On trial, in no sheet");
            self.line(&format!("{words}: {}. {}", trial.name, counts(&trial.sent, self.lang)));
        }
        if !status.intake.unmatched.is_empty() {
            self.line(self.lang.pick(
                "Не сопоставлено (хранится только здесь):",
                "Unmatched (kept here only):",
            ));
        }
        for value in &status.intake.unmatched {
            self.line(&format!(
                "  {} {} «{}»: {}",
                value.source, value.field, value.value, value.count
            ));
        }
        if status.intake.unmatched_beyond > 0 {
            let words = self.lang.pick("и ещё", "and more");
            self.line(&format!("  {words}: {}", status.intake.unmatched_beyond));
        }
    }
}

fn counts(source: &Source, lang: Lang) -> String {
    let Source {
        source,
        accepted,
        unchanged,
        updated,
        superseded,
        rejected,
        ..
    } = source;
    match lang {
        Lang::Ru => format!(
            "Источник {source}: новых {accepted}, изменённых {updated}, без изменений {unchanged}, устаревших \
             {superseded}, отвергнутых {rejected}"
        ),
        Lang::En => format!(
            "Source {source}: new {accepted}, updated {updated}, unchanged {unchanged}, superseded {superseded}, \
             rejected {rejected}"
        ),
    }
}
