//! The figure of the baselines, on an axis of their own: what simple methods reach, and where the choice stands.

use plotly::{
    Scatter,
    common::{ErrorData, ErrorType, Marker, MarkerSymbol, Mode, Position},
};

use super::{
    Figure, Sketch,
    style::{self, GREY, names_from_top, numbers},
};
use crate::view::{View, format, score::Score};
use titer_core::data::Split;

/// Draws the baselines; nothing where there are none, or the runs were compared on other proteins than theirs.
#[must_use]
pub fn baselines(view: &View) -> Option<Figure> {
    let taken = view.baselines.as_ref().filter(|_| view.comparison.split == Split::Test).map(|of| &of.taken)?;
    if taken.is_empty() {
        return None;
    }
    let caption = "Simple methods on the same test proteins, with 95% intervals (Wilson); the dashed line is the choice.";
    let mut sketch = Sketch::new("baselines", "Baselines", caption);
    sketch.height = (130 + 34 * taken.len()).clamp(300, 900);
    let labels = style::unique(taken.iter().map(|baseline| baseline.name.as_str()));
    for (baseline, label) in taken.iter().zip(&labels) {
        let [low, high] = baseline.interval;
        sketch.trace(
            Scatter::new(vec![baseline.accuracy], vec![label.clone()])
                .mode(Mode::MarkersText)
                .text(format!(" {}", format::percent(baseline.accuracy)))
                .text_position(Position::TopCenter)
                .marker(Marker::new().color(GREY).size(10).symbol(MarkerSymbol::SquareOpen))
                .error_x(
                    ErrorData::new(ErrorType::Data)
                        .symmetric(false)
                        .array(vec![(high - baseline.accuracy).max(0.0)])
                        .array_minus(vec![(baseline.accuracy - low).max(0.0)])
                        .color(GREY)
                        .thickness(2.0)
                        .width(6),
                )
                .name(label.clone())
                .hover_template(format!("{label}<br>%{{x:.4f}}, {}<extra></extra>", format::percent_between(baseline.interval))),
        );
    }
    if let Some(chosen) = view.decision.chosen()
        && let Some(mean) = Score::of(&view.comparison).mean(&view.comparison, &chosen.runs)
    {
        sketch.mark_x(mean, &format!("the choice, {}", format::percent(mean)), 1.0);
    }
    Some(sketch.finish(style::layout(
        numbers("accuracy").tick_format(".0%"),
        names_from_top(taken.len()).range(vec![taken.len() as f64 - 0.5, -0.8]),
    )))
}
