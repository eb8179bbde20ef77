//! How the predictions lie about the line of equality, in sentences.

use super::tested::{Tested, TestedRun};
use crate::view::{format, pairs::LEVEL};
use titer_core::{
    metric::{PEARSON, R2},
    predictions::{Predictions, Values},
    statistics::{self, Pairing},
};

/// Proteins below which no line is laid through them.
const FEWEST: usize = 10;
/// Standard errors to either side of a slope that make its 95 % interval.
const REACH: f64 = 1.96;
/// The SD of predictions that hardly vary, as a share of that of the observed values.
const NEARLY: f64 = 0.01;

/// A line of least squares.
struct Line {
    slope: f64,
    /// 95 %; the errors may vary with the value (White 1980, with n − 2 in place of n).
    interval: [f64; 2],
}

impl Line {
    /// `None` where `x` is the same throughout.
    fn of(x: &[f64], y: &[f64]) -> Option<Self> {
        let count = x.len() as f64;
        let [x_mean, y_mean] = [x, y].map(|values| values.iter().sum::<f64>() / count);
        let squares: f64 = x.iter().map(|x| (x - x_mean).powi(2)).sum();
        if squares <= 0.0 || x.len() < FEWEST {
            return None;
        }
        let slope = x.iter().zip(y).map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / squares;
        let spread: f64 = x.iter().zip(y).map(|(x, y)| ((x - x_mean) * (y - y_mean - slope * (x - x_mean))).powi(2)).sum();
        let error = (spread * count / (count - 2.0)).sqrt() / squares;
        Some(Self { slope, interval: [slope - REACH * error, slope + REACH * error] })
    }
}

/// What is seen beside the line of equality.
pub(super) fn sentences(tested: &Tested<'_>) -> Vec<String> {
    match flat(tested) {
        Some(flat) => bias(tested).into_iter().chain([flat]).collect(),
        None => [share(tested), bias(tested), extremes(tested), calibration(tested)].into_iter().flatten().collect(),
    }
}

/// Says that the predictions hardly vary, where they do not.
fn flat(tested: &Tested<'_>) -> Option<String> {
    let [predicted, observed] = [&tested.mean, &tested.observed].map(|of| statistics::spread(of).and_then(|of| of.deviation));
    let (predicted, observed) = (predicted?, observed?);
    (predicted < NEARLY * observed).then(|| {
        format!(
            "They hardly differ from one protein to another: their SD is {}, that of the observed values {}.",
            format::significant(predicted, 3),
            format::significant(observed, 3)
        )
    })
}

/// How much of the labels' variance the predictions account for.
fn share(tested: &Tested<'_>) -> Option<String> {
    let given = Predictions::Values(Values::new(tested.observed.clone(), tested.mean.clone()));
    let (correlation, r2) = (PEARSON.score(&given)?, R2.score(&given)?);
    let shifted = if correlation > 0.0 {
        format!(
            "; after the best shift and stretch it would be {} (Pearson's correlation squared)",
            format::percent(correlation * correlation)
        )
    } else {
        String::new()
    };
    let of_run =
        |run: &TestedRun<'_>| R2.score(&Predictions::Values(Values::new(tested.observed.clone(), run.predicted.clone())));
    let alone = tested.runs.iter().map(of_run).sum::<Option<f64>>()? / tested.runs.len() as f64;
    let (they, alone) = match tested.runs.len() {
        1 => ("They", String::new()),
        _ => (
            "The means over the seeds",
            format!("; of single runs {} on average", format::percent(alone).replace('-', "\u{2212}")),
        ),
    };
    Some(if r2 > 0.0 {
        format!("{they} account for {} of the variance of the observed values (R²{alone}){shifted}.", format::percent(r2))
    } else {
        format!(
            "Their errors are larger than if the mean of the observed values were predicted for every protein (R² {}): they account for none of the variance{shifted}.",
            format::signed(r2, 4)
        )
    })
}

