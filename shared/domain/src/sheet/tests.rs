//! No number of a sheet is so large that a fold over sheets could overflow.

use super::*;
use crate::cell::{Cell, CellKey};
use crate::federation::{Federation, SHIPPED};
use crate::histogram::Histogram;
use crate::tally::DurationTally;

/// A tally with this number as its largest.
type Made = fn(u64) -> Tally;

/// A body with one cell of a measure in its total set.
fn body_of(dictionary: &Dictionary, measure: &str, tally: Tally) -> SheetBody {
    let measure = dictionary.measure(measure).expect("a measure of the shipped file");
    let set = dictionary.set(&measure.total_set).expect("its total set");
    let values = vec![Code::literal("any"); set.dimensions.len()];
    let key = CellKey {
        measure: measure.code.clone(),
        set: set.code.clone(),
        values,
    };
    let cell = Cell {
        origin: Origin::Incidents,
        snapshot: None,
        tally,
    };
    let mut body = SheetBody::default();
    let collected = (Code::literal("any"), measure.code.clone());
    body.completeness.insert(collected, Completeness::Complete);
    body.cells.insert(key, cell);
    body
}

fn duration(n: u64, sum_s: u64, negative: u64, n_hist: u64) -> Tally {
    let histogram = Histogram::from_pairs(vec![(7, n_hist)]).expect("one counted bucket");
    Tally::Duration(DurationTally::from_parts(n, sum_s, negative, histogram).expect("parts within their whole"))
}

#[test]
fn a_number_above_the_largest_is_refused_wherever_it_stands() {
    let federation = Federation::parse(SHIPPED).expect("the shipped file");
    let dictionary = federation.dictionary();
    let tallies: [(&str, Made); 7] = [
        ("incidents.received", Tally::Flow),
        ("response.time", |most| duration(most, 1, 0, 1)),
        ("response.time", |most| duration(1, most, 0, 1)),
        ("response.time", |most| duration(1, 1, most, 1)),
        ("response.time", |most| duration(most, 1, 0, most)),
        ("response.within_norm", |most| Tally::Ratio { num: 0, den: most }),
        ("response.within_norm", |most| Tally::Ratio { num: most, den: most }),
    ];
    for (measure, tally) in tallies {
        let check = |most| check_body(&body_of(dictionary, measure, tally(most)), dictionary);
        assert_eq!(check(MAX_COUNT), Ok(()), "{measure}");
        let refused = BodyError::NumberTooLarge(Code::literal(measure));
        assert_eq!(check(MAX_COUNT + 1), Err(refused), "{measure}");
    }
    assert_eq!(largest(&Tally::Stock(MAX_COUNT + 1)), MAX_COUNT + 1);
}
