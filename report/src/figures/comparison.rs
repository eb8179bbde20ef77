//! Figures that set the configurations side by side: how well each does, and which differences are more than chance.

use plotly::{
    Scatter,
    common::{ErrorData, ErrorType, HoverInfo, Marker, MarkerSymbol, Mode, Position},
};

use super::{
    Figure, Sketch,
    style::{self, GREY, colour, names_from_top, numbers},
};
use crate::view::{
    View,
    comparison::split_name,
    configurations::{Accuracy, Configuration},
    decision::Decision,
    format,
    pairs::Pair,
};
use titer_core::data::Split;
use titer_core::metric::ACCURACY;

/// Configurations beyond which a figure with a line each is taller than any screen: the best of them are drawn.
const MOST: usize = 40;

/// Accuracies with their intervals, and the differences from the choice; none where nothing was scored.
#[must_use]
pub fn comparison(view: &View) -> Vec<Figure> {
    let decision = &view.decision;
    let drawn = drawn(decision);
    if drawn.is_empty() {
        return Vec::new();
    }
    let mut figures = vec![accuracies(view, &drawn)];
    figures.extend(differences(decision, &drawn));
    figures
}

/// The configurations that are drawn, in the plan's order.
fn drawn(decision: &Decision) -> Vec<(usize, &Configuration, &Accuracy)> {
    let scored = decision.configurations.iter().enumerate();
    let mut scored: Vec<_> = scored.filter_map(|(place, of)| Some((place, of, of.accuracy.as_ref()?))).collect();
    if scored.len() > MOST {
        scored.sort_by(|(.., one), (.., other)| other.mean.total_cmp(&one.mean));
        scored.truncate(MOST);
        scored.sort_by_key(|(place, ..)| *place);
    }
    scored
}

fn chosen(decision: &Decision) -> Option<usize> {
    decision.choice.as_ref().filter(|_| decision.configurations.len() > 1).map(|choice| choice.configuration)
}

fn accuracies(view: &View, drawn: &[(usize, &Configuration, &Accuracy)]) -> Figure {
    let View { comparison, decision, .. } = view;
    let baselines = view.baselines.as_ref().filter(|_| comparison.split == Split::Test).map_or(&[][..], |of| &of.taken);
    let split = split_name(comparison.split);
    let of = if decision.repeated() {
        "The mean over the seeds with its 95% interval; every seed is a dot"
    } else {
        "Each with its 95% interval (Wilson)"
    };
    let beside = if baselines.is_empty() { "" } else { "; the baselines are open squares" };
    let choice = if chosen(decision).is_some() { "; the choice has the largest mark" } else { "" };
    let best = if decision.configurations.len() > drawn.len() { format!("; the best {MOST} are drawn") } else { String::new() };
    let mut sketch = Sketch::new("accuracies", format!("Accuracy on the {split} set"), format!("{of}{choice}{best}{beside}."));
    let lines = drawn.len() + baselines.len();
    sketch.height = height(lines);
    let configurations = drawn.iter().map(|(_, configuration, _)| configuration.label.as_str());
    let labels = style::unique(configurations.chain(baselines.iter().map(|baseline| baseline.name.as_str())));
    let one_run = |configuration: &Configuration| configuration.runs.len() == 1;
    for ((place, configuration, accuracy), label) in drawn.iter().zip(&labels) {
        let tone = if one_run(configuration) { colour(configuration.runs[0]) } else { GREY };
        let marker = Marker::new().color(tone).size(if chosen(decision) == Some(*place) { 17 } else { 11 });
        let symbol = if one_run(configuration) { MarkerSymbol::Circle } else { MarkerSymbol::Diamond };
        let [low, high] = accuracy.interval;
        let mean = Scatter::new(vec![accuracy.mean], vec![label.clone()])
            .mode(Mode::MarkersText)
            .text(format!(" {}", format::percent(accuracy.mean)))
            .text_position(Position::TopCenter)
            .marker(marker.symbol(symbol))
            .error_x(interval(accuracy.mean, [low, high], tone))
            .name(label.clone())
            .hover_template(format!("{label}<br>%{{x:.4f}}, {}<extra></extra>", format::percent_between(accuracy.interval)));
        if one_run(configuration) {
            sketch.of_run(configuration.runs[0], mean);
            continue;
        }
        sketch.trace(mean);
        for (run, seed) in configuration.runs.iter().zip(&configuration.seeds) {
            let Some(scores) = &comparison.runs[*run].scores else { continue };
            sketch.of_run(
                *run,
                Scatter::new(vec![scores.number(ACCURACY)], vec![label.clone()])
                    .mode(Mode::Markers)
                    .marker(Marker::new().color(colour(*run)).size(8).opacity(0.85))
                    .name(style::text(&comparison.runs[*run].label))
                    .hover_template(format!("{label}<br>seed {seed}: %{{x:.4f}}<extra></extra>")),
            );
        }
    }
    for (baseline, label) in baselines.iter().zip(&labels[drawn.len()..]) {
        sketch.trace(
            Scatter::new(vec![baseline.accuracy], vec![label.clone()])
                .mode(Mode::MarkersText)
                .text(format!(" {}", format::percent(baseline.accuracy)))
                .text_position(Position::TopCenter)
                .marker(Marker::new().color(GREY).size(10).symbol(MarkerSymbol::SquareOpen))
                .error_x(interval(baseline.accuracy, baseline.interval, GREY))
                .name(label.clone())
                .hover_template(format!("{label}<br>%{{x:.4f}}, {}<extra></extra>", format::percent_between(baseline.interval))),
        );
    }
    sketch.finish(style::layout(
        numbers("accuracy").tick_format(".0%"),
        names_from_top(lines).range(vec![lines as f64 - 0.5, -0.8]),
    ))
}

