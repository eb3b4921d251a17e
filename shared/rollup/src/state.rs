//! The word that stands with each value: known, zero, missing, not collected or impossible.
//!
//! Missing is never zero: a zero stands only when every expected day of every expected unit is declared complete.

use domain::Tally;
use domain::dictionary::Measure;

use crate::answer::Value;
use crate::attest::Attested;
use crate::plan::is_stock;

/// What is known of a measure over some days: a set of the bits below.
pub(crate) type Marks = u8;

/// Some day has no sheet, no node, or a sheet that does not speak of the measure.
pub(crate) const ABSENT: Marks = 1;
/// Some source is declared complete.
pub(crate) const COMPLETE: Marks = 2;
/// Some source has only begun.
pub(crate) const BEGUN: Marks = 4;
/// Some source does not give the measure.
pub(crate) const NOT_COLLECTED: Marks = 8;

/// The value of a measure from its sum and from what is known of its days. `exists`: the unit lives in the period.
pub(crate) fn value(measure: &Measure, sum: Option<Tally>, marks: Marks, exists: bool) -> Value {
    match sum {
        Some(tally) if !tally.is_zero() => Value::Known(tally),
        _ if !exists => Value::CannotExist,
        // A snapshot says zero by being there, and completeness cannot stand in for it.
        Some(tally) if is_stock(measure) => Value::Zero(tally),
        _ if marks == COMPLETE && !is_stock(measure) => Value::Zero(measure.kind.zero()),
        _ if marks == NOT_COLLECTED => Value::NotCollected,
        _ => Value::Missing,
    }
}

/// The marks of a measure over stretches and the members that answer in them; without a member they are absent.
pub(crate) fn marks_over<'a>(
    expected: impl Iterator<Item = (usize, &'a [usize])>,
    attested: &[Option<Attested>],
    measure: usize,
    sources: Option<&[u32]>,
) -> Marks {
    expected.fold(0, |marks, (stretch, members)| {
        let words = members.iter().filter_map(|&member| attested[member].as_ref());
        let here = words.fold(0, |marks, word| marks | word.marks(stretch, measure, sources));
        marks | if members.is_empty() { ABSENT } else { here }
    })
}
