//! How a metric's values are written: shares of the proteins in per cent and points, other metrics
//! as decimals. Every sentence about the compared metric gets its numbers here.

use titer_core::{
    metric::{ACCURACY, Better, Metric, Unit},
    predictions::Output,
};

use super::format;

/// Digits of a number of any size.
const DIGITS: usize = 4;
/// Digits of a difference of two such numbers.
const APART: usize = 3;
/// The least difference of two shares, or of two numbers about one, that is told.
const LEAST: f64 = 0.0005;

/// Decimals of a number about one: a correlation is told to three.
fn places(metric: Metric) -> usize {
    if metric.of == Output::Values { 3 } else { 4 }
}

/// A value: `85.6%`, `0.8562`.
#[must_use]
pub fn value(metric: Metric, value: f64) -> String {
    match metric.unit {
        Unit::Share => format::percent(value),
        Unit::Number => format::signed(value, places(metric)),
        Unit::Label => format::significant(value, DIGITS),
    }
}

/// A value with its metric: `85.6% accuracy`, `an F1 of 0.8562`.
#[must_use]
pub fn named(metric: Metric, number: f64) -> String {
    match metric.unit {
        Unit::Share => format!("{} {}", format::percent(number), metric.label),
        Unit::Number | Unit::Label => format!("{} of {}", with_article(metric), value(metric, number)),
    }
}

/// A metric as the head of a column: a correlation goes by whose it is.
#[must_use]
pub fn head(metric: Metric) -> &'static str {
    metric.label.strip_suffix(" correlation").unwrap_or(metric.label)
}

/// A difference below this is a rounding: of labels it depends on the size of the scores.
#[must_use]
pub fn least(metric: Metric, score: f64) -> f64 {
    match metric.unit {
        Unit::Share | Unit::Number => LEAST,
        Unit::Label => LEAST * score.abs(),
    }
}

/// What two sides are that score the same on every protein.
#[must_use]
pub fn same(metric: Metric) -> &'static str {
    if metric == ACCURACY { "correct on exactly the same proteins" } else { "alike on every protein" }
}

/// `an F1`, `a loss`.
#[must_use]
pub fn with_article(metric: Metric) -> String {
    let sounds_open = metric.label.starts_with(['a', 'e', 'i', 'o', 'F', 'M', 'N', 'R']);
    format!("{} {}", if sounds_open { "an" } else { "a" }, metric.label)
}

/// An interval of values: `82.4 to 87.6%`, `0.824 to 0.876`.
#[must_use]
pub fn interval(metric: Metric, [low, high]: [f64; 2]) -> String {
    match metric.unit {
        Unit::Share => format::percent_between([low, high]),
        Unit::Number => format!("{} to {}", format::signed(low, 3), format::signed(high, 3)),
        Unit::Label => [low, high].map(|end| format::significant(end, DIGITS)).join(" to "),
    }
}

/// A difference of two values: `3.3 points`, `0.0123`.
#[must_use]
pub fn difference(metric: Metric, difference: f64) -> String {
    match metric.unit {
        Unit::Share => format::points(difference),
        Unit::Number => format::signed(difference, places(metric)),
        Unit::Label => format::significant(difference, APART),
    }
}

/// An interval of differences: `−0.4 to 2.1 points`, `−0.0042 to 0.0209`.
#[must_use]
pub fn between(metric: Metric, [low, high]: [f64; 2]) -> String {
    match metric.unit {
        Unit::Share => format::points_between([low, high]),
        Unit::Number => [low, high].map(|end| format::signed(end, places(metric))).join(" to "),
        Unit::Label => [low, high].map(|end| format::significant(end, APART)).join(" to "),
    }
}

/// How large a difference is, with its interval seen from the side that makes it positive.
#[must_use]
pub fn size(difference: f64, [low, high]: [f64; 2]) -> (f64, [f64; 2]) {
    if difference < 0.0 { (-difference, [-high, -low]) } else { (difference, [low, high]) }
}

/// How a figure's hover writes a value.
#[must_use]
pub fn hover(metric: Metric) -> &'static str {
    match metric.unit {
        Unit::Share => ".1%",
        Unit::Number => ".4f",
        Unit::Label => ".4g",
    }
}

/// What several differences span; one number where both ends read the same.
#[must_use]
pub fn from_to(metric: Metric, [low, high]: [f64; 2]) -> String {
    let [from, to] = [low, high].map(|end| difference(metric, end));
    if from == to { from } else { between(metric, [low, high]) }
}

/// Which way is better, as an adjective: `higher`.
#[must_use]
pub fn better(metric: Metric) -> &'static str {
    match metric.better {
        Better::Higher => "higher",
        Better::Lower => "lower",
    }
}

/// Which way is better, of an amount: `3.3 points more`, `0.02 less`.
#[must_use]
pub fn more(metric: Metric) -> &'static str {
    match metric.better {
        Better::Higher => "more",
        Better::Lower => "less",
    }
}

/// How an axis of values writes its numbers.
#[must_use]
pub fn ticks(metric: Metric) -> &'static str {
    match metric.unit {
        Unit::Share => ".1~%",
        Unit::Number | Unit::Label => ".4~r",
    }
}

/// A difference as an axis of differences has it: in points, or as it is.
#[must_use]
pub fn on_axis(metric: Metric, difference: f64) -> f64 {
    match metric.unit {
        Unit::Share => 100.0 * difference,
        Unit::Number | Unit::Label => difference,
    }
}

/// The name of such an axis.
#[must_use]
pub fn difference_axis(metric: Metric) -> String {
    let unit = if metric.unit == Unit::Share { ", points" } else { "" };
    format!("difference in {}{unit}", metric.label)
}

/// From the least to the greatest value there is; infinite where a metric has no bounds.
#[must_use]
pub fn width(metric: Metric) -> f64 {
    metric.range[1] - metric.range[0]
}

#[cfg(test)]
mod tests {
    use titer_core::metric::{ACCURACY, AVERAGE_PRECISION, F1, LOSS, MACRO_F1, MCC};

    use super::*;

    #[test]
    fn shares_are_told_in_per_cent_and_points_and_other_metrics_as_decimals() {
        assert_eq!([value(ACCURACY, 0.8562), value(F1, 0.8562)], ["85.6%", "0.8562"]);
        assert_eq!([difference(ACCURACY, 0.018), difference(MCC, -0.018)], ["1.8 points", "\u{2212}0.0180"]);
        assert_eq!([named(ACCURACY, 0.5), named(LOSS, 0.5)], ["50.0% accuracy", "a loss of 0.5000"]);
        assert_eq!(
            [F1, MCC, MACRO_F1, AVERAGE_PRECISION].map(with_article),
            ["an F1", "an MCC", "a macro F1", "an average precision"]
        );
        assert_eq!((more(ACCURACY), better(LOSS)), ("more", "lower"));
    }
}
