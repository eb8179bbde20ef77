//! Quantiles and tails of the distributions that intervals and tests lean on.

use statrs::{
    distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT},
    function::gamma::ln_gamma,
};

/// The 97.5th percentile of the standard normal distribution: what a 95 % interval reaches to
/// either side.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// The chance that a standard normal variable is at most `z`.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// What a standard normal variable stays below with the given chance; infinite at 0 and 1.
pub(crate) fn normal_quantile(chance: f64) -> f64 {
    Normal::standard().inverse_cdf(chance)
}

/// The two-sided p-value of a standard normal statistic.
pub(crate) fn normal_p(z: f64) -> f64 {
    2.0 * Normal::standard().sf(z.abs())
}

/// What Student's t stays below with the given chance.
pub(crate) fn t_quantile(chance: f64, degrees_of_freedom: f64) -> f64 {
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
pub(crate) fn t_p(t: f64, degrees_of_freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(f64::NAN, |student| 2.0 * student.sf(t.abs()))
}

/// What a chi-square variable stays below with the given chance.
pub(crate) fn chi_squared_quantile(chance: f64, degrees_of_freedom: f64) -> f64 {
    ChiSquared::new(degrees_of_freedom).map_or(f64::NAN, |chi_squared| chi_squared.inverse_cdf(chance))
}

/// How many standard errors a true difference must have for Student's statistic to exceed `t` with
/// the chance `power`: the noncentrality, by the normal approximation of Johnson & Welch (1940). It
/// is at most 2 % too great (one degree of freedom), from three on 0.5 %.
pub(crate) fn t_noncentrality(t: f64, power: f64, degrees_of_freedom: f64) -> f64 {
    // A normal variable plus the noncentrality exceeds t times a standard deviation's estimate, whose mean is c and variance 1 − c².
    let nu = degrees_of_freedom;
    let c = if nu < 1e3 {
        (2.0 / nu).sqrt() * (ln_gamma(f64::midpoint(nu, 1.0)) - ln_gamma(nu / 2.0)).exp()
    } else {
        1.0 - 1.0 / (4.0 * nu) + 1.0 / (32.0 * nu * nu)
    };
    t * c + normal_quantile(power) * (1.0 + t * t * (1.0 - c * c)).sqrt()
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
        close(normal_quantile(0.8), 0.841_621_233_572_914_2);
        close(normal_p(6.0), 1.973_175_290_075_403e-9);
        for (chance, df, value) in T_QUANTILES {
            close(t_quantile(chance, df), value);
        }
        for (t, df, p) in T_P {
            close(t_p(t, df), p);
        }
    }

    /// `scipy.stats.chi2`, and the root of `scipy.stats.nct.sf(t, df, x) = 0.8`.
    #[test]
    fn chi_square_is_scipys_and_the_noncentrality_within_two_percent() {
        for (chance, df, value) in
            [(0.1, 2.0, 0.210_721_031_315_652_6), (0.9, 2.0, 4.605_170_185_988_092), (0.1, 7.3, 3.027_429_619_905_118_5)]
        {
            close(chi_squared_quantile(chance, df), value);
        }
        let cases = [
            (12.706_204_736, 1.0, 16.334_008_870, 0.02),
            (4.302_652_730, 2.0, 5.653_488_466, 0.01),
            (2.776_445_105, 4.0, 3.761_060_261, 0.003),
            (4.122, 8.0, 5.187_792_290, 0.003),
            (1.983_971_519, 100.0, 2.828_850_607, 1e-5),
            (1.959_967, 1e6, 2.801_588_552, 1e-6),
        ];
        for (t, df, exact, within) in cases {
            let found = t_noncentrality(t, 0.8, df);
            assert!((found / exact - 1.0).abs() < within, "{t} {df}: {found} is not {exact}");
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
