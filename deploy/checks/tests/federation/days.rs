//! A local day on its way up: counted in the zone of its node, whatever its length and wherever the hub is.

use federation::held;
use seal::Digest;

use crate::harness::{Row, Stage, figures};

const HOUR_S: i64 = 3_600;

/// Zone, day, its hours, and two moments inside it: its first second and its last.
const DAYS: [(&str, &str, i64, [&str; 2]); 5] = [
    (
        "Europe/Volgograd",
        "2018-10-28",
        23,
        ["2018-10-27T21:00:00Z", "2018-10-28T19:59:59Z"],
    ),
    (
        "Europe/Volgograd",
        "2020-12-27",
        25,
        ["2020-12-26T20:00:00Z", "2020-12-27T20:59:59Z"],
    ),
    (
        "Asia/Magadan",
        "2014-10-26",
        26,
        ["2014-10-25T12:00:00Z", "2014-10-26T13:59:59Z"],
    ),
    (
        "Asia/Kamchatka",
        "2020-02-29",
        24,
        ["2020-02-28T12:00:00Z", "2020-02-29T11:59:59Z"],
    ),
    (
        "Europe/Kaliningrad",
        "2020-02-29",
        24,
        ["2020-02-28T22:00:00Z", "2020-02-29T21:59:59Z"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn fault_38_a_day_is_the_nodes_own_at_the_hub_too() {
    for (zone, day, hours, [first, last]) in DAYS {
        let stage = Stage::founded("2020-12-30T12:00:00Z").await;
        stage.join_in("north", "group-north", zone).await;
        let region = stage.open("north");
        let row = |id, received, closed| Row {
            id,
            territory: "Boston",
            received,
            closed,
        };
        region.take_in(&[row(1, first, last), row(2, last, "")]).await;
        assert_eq!(region.push().await.unwrap().waiting, 0);
        assert_eq!(
            stage.received(day),
            2,
            "{zone} {day}: the first and the last second are of one day"
        );
        let report = figures(&stage.report("group-north", day));
        let time = &report["totals"]["resolution.time"];
        assert_eq!(
            time["sum_s"],
            hours * HOUR_S - 1,
            "{zone} {day}: a difference of instants"
        );
        let ledger = held(stage.hub().ledger());
        let sheet = ledger
            .sheets()
            .find(|sheet| sheet.period.first().to_string() == day)
            .expect("a sheet of the day");
        let (from, to) = sheet.facts.bounds;
        assert_eq!(
            (to - from, sheet.facts.zone.to_string().as_str()),
            (hours * HOUR_S, zone)
        );
        assert!(!sheet.facts.tzdb.is_empty() && sheet.facts.dictionary != *Digest::of(b"").as_bytes());
    }
}
