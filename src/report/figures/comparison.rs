//! Figures that set the runs side by side.

use plotly::{
    Bar, Scatter,
    common::{ErrorData, ErrorType, Marker, MarkerSymbol, Mode, TextPosition},
};

use super::{
    Figure, Sketch,
    style::{self, colour, names, names_from_top, numbers},
};
use crate::report::view::{
    View,
    comparison::{Compared, Comparison, Metrics, split_name},
    format,
};

/// Runs beyond which bars of several scores would no longer be read.
const MOST_BARS: usize = 12;

/// Accuracies with their standard errors, and bars of the main scores; none where nothing was scored.
#[must_use]
pub fn comparison(view: &View) -> Vec<Figure> {
    let comparison = &view.comparison;
    if comparison.best.is_empty() {
        return Vec::new();
    }
    let mut figures = vec![accuracies(comparison, view.answer.majority)];
    if comparison.runs.len() <= MOST_BARS {
        figures.push(bars(comparison));
    }
    figures
}

fn accuracies(comparison: &Comparison, majority: Option<f64>) -> Figure {
    let split = split_name(comparison.split);
    let caption = match majority {
        Some(_) => {
            "Accuracy of each run, plus and minus its standard error; the best is starred, the dashed line always names the largest class."
        }
        None => "Accuracy of each run, plus and minus its standard error; the best is starred.",
    };
    let mut sketch = Sketch::new("accuracies", format!("Accuracy on the {split} set"), caption);
    sketch.height = (130 + 34 * comparison.runs.len()).clamp(260, 900);
    for (series, run) in comparison.runs.iter().enumerate() {
        let Some(scores) = &run.scores else { continue };
        let best = comparison.best.contains(&series);
        let marker = Marker::new().color(colour(series)).size(if best { 17 } else { 11 });
        let marker = marker.symbol(if best { MarkerSymbol::Star } else { MarkerSymbol::Circle });
        sketch.trace(
            Scatter::new(vec![scores.accuracy], vec![style::text(&run.label)])
                .mode(Mode::Markers)
                .marker(marker)
                .error_x(
                    ErrorData::new(ErrorType::Data)
                        .array(vec![scores.standard_error])
                        .color(colour(series))
                        .thickness(2.0)
                        .width(6),
                )
                .name(style::text(&run.label))
                .hover_template("%{x:.4f}<extra></extra>"),
        );
    }
    if let Some(majority) = majority {
        sketch.mark_x(majority, &format!("majority {}", format::percent(majority)), 1.0);
    }
    sketch.finish(style::layout(numbers("accuracy").tick_format(".0%"), names_from_top(comparison.runs.len())))
}

fn bars(comparison: &Comparison) -> Figure {
    type Measure = fn(&Metrics) -> Option<f64>;
    let measures: [(&'static str, Measure); 4] = [
        ("accuracy", |s| Some(s.accuracy)),
        ("ROC-AUC", |s| s.roc_auc),
        ("F1", |s| Some(s.f1)),
        ("macro F1", |s| Some(s.macro_f1)),
    ];
    let split = split_name(comparison.split);
    let caption = format!("Scores on the {split} set; the best of each is starred.");
    let mut sketch = Sketch::new("scores", "Scores", caption);
    for (series, run) in comparison.runs.iter().enumerate() {
        let values = |&(name, measure): &(&'static str, Measure)| {
            let of = |run: &Compared| run.scores.as_ref().and_then(measure);
            let value = of(run)?;
            let best = comparison.runs.iter().filter_map(of).all(|other| other <= value);
            let star = if best && comparison.runs.len() > 1 { " ★" } else { "" };
            Some((name, value, format!("{}{star}", format::decimal(value, 3))))
        };
        let values: Vec<(&str, f64, String)> = measures.iter().filter_map(values).collect();
        let (x, (y, text)): (Vec<&str>, (Vec<f64>, Vec<String>)) =
            values.into_iter().map(|(name, value, text)| (name, (value, text))).unzip();
        sketch.trace(
            Bar::new(x, y)
                .text_array(text)
                .text_position(TextPosition::Auto)
                .marker(Marker::new().color(colour(series)))
                .name(style::text(&run.label))
                .hover_template("%{x}: %{y:.4f}"),
        );
    }
    sketch.finish(
        style::layout(names(), numbers("score").range(vec![0.0, 1.0])).show_legend(comparison.runs.len() > 1).bar_gap(0.25),
    )
}
