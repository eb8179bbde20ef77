//! The figure of the baselines, on an axis of their own: what simple methods reach, and where the
//! choice stands.

use plotly::{
    Scatter,
    common::{ErrorData, ErrorType, Marker, MarkerSymbol, Mode, Position},
};

use super::{
    Figure, Sketch,
    style::{self, GREY, names_from_top, numbers},
};
use crate::view::{View, baselines::BaselineView, scale};
use titer_core::{data::Split, metric::ACCURACY};

/// Draws the baselines; nothing where there are none, or the runs were compared on other proteins
/// than theirs.
#[must_use]
pub fn baselines(view: &View) -> Option<Figure> {
    let metric = view.comparison.metric;
    let taken = view.baselines.as_ref().filter(|_| view.comparison.split == Split::Test).map(|of| &of.taken)?;
    let taken: Vec<(&BaselineView, f64)> = taken.iter().filter_map(|of| Some((of, of.metrics.get(metric)?))).collect();
    if taken.is_empty() {
        return None;
    }
    let with = if metric == ACCURACY { ", with 95% intervals (Wilson)" } else { "" };
    let caption = format!("Simple methods on the same test proteins{with}; the dashed line is the choice.");
    let mut sketch = Sketch::new("baselines", "Baselines", caption);
    sketch.height = (130 + 34 * taken.len()).clamp(300, 900);
    let hover = scale::hover(metric);
    let labels = style::unique(taken.iter().map(|(baseline, _)| baseline.name.as_str()));
    for ((baseline, value), label) in taken.iter().zip(&labels) {
        let trace = Scatter::new(vec![*value], vec![label.clone()])
            .mode(Mode::MarkersText)
            .text(format!(" {}", scale::value(metric, *value)))
            .text_position(Position::TopCenter)
            .marker(Marker::new().color(GREY).size(10).symbol(MarkerSymbol::SquareOpen))
            .name(label.clone());
        // Of another metric than the accuracy a mark alone: it has no interval.
        sketch.trace(if let Some(correct) = baseline.correct.as_ref().filter(|_| metric == ACCURACY) {
            let [low, high] = correct.interval;
            trace
                .hover_template(format!("{label}<br>%{{x:{hover}}}, {}<extra></extra>", scale::interval(metric, [low, high])))
                .error_x(
                    ErrorData::new(ErrorType::Data)
                        .symmetric(false)
                        .array(vec![(high - value).max(0.0)])
                        .array_minus(vec![(value - low).max(0.0)])
                        .color(GREY)
                        .thickness(2.0)
                        .width(6),
                )
        } else {
            trace.hover_template(format!("{label}<br>%{{x:{hover}}}<extra></extra>"))
        });
    }
    if let Some(chosen) = view.decision.chosen()
        && let Some(score) = &chosen.score
    {
        sketch.mark_x(score.mean, &format!("the choice, {}", scale::value(metric, score.mean)), 1.0);
    }
    Some(sketch.finish(style::layout(
        numbers(metric.label).tick_format(scale::ticks(metric)),
        names_from_top(taken.len()).range(vec![taken.len() as f64 - 0.5, -0.8]),
    )))
}
