//! The district page: six regions, one with gaps, against the year before.

use domain::federation::Federation;
use domain::{Code, NodeId};
use report::Format;
use rollup::{Answer, Coverage, Gap, GapReason, Row, Value};

use crate::build::{Figures, answer, row, seen, share, sum, whole, without_numbers};

const REGIONS: [(&str, [u64; 5], [i64; 3]); 6] = [
    ("65", [56_120, 54_548, 53_904, 50_216, 51_800], [90, 160, 420]),
    ("75", [124_300, 121_877, 118_450, 110_930, 101_200], [110, 240, 700]),
    ("718", [92_410, 90_164, 88_020, 84_305, 83_911], [70, 190, 560]),
    ("719", [41_005, 40_310, 39_777, 38_004, 38_500], [60, 120, 410]),
    ("71", [61_240, 60_007, 59_120, 55_017, 55_870], [95, 185, 530]),
    ("37", [30_011, 29_506, 28_333, 25_468, 20_041], [180, 430, 1100]),
];

fn figures([received, processed, answered, resolved, in_time]: [u64; 5], minutes: [i64; 3]) -> Figures {
    Figures {
        received,
        processed,
        answered,
        resolved,
        minutes,
        in_time,
    }
}

pub fn rows(part: u64, slower: i64) -> Vec<Row> {
    let scaled = |counts: [u64; 5]| counts.map(|n| n * part / 1000);
    REGIONS
        .iter()
        .map(|(code, counts, minutes)| {
            row(
                code,
                figures(scaled(*counts), minutes.map(|m| m * slower / 100)).values(),
            )
        })
        .collect()
}

const TOPICS: [(&str, u64, u64); 10] = [
    ("roads", 233, 211),
    ("housing", 206, 230),
    ("improvement", 136, 139),
    ("transport", 98, 69),
    ("waste", 71, 110),
    ("health", 64, 66),
    ("education", 52, 50),
    ("social", 50, 49),
    ("energy", 40, 42),
    ("unmatched", 50, 60),
];

/// Topics of the district: so many thousandths of its total.
fn topics(rows: &[Row], former: bool) -> Vec<Row> {
    let total = sum(rows);
    let scale = |tally: &domain::Tally, part: u64| match tally {
        domain::Tally::Flow(n) => domain::Tally::Flow(n * part / 1000),
        domain::Tally::Ratio { num, den } => domain::Tally::Ratio {
            num: num * part / 1000,
            den: den * part / 1000,
        },
        other => other.clone(),
    };
    let scaled = |value: &Value, part| match value {
        Value::Known(tally) => Value::Known(scale(tally, part)),
        other => other.clone(),
    };
    let part = |now, before| if former { before } else { now };
    TOPICS
        .iter()
        .map(|(code, now, before)| {
            let values = total
                .iter()
                .map(|(code, value)| (code.clone(), scaled(value, part(*now, *before))));
            row(code, values.collect())
        })
        .collect()
}

pub fn gap(territory: &str, node: Option<&str>, source: Option<&str>, days: [&str; 2], reason: GapReason) -> Gap {
    Gap {
        territory: Code::new(territory).unwrap(),
        node: node.map(|node| NodeId::new(node).unwrap()),
        source: source.map(|source| Code::new(source).unwrap()),
        from: days[0].parse().unwrap(),
        to: days[1].parse().unwrap(),
        reason,
    }
}

pub fn full(period: &str, part: u64, slower: i64, former: bool) -> Answer {
    let rows = rows(part, slower);
    let topics = topics(&rows, former);
    let mut answer = answer("RU-FD-URAL", period, whole(6, 365), rows);
    answer.breakdowns.insert("topic".to_owned(), topics);
    answer
}

/// A year with gaps, and the year before.
pub fn years() -> [Answer; 2] {
    let mut now = full("2022", 1000, 100, false);
    now.coverage.days = share(2_182, 2_190);
    now.coverage.complete_days = 2_151;
    now.coverage.gaps = vec![
        gap(
            "37",
            Some("kurgan"),
            None,
            ["2022-03-03", "2022-03-09"],
            GapReason::NoSheet,
        ),
        gap(
            "37",
            Some("kurgan"),
            None,
            ["2022-07-17", "2022-07-17"],
            GapReason::NoSheet,
        ),
        gap(
            "65",
            Some("sverdlovsk"),
            Some("pos"),
            ["2022-12-01", "2022-12-31"],
            GapReason::NotDeclared,
        ),
    ];
    [now, full("2021", 761, 126, true)]
}

#[test]
fn a_district_reads_like_a_press_release_with_its_gaps_first() {
    let [now, before] = years();
    insta::assert_snapshot!(seen(&Federation::shipped(), &now, Some(&before), Format::Text));
}

#[test]
fn a_region_without_data_is_missing_and_never_zero() {
    let federation = Federation::shipped();
    let mut rows = rows(10, 100);
    rows[5].values = without_numbers(&Value::Missing);
    rows[4].values = without_numbers(&Value::CannotExist);
    rows[3].values = without_numbers(&Value::NotCollected);
    rows[2].values = without_numbers(&Value::Suppressed);
    rows.push(Row {
        attached: true,
        ..row(
            "RU-FD-URAL",
            REGIONS
                .first()
                .map(|_| figures([3, 2, 1, 0, 1], [5, 5, 5]).values())
                .unwrap(),
        )
    });
    let gaps = vec![gap("37", None, None, ["2022-12-01", "2022-12-31"], GapReason::NoNode)];
    let coverage = Coverage {
        units: share(5, 6),
        nodes: share(5, 5),
        days: share(155, 186),
        gaps,
        ..whole(6, 31)
    };
    let now = answer("RU-FD-URAL", "2022-12", coverage, rows);
    let before = full("2022-11", 9, 100, true);
    insta::assert_snapshot!(seen(&federation, &now, Some(&before), Format::Text));
}

#[test]
fn a_country_names_its_centres_by_the_level_that_has_them() {
    let federation = Federation::shipped();
    let rows = vec![row("RU-FD-URAL", sum(&rows(1000, 100)))];
    let now = answer("RU", "2022-Q4", whole(83, 92), rows);
    let text = seen(&federation, &now, None, Format::Text);
    let lead = "За IV квартал 2022 года центры управления регионов Российской Федерации обработали 396 412 обращений — \
                почти 400 тысяч.";
    assert!(text.contains(lead), "{text}");
}
