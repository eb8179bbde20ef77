//! Figures of a regression's predictions: against what was observed, and how far off they are.

use plotly::{
    Scatter,
    common::{DashType, ErrorData, ErrorType, HoverInfo, Line, Marker, Mode, Position, Title},
    layout::Axis,
};

use super::{
    Figure, Sketch,
    style::{self, GREY, colour, names_across, numbers},
};
use crate::view::{
    format,
    run::RunView,
    values::{Group, Points, ValuesView},
};

/// Points beyond which each is small and pale.
const CROWD: usize = 300;
/// Room beside the outermost points, as a share of their span.
const ROOM: f64 = 0.04;
/// Pixels of a figure that is about as high as it is wide.
const SQUARE: usize = 460;

/// Predicted against observed, and the errors against the predictions.
#[must_use]
pub fn points(view: &ValuesView) -> Vec<Figure> {
    vec![against("predicted", &view.points, SQUARE), residuals(&view.points)]
}

/// How far off the predictions are, by kind of protein.
#[must_use]
pub fn groups(view: &ValuesView) -> Vec<Figure> {
    let groups = &view.groups;
    let by = |id: &str, title: &str, groups: &[Group], unit: &str| (!groups.is_empty()).then(|| errors(id, title, groups, unit));
    let what = if groups.unit == "residues" { "Errors by length" } else { "Errors by differences from the wild type" };
    let by_value = by("errors-by-value", "Errors by observed value", &groups.values, "observed");
    by_value.into_iter().chain(by("errors-by-length", what, &groups.places, groups.unit)).collect()
}

/// One run's own figure.
#[must_use]
pub fn run(run: &RunView) -> Option<Figure> {
    let values = run.values.as_ref()?;
    Some(against(&format!("{}-predicted", run.anchor), &values.points, 340))
}

/// What the points are, and how many of all.
fn of(points: &Points) -> String {
    let shown = match points.of {
        Some(all) => {
            format!(
                "{} of {}, over the whole range",
                format::count(points.ids.len() as u64),
                format::counted(all, "test protein")
            )
        }
        None => format::counted(points.ids.len() as u64, "test protein"),
    };
    let mean = if points.seeds > 1 { format!("; predictions are means over {} seeds", points.seeds) } else { String::new() };
    format!("{shown}{mean}")
}

fn against(id: &str, points: &Points, height: usize) -> Figure {
    let caption = format!("{}. On the dashed line a prediction equals what was observed.", of(points));
    let mut sketch = Sketch::new(id, "Predicted against observed", caption);
    sketch.height = height;
    let ends = ends(points.observed.iter().chain(&points.predicted));
    line(&mut sketch, ends, ends);
    dots(&mut sketch, points, &points.observed, &points.predicted, "observed %{x:.4g}, predicted %{y:.4g}");
    let axis = |name: &str| numbers(name).range(ends.to_vec());
    sketch.finish(style::layout(axis("observed"), axis("predicted")))
}

fn residuals(points: &Points) -> Figure {
    let caption = format!("{}. The error is what is predicted less what was observed.", of(points));
    let mut sketch = Sketch::new("residuals", "Errors against predictions", caption);
    sketch.height = SQUARE;
    let errors: Vec<f64> =
        points.predicted.iter().zip(&points.observed).map(|(predicted, observed)| predicted - observed).collect();
    let across = ends(points.predicted.iter());
    line(&mut sketch, across, [0.0, 0.0]);
    dots(&mut sketch, points, &points.predicted, &errors, "predicted %{x:.4g}, error %{y:.4g}");
    sketch.finish(style::layout(numbers("predicted").range(across.to_vec()), numbers("error")))
}

/// From the least to the greatest, with some room.
fn ends<'a>(values: impl Iterator<Item = &'a f64> + Clone) -> [f64; 2] {
    let [low, high] = [values.clone().copied().fold(f64::INFINITY, f64::min), values.copied().fold(f64::NEG_INFINITY, f64::max)];
    let room = if high > low { ROOM * (high - low) } else { 0.5 };
    [low - room, high + room]
}

fn line(sketch: &mut Sketch, x: [f64; 2], y: [f64; 2]) {
    sketch.trace(
        Scatter::new(x.to_vec(), y.to_vec())
            .mode(Mode::Lines)
            .line(Line::new().color(GREY).dash(DashType::Dash).width(1.5))
            .name("equal")
            .show_legend(false)
            .hover_info(HoverInfo::Skip),
    );
}

fn dots(sketch: &mut Sketch, points: &Points, x: &[f64], y: &[f64], hover: &str) {
    let crowd = points.ids.len() > CROWD;
    sketch.trace(
        Scatter::new(x.to_vec(), y.to_vec())
            .mode(Mode::Markers)
            .marker(Marker::new().color(colour(0)).size(if crowd { 5 } else { 7 }).opacity(if crowd { 0.5 } else { 0.85 }))
            .name("proteins")
            .hover_text_array(points.ids.iter().map(|id| style::text(id)).collect::<Vec<_>>())
            .hover_template(format!("%{{hovertext}}<br>{hover}<extra></extra>")),
    );
}

fn errors(id: &str, title: &str, groups: &[Group], unit: &str) -> Figure {
    let caption = "The median absolute error of each group; bars reach from the first to the third quartile.";
    let mut sketch = Sketch::new(id, title, caption);
    let labels = style::unique(groups.iter().map(|group| group.name.as_str()));
    let median: Vec<f64> = groups.iter().map(|group| group.quartiles[1]).collect();
    let above = groups.iter().map(|group| group.quartiles[2] - group.quartiles[1]).collect();
    let below = groups.iter().map(|group| group.quartiles[1] - group.quartiles[0]).collect();
    let counts: Vec<String> = groups.iter().map(|group| format::counted(group.proteins, "protein")).collect();
    let quartiles = ErrorData::new(ErrorType::Data).symmetric(false).array(above).array_minus(below);
    let across = names_across(&labels).range(vec![-0.5, groups.len() as f64 - 0.3]);
    sketch.trace(
        Scatter::new(labels, median.clone())
            .mode(Mode::MarkersText)
            .text_array(median.iter().map(|value| format!("  {}", format::significant(*value, 2))).collect::<Vec<_>>())
            .text_position(Position::MiddleRight)
            .marker(Marker::new().color(colour(0)).size(11))
            .error_y(quartiles.color(colour(0)).thickness(2.0).width(6))
            .hover_text_array(counts)
            .hover_template("%{x}: %{y:.4g}, %{hovertext}<extra></extra>"),
    );
    let axis = |axis: Axis| axis.title(Title::with_text(unit));
    sketch.finish(style::layout(axis(across), numbers("absolute error").range_mode(plotly::layout::RangeMode::ToZero)))
}
