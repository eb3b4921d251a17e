//! How far the demo is: bars on a terminal, plain lines anywhere else. Everything goes to standard error.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two turns of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// One phase of the work. Several threads may tell it how far they are.
#[derive(Debug)]
pub struct Phase {
    title: &'static str,
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Phase {
    /// Begins a phase of so many steps; `unit` says of what.
    pub fn begin(title: &'static str, steps: u64, unit: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(title, steps, unit));
        if bar.is_none() {
            eprintln!("{title}…");
        }
        Self {
            title,
            bar,
            started: Instant::now(),
        }
    }

    /// So many steps more are done; `what` is the latest of them.
    pub fn advance(&self, steps: u64, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(what.to_owned());
                bar.inc(steps);
            }
            None => eprintln!("  {what}"),
        }
    }

    /// The phase is over.
    pub fn finish(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let tenths = self.started.elapsed().as_millis() / 100;
        eprintln!("{}: {},{} с", self.title, tenths / 10, tenths % 10);
    }
}

fn bar(title: &str, steps: u64, unit: &str) -> ProgressBar {
    let template =
        format!("{{spinner}} {title} {{wide_bar}} {{human_pos}} из {{human_len}} {unit} ({{elapsed}}) {{msg}}");
    let style = ProgressStyle::with_template(&template).expect("the template names keys that indicatif has");
    let bar = ProgressBar::new(steps).with_style(style);
    bar.enable_steady_tick(TICK);
    bar
}
