//! The random numbers of NumPy's `RandomState`: what scikit-learn's splits and pandas' samples are
//! drawn with.

use rand_mt::Mt;

/// MT19937 seeded as `numpy.random.RandomState(seed)` seeds it (`init_genrand`).
#[derive(Debug, Clone)]
pub struct RandomState(Mt);

impl RandomState {
    #[must_use]
    pub fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// As `numpy.random.RandomState(key)` of a list seeds it (`init_by_array`).
    #[must_use]
    pub fn with_key(key: [u32; 2]) -> Self {
        Self(Mt::new_with_key(key))
    }

    /// Draws an index below `bound` by masked rejection on 32-bit draws; `bound` is at least 1, and
    /// 1 draws nothing.
    pub fn below(&mut self, bound: usize) -> usize {
        debug_assert!(bound >= 1 && u32::try_from(bound - 1).is_ok(), "NumPy draws 64 bits beyond");
        let largest = (bound - 1) as u32;
        if largest == 0 {
            return 0;
        }
        let mask = u32::MAX >> largest.leading_zeros();
        loop {
            let drawn = self.0.next_u32() & mask;
            if drawn <= largest {
                return drawn as usize;
            }
        }
    }

    /// Draws a float in [0, 1) with 53 bits, as `RandomState.random_sample` does.
    pub fn unit(&mut self) -> f64 {
        let (high, low) = (self.0.next_u32() >> 5, self.0.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Draws 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Shuffles in place: Fisher–Yates from the end.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    /// `RandomState.permutation(n)`; its first `k` are `df.sample(k)` and
    /// `choice(n, k, replace=False)`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..n).collect();
        self.shuffle(&mut indices);
        indices
    }
}
