//! The rules of sheets: period, zone, revision, body, dictionary, totals, scope.

use std::collections::BTreeSet;

use domain::dictionary::{Dictionary, Dimension, DimensionSet, Stamp};
use domain::federation::Federation;
use domain::incident::LATEST_AHEAD_S;
use domain::sheet::{BodyError, MAX_CELLS, SheetBody, SheetFacts, check_body, totals};
use domain::tally::TallyKind;
use domain::zone::TZDB_VERSION;
use domain::{Code, Day};
use wire::body;
use wire::statement::{BodyRef, SheetStatement};

use super::{Judge, Stop};
use crate::error::TakeError;
use crate::reason::Reason;
use crate::scope::{self, Fit, Reach};
use crate::standing::MemberKeys;
use crate::verdict::Incoming;

/// After so long a body may be dropped when a later revision stands: 400 days.
const BODY_KEPT_MS: i64 = 400 * 24 * 3600 * 1000;

impl Judge<'_> {
    /// Whether the author may say this of this period. Returns whether a body goes with it.
    pub(super) fn sheet_rules(
        &self,
        author: &MemberKeys,
        sheet: &SheetStatement,
        incoming: &Incoming,
    ) -> Result<bool, Stop> {
        let facts = &sheet.facts;
        self.period_rules(author, facts)?;
        if (self.is_used)(&author.membership.member, facts.period, facts.revision)? {
            return Err(Reason::RevisionReused.into());
        }
        if facts.cell_count as usize > MAX_CELLS {
            return Err(Reason::TooManyCells.into());
        }
        let Some(bytes) = self.body_bytes(sheet.body, facts, incoming)? else {
            return Ok(false);
        };
        let dictionary = seal::Digest(facts.dictionary);
        let federation = self
            .dictionaries
            .get(&dictionary)
            .ok_or(Stop::End(TakeError::DictionaryUnknown(dictionary)))?;
        let body = read_body(bytes, facts, federation.dictionary())?;
        scope_rules(author, facts, &body, federation)?;
        Ok(true)
    }

    fn period_rules(&self, author: &MemberKeys, facts: &SheetFacts) -> Result<(), Reason> {
        let period = facts.period;
        let (start, end) = (facts.zone.bounds(period.first()).0, facts.zone.bounds(period.last()).1);
        if facts.zone != author.membership.zone || (facts.tzdb == TZDB_VERSION && facts.bounds != (start, end)) {
            return Err(Reason::ZoneMismatch);
        }
        if Some(period.first()) < Day::ymd(2000, 1, 1) {
            return Err(Reason::DayTooEarly);
        }
        if start > self.now_ms.div_euclid(1000).saturating_add(LATEST_AHEAD_S) {
            return Err(Reason::DayInFuture);
        }
        Ok(())
    }

    /// The body that came, if it is the one that was signed; nothing when it may be missing.
    fn body_bytes<'b>(
        &self,
        named: BodyRef,
        facts: &SheetFacts,
        incoming: &'b Incoming,
    ) -> Result<Option<&'b [u8]>, Reason> {
        match &incoming.body {
            Some(bytes) if named.names(bytes) => Ok(Some(bytes)),
            Some(_) => Err(Reason::BodyMismatch),
            None if incoming.body_dropped && facts.sealed_at_ms.saturating_add(BODY_KEPT_MS) <= self.now_ms => Ok(None),
            None => Err(Reason::BodyMissing),
        }
    }
}

/// Reads a body and checks it against its dictionary and against what was signed of it.
fn read_body(bytes: &[u8], facts: &SheetFacts, dictionary: &Dictionary) -> Result<SheetBody, Reason> {
    let kind_of = |code: &Code| dictionary.measure(code.as_str()).map(|measure| measure.kind);
    let body = body::decode(bytes, kind_of).map_err(|_| Reason::BodyInvalid)?;
    check_body(&body, dictionary).map_err(|error| match error {
        BodyError::TooManyCells(_) => Reason::TooManyCells,
        BodyError::NumberTooLarge(_) | BodyError::WrongOrigin(_) | BodyError::NoCompleteness { .. } => {
            Reason::BodyInvalid
        }
        _ => Reason::DictionaryMismatch,
    })?;
    if !names_known_codes(&body, dictionary) {
        return Err(Reason::DictionaryMismatch);
    }
    if body.cells.len() != facts.cell_count as usize {
        return Err(Reason::CellCountMismatch);
    }
    if facts.withdrawn.is_some() && !body.cells.is_empty() {
        return Err(Reason::BodyInvalid);
    }
    match totals(&body, dictionary) {
        Ok(totals) if totals == facts.totals => Ok(body),
        Ok(_) => Err(Reason::TotalsMismatch),
        Err(_) => Err(Reason::BodyInvalid),
    }
}

/// Whether every code stands in its list. Territories are looked at with the scope.
fn names_known_codes(body: &SheetBody, dictionary: &Dictionary) -> bool {
    let known = |dimension, code| dictionary.list(dimension).is_none_or(|list| list.entry(code).is_some());
    let cells = body.cells.keys().all(|key| {
        let set = dictionary.set(&key.set);
        set.is_some_and(|set| {
            set.dimensions
                .iter()
                .zip(&key.values)
                .all(|(dimension, code)| known(*dimension, code))
        })
    });
    let collected = body
        .completeness
        .keys()
        .all(|(source, measure)| known(Dimension::Source, source) && dictionary.measure(measure.as_str()).is_some());
    cells && collected
}

/// Whether everything in the body, and the period itself, lies inside what the author covers.
fn scope_rules(
    author: &MemberKeys,
    facts: &SheetFacts,
    body: &SheetBody,
    federation: &Federation,
) -> Result<(), Reason> {
    let covers = &author.membership.covers;
    let mut places = BTreeSet::from([(None, None, Reach::Afterwards)]);
    let sources = body.completeness.keys().map(|(source, _)| source);
    places.extend(sources.map(|source| (None, Some(source), Reach::Afterwards)));
    for key in body.cells.keys() {
        let value = |set: &DimensionSet, dimension| set.position(dimension).and_then(|at| key.values.get(at));
        if let Some(set) = federation.dictionary().set(&key.set) {
            let reach = reach(federation.dictionary(), &key.measure);
            places.insert((value(set, Dimension::Territory), value(set, Dimension::Source), reach));
        }
    }
    for (territory, source, reach) in places {
        match scope::fit(federation.tree(), covers, facts.period, (territory, source), reach) {
            Fit::Inside => {}
            Fit::TooLong => return Err(Reason::PeriodTooLong),
            Fit::Outside => return Err(Reason::OutOfScope),
        }
    }
    Ok(())
}

/// A measure that counts by another stamp than the registration may speak of what was received before the cover ended.
fn reach(dictionary: &Dictionary, measure: &Code) -> Reach {
    let measure = dictionary.measure(measure.as_str());
    let afterwards = measure.is_some_and(|one| one.kind != TallyKind::Stock && !one.event.contains(&Stamp::Registered));
    if afterwards { Reach::Afterwards } else { Reach::Covered }
}
