//! Figures of the training: losses step for step, validation epoch for epoch.

use plotly::{
    Scatter,
    common::{Line, Marker, MarkerSymbol, Mode},
};

use super::{
    Figure, Over, Sketch, has_legend,
    style::{self, colour, dash, hover, numbers},
};
use crate::report::view::{
    run::RunView,
    training::{TrainingView, ValidationPoint},
};

/// Reads one number of an epoch.
type Measure = fn(&ValidationPoint) -> f64;

const LOSS: (&str, &str, &str, Measure) = ("validation-loss", "Validation loss", "loss", |point| point.loss);
const ACCURACY: (&str, &str, &str, Measure) = ("validation-accuracy", "Validation accuracy", "accuracy", |point| point.accuracy);
const F1: (&str, &str, &str, Measure) = ("validation-f1", "Validation F1", "F1", |point| point.f1);

/// All runs overlaid.
#[must_use]
pub fn all(runs: &[RunView]) -> Vec<Figure> {
    let mut figures = vec![losses_of_all(runs)];
    figures.extend([LOSS, ACCURACY, F1].map(|(id, name, axis, measure)| {
        let mut sketch = Sketch::new(format!("all-{id}"), name, format!("{name} after each epoch; the kept epochs are starred."));
        sketch.over = Some(Over::Epochs);
        for (index, run) in runs.iter().enumerate() {
            epochs(&mut sketch, Some(index), &run.training.validation, (&run.label, index), measure);
        }
        sketch.finish(style::layout(epoch_axis(), numbers(axis)).show_legend(has_legend(runs.len())))
    }));
    figures.retain(|figure| !figure.plot.data().is_empty());
    figures
}

/// One run's own figures.
#[must_use]
pub fn run(run: &RunView) -> Vec<Figure> {
    let training = &run.training;
    let mut figures = vec![losses(run)];
    let mut loss = Sketch::new(
        format!("{}-validation-loss", run.anchor),
        "Validation loss",
        "Loss after each epoch; the kept epoch is starred.",
    );
    epochs(&mut loss, None, &training.validation, ("validation loss", 1), LOSS.3);
    figures.push(loss.finish(style::layout(epoch_axis(), numbers("loss"))));
    let caption = "Accuracy and support-weighted F1 after each epoch; the kept epoch is starred.";
    let mut scores = Sketch::new(format!("{}-validation-scores", run.anchor), "Validation accuracy and F1", caption);
    epochs(&mut scores, None, &training.validation, ("accuracy", 2), ACCURACY.3);
    // Of another colour and dashed: the two often coincide.
    epochs(&mut scores, None, &training.validation, ("F1", 3 + style::COLOURS.len()), F1.3);
    figures.push(scores.finish(style::layout(epoch_axis(), numbers("score")).show_legend(true)));
    figures.retain(|figure| !figure.plot.data().is_empty());
    figures
}

fn losses_of_all(runs: &[RunView]) -> Figure {
    let caption = match runs.first().map(|run| run.training.window) {
        Some(window) if window > 1 => format!("Training loss, the mean of every {window} steps."),
        _ => "Training loss, step for step.".to_owned(),
    };
    let mut sketch = Sketch::new("all-training-loss", "Training loss", caption);
    sketch.over = Some(Over::Steps);
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.training.means.steps.is_empty()) {
        let means = &run.training.means;
        sketch.of_run(
            index,
            Scatter::new(means.steps.clone(), means.values.clone())
                .mode(Mode::Lines)
                .line(Line::new().color(colour(index)).dash(dash(index)).width(2.5))
                .name(style::text(&run.label))
                .hover_template(hover("step %{x}: %{y:.4f}")),
        );
    }
    sketch.finish(style::layout(numbers("step"), numbers("loss")).show_legend(has_legend(runs.len())))
}

fn losses(run: &RunView) -> Figure {
    let TrainingView { losses, means, window, .. } = &run.training;
    let caption = if *window > 1 {
        format!("Every step's loss, and the mean of every {window} steps.")
    } else {
        "Every step's loss.".to_owned()
    };
    let mut sketch = Sketch::new(format!("{}-training-loss", run.anchor), "Training loss", caption);
    if !losses.steps.is_empty() {
        let width = if *window > 1 { 1.0 } else { 2.5 };
        sketch.trace(
            Scatter::new(losses.steps.clone(), losses.values.clone())
                .mode(Mode::Lines)
                .line(Line::new().color(colour(0)).width(width))
                .opacity(if *window > 1 { 0.4 } else { 1.0 })
                .name("each step"),
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

/// A line over the epochs, a star at the kept one. `run`: whose it is among several.
fn epochs(sketch: &mut Sketch, run: Option<usize>, points: &[ValidationPoint], (name, series): (&str, usize), measure: Measure) {
    if points.is_empty() {
        return;
    }
    let name = style::text(name);
    sketch.add(
        run,
        Scatter::new(points.iter().map(|point| point.epoch).collect(), points.iter().map(measure).collect())
            .mode(Mode::LinesMarkers)
            .line(Line::new().color(colour(series)).dash(dash(series)).width(2.5))
            .marker(Marker::new().color(colour(series)).size(6))
            .legend_group(name.clone())
            .name(name.clone())
            .hover_template(hover("epoch %{x}: %{y:.4f}")),
    );
    for kept in points.iter().filter(|point| point.kept) {
        sketch.add(
            run,
            Scatter::new(vec![kept.epoch], vec![measure(kept)])
                .mode(Mode::Markers)
                .marker(Marker::new().color(colour(series)).size(15).symbol(MarkerSymbol::Star))
                .legend_group(name.clone())
                .show_legend(false)
                .name(name.clone())
                .hover_template(hover("kept: epoch %{x}, %{y:.4f}")),
        );
    }
}

fn epoch_axis() -> plotly::layout::Axis {
    numbers("epoch").tick0(1.0).dtick(1.0)
}
