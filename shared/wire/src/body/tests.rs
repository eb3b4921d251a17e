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

/// A body of one block with one cell of each of these values, changed by the test.
fn changed(measure: &str, change: impl FnOnce(&mut pb::SheetBody)) -> Result<SheetBody, WireError> {
    let block = pb::CellBlock {
        measure: 1,
        set: 2,
        cells: 2,
        values: vec![0, 3],
        n: vec![7, 7],
        ..Default::default()
    };
    let mut body = pb::SheetBody {
        codes: ["65", measure, "topic", "waste"].map(str::to_owned).to_vec(),
        blocks: vec![block],
        ..Default::default()
    };
    if measure.starts_with("duration") {
        let block = &mut body.blocks[0];
        block.sum_s = vec![100, 100];
        block.pairs = vec![2, 1];
        block.buckets = vec![3, 60, 5];
        block.counts = vec![1, 1, 2];
    }
    change(&mut body);
    decode(&body.encode_to_vec(), kind_of)
}

/// The field that is named when a body is refused, or the code where none is.
fn refused(body: Result<SheetBody, WireError>) -> &'static str {
    match body.expect_err("it is refused") {
        WireError::Field { field, .. } => field,
        WireError::NonCanonical { .. } => "NON_CANONICAL",
        WireError::Malformed { .. } => "MALFORMED",
        WireError::TooLarge { .. } => "TOO_LARGE",
    }
}

#[test]
fn fault_26_numbers_that_no_histogram_holds_are_refused_with_their_field() {
    type Change = fn(&mut pb::CellBlock);
    let rows: [(&str, Change, &str); 12] = [
        ("a bucket outside the grid", |b| b.buckets[1] = 1_728, "blocks.buckets"),
        ("a bucket of 32 bits", |b| b.buckets[1] = u32::MAX, "blocks.buckets"),
        ("a bucket twice", |b| b.buckets[1] = 0, "blocks.buckets"),
        ("an empty bucket", |b| b.counts[1] = 0, "blocks.buckets"),
        (
            "counts above 64 bits together",
            |b| b.counts = vec![u64::MAX, 1, 2],
            "blocks.buckets",
        ),
        ("more in the histogram than there are", |b| b.counts[0] = 7, "blocks.n"),
        (
            "seconds of nothing",
            |b| (b.n[0], b.counts[0], b.counts[1]) = (0, 1, 1),
            "blocks.n",
        ),
        ("two thousand million pairs", |b| b.pairs[0] = u32::MAX, "blocks"),
        ("a pair too few", |b| b.pairs[0] = 1, "blocks"),
        ("a count too few", |b| b.counts.truncate(2), "blocks"),
        ("no sum", |b| b.sum_s.clear(), "blocks"),
        ("a part, which durations have not", |b| b.num.push(1), "blocks"),
    ];
    assert_eq!(changed("duration.1", |_| ()).unwrap().cells.len(), 2);
    for (name, change, field) in rows {
        let body = changed("duration.1", |body| change(&mut body.blocks[0]));
        assert_eq!(refused(body), field, "{name}");
    }
}

#[test]
fn fault_26_cells_beyond_their_number_are_refused_before_they_are_made() {
    type Change = fn(&mut pb::SheetBody, u32);
    let over = u32::try_from(MAX_CELLS).unwrap() + 1;
    let rows: [(&str, Change, &str); 8] = [
        (
            "a cell too many",
            |body, over| body.blocks[0].cells = over,
            "blocks.cells",
        ),
        (
            "four thousand million cells",
            |body, _| body.blocks[0].cells = u32::MAX,
            "blocks.cells",
        ),
        (
            "too many in two blocks",
            |body, over| {
                body.blocks = vec![
                    pb::CellBlock {
                        cells: over - 1,
                        ..body.blocks[0].clone()
                    };
                    2
                ];
            },
            "blocks.cells",
        ),
        ("no cell at all", |body, _| body.blocks[0].cells = 0, "blocks.values"),
        (
            "values that do not divide",
            |body, _| body.blocks[0].values.push(0),
            "blocks.values",
        ),
        (
            "a value outside the table",
            |body, _| body.blocks[0].values[1] = 9,
            "codes",
        ),
        (
            "a measure outside the table",
            |body, _| body.blocks[0].measure = u32::MAX,
            "codes",
        ),
        (
            "too many codes",
            |body, over| body.codes = (0..4 * over).map(|n| format!("c{n:06}")).collect(),
            "codes",
        ),
    ];
    for (name, change, field) in rows {
        assert_eq!(refused(changed("flow.1", |body| change(body, over))), field, "{name}");
    }
    let zeros = vec![0; MAX_BODY_BYTES + 1];
    assert_eq!(refused(decode(&zeros, kind_of)), "TOO_LARGE");
}

#[test]
fn fault_27_a_body_that_says_the_same_otherwise_is_refused() {
    type Change = fn(&mut pb::SheetBody);
    let rows: [(&str, Change); 8] = [
        ("cells in another order", |body| body.blocks[0].values = vec![3, 0]),
        ("a cell twice", |body| body.blocks[0].values = vec![0, 0]),
        ("codes in another order", |body| body.codes.swap(0, 3)),
        ("a code twice", |body| body.codes.insert(0, "65".to_owned())),
        ("a code that nothing names", |body| body.codes.push("yard".to_owned())),
        ("a column of zeros", |body| body.blocks[0].origins = vec![0, 0]),
        ("a basis that stands twice", |body| {
            body.basis = vec![pb::Basis {
                document: 9,
                number: 9,
                date: 1,
            }];
        }),
        ("completeness twice", |body| {
            let collected = pb::Collected {
                source: 0,
                measure: 1,
                completeness: 1,
            };
            body.collected = vec![collected, collected];
        }),
    ];
    for (name, change) in rows {
        let field = refused(changed("flow.1", change));
        assert!(["NON_CANONICAL", "codes"].contains(&field), "{name}: {field}");
    }
    let bytes = two_blocks(&["65", "flow.1", "topic", "total"], [2, 3]);
    let count_at = bytes
        .windows(2)
        .position(|pair| pair == [0x18, 0x01])
        .expect("the number of cells");
    let mut overlong = bytes.clone();
    overlong.splice(count_at..count_at + 2, [0x18, 0x81, 0x00]);
    for (name, changed) in [
        ("an unknown field", [bytes.as_slice(), &[0xf8, 0x07, 0x01]].concat()),
        ("an empty field", [bytes.as_slice(), &[0x12, 0x00]].concat()),
        ("a number in more bytes than it needs", overlong),
    ] {
        let refused = decode(&changed, kind_of).map(|_| ());
        assert!(refused.is_err(), "{name}");
    }
}

#[test]
fn fault_27_nesting_without_end_is_refused() {
    // A group or a message in itself, ten thousand deep: where the format has no such field, it is skipped or refused.
    assert_eq!(refused(decode(&[0x7b; 10_000], kind_of)), "MALFORMED");
}