/// The other configurations against the choice, each with the interval of the difference.
fn differences(decision: &Decision, drawn: &[(usize, &Configuration, &Accuracy)]) -> Option<Figure> {
    let choice = chosen(decision)?;
    let others: Vec<(&Configuration, Pair)> = drawn
        .iter()
        .filter(|(place, ..)| *place != choice)
        .filter_map(|(place, configuration, _)| Some((*configuration, decision.pairs.of(choice, *place)?)))
        .collect();
    if others.is_empty() {
        return None;
    }
    let name = style::text(&decision.configurations[choice].label);
    let caption = format!(
        "Accuracy of the choice, {name}, less that of each other, with the 95% interval: a bar across the line of zero is a difference compatible with chance.",
    );
    let mut sketch = Sketch::new("differences", "The choice against each other", caption);
    sketch.height = height(others.len());
    let labels = style::unique(others.iter().map(|(configuration, _)| configuration.label.as_str()));
    for ((_, pair), label) in others.iter().zip(&labels) {
        let tone = if pair.told() { style::COLOURS[1] } else { GREY };
        sketch.trace(
            Scatter::new(vec![100.0 * pair.difference], vec![label.clone()])
                .mode(Mode::MarkersText)
                .text(format::points(pair.difference))
                .text_position(Position::TopCenter)
                .marker(Marker::new().color(tone).size(11))
                .error_x(interval(100.0 * pair.difference, pair.interval.map(|end| 100.0 * end), tone))
                .name(label.clone())
                .hover_template(format!(
                    "{label}<br>{}, {}<br>adjusted {}<extra></extra>",
                    format::points(pair.difference),
                    format::points_between(pair.interval),
                    format::p_is(pair.corrected).replace('<', "&lt;"),
                )),
        );
    }
    // Keeps zero in sight, also where every interval lies on one side of it.
    sketch.trace(
        Scatter::new(vec![0.0], vec![labels[0].clone()])
            .mode(Mode::Markers)
            .marker(Marker::new().color(GREY).size(1).opacity(0.0))
            .name("no difference")
            .hover_info(HoverInfo::Skip),
    );
    sketch.mark_x(0.0, "no difference", 1.0);
    Some(sketch.finish(style::layout(
        numbers("difference in accuracy, points").tick_format("+~g"),
        names_from_top(others.len()).range(vec![others.len() as f64 - 0.5, -0.8]),
    )))
}

fn interval(value: f64, [low, high]: [f64; 2], tone: &'static str) -> ErrorData {
    ErrorData::new(ErrorType::Data)
        .symmetric(false)
        .array(vec![(high - value).max(0.0)])
        .array_minus(vec![(value - low).max(0.0)])
        .color(tone)
        .thickness(2.0)
        .width(6)
}

/// Both figures stand beside each other.
fn height(lines: usize) -> usize {
    (130 + 34 * lines).clamp(300, 1500)
}
