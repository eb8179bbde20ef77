//! Figures of grids of several keys: what each key does, how two of them act together, and every
//! configuration as a line.

use std::collections::BTreeMap;

use plotly::{
    HeatMap, Scatter,
    common::{ColorScale, ColorScaleElement, Line, Marker, Mode, Title},
    layout::Annotation,
};
use serde_json::Value;

use super::{
    Figure, Sketch,
    style::{self, GREY, colour, names, names_from_top, numbers},
};
use crate::view::{
    View, capitalised,
    configurations::Configuration,
    effects::{Effect, Level},
    format, scale,
};
use titer_core::{metric::Metric, text::cut};

/// Lines beyond which parallel coordinates are a carpet.
const MOST_LINES: usize = 250;
/// Cells up to which each shows its number.
const WITH_NUMBERS: usize = 48;

/// Nothing where the grid has fewer than two keys beside the seed.
#[must_use]
pub fn grid(view: &View) -> Vec<Figure> {
    let effects: Vec<&Effect> = view.decision.effects.iter().filter(|effect| effect.values.len() > 1).collect();
    let (metric, mut figures) = (view.comparison.metric, Vec::new());
    if effects.len() < 2 {
        return figures;
    }
    figures.push(main_effects(&effects, metric));
    for (index, (one, other)) in pairs(&effects).into_iter().enumerate() {
        figures.push(heat_map(metric, index, one, other, &view.decision.configurations));
    }
    figures.push(parallel(metric, &effects, &view.decision.configurations));
    figures
}

/// The first three pairs of keys: beyond that, the effects show enough.
fn pairs<'a>(effects: &[&'a Effect]) -> Vec<(&'a Effect, &'a Effect)> {
    let pairs = (0..effects.len()).flat_map(|one| (one + 1..effects.len()).map(move |other| (one, other)));
    pairs.take(3).map(|(one, other)| (effects[one], effects[other])).collect()
}

fn level(level: &Level) -> String {
    cut(&format::value(&level.value), 40)
}

/// The names of a key's values: `batch size 16`.
fn levels(effect: &Effect) -> Vec<String> {
    let names: Vec<String> = effect.values.iter().map(level).collect();
    style::unique(names.iter().map(String::as_str))
}

/// One line per key: its values from the lowest mean to the highest.
fn main_effects(effects: &[&Effect], metric: Metric) -> Figure {
    let caption =
        "The mean score of each value of a key, over all other settings: the longer the line, the more the key matters.";
    let mut sketch = Sketch::new("effects", "What each key does", caption);
    sketch.height = (130 + 64 * effects.len()).clamp(300, 900);
    let hover = scale::hover(metric);
    let rows = style::unique(effects.iter().map(|effect| effect.name.as_str()));
    for (series, (effect, row)) in effects.iter().zip(&rows).enumerate() {
        let known: Vec<(&Level, f64)> = effect.values.iter().filter_map(|of| Some((of, of.score?))).collect();
        let texts: Vec<String> = known.iter().map(|(of, _)| style::text(&level(of))).collect();
        sketch.trace(
            Scatter::new(known.iter().map(|(_, score)| *score).collect(), vec![row.clone(); known.len()])
                .mode(Mode::LinesMarkersText)
                .text_array(texts)
                .text_position(plotly::common::Position::TopCenter)
                .line(Line::new().color(colour(series)).width(3.0))
                .marker(Marker::new().color(colour(series)).size(11))
                .name(row.clone())
                .hover_template(format!("{row} %{{text}}: %{{x:{hover}}}<extra></extra>")),
        );
    }
    sketch.finish(style::layout(
        numbers(&format!("mean {}", metric.label)).tick_format(scale::ticks(metric)),
        names_from_top(rows.len()).range(vec![rows.len() as f64 - 0.5, -0.7]),
    ))
}

