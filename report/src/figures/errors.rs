//! Figures of the errors: what is taken for what, errors by kind of protein, and how alike the runs
//! are.

use plotly::{
    HeatMap, Scatter,
    common::{ColorScale, ColorScaleElement, ErrorData, ErrorType, Font, Marker, Mode, Position},
    layout::{Annotation, Axis},
};

use super::{
    Figure, Sketch,
    style::{self, colour, names_across, names_from_top, numbers},
    test,
};
use crate::view::{
    errors::{Agreement, ErrorsView, Group},
    format,
};

/// Runs up to which the cells of the heat map bear their number.
const NUMBERED: usize = 12;
/// Where on the scale a cell is so dark that its number is white.
const DARK: f64 = 0.6;

/// The figures of the section on errors, in their order.
#[must_use]
pub fn errors(view: &ErrorsView) -> Vec<Figure> {
    let groups = &view.groups;
    let dots = "The choice's share of misclassified proteins, with Wilson's 95% interval for one run on as many proteins.";
    let mut figures = vec![test::of_choice(&view.confusion)];
    if !groups.lengths.is_empty() {
        let caption = format!("{dots} All bins have about the same number of test proteins.");
        figures.push(rates("errors-by-length", "Errors by length", caption, &groups.lengths, "residues"));
    }
    let kinds: Vec<Group> = groups.classes.iter().chain(&groups.truncated).cloned().collect();
    let title = if groups.truncated.is_empty() { "Errors by class" } else { "Errors by class and truncation" };
    figures.push(rates("errors-by-class", title, dots.to_owned(), &kinds, ""));
    figures
}

/// How alike every two runs are; nothing where there are two, or too many.
#[must_use]
pub fn agreement(view: &ErrorsView) -> Vec<Figure> {
    view.agreement.iter().filter(|agreement| !agreement.shares.is_empty()).map(alike).collect()
}

fn rates(id: &str, title: &str, caption: String, groups: &[Group], unit: &str) -> Figure {
    let mut sketch = Sketch::new(id, title, caption);
    let labels = style::unique(groups.iter().map(|group| group.name.as_str()));
    let wrong: Vec<f64> = groups.iter().map(|group| group.wrong).collect();
    let above = groups.iter().map(|group| group.interval[1] - group.wrong).collect();
    let below = groups.iter().map(|group| group.wrong - group.interval[0]).collect();
    let counts = groups.iter().map(|group| format::counted(group.proteins, "protein")).collect();
    let interval = ErrorData::new(ErrorType::Data).symmetric(false).array(above).array_minus(below);
    let across = names_across(&labels).range(vec![-0.5, groups.len() as f64 - 0.3]);
    sketch.trace(
        Scatter::new(labels, wrong.clone())
            .mode(Mode::MarkersText)
            .text_array(wrong.iter().map(|share| format!("  {}", format::percent(*share))).collect::<Vec<_>>())
            .text_position(Position::MiddleRight)
            .marker(Marker::new().color(colour(0)).size(11))
            .error_y(interval.color(colour(0)).thickness(2.0).width(6))
            .hover_text_array(counts)
            .hover_template("%{x}: %{y:.1%} of %{hovertext}<extra></extra>"),
    );
    let axis = |axis: Axis| if unit.is_empty() { axis } else { axis.title(plotly::common::Title::with_text(unit)) };
    let share = numbers("misclassified").tick_format(".0%").range_mode(plotly::layout::RangeMode::ToZero);
    sketch.finish(style::layout(axis(across), share))
}

fn alike(agreement: &Agreement) -> Figure {
    let runs = agreement.labels.len();
    let caption = "The share of test proteins for which two runs predict the same class, correct or not. The stronger the colour, the more alike.";
    let mut sketch = Sketch::new("agreement", "Same predictions", caption);
    sketch.height = (190 + 34 * runs).clamp(340, 900);
    let labels = style::unique(agreement.labels.iter().map(String::as_str));
    let lowest = agreement.shares.iter().flatten().copied().fold(1.0, f64::min);
    let kappa =
        |kappa: &Option<f64>| kappa.map_or_else(String::new, |kappa| format!(", Cohen's kappa {}", format::decimal(kappa, 2)));
    let fine = |place: f64, opacity: f64| ColorScaleElement(place, format!("rgba(0,114,178,{opacity})"));
    sketch.trace(
        HeatMap::new(labels.clone(), labels.clone(), agreement.shares.clone())
            .zmin(lowest)
            .zmax(1.0)
            .color_scale(ColorScale::Vector(vec![fine(0.0, 0.08), fine(1.0, 0.95)]))
            .show_scale(false)
            .x_gap(2)
            .y_gap(2)
            .hover_text_matrix(agreement.kappas.iter().map(|row| row.iter().map(kappa).collect()).collect())
            .hover_template("%{y} and %{x}: %{z:.1%}%{hovertext}<extra></extra>"),
    );
    if runs <= NUMBERED {
        for (row, shares) in agreement.shares.iter().enumerate() {
            for (column, share) in shares.iter().enumerate().filter(|(column, _)| *column != row) {
                let font = Font::new().size(11);
                let dark = (share - lowest) / (1.0 - lowest).max(f64::MIN_POSITIVE) > DARK;
                sketch.annotations.push(
                    Annotation::new()
                        .x(labels[column].clone())
                        .y(labels[row].clone())
                        .text(format::decimal(share * 100.0, 1))
                        .font(if dark { font.color("#ffffff") } else { font })
                        .background_color("rgba(0,0,0,0)")
                        .show_arrow(false),
                );
            }
        }
    }
    sketch.finish(style::layout(names_across(&labels), names_from_top(runs)))
}
