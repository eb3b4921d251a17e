//! Any way of cutting a child's ledger into batches gives the same parent.

use proptest::prelude::*;

use crate::stage::{Child, hub, state};

/// Right sheets, restated sheets, refused ones, garbage.
fn child() -> Child {
    let mut child = Child::new("sve", 2);
    child.sheet("2022-12-01", 1, 1);
    child.sheet("1999-12-02", 1, 2);
    child.sheet("2022-12-02", 2, 4);
    child.bytes(vec![0xff; 20], None);
    child.sheet("2022-12-02", 1, 8);
    child.sheet("2022-12-01", 1, 16);
    child.sheet("2022-12-03", 1, 32);
    child.entries[6].envelope[200] ^= 1;
    child.sheet("2022-12-04", 1, 64);
    child
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn any_split_with_repeats_gives_the_same_parent(cuts in prop::collection::vec((0_u64..4, 1_u64..5), 1..12)) {
        let child = child();
        let all = child.entries.len() as u64;
        let whole = tempfile::tempdir().unwrap();
        let mut expected = hub(whole.path());
        child.push(&mut expected);
        let parts = tempfile::tempdir().unwrap();
        let mut parent = hub(parts.path());
        for (back, forward) in cuts {
            let cursor = parent.cursor(&child.keys.node).position;
            let (from, end) = (cursor.saturating_sub(back), (cursor + forward).min(all));
            child.deliver(&mut parent, from, end).unwrap();
        }
        child.push(&mut parent);
        prop_assert_eq!(state(&parent), state(&expected));
        prop_assert_eq!(parent.verify_all().unwrap().root, expected.root());
    }
}
