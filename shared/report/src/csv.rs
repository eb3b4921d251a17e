//! CSV: one line for each section, code and measure, coverage first.
//!
//! Promises the numbers of the model as they are, UTF-8 with a byte order mark and semicolons (what a Russian spreadsheet
//! opens by itself), and that no cell is taken for a formula. All numbers are integers, so there is no decimal sign.

use crate::coverage::{Cover, Hole, LeftOut, Part, reason_code};
use crate::figure::Figure;
use crate::model::{Line, Report, Values, territory_name};
use domain::federation::Federation;

const HEADER: [&str; 14] = [
    "section", "code", "name", "measure", "state", "n", "sum_s", "n_hist", "mean_s", "p50_s", "p90_s", "num", "den",
    "text",
];
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The report as CSV.
pub(crate) fn write(report: &Report, federation: &Federation) -> String {
    let mut table = Table::new(&HEADER);
    table.coverage(report, federation);
    table.values(
        "total",
        &report.scope.code.to_string(),
        &report.scope.name,
        &report.totals,
    );
    for line in &report.rows {
        table.line(if line.attached { "attached" } else { "row" }, line);
    }
    let breakdowns = &report.breakdowns;
    for (section, lines) in [
        ("topic", &breakdowns.topic),
        ("source", &breakdowns.source),
        ("network", &breakdowns.network),
    ] {
        for line in lines {
            table.line(section, line);
        }
    }
    if let Some(compare) = &report.compare {
        table.values(
            "compare",
            &report.scope.code.to_string(),
            &report.scope.name,
            &compare.totals,
        );
    }
    table.finish()
}

/// The numbers of one line, all absent until set.
#[derive(Default)]
pub(crate) struct Numbers {
    n: Option<u64>,
    sum_s: Option<u64>,
    n_hist: Option<u64>,
    mean_s: Option<u64>,
    p50_s: Option<u64>,
    p90_s: Option<u64>,
    num: Option<u64>,
    den: Option<u64>,
}

impl From<&Figure> for Numbers {
    fn from(figure: &Figure) -> Numbers {
        let Figure {
            n,
            sum_s,
            n_hist,
            mean_s,
            p50_s,
            p90_s,
            num,
            den,
            ..
        } = *figure;
        Numbers {
            n,
            sum_s,
            n_hist,
            mean_s,
            p50_s,
            p90_s,
            num,
            den,
        }
    }
}

impl From<Part> for Numbers {
    fn from(part: Part) -> Numbers {
        Numbers {
            num: Some(part.had),
            den: Some(part.expected),
            ..Numbers::default()
        }
    }
}

impl Numbers {
    /// As they stand in a line, from `n` to `den`.
    pub(crate) fn written(&self) -> [String; 8] {
        let Numbers {
            n,
            sum_s,
            n_hist,
            mean_s,
            p50_s,
            p90_s,
            num,
            den,
        } = *self;
        let numbers = [n, sum_s, n_hist, mean_s, p50_s, p90_s, num, den];
        numbers.map(|number| number.map(|n| n.to_string()).unwrap_or_default())
    }
}

/// A document with one header, all of whose lines are as long as it.
pub(crate) struct Table(::csv::Writer<Vec<u8>>);

impl Table {
    pub(crate) fn new(header: &[&str]) -> Table {
        let mut table = Table(::csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new()));
        table.record(header.iter().map(ToString::to_string));
        table
    }

    fn coverage(&mut self, report: &Report, federation: &Federation) {
        let (code, name) = (report.scope.code.to_string(), &report.scope.name);
        let Cover {
            units,
            nodes,
            sources,
            days,
            complete_days,
            gaps,
            until: _,
            overlap,
        } = &report.coverage;
        for (measure, part) in [("units", units), ("nodes", nodes), ("sources", sources), ("days", days)] {
            self.numbers(["coverage", &code, name, measure, "value"], &Numbers::from(*part), "");
        }
        let complete = Numbers::from(Part {
            expected: days.expected,
            had: *complete_days,
        });
        self.numbers(["coverage", &code, name, "complete_days", "value"], &complete, "");
        for gap in gaps {
            self.gap(gap, federation);
        }
        for one in overlap {
            self.left_out(one, federation);
        }
    }

    /// What another node counts: the amount left out as `n`, the nodes and days as words in the text.
    fn left_out(&mut self, one: &LeftOut, federation: &Federation) {
        let amount = Numbers {
            n: Some(one.amount),
            ..Numbers::default()
        };
        let text = format!(
            "{}..{} node={} counted_by={}",
            one.from, one.to, one.node, one.counted_by
        );
        let name = territory_name(federation, &one.territory);
        self.numbers(
            ["coverage", one.territory.as_str(), &name, "overlap", "left_out"],
            &amount,
            &text,
        );
    }

    /// A gap: the reason as the measure, the days as `n`, and the rest as `key=value` words in the text.
    fn gap(&mut self, gap: &Hole, federation: &Federation) {
        let days = Numbers {
            n: u64::try_from(gap.to - gap.from + 1).ok(),
            ..Numbers::default()
        };
        let node = gap
            .node
            .as_ref()
            .map(|node| format!(" node={node}"))
            .unwrap_or_default();
        let source = gap
            .source
            .as_ref()
            .map(|source| format!(" source={source}"))
            .unwrap_or_default();
        let text = format!("{}..{}{node}{source}", gap.from, gap.to);
        let name = territory_name(federation, &gap.territory);
        let measure = format!("gap.{}", reason_code(gap.reason));
        self.numbers(
            ["coverage", gap.territory.as_str(), &name, &measure, "missing"],
            &days,
            &text,
        );
    }

    fn line(&mut self, section: &str, line: &Line) {
        self.values(section, line.code.as_str(), &line.name, &line.values);
    }

    fn values(&mut self, section: &str, code: &str, name: &str, values: &Values) {
        for (measure, figure) in values.iter() {
            let head = [section, code, name, measure.as_str(), figure.state.code()];
            self.numbers(head, &Numbers::from(figure), &figure.text);
        }
    }

    fn numbers(&mut self, head: [&str; 5], numbers: &Numbers, text: &str) {
        let cells = head.into_iter().map(inert);
        self.record(cells.chain(numbers.written()).chain([inert(text)]));
    }

    pub(crate) fn record(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0
            .write_record(cells)
            .expect("memory takes every record, and all have one length");
    }

    pub(crate) fn finish(self) -> String {
        let bytes = self.0.into_inner().expect("memory takes every byte");
        BYTE_ORDER_MARK.to_owned() + &String::from_utf8(bytes).expect("cells are texts")
    }
}

/// The cell with an apostrophe before it if a spreadsheet would take it for a formula.
pub(crate) fn inert(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+7", "'+7"),
            ("-7", "'-7"),
            ("@cmd", "'@cmd"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("'=1", "'=1"),
            ("Дороги", "Дороги"),
            ("", ""),
        ] {
            assert_eq!(inert(cell), written);
        }
    }
}
