//! Quantiles and tails of the distributions that intervals and tests lean on.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The 97.5th percentile of the standard normal distribution: what a 95 % interval reaches to either side.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// The 80th percentile of the standard normal distribution: what 80 % power asks for on top of [`Z`].
pub(super) const Z_POWER: f64 = 0.841_621_233_572_914_2;

/// The chance that a standard normal variable is at most `z`.
pub(super) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// What a standard normal variable stays below with the given chance; infinite at 0 and 1.
pub(super) fn normal_quantile(chance: f64) -> f64 {
    Normal::standard().inverse_cdf(chance)
}

/// The two-sided p-value of a standard normal statistic.
pub(super) fn normal_p(z: f64) -> f64 {
    2.0 * Normal::standard().sf(z.abs())
}

/// What Student's t stays below with the given chance.
pub(super) fn t_quantile(chance: f64, degrees_of_freedom: f64) -> f64 {
    let inverse = |t: StudentsT| t.inverse_cdf(chance);
    // Where the distribution is all but normal a search for the quantile loses digits that two terms of its expansion (Fisher & Cornish 1960) keep.
    if degrees_of_freedom > 1e4 {
        let z = normal_quantile(chance);
        let (first, second) = ((z.powi(3) + z) / 4.0, (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0);
        return z + first / degrees_of_freedom + second / degrees_of_freedom.powi(2);
    }
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(f64::NAN, inverse)
}

/// The two-sided p-value of a Student's t statistic.
pub(super) fn t_p(t: f64, degrees_of_freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(f64::NAN, |student| 2.0 * student.sf(t.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(ours: f64, reference: f64) {
        assert!((ours / reference - 1.0).abs() < 2e-9, "{ours} is not {reference}");
    }

    /// `scipy.stats.t` and `scipy.stats.norm`.
    #[test]
    fn quantiles_and_tails_are_scipys() {
        close(normal_quantile(0.975), Z);
        close(normal_quantile(0.8), Z_POWER);
        close(normal_p(6.0), 1.973_175_290_075_403e-9);
        for (chance, df, value) in T_QUANTILES {
            close(t_quantile(chance, df), value);
        }
        for (t, df, p) in T_P {
            close(t_p(t, df), p);
        }
    }
    const T_QUANTILES: [(f64, f64, f64); 15] = [
        (0.975, 1.0, 12.706_204_736_174_694),
        (0.975, 1.37, 6.885_073_156_641_705),
        (0.975, 2.0, 4.302_652_729_749_462),
        (0.975, 4.61, 2.637_388_992_078_662),
        (0.975, 29.0, 2.045_229_642_132_703),
        (0.975, 713.5, 1.963_294_372_913_814_8),
        (0.975, 2_000_000.0, 1.959_965_170_676_374_8),
        (0.975, 10_001.0, 1.960_201_216_164_641),
        (0.8, 1.0, 1.376_381_920_471_173_8),
        (0.8, 1.37, 1.191_593_222_677_238),
        (0.8, 2.0, 1.060_660_171_779_821_4),
        (0.8, 4.61, 0.926_703_164_256_176_9),
        (0.8, 29.0, 0.854_191_985_881_855_7),
        (0.8, 713.5, 0.842_125_295_091_518_8),
        (0.8, 2_000_000.0, 0.841_621_413_293_412_6),
    ];
    const T_P: [(f64, f64, f64); 12] = [
        (0.3, 1.0, 0.814_452_841_844_515_4),
        (0.3, 2.7, 0.785_766_532_694_448_2),
        (0.3, 40.0, 0.765_730_716_771_019_1),
        (0.3, 3_000_000.0, 0.764_177_176_407_729_6),
        (-2.0, 1.0, 0.295_167_235_300_866_5),
        (-2.0, 2.7, 0.149_423_438_070_502),
        (-2.0, 40.0, 0.052_322_343_215_049_19),
        (-2.0, 3_000_000.0, 0.045_500_353_881_316_874),
        (9.0, 1.0, 0.070_446_574_954_554_56),
        (9.0, 2.7, 0.004_340_988_777_330_41),
        (9.0, 40.0, 3.680_164_471_706_183_5e-11),
        (9.0, 3_000_000.0, 2.258_441_555_631_045e-19),
    ];
}
