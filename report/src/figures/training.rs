//! Figures of the training: losses step for step, validation epoch for epoch.

use plotly::{
    Scatter,
    common::{Line, Marker, MarkerSymbol, Mode},
};

use super::{
    Figure, Over, Sketch,
    detail::Detail,
    lines_have_legend,
    style::{self, colour, dash, hover, numbers},
};
use crate::view::{
    View, capitalised,
    lines::Lines,
    run::RunView,
    scale,
    training::{TrainingView, ValidationPoint},
};
use titer_core::metric::{F1, LOSS, Metric, Unit};

/// Draws all runs overlaid: the training loss, the validation loss and the score that selects.
#[must_use]
pub fn all(view: &View) -> Vec<Figure> {
    let (runs, lines) = (&view.runs, Lines::new(view));
    if runs.len() < 2 {
        return Vec::new();
    }
    // Among very many lines stars would only be in the way.
    let starred = Detail::of(runs.len()) == Detail::Full && !lines.repeated;
    let selected = if starred { "; the selected epochs are starred" } else { "" };
    let (loss, score) = shown(view);
    let mut figures = vec![losses_of_all(runs, &lines, loss)];
    for (id, metric) in [("all-validation-loss", loss), ("all-validation-score", score)] {
        let axis = metric.label;
        let name = format!("Validation {axis}");
        let mut sketch = Sketch::new(id, name.clone(), format!("{name} after each epoch{selected}{}", lines.caption()));
        sketch.over = Some(Over::Epochs);
        for (index, run) in runs.iter().enumerate() {
            let points = &run.training.validation;
            Epochs { name: &run.label, points, series: lines.of[index], run: Some(index), starred }.add(&mut sketch, metric);
        }
        figures.push(sketch.finish(style::layout(epoch_axis(), numbers(axis)).show_legend(lines_have_legend(&lines))));
    }
    figures.retain(|figure| !figure.plot.data().is_empty());
    figures
}

/// The loss, and the score that is drawn beside it: the one that selects; where that is the loss,
/// the first that the runs show.
fn shown(view: &View) -> (Metric, Metric) {
    let task = view.comparison.kind.task();
    let first = view.runs.first().map_or(task.compares(), |run| run.training.scores[0]);
    match view.comparison.metric {
        metric if metric == task.loss() => (metric, first),
        metric => (task.loss(), metric),
    }
}

/// Draws one run's own figures.
#[must_use]
pub fn run(run: &RunView, detail: Detail) -> Vec<Figure> {
    let own = |name, series| Epochs { name, points: &run.training.validation, series, run: None, starred: true };
    let mut figures = vec![losses(run, detail), loss_by_epoch(run)];
    let [first, second] = run.training.scores;
    let name = |metric: Metric| if metric == F1 { "support-weighted F1" } else { metric.label };
    let caption = format!("{} and {} after each epoch; the selected epoch is starred.", capitalised(first.label), name(second));
    let mut scores = Sketch::new(format!("{}-validation-scores", run.anchor), "Validation scores", caption);
    own(first.label, 2).add(&mut scores, first);
    // Of another colour and dashed: the two often coincide.
    own(name(second), 3 + style::COLOURS.len()).add(&mut scores, second);
    figures.push(scores.finish(style::layout(epoch_axis(), numbers("score")).show_legend(true)));
    figures.retain(|figure| !figure.plot.data().is_empty());
    figures
}

/// The validation loss epoch by epoch; of a regression the training's beside it.
fn loss_by_epoch(run: &RunView) -> Figure {
    let TrainingView { loss, validation: points, .. } = &run.training;
    let beside = *loss != LOSS;
    let (title, caption) = if beside {
        let caption = format!(
            "Training {0}, the mean over the epoch's steps, and validation {0} after the epoch, in one unit; the selected epoch is starred.",
            loss.label
        );
        (format!("{} by epoch", loss.label), caption)
    } else {
        ("Validation loss".to_owned(), "Loss after each epoch; the selected epoch is starred.".to_owned())
    };
    let mut sketch = Sketch::new(format!("{}-validation-loss", run.anchor), title, caption);
    if beside {
        sketch.trace(
            Scatter::new(points.iter().map(|point| point.epoch).collect(), points.iter().map(|point| point.training).collect())
                .mode(Mode::LinesMarkers)
                .line(Line::new().color(colour(0)).dash(dash(style::COLOURS.len())).width(2.5))
                .marker(Marker::new().color(colour(0)).size(6))
                .name("training")
                .hover_template(hover("epoch %{x}: %{y:.4g}")),
        );
    }
    let name = if beside { "validation" } else { "validation loss" };
    Epochs { name, points, series: 1, run: None, starred: true }.add(&mut sketch, *loss);
    sketch.finish(style::layout(epoch_axis(), numbers(loss.label)).show_legend(beside))
}

