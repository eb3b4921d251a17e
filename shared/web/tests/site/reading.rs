//! Invented figures and an invented ledger of one sheet.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::federation::Federation;
use domain::sheet::{Closure, MeasureTotal, SheetFacts};
use domain::{Code, Day, Granularity, NodeId, Period, SheetPeriod, Tally, Zone};
use report::{AsOf, Report, measure};
use rollup::{Answer, Coverage, Row, Share, Value};
use web::{Entry, Proof, ReadError, Reading, SheetEntry, SheetLine};

/// A name that would be markup if anything let it through.
pub const CANARY: &str = "<img src=x onerror=alert(1)>";

pub struct Invented(Arc<Federation>);

impl Invented {
    pub fn new() -> Self {
        Self(Arc::new(Federation::shipped()))
    }
}

fn values(n: u64) -> BTreeMap<Code, Value> {
    [measure::RECEIVED, measure::PROCESSED, measure::ANSWERED]
        .map(|code| (Code::literal(code), Value::Known(Tally::Flow(n))))
        .into()
}

fn day() -> Day {
    "2022-12-13".parse().unwrap()
}

fn period() -> SheetPeriod {
    SheetPeriod::new(Granularity::Day, day()).unwrap()
}

impl Reading for Invented {
    fn title(&self) -> String {
        format!("Сводка: хаб {CANARY}")
    }

    fn federation(&self) -> Result<Arc<Federation>, ReadError> {
        Ok(Arc::clone(&self.0))
    }

    fn home(&self, _: &Federation) -> Code {
        Code::literal("RU-FD-URAL")
    }

    fn extent(&self) -> Option<(Day, Day)> {
        Some(("2021-01-01".parse().unwrap(), day()))
    }

    fn report(
        &self,
        federation: &Federation,
        scope: &Code,
        period: Period,
        compare: Option<Period>,
    ) -> Result<Report, ReadError> {
        assert_ne!(scope.as_str(), "37", "this scope panics");
        if scope.as_str() == "71" {
            return Err(ReadError::Failed("диск в /var/lib сломан".to_owned()));
        }
        let answer = |period: Period, n| Answer {
            scope: scope.clone(),
            period,
            coverage: Coverage {
                days: Share { expected: 6, had: 6 },
                until: Some(period.last()),
                ..Coverage::default()
            },
            totals: values(n),
            rows: vec![Row {
                code: Code::literal("65"),
                attached: false,
                values: values(n),
            }],
            breakdowns: BTreeMap::new(),
        };
        let before = compare.map(|period| answer(period, 40));
        let as_of = AsOf {
            ledger_size: 7,
            root: "5d".repeat(32),
        };
        Ok(Report::build(federation, &answer(period, 50), before.as_ref(), as_of))
    }

    fn sheets(&self, _: &Federation, _: &Code, _: Day) -> Result<Vec<SheetLine>, ReadError> {
        Ok(vec![SheetLine {
            position: 5,
            node: NodeId::new("sverdlovsk").unwrap(),
            period: period(),
            revision: 2,
            closed: true,
            refused: None,
        }])
    }

    fn entry(&self, position: u64) -> Result<Option<Entry>, ReadError> {
        if position != 5 {
            return Ok(None);
        }
        let zone = Zone::new("Asia/Yekaterinburg").unwrap();
        let facts = SheetFacts {
            period: period(),
            bounds: zone.bounds(day()),
            closure: Closure::Closed,
            revision: 2,
            withdrawn: None,
            zone,
            tzdb: "2026a".to_owned(),
            dictionary: [7; 32],
            journal_position: 1_204,
            sealed_at_ms: 1_670_965_200_000,
            cell_count: 3,
            totals: BTreeMap::from([
                (Code::literal(measure::RECEIVED), MeasureTotal::Flow(1_198)),
                (
                    Code::literal(measure::WITHIN_NORM),
                    MeasureTotal::Ratio { num: 7, den: 8 },
                ),
            ]),
        };
        Ok(Some(Entry {
            position,
            kind: "лист",
            author: NodeId::new("sverdlovsk").unwrap(),
            epoch: 1,
            sequence: 3,
            previous: Some("aa".repeat(32)),
            statement: "bb".repeat(32),
            leaf: "cc".repeat(32),
            signer: "dd".repeat(32),
            payload_type: "application/vnd.svodka.sheet.v1+proto".to_owned(),
            dsse: r#"{"payload":"…"}"#.to_owned(),
            received_at_ms: 1_670_965_201_000,
            delivered: Some((NodeId::new("sverdlovsk").unwrap(), 3)),
            sheet: Some(SheetEntry {
                facts,
                body: "ee".repeat(32),
                body_bytes: 480,
                in_force: true,
                territory: Some(Code::literal("65")),
            }),
            proof: Proof {
                size: 7,
                root: "5d".repeat(32),
                hashes: vec!["01".repeat(32), "02".repeat(32)],
            },
        }))
    }
}
