//! Bodies survive their own encoding, and nothing else is taken for one.

use super::*;
use domain::Histogram;
use domain::tally::{DurationTally, Tally};
use proptest::prelude::*;

fn kind_of(measure: &Code) -> Option<TallyKind> {
    TallyKind::ALL
        .into_iter()
        .find(|kind| measure.as_str().starts_with(kind.code()))
}

fn any_tally(kind: TallyKind) -> BoxedStrategy<Tally> {
    match kind {
        TallyKind::Flow => any::<u64>().prop_map(Tally::Flow).boxed(),
        TallyKind::Stock => any::<u64>().prop_map(Tally::Stock).boxed(),
        TallyKind::Ratio => (0_u64..9, 0_u64..9)
            .prop_map(|(num, more)| Tally::Ratio { num, den: num + more })
            .boxed(),
        TallyKind::Duration => proptest::collection::btree_map(0_u16..1728, 1_u64..5, 0..4)
            .prop_map(|pairs| {
                let histogram = Histogram::from_pairs(pairs.into_iter().collect()).unwrap();
                let n = histogram.total() + 1;
                Tally::Duration(DurationTally::from_parts(n, n * 7, n % 2, histogram).unwrap())
            })
            .boxed(),
    }
}

fn any_cell() -> impl Strategy<Value = (CellKey, Cell)> {
    let kind = proptest::sample::select(TallyKind::ALL.to_vec());
    let values = proptest::sample::subsequence(vec!["65", "66", "roads"], 2);
    (kind, 0_u8..3, values).prop_flat_map(|(kind, number, values)| {
        let key = CellKey {
            measure: Code::new(&format!("{}.{number}", kind.code())).unwrap(),
            set: Code::literal("topic"),
            values: values.into_iter().map(|value| Code::new(value).unwrap()).collect(),
        };
        let snapshot = (kind == TallyKind::Stock).then(|| Day::new(19_000).unwrap());
        let origin = prop_oneof![Just(Origin::Incidents), Just(Origin::Totals(0))];
        (any_tally(kind), origin).prop_map(move |(tally, origin)| {
            (
                key.clone(),
                Cell {
                    origin,
                    snapshot,
                    tally,
                },
            )
        })
    })
}

prop_compose! {
    fn any_body()(cells in proptest::collection::vec(any_cell(), 0..20)) -> SheetBody {
        let basis = Basis { document: Code::literal("act"), number: Code::literal("7"), date: Day::new(1).unwrap() };
        let completeness = [((Code::literal("pos"), Code::literal("flow.1")), Completeness::Begun)];
        SheetBody { completeness: completeness.into(), basis: vec![basis], cells: cells.into_iter().collect() }
    }
}

proptest! {
    #[test]
    fn a_body_is_what_its_bytes_say(body in any_body()) {
        prop_assert_eq!(decode(&encode(&body), kind_of).unwrap(), body);
    }

    #[test]
    fn a_changed_byte_is_another_body_or_none(body in any_body(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let bytes = encode(&body);
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= 1 << bit;
        if let Ok(other) = decode(&changed, kind_of) {
            prop_assert_ne!(other, body);
        }
    }

    #[test]
    fn fault_26_any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes, kind_of);
    }
}

/// A body of two blocks of `flow.1`: a cell with two values and a later one with one, under these codes and sets.
fn two_blocks(codes: &[&str], sets: [u32; 2]) -> Vec<u8> {
    let block = |set, values: &[u32]| pb::CellBlock {
        measure: 1,
        set,
        cells: 1,
        values: values.to_vec(),
        n: vec![7],
        ..Default::default()
    };
    pb::SheetBody {
        codes: codes.iter().map(ToString::to_string).collect(),
        blocks: vec![block(sets[0], &[0, 0]), block(sets[1], &[1])],
        ..Default::default()
    }
    .encode_to_vec()
}

#[test]
fn fault_26_two_blocks_of_one_set_are_refused_without_a_panic() {
    let non_canonical = Err(WireError::NonCanonical {
        what: "содержание"
    });
    for (codes, sets) in [
        (["65", "flow.1", "topic"].as_slice(), [2, 2]),
        (&["65", "flow.1", "topic", "topic"], [2, 3]),
        (&["65", "flow.1", "topic", "total"], [3, 2]),
    ] {
        assert_eq!(
            decode(&two_blocks(codes, sets), kind_of),
            non_canonical,
            "{codes:?} {sets:?}"
        );
    }
    let two_sets = two_blocks(&["65", "flow.1", "topic", "total"], [2, 3]);
    assert_eq!(decode(&two_sets, kind_of).map(|body| body.cells.len()), Ok(2));
}
