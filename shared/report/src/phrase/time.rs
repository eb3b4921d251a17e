//! A change of a time: «сократилось на 40 минут — до 4 часов 48 минут».

use super::anchor::{Nearness, multiple, near};
use super::count::THRICE;
use crate::format::{Case, minutes, spell};

/// What became of a time, for a subject in the neuter («время», «оно»).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeChange {
    words: String,
    until: Option<String>,
}

impl TimeChange {
    /// «сократилось почти на час (на 57 минут)», where the new value has been said already.
    pub fn short(&self) -> &str {
        &self.words
    }

    /// «сократилось на 40 минут — до 4 часов 48 минут».
    pub fn full(&self) -> String {
        self.words.clone() + self.until.as_deref().unwrap_or_default()
    }
}

/// The change from `before_s` to `now_s`, in the whole minutes that both are shown in, so that the printed figures add up.
pub fn time_change(now_s: u64, before_s: u64) -> TimeChange {
    let (now, before) = (minutes(now_s), minutes(before_s));
    if now == before {
        return TimeChange {
            words: "не изменилось".to_owned(),
            until: None,
        };
    }
    let verb = if now < before {
        "сократилось"
    } else {
        "увеличилось"
    };
    let times = times_words(now.max(before), now.min(before));
    let aside = times
        .as_deref()
        .map(|words| format!(", или {words}"))
        .unwrap_or_default();
    let words = format!("{verb} {}{aside}", difference(now.abs_diff(before)));
    let until = match (now, times) {
        (0, _) => " и стало меньше минуты".to_owned(),
        (_, None) => format!(" — до {}", spell(now_s, Case::Genitive)),
        (_, Some(_)) => format!(", — до {}", spell(now_s, Case::Genitive)),
    };
    TimeChange {
        words,
        until: Some(until),
    }
}

/// «на 40 минут»; around an hour the hour is said first and the exact difference in brackets.
fn difference(minutes: u64) -> String {
    let exact = format!("на {}", spell(minutes.saturating_mul(60), Case::Accusative));
    match minutes {
        50..=59 => format!("почти на час ({exact})"),
        60 => "на час".to_owned(),
        61..=70 => format!("более чем на час ({exact})"),
        _ => exact,
    }
}

/// How many times apart, from twice on; with less than a minute there is nothing to divide by.
fn times_words(larger: u64, smaller: u64) -> Option<String> {
    if smaller == 0 || larger < smaller.saturating_mul(2) {
        return None;
    }
    Some(match THRICE.locate(larger, smaller) {
        Some(Nearness::Exact) => "в три раза".to_owned(),
        Some(found) => near(found, "в три раза"),
        None => multiple(larger, smaller),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::NBSP;

    const MIN: u64 = 60;
    const H: u64 = 3600;

    #[test]
    fn times_have_their_words() {
        for (now, before, words) in [
            (
                2 * H + 28 * MIN,
                3 * H + 25 * MIN,
                "сократилось почти на час (на 57 минут) — до 2 часов 28 минут",
            ),
            (
                4 * H + 48 * MIN,
                5 * H + 28 * MIN,
                "сократилось на 40 минут — до 4 часов 48 минут",
            ),
            (
                148 * MIN,
                430 * MIN,
                "сократилось на 4 часа 42 минуты, или почти в три раза, — до 2 часов 28 минут",
            ),
            (2 * H, 2 * H, "не изменилось"),
            (2 * H + 29, 2 * H - 30, "не изменилось"),
            (3 * H, 3 * H + MIN, "сократилось на 1 минуту — до 3 часов"),
            (
                3 * H + 21 * MIN,
                3 * H,
                "увеличилось на 21 минуту — до 3 часов 21 минуты",
            ),
            (3 * H, 3 * H + 49 * MIN, "сократилось на 49 минут — до 3 часов"),
            (
                3 * H,
                3 * H + 50 * MIN,
                "сократилось почти на час (на 50 минут) — до 3 часов",
            ),
            (3 * H, 4 * H, "сократилось на час — до 3 часов"),
            (
                3 * H,
                4 * H + 6 * MIN,
                "сократилось более чем на час (на 1 час 6 минут) — до 3 часов",
            ),
            (
                3 * H,
                4 * H + 10 * MIN,
                "сократилось более чем на час (на 1 час 10 минут) — до 3 часов",
            ),
            (3 * H, 4 * H + 11 * MIN, "сократилось на 1 час 11 минут — до 3 часов"),
            (3 * H + 12 * MIN, 3 * H, "увеличилось на 12 минут — до 3 часов 12 минут"),
            (
                20 * MIN,
                40 * MIN,
                "сократилось на 20 минут, или в 2 раза, — до 20 минут",
            ),
            (
                30 * MIN,
                10 * MIN,
                "увеличилось на 20 минут, или в три раза, — до 30 минут",
            ),
            (
                31 * MIN,
                10 * MIN,
                "увеличилось на 21 минуту, или более чем в три раза, — до 31 минуты",
            ),
            (
                10 * MIN,
                50 * MIN,
                "сократилось на 40 минут, или в 5 раз, — до 10 минут",
            ),
            (30, 5 * MIN, "сократилось на 5 минут и стало меньше минуты"),
            (72 * H, 100 * H, "сократилось на 28 часов — до 3 дней"),
        ] {
            assert_eq!(time_change(now, before).full().replace(NBSP, " "), words);
        }
        assert_eq!(time_change(3 * H, 3 * H + 40 * MIN).short(), "сократилось на 40 минут");
    }
}
