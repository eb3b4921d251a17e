//! A sheet before it is signed: cells with their completeness, as the exact body, and whether it says anything new.
//!
//! Pure. It promises that the same cells, declarations and sources give the same bytes, so "nothing new" is a
//! comparison of hashes.

use std::collections::{BTreeMap, BTreeSet};

use domain::cell::Cells;
use domain::dictionary::{Dictionary, Dimension};
use domain::member::Cover;
use domain::sheet::{Closure, Completeness, MAX_CELLS, SheetBody, SheetFacts, totals};
use domain::tally::{TallyError, TallyKind};
use domain::zone::TZDB_VERSION;
use domain::{Code, Day, SheetPeriod, Zone};
use wire::body::MAX_BODY_BYTES;
use wire::statement::BodyRef;

use super::last::LastSheet;
use crate::intake::speaks_of;

/// What was declared and seen, for all days.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Runs of days declared complete, first and last day included.
    pub declared: BTreeMap<Code, Vec<(Day, Day)>>,
    /// Sources that an incident came from.
    pub seen: BTreeSet<Code>,
    /// What the node answers for.
    pub covers: Vec<Cover>,
}

impl Sources {
    fn complete(&self, source: &Code, day: Day) -> bool {
        self.declared
            .get(source)
            .is_some_and(|runs| runs.iter().any(|(from, to)| (*from..=*to).contains(&day)))
    }

    fn covered(&self, source: &Code, day: Day) -> bool {
        self.covers
            .iter()
            .any(|cover| cover.holds_on(day) && speaks_of(cover, source))
    }

    /// What is known of each source and measure on a day. Nothing is guessed: a source that was never seen and never
    /// declared anything is not spoken of, nor is one that the node does not answer for on the day, unless it has a cell;
    /// neither is a stock, which does not come from incidents.
    fn completeness(&self, day: Day, cells: &Cells, dictionary: &Dictionary) -> BTreeMap<(Code, Code), Completeness> {
        let mut sources: BTreeSet<&Code> = self.declared.keys().chain(&self.seen).collect();
        sources.retain(|source| self.covered(source, day));
        // Also after the cover's end: what was received under it is answered later.
        sources.extend(sources_of(cells, dictionary));
        let measures = dictionary
            .measures()
            .iter()
            .filter(|measure| measure.kind != TallyKind::Stock);
        let counted: Vec<&Code> = measures.map(|measure| &measure.code).collect();
        let word = |source: &Code| {
            if self.complete(source, day) {
                Completeness::Complete
            } else {
                Completeness::Begun
            }
        };
        sources
            .into_iter()
            .flat_map(|source| {
                counted
                    .iter()
                    .map(move |&measure| ((source.clone(), measure.clone()), word(source)))
            })
            .collect()
    }
}

fn sources_of<'a>(cells: &'a Cells, dictionary: &'a Dictionary) -> impl Iterator<Item = &'a Code> {
    cells.keys().filter_map(|key| {
        let at = dictionary.set(&key.set)?.position(Dimension::Source)?;
        key.values.get(at)
    })
}

/// A day as it would be sealed.
#[derive(Debug)]
pub struct Draft {
    /// The day.
    pub day: Day,
    /// Open or closed.
    pub closure: Closure,
    /// Reason, when it takes the day back.
    pub withdrawn: Option<Code>,
    /// The body as a value.
    pub body: SheetBody,
    /// The body as bytes.
    pub bytes: Vec<u8>,
    /// The bytes by length and hash.
    pub reference: BodyRef,
}

/// A day holds more than a sheet may. Nothing is dropped to make it fit; the day waits until the incidents are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Overfull {
    /// By the number of cells.
    #[error("день {day}: ячеек {cells}, а лист вмещает не больше {MAX_CELLS}; лист не составлен, данные сохранены")]
    Cells {
        /// The day.
        day: Day,
        /// How many it has.
        cells: usize,
    },
    /// By the length of the body.
    #[error("день {day}: {bytes} байт, а лист вмещает не больше {MAX_BODY_BYTES}; лист не составлен, данные сохранены")]
    Bytes {
        /// The day.
        day: Day,
        /// How long its body is.
        bytes: usize,
    },
}

impl Overfull {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cells { .. } => "TOO_MANY_CELLS",
            Self::Bytes { .. } => "BODY_TOO_LARGE",
        }
    }
}

impl Draft {
    /// The draft that unsays a day.
    pub fn unsaying(day: Day) -> Self {
        let body = SheetBody::default();
        let bytes = wire::body::encode(&body);
        Self {
            day,
            // Otherwise the clock alone would close the day and speak of it again.
            closure: Closure::Closed,
            withdrawn: Some(SheetFacts::nothing_attested()),
            reference: BodyRef::of(&bytes),
            body,
            bytes,
        }
    }

