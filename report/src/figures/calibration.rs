//! Figures of how far probabilities can be believed.

use plotly::{
    Scatter,
    common::{DashType, ErrorData, ErrorType, HoverInfo, Line, Marker, Mode},
};

use super::{
    Figure, Sketch, has_legend,
    style::{self, GREY, colour, dash, numbers},
};
use crate::view::{
    believed::{Believed, Reliability},
    calibration::{CalibrationView, RunCalibration},
};

/// Runs beyond which bars about every point would hide the curves.
const WITH_BARS: usize = 4;

/// The reliability of the probabilities as they are, and after temperature scaling.
#[must_use]
pub fn calibration(view: Option<&CalibrationView>) -> Vec<Figure> {
    let Some(CalibrationView { runs, .. }) = view else { return Vec::new() };
    let bars = if runs.len() <= WITH_BARS { " Bars: 95% intervals (Wilson)." } else { "" };
    let caption = format!(
        "Predictions of about the same confidence, and how many of them are right. Below the line: too sure. The larger a dot, the more of them.{bars}"
    );
    let before = reliability(Sketch::new("reliability", "Reliability", caption), runs, |run| Some(&run.before));
    let caption = "The same with the logits divided by the temperature that fits validation best.";
    let after = runs.iter().any(|run| run.scaled.is_some()).then(|| {
        let sketch = Sketch::new("reliability-scaled", "Reliability after scaling", caption);
        reliability(sketch, runs, |run| Some(&run.scaled.as_ref()?.after))
    });
    [before].into_iter().chain(after).collect()
}

fn reliability(mut sketch: Sketch, runs: &[RunCalibration], of: fn(&RunCalibration) -> Option<&Believed>) -> Figure {
    sketch.trace(
        Scatter::new(vec![0, 1], vec![0, 1])
            .mode(Mode::Lines)
            .line(Line::new().color(GREY).dash(DashType::Dash).width(1.5))
            .name("as sure as right")
            .show_legend(false)
            .hover_info(HoverInfo::Skip),
    );
    let labels = style::unique(runs.iter().map(|run| run.label.as_str()));
    // Both figures show the same stretch: the least sure prediction of either begins it.
    let least = |believed: &Believed| believed.bins.first().map_or(1.0, |bin| bin.confidence);
    let both = |run: &RunCalibration| least(&run.before).min(run.scaled.as_ref().map_or(1.0, |scaled| least(&scaled.after)));
    let start = (runs.iter().map(both).fold(1.0, f64::min) * 10.0).floor() / 10.0 - 0.02;
    for (run, label) in runs.iter().zip(labels) {
        let Some(Believed { bins, .. }) = of(run) else { continue };
        let series = |value: fn(&Reliability) -> f64| bins.iter().map(value).collect::<Vec<f64>>();
        let mut trace = Scatter::new(series(|bin| bin.confidence), series(|bin| bin.accuracy))
            .mode(Mode::LinesMarkers)
            .line(Line::new().color(colour(run.run)).dash(dash(run.run)).width(2.0))
            .marker(
                Marker::new().color(colour(run.run)).size_array(bins.iter().map(|bin| dot(bin.count, run.proteins)).collect()),
            )
            .text_array(bins.iter().map(|bin| bin.count.to_string()).collect())
            .name(label)
            .hover_template("%{x:.1%} sure, %{y:.1%} right of %{text}");
        if runs.len() <= WITH_BARS {
            trace = trace.error_y(
                ErrorData::new(ErrorType::Data)
                    .symmetric(false)
                    .array(series(|bin| bin.interval[1] - bin.accuracy))
                    .array_minus(series(|bin| bin.accuracy - bin.interval[0]))
                    .color(colour(run.run))
                    .thickness(1.0)
                    .width(3),
            );
        }
        sketch.of_run(run.run, trace);
    }
    sketch.finish(
        style::layout(
            numbers("confidence of the prediction").range(vec![start, 1.02]).tick_format(".0%"),
            numbers("share that is right").range(vec![-0.04, 1.04]).tick_format(".0%"),
        )
        .show_legend(has_legend(runs.len())),
    )
}

/// How wide a dot is: its area grows with its share of the predictions.
fn dot(count: u64, all: u64) -> usize {
    (4.0 + 16.0 * (count as f64 / all as f64).sqrt()).round() as usize
}
