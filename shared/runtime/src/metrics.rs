//! Numbers for Prometheus: read from the process at the moment of the scrape, written as text format 0.0.4.
//!
//! Owns the text. The library writes `OpenMetrics`, in which a counter's family has no `_total`; promtool and older
//! scrapers refuse that, so the heads are written anew. Knows no number by name.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::inspect::Inspected;

/// The media type of what [`render`] writes.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of numbers while it is written. A name is written once, with all its labels.
pub struct Page<'a>(DescriptorEncoder<'a>);

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Page")
    }
}

impl Page<'_> {
    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: i64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    /// A number that goes up and down, for each value of a label.
    pub fn gauges<'v>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, i64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (of, value) in values {
            metric.encode_family(&[(label, of)])?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A number that only grows; its name gets `_total`.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    /// A number that only grows, for each set of labels.
    pub fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
        values: impl IntoIterator<Item = ([String; N], u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (of, value) in values {
            let set: Vec<(&str, String)> = labels.into_iter().zip(of).collect();
            metric
                .encode_family(&set)?
                .encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }

    /// How often something took how long: microseconds come in, seconds are shown. `counts` has one more number than
    /// there are `ranges`, for what is beyond.
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds for a picture; nothing is added up from them"
    )]
    pub fn durations(
        &mut self,
        name: &str,
        help: &str,
        ranges: &[u64],
        counts: &[u64],
        sum_micros: u64,
    ) -> fmt::Result {
        let seconds = |micros: u64| micros as f64 / 1e6;
        let ends = ranges.iter().map(|end| seconds(*end)).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = ends.zip(counts.iter().copied()).collect();
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(seconds(sum_micros), counts.iter().sum(), &buckets, None)
    }
}

/// The process's numbers as text, each name under `prefix`.
pub fn render(prefix: &str, inspected: &Arc<dyn Inspected>) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(prefix);
    registry.register_collector(Box::new(Scraped(Arc::clone(inspected))));
    let mut text = String::new();
    encode_registry(&mut text, &registry)?;
    Ok(plain(&text))
}

struct Scraped(Arc<dyn Inspected>);

impl fmt::Debug for Scraped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scraped")
    }
}

impl Collector for Scraped {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.measure(&mut Page(encoder))
    }
}

/// `OpenMetrics` as text format 0.0.4: the head of a counter names the counter itself.
fn plain(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for at in 0..lines.len() {
        let Some(family) = lines[at]
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.strip_suffix(" counter"))
        else {
            continue;
        };
        let family = family.to_owned();
        lines[at] = format!("# TYPE {family}_total counter");
        // The help stands one line above.
        if let Some(help) = at.checked_sub(1).and_then(|above| lines.get_mut(above)) {
            *help = help.replacen(&family, &format!("{family}_total"), 1);
        }
    }
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Readiness;

    struct Example;

    impl Inspected for Example {
        fn readiness(&self) -> Readiness {
            Readiness::default()
        }

        fn summary(&self) -> String {
            String::new()
        }

        fn measure(&self, page: &mut Page<'_>) -> fmt::Result {
            page.gauge("ledger_size", "Entries.", 7)?;
            page.gauges("sheets", "Sheets.", "state", [("open", 1), ("closed", -2)])?;
            page.counter("handshakes", "Handshakes.", 3)?;
            let of = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
            let items = [(of("incident", "accepted"), 5), (of("a\"b\\c\nd", "rejected"), 0)];
            page.counters("items", "Items.", ["source", "result"], items)?;
            page.durations("sync_seconds", "Syncs.", &[250, 1_000_000], &[2, 1, 1], 2_000_250)
        }
    }

    #[test]
    fn the_text_is_format_0_0_4_to_the_letter() {
        let inspected: Arc<dyn Inspected> = Arc::new(Example);
        let expected = r#"# HELP x_ledger_size Entries.
# TYPE x_ledger_size gauge
x_ledger_size 7
# HELP x_sheets Sheets.
# TYPE x_sheets gauge
x_sheets{state="open"} 1
x_sheets{state="closed"} -2
# HELP x_handshakes_total Handshakes.
# TYPE x_handshakes_total counter
x_handshakes_total 3
# HELP x_items_total Items.
# TYPE x_items_total counter
x_items_total{source="incident",result="accepted"} 5
x_items_total{source="a\"b\\c\nd",result="rejected"} 0
# HELP x_sync_seconds Syncs.
# TYPE x_sync_seconds histogram
x_sync_seconds_sum 2.00025
x_sync_seconds_count 4
x_sync_seconds_bucket{le="0.00025"} 2
x_sync_seconds_bucket{le="1.0"} 3
x_sync_seconds_bucket{le="+Inf"} 4
"#;
        assert_eq!(render("x", &inspected).unwrap(), expected);
    }
}
