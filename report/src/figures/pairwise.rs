//! The matrix of all pairs of configurations: by how much each is ahead of each, and which
//! differences are significant.

use plotly::{
    HeatMap,
    common::{ColorScale, ColorScaleElement, Font},
    layout::Annotation,
};

use super::{
    Figure, Sketch,
    style::{self, names_across, names_from_top},
};
use crate::view::{View, format, lines::Lines, scale};
use titer_core::metric::Unit;

/// Configurations for which a matrix says more than a list: of two there is one pair, of very many
/// no cell can be read.
const DRAWN: std::ops::RangeInclusive<usize> = 3..=20;
/// Configurations up to which every cell shows its number.
const NUMBERED: usize = 10;

/// Draws the matrix; nothing where not every pair was compared.
#[must_use]
pub fn pairwise(view: &View) -> Option<Figure> {
    let decision = &view.decision;
    let count = decision.configurations.len();
    if !DRAWN.contains(&count) || !decision.pairs.every || decision.pairs.pairs.is_empty() {
        return None;
    }
    let metric = decision.pairs.metric;
    let cell = |row: usize, column: usize| decision.pairs.of(row, column).filter(|_| row != column);
    let cells: Vec<Vec<f64>> = (0..count)
        .map(|row| {
            (0..count).map(|column| cell(row, column).map_or(f64::NAN, |pair| scale::on_axis(metric, pair.difference))).collect()
        })
        .collect();
    let unit = if metric.unit == Unit::Share { " points" } else { "" };
    let caption = format!(
        "The row's {} minus the column's{}: blue where the row's is higher, orange where it is lower. A star marks a \
         significant difference.",
        metric.label,
        if unit.is_empty() { "" } else { ", in points" },
    );
    let mut sketch = Sketch::new("pairwise", "Every pair of configurations", caption);
    sketch.height = (190 + 34 * count).clamp(300, 900);
    let labels = style::unique(Lines::new(view).names.iter().map(String::as_str));
    let widest = cells
        .iter()
        .flatten()
        .copied()
        .filter(|of| of.is_finite())
        .fold(scale::on_axis(metric, 0.001), |most: f64, of| most.max(of.abs()));
    let told = |row: usize, column: usize| {
        cell(row, column).map_or_else(String::new, |pair| {
            format!("{}, adjusted {}", scale::between(metric, pair.interval), format::p_is(pair.corrected)).replace('<', "&lt;")
        })
    };
    let shade = |place: f64, tone: &str, opacity: f64| ColorScaleElement(place, format!("rgba({tone},{opacity})"));
    let (blue, orange) = ("0,114,178", "213,94,0");
    sketch.trace(
        HeatMap::new(labels.clone(), labels.clone(), cells.clone())
            .zmin(-widest)
            .zmax(widest)
            .color_scale(ColorScale::Vector(vec![
                shade(0.0, orange, 0.75),
                shade(0.5 - 1e-6, orange, 0.02),
                shade(0.5, blue, 0.02),
                shade(1.0, blue, 0.75),
            ]))
            .show_scale(false)
            .x_gap(2)
            .y_gap(2)
            .hover_text_matrix((0..count).map(|row| (0..count).map(|column| told(row, column)).collect()).collect())
            .hover_template(format!("%{{y}} minus %{{x}}: %{{z:.3~f}}{unit} (%{{hovertext}})<extra></extra>")),
    );
    if count <= NUMBERED {
        for (row, values) in cells.iter().enumerate() {
            for (column, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let significant = cell(row, column).is_some_and(|pair| pair.is_significant());
                let number = format::signed(*value, if metric.unit == Unit::Share { 1 } else { 3 });
                sketch.annotations.push(
                    Annotation::new()
                        .x(column)
                        .y(row)
                        .text(if significant { format!("{number}*") } else { number })
                        .font(Font::new().size(12))
                        .background_color("rgba(0,0,0,0)")
                        .show_arrow(false),
                );
            }
        }
    }
    Some(sketch.finish(style::layout(names_across(&labels), names_from_top(count))))
}
