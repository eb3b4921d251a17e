//! Our figures, read from the hub's reports in JSON.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::regions::SVERDLOVSK;

const PROCESSED: &str = "incidents.processed";
const RESPONSE: &str = "response.time";

/// What the published lines are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Sverdlovsk, from 1 January 2022 to the article's day: messages dealt with.
    pub sverdlovsk_processed: u64,
    /// The same days: mean response, seconds.
    pub sverdlovsk_mean_s: u64,
    /// The same days of 2021: mean response, seconds.
    pub sverdlovsk_mean_before_s: u64,
    /// The first month of the data: mean response, seconds.
    pub sverdlovsk_mean_first_s: u64,
    /// The district in 2022: messages dealt with.
    pub district_processed: u64,
    /// The district in 2022: mean response weighted by count, seconds.
    pub district_mean_s: u64,
    /// Mean response of each region in 2022, seconds.
    pub region_means_s: Vec<u64>,
}

impl Measured {
    /// The mean of the regions' means: what the district's mean is not.
    pub fn mean_of_means_s(&self) -> u64 {
        let count = u64::try_from(self.region_means_s.len()).unwrap_or(u64::MAX).max(1);
        self.region_means_s.iter().sum::<u64>() / count
    }

    /// The figures of three reports: the district in 2022, Sverdlovsk to the article's day against the same days of
    /// 2021, and Sverdlovsk's first month.
    pub fn of(district: &str, sverdlovsk: &str, first_month: &str) -> Result<Self> {
        let (district, sverdlovsk, first) = (parse(district)?, parse(sverdlovsk)?, parse(first_month)?);
        let before = sverdlovsk.compare.as_ref().context("в сводке нет сравнения")?;
        let region_means_s = district
            .rows
            .iter()
            .filter(|row| !row.attached)
            .map(|row| mean(&row.values));
        anyhow::ensure!(
            sverdlovsk.scope.code == SVERDLOVSK,
            "сводка не о той территории: {}",
            sverdlovsk.scope.code
        );
        Ok(Self {
            sverdlovsk_processed: count(&sverdlovsk.totals)?,
            sverdlovsk_mean_s: mean(&sverdlovsk.totals)?,
            sverdlovsk_mean_before_s: mean(&before.totals)?,
            sverdlovsk_mean_first_s: mean(&first.totals)?,
            district_processed: count(&district.totals)?,
            district_mean_s: mean(&district.totals)?,
            region_means_s: region_means_s.collect::<Result<_>>()?,
        })
    }
}

/// The parts of a report that are needed here.
#[derive(Debug, Deserialize)]
struct Report {
    scope: Scope,
    totals: Values,
    rows: Vec<Row>,
    compare: Option<Compare>,
}

#[derive(Debug, Deserialize)]
struct Scope {
    code: String,
}

#[derive(Debug, Deserialize)]
struct Row {
    attached: bool,
    values: Values,
}

#[derive(Debug, Deserialize)]
struct Compare {
    totals: Values,
}

type Values = BTreeMap<String, Value>;

#[derive(Debug, Deserialize)]
struct Value {
    n: Option<u64>,
    mean_s: Option<u64>,
}

fn parse(report: &str) -> Result<Report> {
    serde_json::from_str(report).context("сводка хаба не разобрана")
}

fn count(values: &Values) -> Result<u64> {
    values
        .get(PROCESSED)
        .and_then(|value| value.n)
        .with_context(|| format!("в сводке нет числа {PROCESSED}"))
}

fn mean(values: &Values) -> Result<u64> {
    values
        .get(RESPONSE)
        .and_then(|value| value.mean_s)
        .with_context(|| format!("в сводке нет среднего {RESPONSE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_where_the_reports_have_them() {
        let values = |n: u64, mean: u64| {
            format!(
                r#"{{"{PROCESSED}":{{"state":"value","n":{n},"text":""}},"{RESPONSE}":{{"mean_s":{mean},"text":""}}}}"#
            )
        };
        let report = |code: &str, totals: String, compare: String, rows: String| {
            format!(r#"{{"scope":{{"code":"{code}"}},"totals":{totals},"compare":{compare},"rows":[{rows}]}}"#)
        };
        let row = |attached: bool, values: String| format!(r#"{{"attached":{attached},"values":{values}}}"#);
        let rows = [
            row(false, values(1, 60)),
            row(false, values(2, 90)),
            row(true, values(0, 7)),
        ]
        .join(",");
        let before = format!(r#"{{"totals":{}}}"#, values(9, 12_300));
        let district = report("RU-FD-URAL", values(300, 100), "null".to_owned(), rows);
        let sverdlovsk = report("65", values(10, 8_880), before, String::new());
        let first = report("65", values(3, 25_800), "null".to_owned(), String::new());
        let measured = Measured::of(&district, &sverdlovsk, &first).unwrap();
        assert_eq!(measured.region_means_s, [60, 90]);
        assert_eq!(measured.mean_of_means_s(), 75);
        assert_eq!(
            (measured.sverdlovsk_mean_s, measured.sverdlovsk_mean_before_s),
            (8_880, 12_300)
        );
        assert!(
            Measured::of(&district, &first, &first)
                .unwrap_err()
                .to_string()
                .contains("сравнения")
        );
    }
}
