//! Who, where and since when: the parts of a sentence that depend on names and levels.

use domain::Period;
use domain::names::Noun;
use domain::territory::{Level, Unit};

use super::Page;
use crate::format::{capitalised, with_period};

impl<'a> Page<'a> {
    pub(super) fn unit(self) -> Option<&'a Unit> {
        self.federation.tree().unit(&self.report.scope.code)
    }

    /// «в Свердловской области», or «по территории X» when only one form of the name is known.
    pub(super) fn place(self) -> String {
        let known = self.unit().and_then(|unit| unit.names.prepositional());
        known.map_or_else(|| format!("по территории {}", self.report.scope.name), str::to_owned)
    }

    /// Where the scope's level stands among the levels, top first.
    fn level_at(self) -> Option<usize> {
        self.federation
            .levels()
            .iter()
            .position(|level| level.code.as_str() == self.report.scope.level)
    }

    /// The level that reports: the highest that has centres.
    fn reporting_at(self) -> Option<usize> {
        self.federation.levels().iter().position(|level| level.centre.is_some())
    }

    fn level(self, at: usize) -> Option<&'a Level> {
        self.federation.levels().get(at)
    }

    /// What a unit of the scope's level is called.
    pub(super) fn own_noun(self) -> Option<&'a Noun> {
        Some(&self.level(self.level_at()?)?.unit)
    }

    /// What the units are called that coverage counts: those of the reporting level, or the scope itself below it.
    pub(super) fn covered_noun(self) -> Option<&'a Noun> {
        let own = self.level_at()?;
        self.level(self.reporting_at().map_or(own, |reporting| reporting.max(own)))
            .map(|level| &level.unit)
    }

    /// «центры управления регионов Уральского федерального округа», for a scope above the reporting level.
    pub(super) fn centres(self) -> Option<String> {
        let reporting = self.reporting_at()?;
        if self.level_at()? >= reporting {
            return None;
        }
        let centre = self.level(reporting)?.centre.as_ref()?;
        Some(format!("{} {}", centre.plural, self.unit()?.names.genitive()?))
    }

    /// «Округ в целом»: a nominative, since a level noun need not have the dative that «по округу» takes.
    pub(crate) fn whole(self) -> String {
        let noun = self.own_noun().map_or("территория", |noun| &noun.one);
        format!("{} в целом", capitalised(noun))
    }

    /// «за год» against the same days a year before, otherwise «по сравнению с декабрём 2021 года».
    pub(super) fn since(self) -> Option<String> {
        let before = self.report.compare.as_ref()?.period.code;
        let yearly = a_year_apart(&self.report.period.code, &before);
        Some(if yearly {
            "за год".to_owned()
        } else {
            format!("по сравнению {}", with_period(&before))
        })
    }
}

fn a_year_apart(now: &Period, before: &Period) -> bool {
    let day = |now: domain::Day, before: domain::Day| {
        let (now, before) = (now.date(), before.date());
        (now.year() - 1, now.month(), now.day()) == (before.year(), before.month(), before.day())
    };
    match (now, before) {
        (Period::Week { year: a, week: m, .. }, Period::Week { year: b, week: n, .. })
        | (Period::Month { year: a, month: m, .. }, Period::Month { year: b, month: n, .. }) => (a - 1, m) == (*b, n),
        _ => day(now.first(), before.first()) && day(now.last(), before.last()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_apart_means_the_same_part_of_the_year_before() {
        for (now, before, apart) in [
            ("2022", "2021", true),
            ("2022", "2020", false),
            ("2022-Q4", "2021-Q4", true),
            ("2022-Q4", "2022-Q3", false),
            ("2024-02", "2023-02", true),
            ("2022-W50", "2021-W50", true),
            ("2022-12-13", "2021-12-13", true),
            ("2022-12-13", "2022-12-12", false),
            ("2022-01-01..2022-12-13", "2021-01-01..2021-12-13", true),
            ("2022-01-01..2022-12-31", "2021", true),
        ] {
            assert_eq!(
                a_year_apart(&now.parse().unwrap(), &before.parse().unwrap()),
                apart,
                "{now} {before}"
            );
        }
    }
}