/// Whether the predictions are too high or too low on average.
fn bias(tested: &Tested<'_>) -> Option<String> {
    let residuals = tested.residuals();
    let zeros = vec![0.0; residuals.len()];
    let found = statistics::crossed_values_difference(&[residuals], &[zeros], Pairing::Paired)?;
    let told = |value: f64| tested.told(value);
    let interval = found.interval.map(told).join(" to ");
    Some(if found.p < LEVEL {
        let direction = if found.estimate > 0.0 { "high" } else { "low" };
        format!(
            "On average the predictions are too {direction}, by {} (mean error {}, 95% interval {interval}).",
            told(found.estimate.abs()),
            told(found.estimate),
        )
    } else {
        format!(
            "On average they are neither too high nor too low (mean error {}, 95% interval {interval}).",
            told(found.estimate)
        )
    })
}

/// What becomes of the highest and the lowest tenth of the observed values.
fn extremes(tested: &Tested<'_>) -> Option<String> {
    let line = Line::of(&tested.observed, &tested.mean)?;
    let residuals = tested.residuals();
    let mut order: Vec<usize> = (0..residuals.len()).collect();
    order.sort_by(|&one, &other| tested.observed[one].total_cmp(&tested.observed[other]));
    let tenth = order.len().div_ceil(10);
    let mean = |places: &[usize]| places.iter().map(|&place| residuals[place]).sum::<f64>() / places.len() as f64;
    let (low, high) = (&order[..tenth], &order[order.len() - tenth..]);
    let (at_low, at_high) = (mean(low), mean(high));
    let told = |value: f64| tested.told(value);
    let over = |by: f64| if by > 0.0 { "overestimated" } else { "underestimated" };
    let ends = format!(
        "the highest tenth (observed {} and above) is {} by {} on average, the lowest tenth ({} and below) {} by {}",
        told(tested.observed[high[0]]),
        over(at_high),
        told(at_high.abs()),
        told(tested.observed[low[tenth - 1]]),
        over(at_low),
        told(at_low.abs()),
    );
    let slope = format::signed(line.slope, 2);
    Some(if line.interval[1] < 1.0 {
        format!(
            "Predicted values span less than observed ones (slope of predicted on observed {slope}), as those of any imperfect model do: {ends}."
        )
    } else {
        format!("The slope of predicted on observed values is {slope}: {ends}.")
    })
}

/// Whether what is observed for a predicted value is that value, on average.
fn calibration(tested: &Tested<'_>) -> Option<String> {
    let line = Line::of(&tested.mean, &tested.observed)?;
    let [low, high] = line.interval.map(|end| format::signed(end, 2));
    let found =
        format!("The slope of observed on predicted values is {} (95% interval {low} to {high})", format::signed(line.slope, 2));
    Some(match line.interval {
        [_, high] if high < 1.0 => {
            format!("{found}: the predictions differ from one another more than the truth does, so extreme ones are too extreme.")
        }
        [low, _] if low > 1.0 => {
            format!("{found}: the predictions are too cautious, and what they call high or low is higher or lower still.")
        }
        _ => format!("{found}, which is compatible with 1: at a given prediction, errors upwards and downwards balance."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `statsmodels.OLS(y, add_constant(x)).fit(cov_type="HC1")`.
    #[test]
    fn a_slope_has_an_interval_that_allows_for_uneven_errors() {
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let y = [0.1, 0.9, 2.3, 2.8, 4.4, 4.5, 6.9, 6.1, 9.0, 8.2];
        let line = Line::of(&x, &y).unwrap();
        assert!((line.slope - 0.975_757_575_757_575_7).abs() < 1e-12, "{}", line.slope);
        assert!((line.interval[1] - line.slope - REACH * 0.076_310_780_897_501_83).abs() < 1e-9, "{:?}", line.interval);
        assert!(Line::of(&[1.0; 10], &y).is_none() && Line::of(&x[..5], &y[..5]).is_none());
    }
}
