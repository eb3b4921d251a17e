//! How long answers take: the shape of a lognormal distribution, and sums that are exact.
//!
//! Shares of the mean are drawn from a table of quantiles; then all of them are scaled together so that they add up to
//! the wanted sum to the second. So a mean holds by construction, and the median and the percentiles look natural.

use super::splitmix::SplitMix64;

/// Quantiles 0/64 to 64/64 of a lognormal distribution with σ = 1.05 and mean 1, in thousandths; the ends are those of
/// 0.3 % and 99.75 %.
const QUANTILES: [u32; 65] = [
    32, 60, 82, 99, 115, 130, 144, 158, 172, 186, 200, 213, 227, 241, 255, 269, 284, 299, 314, 329, 345, 361, 378, 395,
    412, 430, 449, 469, 488, 509, 531, 553, 576, 600, 626, 652, 680, 709, 739, 771, 805, 841, 879, 920, 963, 1009,
    1058, 1112, 1170, 1233, 1302, 1378, 1463, 1557, 1664, 1786, 1928, 2096, 2299, 2553, 2885, 3348, 4074, 5531, 10981,
];

/// One duration as a share of the mean, in thousandths.
pub fn share(random: &mut SplitMix64) -> u32 {
    let draw = random.below(64 * 1024);
    let at = usize::try_from(draw / 1024).expect("below 64");
    let (low, high) = (QUANTILES[at], QUANTILES[at + 1]);
    low + (high - low) * (draw % 1024) / 1024
}

/// Scales weights to whole seconds that add up to `sum_s` exactly. Nothing to scale stays nothing.
pub fn scale(weights: &[u32], sum_s: u64) -> Vec<u32> {
    let whole: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let part = |weight: u32| u64::try_from(u128::from(weight) * u128::from(sum_s) / whole).expect("at most the sum");
    let mut seconds: Vec<u64> = weights.iter().map(|&weight| part(weight)).collect();
    // Each division drops less than a second, so one more for some of them makes the sum.
    let missing = sum_s - seconds.iter().sum::<u64>();
    let missing = usize::try_from(missing).expect("fewer than there are weights");
    seconds.iter_mut().take(missing).for_each(|seconds| *seconds += 1);
    seconds
        .into_iter()
        .map(|seconds| u32::try_from(seconds).expect("a few days at most"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_weights_add_up_to_the_sum_to_the_second() {
        for (weights, sum) in [
            (vec![3, 3, 3], 100),
            (vec![1, 999, 17, 4], 12_345),
            (vec![7], 1),
            (vec![0, 5], 9),
        ] {
            let seconds = scale(&weights, sum);
            assert_eq!(seconds.iter().map(|&s| u64::from(s)).sum::<u64>(), sum, "{weights:?}");
        }
        assert_eq!(scale(&[], 5), Vec::<u32>::new());
    }

    #[test]
    fn half_of_the_answers_are_faster_than_six_tenths_of_the_mean() {
        let mut random = SplitMix64::new(7);
        let mut shares: Vec<u32> = (0..20_000).map(|_| share(&mut random)).collect();
        shares.sort_unstable();
        assert!((540..=610).contains(&shares[10_000]), "median {}", shares[10_000]);
        let mean = shares.iter().sum::<u32>() / 20_000;
        assert!((960..=1040).contains(&mean), "mean {mean}");
    }
}
