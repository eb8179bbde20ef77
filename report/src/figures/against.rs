//! Figures of a score against a key of the grid whose values are numbers.

use plotly::{
    Scatter,
    common::{Line, Marker, Mode},
    layout::{Axis, AxisType},
};

use super::{
    Figure, Sketch,
    style::{self, GREY, colour, numbers},
};
use crate::view::{View, capitalised, comparison::split_name, configurations, lines::Lines, scale};
use titer_core::metric::Metric;

/// Values from which a key is drawn: two are a difference, not a course.
const FEWEST: usize = 3;
/// How many times the least value the greatest is where the axis becomes logarithmic.
const WIDE: f64 = 8.0;

/// Draws the score over every numeric key of the grid: one dot per run, and the mean of each value.
#[must_use]
pub fn against(view: &View) -> Vec<Figure> {
    let keys = configurations::keys(&view.comparison.points);
    let several = keys.len() > 1;
    keys.iter().filter_map(|(key, name)| figure(view, key, name, several)).collect()
}

/// The runs that have one value of the key, with their scores.
struct At {
    value: f64,
    scores: Vec<(usize, f64)>,
}

fn figure(view: &View, key: &str, name: &str, several: bool) -> Option<Figure> {
    let comparison = &view.comparison;
    let metric = comparison.metric;
    let values = by_value(view, key, metric)?;
    if values.len() < FEWEST {
        return None;
    }
    let rest = if several { ", over all other settings" } else { "" };
    let caption = format!("One dot per run; the line joins the means{rest}. On the {} set.", split_name(comparison.split));
    let (plain, hover) = (style::text(name), scale::hover(metric));
    let id = format!("against-{}", key.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"));
    let mut sketch = Sketch::new(id, format!("{} against {plain}", capitalised(metric.label)), caption);
    let mean = |at: &At| at.scores.iter().map(|(_, score)| score).sum::<f64>() / at.scores.len() as f64;
    sketch.trace(
        Scatter::new(values.iter().map(|at| at.value).collect(), values.iter().map(mean).collect())
            .mode(Mode::LinesMarkers)
            .line(Line::new().color(GREY).width(2.0))
            .marker(Marker::new().color(GREY).size(9).symbol(plotly::common::MarkerSymbol::Diamond))
            .name("mean")
            .hover_template(format!("{plain} %{{x}}: mean %{{y:{hover}}}<extra></extra>")),
    );
    let lines = Lines::new(view);
    for (run, value, score) in values.iter().flat_map(|at| at.scores.iter().map(|(run, score)| (*run, at.value, *score))) {
        let label = style::text(&comparison.runs[run].label);
        sketch.of_run(
            run,
            Scatter::new(vec![value], vec![score])
                .mode(Mode::Markers)
                .marker(Marker::new().color(colour(lines.of[run])).size(8).opacity(0.75))
                .name(label.clone())
                .hover_template(format!("{label}: %{{y:{hover}}}<extra></extra>")),
        );
    }
    Some(sketch.finish(style::layout(axis(&plain, &values), numbers(metric.label).tick_format(scale::ticks(metric)))))
}

/// In rising order; `None` where a value is no number, or nothing was scored.
fn by_value(view: &View, key: &str, metric: Metric) -> Option<Vec<At>> {
    let mut found: Vec<At> = Vec::new();
    for configuration in &view.decision.configurations {
        let value = configuration.point.get(key)?.as_f64()?;
        let known = |run: &usize| Some((*run, view.comparison.runs[*run].scores.as_ref()?.get(metric)?));
        let scores: Vec<(usize, f64)> = configuration.runs.iter().filter_map(known).collect();
        match found.iter_mut().find(|at| at.value == value) {
            Some(at) => at.scores.extend(scores),
            None => found.push(At { value, scores }),
        }
    }
    found.retain(|at| !at.scores.is_empty());
    found.sort_by(|one, other| one.value.total_cmp(&other.value));
    Some(found)
}

/// Logarithmic where the values span orders of magnitude.
fn axis(name: &str, values: &[At]) -> Axis {
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return numbers(name) };
    let axis = numbers(name).tick_values(values.iter().map(|at| at.value).collect());
    let axis = axis.tick_text(values.iter().map(|at| crate::view::format::setting(at.value)).collect());
    if first.value > 0.0 && last.value / first.value >= WIDE { axis.type_(AxisType::Log) } else { axis }
}