    /// The draft of a day.
    pub fn new(
        day: Day,
        closure: Closure,
        cells: Cells,
        sources: &Sources,
        dictionary: &Dictionary,
    ) -> Result<Self, Overfull> {
        if cells.len() > MAX_CELLS {
            return Err(Overfull::Cells {
                day,
                cells: cells.len(),
            });
        }
        let body = SheetBody {
            completeness: sources.completeness(day, &cells, dictionary),
            basis: Vec::new(),
            cells,
        };
        let bytes = wire::body::encode(&body);
        if bytes.len() > MAX_BODY_BYTES {
            return Err(Overfull::Bytes {
                day,
                bytes: bytes.len(),
            });
        }
        let reference = BodyRef::of(&bytes);
        Ok(Self {
            day,
            closure,
            withdrawn: None,
            body,
            bytes,
            reference,
        })
    }

    /// Whether sealing it would say anything beyond the last sheet, whose body is `body`. One that counts for nothing
    /// above is said again with the same figures.
    pub fn says_more_than(&self, last: &LastSheet, body: Option<BodyRef>) -> bool {
        body != Some(self.reference) || last.closure != self.closure || last.void_above
    }

    /// The facts that are signed.
    pub fn facts(
        &self,
        revision: u32,
        zone: &Zone,
        dictionary: (&Dictionary, seal::Digest),
        journal_position: u64,
        sealed_at_ms: i64,
    ) -> Result<SheetFacts, TallyError> {
        Ok(SheetFacts {
            period: SheetPeriod::day(self.day),
            bounds: zone.bounds(self.day),
            closure: self.closure,
            revision,
            withdrawn: self.withdrawn.clone(),
            zone: zone.clone(),
            tzdb: TZDB_VERSION.to_owned(),
            dictionary: *dictionary.1.as_bytes(),
            journal_position,
            sealed_at_ms,
            cell_count: u32::try_from(self.body.cells.len()).expect("a draft has at most MAX_CELLS cells"),
            totals: totals(&self.body, dictionary.0)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::Tally;
    use domain::cell::{CellKey, add_counted};
    use domain::federation::Federation;

    use super::*;

    #[test]
    fn a_day_that_does_not_fit_a_sheet_is_refused_by_name_and_whole() {
        let mut cells = Cells::new();
        for number in 0..=MAX_CELLS {
            let topic = Code::new(&format!("t{number}")).unwrap();
            let values = vec![Code::literal("incident"), Code::literal("65"), topic];
            let key = CellKey {
                measure: Code::literal("incidents.received"),
                set: Code::literal("topic"),
                values,
            };
            add_counted(&mut cells, key, &Tally::Flow(1)).unwrap();
        }
        let (federation, day) = (Federation::shipped(), "2022-12-13".parse().unwrap());
        let draft = |cells| {
            Draft::new(
                day,
                Closure::Closed,
                cells,
                &Sources::default(),
                federation.dictionary(),
            )
        };
        let refused = draft(cells.clone()).unwrap_err();
        assert_eq!(
            refused,
            Overfull::Cells {
                day,
                cells: MAX_CELLS + 1
            }
        );
        assert!(
            refused.to_string().starts_with("день 2022-12-13: ячеек 20001"),
            "{refused}"
        );
        cells.pop_last();
        assert_eq!(draft(cells).unwrap().body.cells.len(), MAX_CELLS);
    }

    fn cover(source: Option<&'static str>, from: &str, until: &str) -> Cover {
        Cover {
            territory: Code::literal("65"),
            source: source.map(Code::literal),
            from: from.parse().unwrap(),
            until: Some(until.parse().unwrap()),
            daily_from: from.parse().unwrap(),
        }
    }

    #[test]
    fn a_body_longer_than_a_message_is_refused_by_name() {
        let (federation, day) = (Federation::shipped(), "2022-12-13".parse().unwrap());
        let long = "x".repeat(40);
        let sources = Sources {
            seen: (0..120_000)
                .map(|n| Code::new(&format!("{long}{n}")).unwrap())
                .collect(),
            covers: vec![cover(None, "2022-01-01", "2023-01-01")],
            ..Sources::default()
        };
        let draft = Draft::new(day, Closure::Closed, Cells::new(), &sources, federation.dictionary());
        let refused = draft.unwrap_err();
        assert!(matches!(refused, Overfull::Bytes { bytes, .. } if bytes > MAX_BODY_BYTES));
        assert!(refused.to_string().starts_with("день 2022-12-13: "), "{refused}");
    }

    #[test]
    fn only_sources_covered_on_the_day_are_spoken_of() {
        let federation = Federation::shipped();
        let sources = Sources {
            seen: ["incident", "pos"].map(Code::literal).into(),
            covers: vec![
                cover(Some("pos"), "2022-01-01", "2022-02-01"),
                cover(Some("incident"), "2022-01-15", "2022-03-01"),
            ],
            ..Sources::default()
        };
        for (day, expected) in [
            ("2022-01-14", vec!["pos"]),
            ("2022-01-31", vec!["incident", "pos"]),
            ("2022-02-01", vec!["incident"]),
            ("2022-03-01", vec![]),
        ] {
            let spoken = sources.completeness(day.parse().unwrap(), &Cells::new(), federation.dictionary());
            let spoken: BTreeSet<&str> = spoken.keys().map(|(source, _)| source.as_str()).collect();
            assert_eq!(spoken.into_iter().collect::<Vec<_>>(), expected, "{day}");
        }
    }
}