fn losses_of_all(runs: &[RunView], lines: &Lines, loss: Metric) -> Figure {
    let name = format!("Training {}", loss.label);
    let of = match runs.first().map(|run| run.training.window) {
        Some(window) if window > 1 => format!("{name}, the mean of every {window} steps"),
        _ => format!("{name} at every step"),
    };
    let caption = format!("{of}{}", lines.caption());
    let mut sketch = Sketch::new("all-training-loss", name, caption);
    let hover = hover(&format!("step %{{x}}: %{{y:{}}}", scale::hover(loss)));
    sketch.over = Some(Over::Steps);
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.training.means.steps.is_empty()) {
        let means = &run.training.means;
        sketch.of_run(
            index,
            Scatter::new(means.steps.clone(), means.values.clone())
                .mode(line_through(&means.values))
                .line(Line::new().color(colour(lines.of[index])).dash(dash(lines.of[index])).width(2.5))
                .name(style::text(&run.label))
                .hover_template(hover.clone()),
        );
    }
    sketch.finish(style::layout(numbers("step"), numbers(loss.label)).show_legend(lines_have_legend(lines)))
}

fn losses(run: &RunView, detail: Detail) -> Figure {
    let TrainingView { losses, means, window, loss, .. } = &run.training;
    let (stride, loss) = (detail.stride(losses.steps.len()), loss.label);
    let every = if stride > 1 { format!("The {loss} of one step in {stride}") } else { format!("Every step's {loss}") };
    let caption = if *window > 1 { format!("{every}, and the mean of every {window} steps.") } else { format!("{every}.") };
    let mut sketch = Sketch::new(format!("{}-training-loss", run.anchor), format!("Training {loss}"), caption);
    if !losses.steps.is_empty() {
        let width = if *window > 1 { 1.0 } else { 2.5 };
        sketch.trace(
            Scatter::new(thin(&losses.steps, stride), thin(&losses.values, stride))
                .mode(line_through(&losses.values))
                .line(Line::new().color(colour(0)).width(width))
                .opacity(if *window > 1 { 0.4 } else { 1.0 })
                .name(if stride > 1 { "single steps" } else { "each step" }),
        );
    }
    if *window > 1 && !means.steps.is_empty() {
        sketch.trace(
            Scatter::new(means.steps.clone(), means.values.clone())
                .mode(Mode::LinesMarkers)
                .marker(Marker::new().color(colour(0)).size(5))
                .line(Line::new().color(colour(0)).width(2.5))
                .name(format!("mean of {window}")),
        );
    }
    sketch.finish(style::layout(numbers("step"), numbers(loss)).show_legend(*window > 1))
}

/// A line; with markers where a run diverged so soon that there is no line to see.
fn line_through(values: &[f64]) -> Mode {
    if values.iter().filter(|value| value.is_finite()).count() < 2 { Mode::LinesMarkers } else { Mode::Lines }
}

fn thin<T: Copy>(values: &[T], stride: usize) -> Vec<T> {
    values.iter().step_by(stride).copied().collect()
}

/// A line over the epochs, a star at the selected one.
struct Epochs<'a> {
    name: &'a str,
    points: &'a [ValidationPoint],
    series: usize,
    /// Whose it is among several.
    run: Option<usize>,
    starred: bool,
}

impl Epochs<'_> {
    fn add(&self, sketch: &mut Sketch, metric: Metric) {
        let Self { points, series, run, .. } = *self;
        let measure = |point: &ValidationPoint| point.metrics.number(metric);
        let value = if metric.unit == Unit::Label { "%{y:.4g}" } else { "%{y:.4f}" };
        if points.is_empty() {
            return;
        }
        let name = style::text(self.name);
        sketch.add(
            run,
            None,
            Scatter::new(points.iter().map(|point| point.epoch).collect(), points.iter().map(&measure).collect())
                .mode(Mode::LinesMarkers)
                .line(Line::new().color(colour(series)).dash(dash(series)).width(2.5))
                .marker(Marker::new().color(colour(series)).size(6))
                .legend_group(name.clone())
                .name(name.clone())
                .hover_template(hover(&format!("epoch %{{x}}: {value}"))),
        );
        for best in points.iter().filter(|point| self.starred && point.selected) {
            sketch.add(
                run,
                None,
                Scatter::new(vec![best.epoch], vec![measure(best)])
                    .mode(Mode::Markers)
                    .marker(Marker::new().color(colour(series)).size(15).symbol(MarkerSymbol::Star))
                    .legend_group(name.clone())
                    .show_legend(false)
                    .name(name.clone())
                    .hover_template(hover(&format!("selected: epoch %{{x}}, {value}"))),
            );
        }
    }
}

fn epoch_axis() -> plotly::layout::Axis {
    numbers("epoch").tick0(1.0).dtick(1.0)
}
