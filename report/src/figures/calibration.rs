//! Reliability diagrams: how often predictions of each confidence are correct.

use plotly::{
    Scatter,
    common::{DashType, ErrorData, ErrorType, HoverInfo, Line, Marker, Mode},
};

use super::{
    Figure, Sketch, has_legend,
    style::{self, GREY, colour, dash, numbers},
};
use crate::view::calibration::{CalibrationView, Point, ReliabilityLine};

/// Reads the points of a line.
type Of = fn(&ReliabilityLine) -> Option<&Vec<Point>>;

const BEFORE: Of = |line| Some(&line.before);
const AFTER: Of = |line| line.after.as_ref();

/// Draws the reliability of the choice, as it is and after temperature scaling.
#[must_use]
pub fn calibration(view: &CalibrationView) -> Vec<Figure> {
    let [choice, ..] = view.reliability.as_slice() else { return Vec::new() };
    let lines = std::slice::from_ref(choice);
    let bars = if choice.seeds > 1 {
        format!("Mean over {} seeds; bars: their range.", choice.seeds)
    } else {
        "Bars: 95% intervals (Wilson).".to_owned()
    };
    let caption = format!(
        "Accuracy of predictions of similar confidence. Below the diagonal: overconfident. Larger dots: more predictions. {bars}"
    );
    let before = reliability(Sketch::new("reliability", "Reliability", caption), lines, BEFORE);
    let caption = "The same after dividing the logits by the temperature that fits validation best.";
    let after = choice
        .after
        .is_some()
        .then(|| reliability(Sketch::new("reliability-scaled", "Reliability after scaling", caption), lines, AFTER));
    [before].into_iter().chain(after).collect()
}

/// Draws the reliability of every configuration; nothing where there is one.
#[must_use]
pub fn every_configuration(view: &CalibrationView) -> Option<Figure> {
    let mean = if view.reliability.iter().any(|line| line.seeds > 1) { ", the mean over its seeds" } else { "" };
    let caption = format!("Every configuration{mean}. Below the diagonal: overconfident.");
    let sketch = Sketch::new("reliability-all", "Reliability of every configuration", caption);
    (view.reliability.len() > 1).then(|| reliability(sketch, &view.reliability, BEFORE))
}

fn reliability(mut sketch: Sketch, lines: &[ReliabilityLine], of: Of) -> Figure {
    sketch.trace(
        Scatter::new(vec![0, 1], vec![0, 1])
            .mode(Mode::Lines)
            .line(Line::new().color(GREY).dash(DashType::Dash).width(1.5))
            .name("perfect calibration")
            .show_legend(false)
            .hover_info(HoverInfo::Skip),
    );
    let labels = style::unique(lines.iter().map(|line| line.label.as_str()));
    for (line, label) in lines.iter().zip(labels) {
        let Some(points) = of(line) else { continue };
        let series = |value: &dyn Fn(&Point) -> f64| points.iter().map(value).collect::<Vec<f64>>();
        let tone = colour(line.line);
        let mut trace = Scatter::new(series(&|point| point.confidence), series(&|point| point.accuracy))
            .mode(Mode::LinesMarkers)
            .line(Line::new().color(tone).dash(dash(line.line)).width(2.0))
            .marker(Marker::new().color(tone).size_array(points.iter().map(|point| dot(point.count, line.proteins)).collect()))
            .text_array(points.iter().map(|point| format!("{:.0}", point.count)).collect::<Vec<_>>())
            .name(label)
            .hover_template("confidence %{x:.1%}, accuracy %{y:.1%} of %{text}");
        if lines.len() == 1 {
            trace = trace.error_y(
                ErrorData::new(ErrorType::Data)
                    .symmetric(false)
                    .array(series(&|point| (point.ends[1] - point.accuracy).max(0.0)))
                    .array_minus(series(&|point| (point.accuracy - point.ends[0]).max(0.0)))
                    .color(tone)
                    .thickness(1.0)
                    .width(3),
            );
        }
        sketch.trace(trace);
    }
    sketch.finish(
        style::layout(
            numbers("confidence").range(vec![start(lines), 1.02]).tick_format(".0%"),
            numbers("accuracy").range(vec![-0.04, 1.04]).tick_format(".0%"),
        )
        .show_legend(has_legend(lines.len())),
    )
}

/// Where the axis of confidences begins, before and after scaling alike.
fn start(lines: &[ReliabilityLine]) -> f64 {
    let points = lines.iter().flat_map(|line| line.before.iter().chain(line.after.iter().flatten()));
    (points.map(|point| point.confidence).fold(1.0, f64::min) * 10.0).floor() / 10.0 - 0.02
}

/// How wide a dot is: its area grows with its share of the predictions.
fn dot(count: f64, all: u64) -> usize {
    (4.0 + 16.0 * (count / all as f64).sqrt()).round() as usize
}
