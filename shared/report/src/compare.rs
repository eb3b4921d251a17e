//! The comparison with another period: its totals, the change of every measure, and of the topics.
//!
//! Owns [`Comparison`]. Promises that a share of a change is said only when both periods are covered alike. The words
//! come from the phrase engine; here they are put beside the differences that machines read.

use domain::Code;
use domain::federation::Federation;
use rollup::Answer;
use serde::{Serialize, Serializer};

use crate::coverage::Part;
use crate::figure::{Figure, State};
use crate::format::{NOT_APPLICABLE, signed_percent};
use crate::model::{Line, Span, Values, as_text, measure};
use crate::phrase::{CountChange, count_change, share_change, time_change};

/// The former figures and what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The other period.
    pub period: Span,
    /// Its pairs of unit and day.
    pub days: Part,
    /// Whether the days of both periods are there to within 5 % of one another, so that ratios mean something.
    pub comparable: bool,
    /// Its figures.
    pub totals: Values,
    /// What became of each measure, in the order of the dictionary.
    #[serde(serialize_with = "as_map")]
    pub changes: Vec<(Code, Change)>,
    /// What became of the messages received by topic, in the order of the breakdown; only topics that had enough before.
    pub topics: Vec<TopicChange>,
}

/// What became of one measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `value`, or why there is no difference: the state of whichever figure has no number (the later one first).
    pub state: State,
    /// Counts: how many more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<i64>,
    /// Counts: the change in tenths of a percent, where a share may be said; shares: the difference in tenths of a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_permille: Option<i64>,
    /// Durations: how many seconds the mean is longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_s: Option<i64>,
    /// In words.
    pub text: String,
}

/// What became of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopicChange {
    /// Its code.
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// Its name.
    pub name: String,
    /// Received.
    pub n: u64,
    /// Received in the other period.
    pub before: u64,
    /// The change in tenths of a percent.
    pub delta_permille: i64,
}

impl Comparison {
    pub(crate) fn build(
        federation: &Federation,
        (now, totals, topics): (&Answer, &Values, &[Line]),
        (before, former, former_topics): (&Answer, Values, &[Line]),
    ) -> Comparison {
        let (days, former_days) = (Part::of(now.coverage.days), Part::of(before.coverage.days));
        let comparable = covered_alike(days, former_days);
        let change_of = |code: &Code, figure: &Figure| {
            let former = former.get(code.as_str())?;
            Some((code.clone(), change(federation, figure, former, comparable)))
        };
        Comparison {
            period: Span::of(before.period),
            days: former_days,
            comparable,
            changes: totals
                .iter()
                .filter_map(|(code, figure)| change_of(code, figure))
                .collect(),
            topics: if comparable {
                topic_changes(federation, topics, former_topics)
            } else {
                Vec::new()
            },
            totals: former,
        }
    }
}

/// The parts of the days that are there differ by at most 5 %; with nothing expected there is nothing to lack.
fn covered_alike(a: Part, b: Part) -> bool {
    let (a_had, a_all) = (u128::from(a.had), u128::from(a.expected));
    let (b_had, b_all) = (u128::from(b.had), u128::from(b.expected));
    (a_had * b_all).abs_diff(b_had * a_all) * 20 <= a_all * b_all
}

fn change(federation: &Federation, now: &Figure, before: &Figure, comparable: bool) -> Change {
    let absent = |figure: &Figure| !matches!(figure.state, State::Value | State::Zero);
    if let Some(figure) = [now, before].into_iter().find(|figure| absent(figure)) {
        return Change::none(figure.state, &figure.text);
    }
    let change = times(now, before)
        .or_else(|| shares(now, before))
        .or_else(|| counts(federation, now, before, comparable));
    change.unwrap_or_else(|| Change::none(State::CannotExist, NOT_APPLICABLE))
}

impl Change {
    fn none(state: State, text: &str) -> Change {
        Change {
            state,
            delta: None,
            delta_permille: None,
            delta_s: None,
            text: text.to_owned(),
        }
    }

    fn said(text: String) -> Change {
        Change {
            text,
            ..Change::none(State::Value, "")
        }
    }
}

fn times(now: &Figure, before: &Figure) -> Option<Change> {
    let (now, before) = (now.mean_s?, before.mean_s?);
    Some(Change {
        delta_s: Some(difference(now, before)),
        ..Change::said(time_change(now, before).full())
    })
}

fn shares(now: &Figure, before: &Figure) -> Option<Change> {
    let (now, before) = (now.permille()?, before.permille()?);
    Some(Change {
        delta_permille: Some(difference(now, before)),
        ..Change::said(share_change(now, before))
    })
}

fn counts(federation: &Federation, now: &Figure, before: &Figure, comparable: bool) -> Option<Change> {
    if now.sum_s.is_some() {
        return None;
    }
    let (now, before) = (now.n?, before.n?);
    let found = count_change(now, before, federation.incident_noun(), comparable);
    let (text, delta_permille) = match found {
        CountChange::Same { permille } => ("практически не изменилось".to_owned(), permille),
        CountChange::Relative {
            words,
            permille,
            plain: true,
        } => (words, Some(permille)),
        CountChange::Relative {
            words,
            permille,
            plain: false,
        } => (format!("{words} ({})", signed_percent(permille)), Some(permille)),
        CountChange::Absolute { words } => (words, None),
        CountChange::WasNone => ("раньше не было".to_owned(), None),
    };
    Some(Change {
        delta: Some(difference(now, before)),
        delta_permille,
        ..Change::said(text)
    })
}

fn difference(now: u64, before: u64) -> i64 {
    let size = i64::try_from(now.abs_diff(before)).unwrap_or(i64::MAX);
    if now < before { -size } else { size }
}

fn topic_changes(federation: &Federation, topics: &[Line], former: &[Line]) -> Vec<TopicChange> {
    let changed = |line: &Line| {
        let former = former.iter().find(|former| former.code == line.code)?;
        let (n, before) = (line.values.n(measure::RECEIVED)?, former.values.n(measure::RECEIVED)?);
        let delta_permille = match count_change(n, before, federation.incident_noun(), true) {
            CountChange::Same { permille } => permille?,
            CountChange::Relative { permille, .. } => permille,
            CountChange::Absolute { .. } | CountChange::WasNone => return None,
        };
        Some(TopicChange {
            code: line.code.clone(),
            name: line.name.clone(),
            n,
            before,
            delta_permille,
        })
    };
    topics.iter().filter_map(changed).collect()
}

fn as_map<S: Serializer>(changes: &[(Code, Change)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(changes.iter().map(|(code, change)| (code.as_str(), change)))
}
