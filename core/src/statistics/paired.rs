//! Two classifiers on the same samples.

/// How many samples the first alone gets right, and how many the second alone.
///
/// # Panics
///
/// Where they are not as many.
#[must_use]
pub fn discordant(first: &[bool], second: &[bool]) -> (u64, u64) {
    assert_eq!(first.len(), second.len(), "both have the same samples");
    let only = |these: &[bool], those: &[bool]| these.iter().zip(those).filter(|(this, that)| **this && !**that).count() as u64;
    (only(first, second), only(second, first))
}

/// The exact two-sided p-value of `McNemar`'s test, from the samples that exactly one of two
/// classifiers gets right.
///
/// Under its hypothesis, that both are as good, each such sample falls to either like a tossed
/// coin: the p-value is how often `only_first + only_second` tosses divide at least as unevenly.
#[must_use]
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let (beyond, as_uneven) = tail(only_first, only_second);
    // Where the tosses divide evenly both tails hold the middle.
    (2.0 * (beyond + as_uneven)).min(1.0)
}

/// The mid-p version: of divisions exactly as uneven it counts half. The exact test says
/// "different" of equals in far fewer than 5 % of cases; this one comes closer to 5 % and hardly
/// ever exceeds it (Fagerland, Lydersen & Laake 2013, who recommend it).
#[must_use]
pub fn mcnemar_mid_p(only_first: u64, only_second: u64) -> f64 {
    if only_first == only_second {
        // Both tails hold half of the middle, which makes everything.
        return 1.0;
    }
    let (beyond, as_uneven) = tail(only_first, only_second);
    2.0 * beyond + as_uneven
}

/// How often fair tosses divide more unevenly to one given side than these, and how often just as
/// unevenly.
fn tail(only_first: u64, only_second: u64) -> (f64, f64) {
    let tosses = only_first + only_second;
    // In log space: 2⁻ⁿ is 0 to an f64 from n = 1075 on, the terms that count are not.
    let mut log_term = -(tosses as f64) * std::f64::consts::LN_2;
    let mut beyond = 0.0;
    for heads in 0..only_first.min(only_second) {
        beyond += log_term.exp();
        log_term += ((tosses - heads) as f64 / (heads + 1) as f64).ln();
    }
    (beyond, log_term.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_those_of_scipys_exact_binomial_test() {
        let cases = [
            (8, 0, 0.007_812_5),
            (3, 1, 0.625),
            (2, 10, 0.038_574_218_75),
            (41, 65, 0.025_021_349_991_899_07),
            (1000, 1200, 2.181_702_640_791_419_4e-5),
        ];
        for (first, second, p) in cases {
            assert!((mcnemar(first, second) / p - 1.0).abs() < 1e-9, "{first}:{second} {}", mcnemar(first, second));
        }
    }

    #[test]
    fn nothing_tells_apart_what_divides_evenly() {
        assert_eq!([mcnemar(0, 0), mcnemar(1, 0), mcnemar(5, 5), mcnemar(2000, 2000)], [1.0; 4]);
        assert_eq!([mcnemar_mid_p(0, 0), mcnemar_mid_p(5, 5), mcnemar_mid_p(2000, 2000)], [1.0; 3]);
    }
}
