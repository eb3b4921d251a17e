//! One figure: its state, its numbers, its text.
//!
//! Owns the only division and the only rounding between a tally and everything a person reads. Promises that numbers stand
//! beside `value` and `zero` alone. Does not know where the figure stands.

use domain::{DurationTally, Tally};
use rollup::Value;
use serde::Serialize;

use crate::format::{MISSING, NOT_APPLICABLE, grouped, percent, permille, table_duration};

/// How a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Counted.
    Value,
    /// Nothing was counted, and that is known.
    Zero,
    /// Expected, and not here.
    Missing,
    /// The nodes do not take it.
    NotCollected,
    /// Nobody answers for the scope in the period.
    CannotExist,
    /// Held back.
    Suppressed,
}

impl State {
    /// The code that machines read, the same as in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            State::Value => "value",
            State::Zero => "zero",
            State::Missing => "missing",
            State::NotCollected => "not_collected",
            State::CannotExist => "cannot_exist",
            State::Suppressed => "suppressed",
        }
    }

    /// What stands in a table in place of a number.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            State::Value | State::Zero | State::CannotExist => NOT_APPLICABLE,
            State::Missing => MISSING,
            State::NotCollected => "не собирается",
            State::Suppressed => "скрыто",
        }
    }
}

/// A figure as JSON shows it. Which numbers it has depends on its kind; none unless the state is `value` or `zero`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// How it stands.
    pub state: State,
    /// Counts and durations: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Durations: their exact sum, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum_s: Option<u64>,
    /// Durations: how many of the `n` the percentiles speak for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_hist: Option<u64>,
    /// Durations: the mean weighted by count, whole seconds, rounded half up; absent when `n` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_s: Option<u64>,
    /// Durations: the median, whole seconds; absent when `n_hist` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_s: Option<u64>,
    /// Durations: the 90th percentile, whole seconds; absent when `n_hist` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_s: Option<u64>,
    /// Shares: the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num: Option<u64>,
    /// Shares: the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub den: Option<u64>,
    /// As a table shows it.
    pub text: String,
}

impl Figure {
    /// The figure of a folded value.
    pub(crate) fn of(value: &Value) -> Figure {
        match value {
            Value::Known(tally) => Figure::number(State::Value, tally),
            Value::Zero(tally) => Figure::number(State::Zero, tally),
            Value::Missing => Figure::absent(State::Missing),
            Value::NotCollected => Figure::absent(State::NotCollected),
            Value::CannotExist => Figure::absent(State::CannotExist),
            Value::Suppressed => Figure::absent(State::Suppressed),
        }
    }

    /// A figure without a number.
    fn absent(state: State) -> Figure {
        Figure {
            state,
            n: None,
            sum_s: None,
            n_hist: None,
            mean_s: None,
            p50_s: None,
            p90_s: None,
            num: None,
            den: None,
            text: state.sign().to_owned(),
        }
    }

    fn number(state: State, tally: &Tally) -> Figure {
        let bare = Figure::absent(state);
        match tally {
            Tally::Flow(n) | Tally::Stock(n) => Figure {
                n: Some(*n),
                text: grouped(*n),
                ..bare
            },
            Tally::Duration(durations) => bare.with_durations(durations),
            Tally::Ratio { num, den } => {
                let text = permille(*num, *den).map_or(bare.text.clone(), percent);
                Figure {
                    num: Some(*num),
                    den: Some(*den),
                    text,
                    ..bare
                }
            }
        }
    }

    fn with_durations(self, durations: &DurationTally) -> Figure {
        let mean_s = durations.mean_s();
        Figure {
            n: Some(durations.n()),
            sum_s: Some(durations.sum_s()),
            n_hist: Some(durations.n_hist()),
            mean_s,
            p50_s: durations.histogram().quantile(1, 2),
            p90_s: durations.histogram().quantile(9, 10),
            text: mean_s.map_or(self.text.clone(), table_duration),
            ..self
        }
    }

    /// The share in tenths of a percent, when there is one.
    pub(crate) fn permille(&self) -> Option<u64> {
        permille(self.num?, self.den?)
    }

    /// The text of the median or the 90th percentile beside this mean.
    pub(crate) fn quantile_text(&self, seconds: Option<u64>) -> String {
        seconds.map_or_else(|| self.state.sign().to_owned(), table_duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::NBSP;
    use domain::Histogram;

    fn json(value: &Value) -> String {
        serde_json::to_string(&Figure::of(value)).unwrap().replace(NBSP, " ")
    }

    #[test]
    fn numbers_stand_beside_a_value_or_a_zero_alone() {
        let mut two = DurationTally::of(8_880);
        two.merge(&DurationTally::of(8_881)).unwrap();
        let unseen = DurationTally::from_parts(2, 7_200, 0, Histogram::default()).unwrap();
        for (value, expected) in [
            (
                Value::Known(Tally::Flow(54_548)),
                r#"{"state":"value","n":54548,"text":"54 548"}"#,
            ),
            (Value::Zero(Tally::Flow(0)), r#"{"state":"zero","n":0,"text":"0"}"#),
            (
                Value::Known(Tally::Duration(two)),
                r#"{"state":"value","n":2,"sum_s":17761,"n_hist":2,"mean_s":8881,"p50_s":8895,"p90_s":8895,"text":"2 ч 28 мин"}"#,
            ),
            (
                Value::Known(Tally::Duration(unseen)),
                r#"{"state":"value","n":2,"sum_s":7200,"n_hist":0,"mean_s":3600,"text":"1 ч"}"#,
            ),
            (
                Value::Zero(Tally::Duration(DurationTally::default())),
                r#"{"state":"zero","n":0,"sum_s":0,"n_hist":0,"text":"—"}"#,
            ),
            (
                Value::Known(Tally::Ratio { num: 7, den: 8 }),
                r#"{"state":"value","num":7,"den":8,"text":"87,5 %"}"#,
            ),
            (
                Value::Zero(Tally::Ratio { num: 0, den: 0 }),
                r#"{"state":"zero","num":0,"den":0,"text":"—"}"#,
            ),
            (Value::Missing, r#"{"state":"missing","text":"н/д"}"#),
            (
                Value::NotCollected,
                r#"{"state":"not_collected","text":"не собирается"}"#,
            ),
            (Value::CannotExist, r#"{"state":"cannot_exist","text":"—"}"#),
            (Value::Suppressed, r#"{"state":"suppressed","text":"скрыто"}"#),
        ] {
            assert_eq!(json(&value), expected);
        }
    }

    #[test]
    fn the_code_of_a_state_is_what_json_says() {
        use State::{CannotExist, Missing, NotCollected, Suppressed, Value, Zero};
        for state in [Value, Zero, Missing, NotCollected, CannotExist, Suppressed] {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.code()));
        }
    }
}
