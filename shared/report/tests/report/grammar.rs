//! The sentences for 0, 1, 2, 5, 21 and 111 of everything.

use domain::federation::Federation;
use report::Format;
use rollup::Coverage;

use crate::build::{Figures, answer, seen, share, whole};

/// A municipality with `n` of everything, against a year before with one more.
fn said(n: u64) -> String {
    let values = |n: u64| {
        let minutes = [i64::try_from(n).unwrap() * 61; 3];
        Figures {
            received: n,
            processed: n,
            answered: n,
            resolved: n,
            minutes,
            in_time: n / 2,
        }
        .values()
    };
    let coverage = Coverage {
        days: share(n, 365),
        complete_days: n,
        ..whole(1, 365)
    };
    let mut now = answer("65740", "2022", coverage, Vec::new());
    let mut before = now.clone();
    now.totals = values(n);
    before.period = "2021".parse().unwrap();
    before.totals = values(n + 1);
    let text = seen(&Federation::shipped(), &now, Some(&before), Format::Text);
    text.lines()
        .skip(2)
        .take(7)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_number_agrees_with_its_noun() {
    let all: Vec<String> = [0, 1, 2, 5, 21, 111].into_iter().map(said).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}
