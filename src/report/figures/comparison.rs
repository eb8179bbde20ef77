//! Figures that set the runs side by side.

use plotly::{
    Bar, Scatter,
    common::{ErrorData, ErrorType, Marker, MarkerSymbol, Mode, Position, TextPosition},
};

use super::{
    Figure, Sketch, has_legend,
    style::{self, colour, names, names_from_top, numbers},
};
use crate::report::view::{
    View,
    comparison::{Compared, Comparison, Metrics, split_name},
    format,
};

/// Runs beyond which bars of several scores would no longer be read.
const MOST_BARS: usize = 12;

/// Runs beyond which the bars are too narrow for a number across.
const UPRIGHT: usize = 3;

/// Accuracies with their intervals, and bars of the main scores; none where nothing was scored.
#[must_use]
pub fn comparison(view: &View) -> Vec<Figure> {
    let comparison = &view.comparison;
    if comparison.best.is_empty() {
        return Vec::new();
    }
    let mut figures = vec![accuracies(comparison)];
    if comparison.runs.len() <= MOST_BARS {
        figures.push(bars(comparison));
    }
    figures
}

fn accuracies(comparison: &Comparison) -> Figure {
    let split = split_name(comparison.split);
    let caption = "Accuracy of each run and its 95% interval (Wilson); the best is starred.";
    let mut sketch = Sketch::new("accuracies", format!("Accuracy on the {split} set"), caption);
    let scored = scored(comparison);
    sketch.height = height(scored.len());
    let labels = labels(comparison);
    for &(series, scores) in &scored {
        let best = comparison.best.contains(&series);
        let [low, high] = scores.accuracy_interval;
        let marker = Marker::new().color(colour(series)).size(if best { 17 } else { 11 });
        let marker = marker.symbol(if best { MarkerSymbol::Star } else { MarkerSymbol::Circle });
        sketch.trace(
            Scatter::new(vec![scores.accuracy], vec![labels[series].clone()])
                .mode(Mode::MarkersText)
                .text(format!(" {}", format::percent(scores.accuracy)))
                .text_position(Position::TopCenter)
                .marker(marker)
                .error_x(
                    ErrorData::new(ErrorType::Data)
                        .symmetric(false)
                        .array(vec![high - scores.accuracy])
                        .array_minus(vec![scores.accuracy - low])
                        .color(colour(series))
                        .thickness(2.0)
                        .width(6),
                )
                .name(labels[series].clone())
                .hover_template("%{x:.4f}<extra></extra>"),
        );
    }
    sketch.finish(style::layout(
        numbers("accuracy").tick_format(".0%"),
        names_from_top(scored.len()).range(vec![scored.len() as f64 - 0.5, -0.8]),
    ))
}

/// Both figures stand beside each other.
fn height(runs: usize) -> usize {
    (130 + 34 * runs).clamp(300, 900)
}

fn scored(comparison: &Comparison) -> Vec<(usize, &Metrics)> {
    comparison.runs.iter().enumerate().filter_map(|(series, run)| Some((series, run.scores.as_ref()?))).collect()
}

/// The runs' labels: two that are cut to the same text would share a line of the figure.
fn labels(comparison: &Comparison) -> Vec<String> {
    style::unique(comparison.runs.iter().map(|run| run.label.as_str()))
}

fn bars(comparison: &Comparison) -> Figure {
    type Measure = fn(&Metrics) -> Option<f64>;
    let measures: [(&'static str, Measure); 4] = [
        ("accuracy", |s| Some(s.accuracy)),
        ("ROC-AUC", |s| s.roc_auc),
        ("average precision", |s| s.average_precision),
        ("F1", |s| Some(s.f1)),
    ];
    let split = split_name(comparison.split);
    let caption = format!("Scores on the {split} set; the best of each is starred.");
    let mut sketch = Sketch::new("scores", "Scores", caption);
    sketch.height = height(scored(comparison).len());
    for ((series, run), label) in comparison.runs.iter().enumerate().zip(labels(comparison)) {
        let values = |&(name, measure): &(&'static str, Measure)| {
            let of = |run: &Compared| run.scores.as_ref().and_then(measure);
            let value = of(run)?;
            let best = comparison.runs.iter().filter_map(of).all(|other| other <= value);
            let star = if best && comparison.runs.len() > 1 { "★<br>" } else { "" };
            Some((name, value, format!("{star}{}", format::decimal(value, 3))))
        };
        let values: Vec<(&str, f64, String)> = measures.iter().filter_map(values).collect();
        let (x, (y, text)): (Vec<&str>, (Vec<f64>, Vec<String>)) =
            values.into_iter().map(|(name, value, text)| (name, (value, text))).unzip();
        sketch.trace(
            Bar::new(x, y)
                .text_array(text)
                .text_position(TextPosition::Inside)
                .text_angle(if comparison.runs.len() > UPRIGHT { -90.0 } else { 0.0 })
                .marker(Marker::new().color(colour(series)))
                .name(label)
                .hover_template("%{x}: %{y:.4f}"),
        );
    }
    sketch.finish(
        style::layout(names(), numbers("score").range(vec![0.0, 1.0]))
            .show_legend(has_legend(comparison.runs.len()))
            .bar_gap(0.15),
    )
}
