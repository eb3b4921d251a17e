//! Durations: whole seconds in, hours and minutes out.
//!
//! A duration is shown in whole minutes, from 48 hours on in days and hours, each rounded half up from the whole seconds
//! that the JSON carries, so a reader can repeat the text from the number.

use super::number::{NBSP, grouped};
use super::plural::{Case, Forms};

const DAY: Forms = Forms {
    one: "день",
    one_accusative: "день",
    few: "дня",
    many: "дней",
};
const HOUR: Forms = Forms {
    one: "час",
    one_accusative: "час",
    few: "часа",
    many: "часов",
};
const MINUTE: Forms = Forms {
    one: "минута",
    one_accusative: "минуту",
    few: "минуты",
    many: "минут",
};

/// From here on days and hours say more than hours and minutes.
const TWO_DAYS_MIN: u64 = 48 * 60;

/// The seconds as the minutes that are shown: below one minute 0, above it rounded half up.
pub const fn minutes(seconds: u64) -> u64 {
    if seconds < 60 {
        0
    } else {
        seconds.saturating_add(30) / 60
    }
}

/// The two units a duration is shown in, without those that are zero; none at all below a minute.
fn parts(seconds: u64) -> Vec<(u64, Forms, &'static str)> {
    let shown = minutes(seconds);
    let hours = seconds.saturating_add(1800) / 3600;
    let both = if shown < TWO_DAYS_MIN {
        [(shown / 60, HOUR, "ч"), (shown % 60, MINUTE, "мин")]
    } else {
        [(hours / 24, DAY, "сут."), (hours % 24, HOUR, "ч")]
    };
    both.into_iter().filter(|(n, ..)| *n > 0).collect()
}

/// For a table: «2 ч 28 мин», «менее минуты», «3 сут. 4 ч».
pub fn table_duration(seconds: u64) -> String {
    let parts = parts(seconds);
    if parts.is_empty() {
        return "менее минуты".to_owned();
    }
    let written = parts.iter().map(|(n, _, sign)| format!("{}{NBSP}{sign}", grouped(*n)));
    written.collect::<Vec<_>>().join(&NBSP.to_string())
}

/// For a sentence: «2 часа 28 минут», «(до) 2 часов 28 минут», «3 дня 4 часа»; «менее минуты» in every case.
pub fn spell(seconds: u64, case: Case) -> String {
    let parts = parts(seconds);
    if parts.is_empty() {
        return "менее минуты".to_owned();
    }
    let written = parts
        .iter()
        .map(|(n, unit, _)| format!("{} {}", grouped(*n), unit.with(*n, case)));
    written.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_show_minutes_and_from_two_days_on_hours() {
        for (seconds, text) in [
            (0, "менее минуты"),
            (59, "менее минуты"),
            (60, "1␣мин"),
            (89, "1␣мин"),
            (90, "2␣мин"),
            (3_600, "1␣ч"),
            (8_880, "2␣ч␣28␣мин"),
            (172_769, "47␣ч␣59␣мин"),
            (172_770, "2␣сут."),
            (273_600, "3␣сут.␣4␣ч"),
            (86_400_000, "1␣000␣сут."),
        ] {
            assert_eq!(table_duration(seconds).replace(NBSP, "␣"), text, "{seconds}");
        }
    }

    #[test]
    fn sentences_decline_every_unit() {
        for (seconds, nominative, accusative, genitive) in [
            (60, "1 минута", "1 минуту", "1 минуты"),
            (3_660, "1 час 1 минута", "1 час 1 минуту", "1 часа 1 минуты"),
            (7_320, "2 часа 2 минуты", "2 часа 2 минуты", "2 часов 2 минут"),
            (18_300, "5 часов 5 минут", "5 часов 5 минут", "5 часов 5 минут"),
            (76_860, "21 час 21 минута", "21 час 21 минуту", "21 часа 21 минуты"),
            (176_400, "2 дня 1 час", "2 дня 1 час", "2 дней 1 часа"),
            (1_814_400, "21 день", "21 день", "21 дня"),
        ] {
            assert_eq!(spell(seconds, Case::Nominative), nominative);
            assert_eq!(spell(seconds, Case::Accusative), accusative);
            assert_eq!(spell(seconds, Case::Genitive), genitive);
        }
    }
}
