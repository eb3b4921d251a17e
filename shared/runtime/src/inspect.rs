//! What a process shows of itself to whoever watches it: whether it is ready, in a line, and in numbers.
//!
//! Owns the words for that; the programs answer. Looking may wait for a lock, never for the network.

use std::fmt;

use crate::metrics::Page;

/// A process that can be looked at.
pub trait Inspected: Send + Sync + 'static {
    /// Whether it can do its work.
    fn readiness(&self) -> Readiness;

    /// How it stands, as one line for the service manager.
    fn summary(&self) -> String;

    /// Its numbers.
    fn measure(&self, page: &mut Page<'_>) -> fmt::Result;
}

/// What one look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Good,
    /// A person may want to know; the work goes on.
    Warning,
    /// The work does not go on.
    Bad,
}

/// One look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Stable name for machines.
    pub name: &'static str,
    /// What it found.
    pub finding: Finding,
    /// The same for a person.
    pub text: String,
}

/// All looks at a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness(pub Vec<Look>);

impl Readiness {
    /// A process that has not opened its files yet.
    pub fn starting() -> Self {
        Self::default().with("start", Finding::Bad, "запускается: читает свои файлы")
    }

    /// One look more.
    #[must_use]
    pub fn with(mut self, name: &'static str, finding: Finding, text: impl Into<String>) -> Self {
        let text = text.into();
        self.0.push(Look { name, finding, text });
        self
    }

    /// Whether it can do its work: a warning is no reason not to.
    pub fn is_ready(&self) -> bool {
        self.0.iter().all(|look| look.finding != Finding::Bad)
    }

    /// The looks as lines; without `verbose` only those that found something.
    pub fn text(&self, verbose: bool) -> String {
        let shown = self.0.iter().filter(|look| verbose || look.finding != Finding::Good);
        let verdict = if self.is_ready() {
            "готов"
        } else {
            "не готов"
        };
        let lines = shown.map(ToString::to_string).chain([verdict.to_owned()]);
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.finding {
            Finding::Good => '+',
            Finding::Warning => '!',
            Finding::Bad => '-',
        };
        write!(f, "[{sign}] {}: {}", self.name, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_shown_and_does_not_make_unready() {
        let warned = Readiness::default().with("ledger", Finding::Good, "записей 3").with(
            "parent",
            Finding::Warning,
            "не отвечает 2 ч",
        );
        assert!(warned.is_ready());
        assert_eq!(warned.text(false), "[!] parent: не отвечает 2 ч\nготов\n");
        assert_eq!(
            warned.text(true),
            "[+] ledger: записей 3\n[!] parent: не отвечает 2 ч\nготов\n"
        );
        let failed = warned.with("store", Finding::Bad, "сбой диска");
        assert!(!failed.is_ready() && failed.text(false).ends_with("[-] store: сбой диска\nне готов\n"));
        assert!(!Readiness::starting().is_ready());
    }
}