/// Two keys' values against each other, the rest averaged.
fn heat_map(metric: Metric, index: usize, one: &Effect, other: &Effect, configurations: &[Configuration]) -> Figure {
    let mean = |of_one: &Level, of_other: &Level| {
        let with = |of: &&Configuration| of.point[&one.key] == of_one.value && of.point[&other.key] == of_other.value;
        let found: Vec<f64> = configurations.iter().filter(with).filter_map(|of| Some(of.score.as_ref()?.mean)).collect();
        if found.is_empty() { f64::NAN } else { found.iter().sum::<f64>() / found.len() as f64 }
    };
    let cells: Vec<Vec<f64>> =
        other.values.iter().map(|of_other| one.values.iter().map(|of_one| mean(of_one, of_other)).collect()).collect();
    let title = format!("{} and {}", capitalised(&style::text(&one.name)), style::text(&other.name));
    let caption = format!(
        "Mean {} of the configurations with both values; the darker, the higher. An empty cell was not tried or not scored.",
        metric.label
    );
    let mut sketch = Sketch::new(format!("grid-{}", index + 1), title, caption);
    let (x, y) = (levels(one), levels(other));
    sketch.height = (150 + 46 * y.len()).clamp(300, 900);
    let finite = || cells.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let fine = |place: f64, opacity: f64| ColorScaleElement(place, format!("rgba(0,114,178,{opacity})"));
    sketch.trace(
        HeatMap::new(x.clone(), y.clone(), cells.clone())
            .zmin(low)
            .zmax(if high > low { high } else { low + 0.01 })
            .color_scale(ColorScale::Vector(vec![fine(0.0, 0.08), fine(1.0, 0.95)]))
            .show_scale(false)
            .x_gap(3)
            .y_gap(3)
            .hover_template(format!("%{{x}}, %{{y}}: %{{z:{}}}<extra></extra>", scale::hover(metric))),
    );
    if x.len() * y.len() <= WITH_NUMBERS {
        for (row, values) in cells.iter().enumerate() {
            for (column, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let dark = (value - low) / (high - low).max(f64::MIN_POSITIVE) > 0.8;
                let font = plotly::common::Font::new().size(13);
                sketch.annotations.push(
                    Annotation::new()
                        // By place: `0.001` as text would be taken for one.
                        .x(column)
                        .y(row)
                        .text(scale::value(metric, *value))
                        .font(if dark { font.color("#ffffff") } else { font })
                        .background_color("rgba(0,0,0,0)")
                        .show_arrow(false),
                );
            }
        }
    }
    sketch.finish(style::layout(
        names().title(Title::with_text(style::text(&one.name))),
        names_from_top(y.len()).title(Title::with_text(style::text(&other.name))),
    ))
}

/// Every configuration as a line over the keys, ending at its score.
fn parallel(metric: Metric, effects: &[&Effect], configurations: &[Configuration]) -> Figure {
    let scored: Vec<(&Configuration, f64)> = configurations.iter().filter_map(|of| Some((of, of.score.as_ref()?.mean))).collect();
    let (low, high) =
        scored.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, mean)| (low.min(*mean), high.max(*mean)));
    let place = |mean: f64| if high > low { (mean - low) / (high - low) } else { 0.5 };
    let caption =
        format!("One line per configuration, through its value of each key to its {}; the darker, the higher.", metric.label);
    let mut sketch = Sketch::new("parallel", "Every configuration", caption);
    sketch.height = 420;
    let mut axes = style::unique(effects.iter().map(|effect| effect.name.as_str()));
    axes.push(metric.label.to_owned());
    let heights: Vec<BTreeMap<String, f64>> = effects.iter().map(|effect| heights(effect)).collect();
    for (configuration, mean) in scored.iter().take(MOST_LINES) {
        let mut y: Vec<f64> =
            effects.iter().zip(&heights).map(|(effect, heights)| heights[&written(&configuration.point[&effect.key])]).collect();
        y.push(place(*mean));
        let label = style::text(&configuration.label);
        sketch.trace(
            Scatter::new(axes.clone(), y)
                .mode(Mode::LinesMarkers)
                .line(Line::new().color(format!("rgba(0,114,178,{:.2})", 0.15 + 0.8 * place(*mean))).width(2.0))
                .marker(Marker::new().size(5))
                .name(label.clone())
                .hover_template(format!("{label}<br>{} {}<extra></extra>", metric.label, scale::value(metric, *mean))),
        );
    }
    for ((axis, effect), heights) in axes.iter().zip(effects).zip(&heights) {
        for of in &effect.values {
            sketch.annotations.push(beside(axis, heights[&written(&of.value)], &style::text(&level(of))));
        }
    }
    let ends = if high > low { vec![low, high] } else { vec![low] };
    for end in ends {
        sketch.annotations.push(beside(&axes[effects.len()], place(end), &scale::value(metric, end)));
    }
    let nothing = numbers("").range(vec![-0.06, 1.06]).show_tick_labels(false).show_grid(false);
    sketch.finish(style::layout(names().show_grid(true).grid_color(GREY), nothing))
}

/// Where a key's values stand on its axis: evenly, the first at the bottom.
fn heights(effect: &Effect) -> BTreeMap<String, f64> {
    let last = effect.values.len().saturating_sub(1).max(1) as f64;
    effect.values.iter().enumerate().map(|(place, of)| (written(&of.value), place as f64 / last)).collect()
}

fn written(value: &Value) -> String {
    value.to_string()
}

fn beside(axis: &str, height: f64, text: &str) -> Annotation {
    Annotation::new().x(axis).y(height).text(text).show_arrow(false).x_anchor(plotly::common::Anchor::Left).x_shift(6.0)
}
