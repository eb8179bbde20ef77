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
    View,
    lines::Lines,
    run::RunView,
    training::{TrainingView, ValidationPoint},
};
use titer_core::metric::{ACCURACY, F1, LOSS};

/// Reads one number of an epoch.
type Measure = fn(&ValidationPoint) -> f64;

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
    let (score, measure) = score(view);
    let mut figures = vec![losses_of_all(runs, &lines)];
    for (id, axis, measure) in
        [("all-validation-loss", "loss", (|point| point.loss) as Measure), ("all-validation-score", score, measure)]
    {
        let name = format!("Validation {axis}");
        let mut sketch = Sketch::new(id, name.clone(), format!("{name} after each epoch{selected}{}", lines.caption()));
        sketch.over = Some(Over::Epochs);
        for (index, run) in runs.iter().enumerate() {
            let points = &run.training.validation;
            Epochs { name: &run.label, points, series: lines.of[index], run: Some(index), starred }.add(&mut sketch, measure);
        }
        figures.push(sketch.finish(style::layout(epoch_axis(), numbers(axis)).show_legend(lines_have_legend(&lines))));
    }
    figures.retain(|figure| !figure.plot.data().is_empty());
    figures
}

/// The score that is drawn beside the loss: the one that selects; where that is the loss, the
/// accuracy.
fn score(view: &View) -> (&'static str, Measure) {
    match view.comparison.metric {
        metric if metric == LOSS || metric == ACCURACY => (ACCURACY.label, |point| point.accuracy),
        metric => (metric.label, |point| point.selected_by),
    }
}

/// Draws one run's own figures.
#[must_use]
pub fn run(run: &RunView, detail: Detail) -> Vec<Figure> {
    let own = |name, series| Epochs { name, points: &run.training.validation, series, run: None, starred: true };
    let mut figures = vec![losses(run, detail)];
    let mut loss = Sketch::new(
        format!("{}-validation-loss", run.anchor),
        "Validation loss",
        "Loss after each epoch; the selected epoch is starred.",
    );
    own("validation loss", 1).add(&mut loss, |point| point.loss);
    figures.push(loss.finish(style::layout(epoch_axis(), numbers("loss"))));
    // Beside the accuracy what selects; where that is the accuracy or the loss, F1.
    let (second, measure): (&str, Measure) = match run.training.selection {
        metric if [LOSS, ACCURACY, F1].contains(&metric) => ("support-weighted F1", |point| point.f1),
        metric => (metric.label, |point| point.selected_by),
    };
    let caption = format!("Accuracy and {second} after each epoch; the selected epoch is starred.");
    let mut scores = Sketch::new(format!("{}-validation-scores", run.anchor), "Validation scores", caption);
    own("accuracy", 2).add(&mut scores, |point| point.accuracy);
    // Of another colour and dashed: the two often coincide.
    own(second, 3 + style::COLOURS.len()).add(&mut scores, measure);
    figures.push(scores.finish(style::layout(epoch_axis(), numbers("score")).show_legend(true)));
    figures.retain(|figure| !figure.plot.data().is_empty());
    figures
}

fn losses_of_all(runs: &[RunView], lines: &Lines) -> Figure {
    let of = match runs.first().map(|run| run.training.window) {
        Some(window) if window > 1 => format!("Training loss, the mean of every {window} steps"),
        _ => "Training loss at every step".to_owned(),
    };
    let caption = format!("{of}{}", lines.caption());
    let mut sketch = Sketch::new("all-training-loss", "Training loss", caption);
    sketch.over = Some(Over::Steps);
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.training.means.steps.is_empty()) {
        let means = &run.training.means;
        sketch.of_run(
            index,
            Scatter::new(means.steps.clone(), means.values.clone())
                .mode(line_through(&means.values))
                .line(Line::new().color(colour(lines.of[index])).dash(dash(lines.of[index])).width(2.5))
                .name(style::text(&run.label))
                .hover_template(hover("step %{x}: %{y:.4f}")),
        );
    }
    sketch.finish(style::layout(numbers("step"), numbers("loss")).show_legend(lines_have_legend(lines)))
}

fn losses(run: &RunView, detail: Detail) -> Figure {
    let TrainingView { losses, means, window, .. } = &run.training;
    let stride = detail.stride(losses.steps.len());
    let every = if stride > 1 { format!("The loss of one step in {stride}") } else { "Every step's loss".to_owned() };
    let caption = if *window > 1 { format!("{every}, and the mean of every {window} steps.") } else { format!("{every}.") };
    let mut sketch = Sketch::new(format!("{}-training-loss", run.anchor), "Training loss", caption);
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
    sketch.finish(style::layout(numbers("step"), numbers("loss")).show_legend(*window > 1))
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
    fn add(&self, sketch: &mut Sketch, measure: Measure) {
        let Self { points, series, run, .. } = *self;
        if points.is_empty() {
            return;
        }
        let name = style::text(self.name);
        sketch.add(
            run,
            None,
            Scatter::new(points.iter().map(|point| point.epoch).collect(), points.iter().map(measure).collect())
                .mode(Mode::LinesMarkers)
                .line(Line::new().color(colour(series)).dash(dash(series)).width(2.5))
                .marker(Marker::new().color(colour(series)).size(6))
                .legend_group(name.clone())
                .name(name.clone())
                .hover_template(hover("epoch %{x}: %{y:.4f}")),
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
                    .hover_template(hover("selected: epoch %{x}, %{y:.4f}")),
            );
        }
    }
}

fn epoch_axis() -> plotly::layout::Axis {
    numbers("epoch").tick0(1.0).dtick(1.0)
}
