//! Figures that set the configurations side by side: how well each does, and which differ
//! significantly.

use plotly::{
    Scatter,
    common::{ErrorData, ErrorType, HoverInfo, Marker, MarkerSymbol, Mode, Position},
};

use super::{
    Figure, Sketch,
    style::{self, GREY, colour, names_from_top, numbers},
};
use crate::view::{
    View, capitalised,
    comparison::split_name,
    configurations::{Configuration, Score},
    decision::Decision,
    format,
    pairs::Pair,
    scale,
};
use titer_core::metric::Better;

/// Configurations beyond which a figure with a line each is taller than any screen: the best of
/// them are drawn.
const MOST: usize = 40;

/// Scores with their intervals, and the differences from the choice; none where nothing was scored.
#[must_use]
pub fn comparison(view: &View) -> Vec<Figure> {
    let decision = &view.decision;
    let drawn = drawn(decision);
    if drawn.is_empty() {
        return Vec::new();
    }
    let mut figures = vec![scores(view, &drawn)];
    figures.extend(differences(decision, &drawn));
    figures
}

/// The configurations that are drawn, in the plan's order.
fn drawn(decision: &Decision) -> Vec<(usize, &Configuration, &Score)> {
    let scored = decision.configurations.iter().enumerate();
    let mut scored: Vec<_> = scored.filter_map(|(place, of)| Some((place, of, of.score.as_ref()?))).collect();
    if scored.len() > MOST {
        let metric = decision.pairs.metric;
        scored.sort_by(|(.., one), (.., other)| metric.order(other.mean, one.mean));
        scored.truncate(MOST);
        scored.sort_by_key(|(place, ..)| *place);
    }
    scored
}

fn chosen(decision: &Decision) -> Option<usize> {
    decision.choice.as_ref().filter(|_| decision.configurations.len() > 1).map(|choice| choice.configuration)
}

fn scores(view: &View, drawn: &[(usize, &Configuration, &Score)]) -> Figure {
    let View { comparison, decision, .. } = view;
    let split = split_name(comparison.split);
    let of = if decision.repeated() {
        "The mean over the seeds with its 95% interval; every seed is a dot"
    } else {
        "Each with its 95% interval"
    };
    let choice = if chosen(decision).is_some() { "; the choice has the largest mark" } else { "" };
    let best = if decision.configurations.len() > drawn.len() { format!("; the best {MOST} are drawn") } else { String::new() };
    let metric = comparison.metric;
    let title = format!("{} on the {split} set", capitalised(metric.label));
    let mut sketch = Sketch::new("scores", title, format!("{of}{choice}{best}."));
    let (lines, hover) = (drawn.len(), scale::hover(metric));
    sketch.height = height(lines);
    let configurations = drawn.iter().map(|(_, configuration, _)| configuration.label.as_str());
    let labels = style::unique(configurations);
    let one_run = |configuration: &Configuration| configuration.runs.len() == 1;
    for ((place, configuration, score), label) in drawn.iter().zip(&labels) {
        let tone = colour(*place);
        let marker = Marker::new().color(tone).size(if chosen(decision) == Some(*place) { 17 } else { 11 });
        let symbol = if one_run(configuration) { MarkerSymbol::Circle } else { MarkerSymbol::Diamond };
        let [low, high] = score.interval;
        let mean = Scatter::new(vec![score.mean], vec![label.clone()])
            .mode(Mode::MarkersText)
            .text(format!(" {}", scale::value(metric, score.mean)))
            .text_position(Position::TopCenter)
            .marker(marker.symbol(symbol))
            .error_x(interval(score.mean, [low, high], tone))
            .name(label.clone())
            .hover_template(format!("{label}<br>%{{x:{hover}}}, {}<extra></extra>", scale::interval(metric, score.interval)));
        if one_run(configuration) {
            sketch.of_run(configuration.runs[0], mean);
            continue;
        }
        sketch.trace(mean);
        for (run, seed) in configuration.runs.iter().zip(&configuration.seeds) {
            let Some(value) = comparison.runs[*run].scores.as_ref().and_then(|scores| scores.get(metric)) else { continue };
            sketch.of_run(
                *run,
                Scatter::new(vec![value], vec![label.clone()])
                    .mode(Mode::Markers)
                    .marker(Marker::new().color(colour(*place)).size(8).opacity(0.6))
                    .name(style::text(&comparison.runs[*run].label))
                    .hover_template(format!("{label}<br>seed {seed}: %{{x:{hover}}}<extra></extra>")),
            );
        }
    }
    sketch.finish(style::layout(
        numbers(metric.label).tick_format(scale::ticks(metric)),
        names_from_top(lines).range(vec![lines as f64 - 0.5, -0.8]),
    ))
}

/// The other configurations against the choice, each with the interval of the difference.
fn differences(decision: &Decision, drawn: &[(usize, &Configuration, &Score)]) -> Option<Figure> {
    let (choice, metric) = (chosen(decision)?, decision.pairs.metric);
    let others: Vec<(&Configuration, Pair)> = drawn
        .iter()
        .filter(|(place, ..)| *place != choice)
        .filter_map(|(place, configuration, _)| Some((*configuration, decision.pairs.of(choice, *place)?)))
        .collect();
    if others.is_empty() {
        return None;
    }
    let name = style::text(&decision.configurations[choice].label);
    let lower = if metric.better == Better::Lower { " Left of zero the choice is better." } else { "" };
    let caption = format!(
        "Score of the choice, {name}, minus that of each other configuration, with the 95% interval (not adjusted). A bar across zero: compatible with chance.{lower}",
    );
    let mut sketch = Sketch::new("differences", "The choice against the others", caption);
    sketch.height = height(others.len());
    let labels = style::unique(others.iter().map(|(configuration, _)| configuration.label.as_str()));
    for ((_, pair), label) in others.iter().zip(&labels) {
        let tone = if pair.is_significant() { style::COLOURS[1] } else { GREY };
        sketch.trace(
            Scatter::new(vec![scale::on_axis(metric, pair.difference)], vec![label.clone()])
                .mode(Mode::MarkersText)
                .text(scale::difference(metric, pair.difference))
                .text_position(Position::TopCenter)
                .marker(Marker::new().color(tone).size(11))
                .error_x(interval(
                    scale::on_axis(metric, pair.difference),
                    pair.interval.map(|end| scale::on_axis(metric, end)),
                    tone,
                ))
                .name(label.clone())
                .hover_template(format!(
                    "{label}<br>{}, {}<br>adjusted {}<extra></extra>",
                    scale::difference(metric, pair.difference),
                    scale::between(metric, pair.interval),
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
        numbers(&scale::difference_axis(metric)).tick_format("+~g"),
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
