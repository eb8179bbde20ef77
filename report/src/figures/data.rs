//! Figures of the data and of the tokens.

use plotly::{
    Bar, BoxPlot, Scatter,
    common::{DashType, Line, Marker, Mode, TextPosition},
    layout::BarMode,
};

use super::{
    Figure, Sketch,
    style::{self, GREY, colour, names, numbers, shares},
};
use crate::view::{
    data::{DataView, Histogram},
    format,
    tokens::TokensView,
};

/// The figures of the section on data, in their order.
#[must_use]
pub fn data(view: &DataView) -> Vec<Figure> {
    vec![balance(view), lengths(view), by_class(view), boxes(view), cumulative(view)]
}

fn balance(view: &DataView) -> Figure {
    let classes = style::unique(view.class_sizes.iter().map(|(name, _)| name.as_str()));
    let sizes: Vec<u64> = view.class_sizes.iter().map(|(_, size)| *size).collect();
    let all: u64 = sizes.iter().sum();
    let texts = sizes.iter().map(|&size| format!("{} ({})", format::count(size), format::share(size, all))).collect();
    let colours: Vec<&str> = (0..sizes.len()).map(colour).collect();
    let bars = Bar::new(classes, sizes)
        .text_array(texts)
        .text_position(TextPosition::Auto)
        .marker(Marker::new().color_array(colours))
        .hover_template("%{x}: %{y:,}<extra></extra>");
    let mut sketch = Sketch::new("class-balance", "Class balance", "Proteins of each class after cleaning.");
    sketch.trace(bars);
    sketch.finish(style::layout(names(), numbers("proteins")))
}

fn lengths(view: &DataView) -> Figure {
    let bins = &view.length_bins;
    let mut sketch = Sketch::new("lengths", "Lengths", format!("Kept proteins by length, in bins of {}.", residues(bins)));
    sketch.trace(histogram(bins, bins.totals(), colour(0)).name("proteins"));
    sketch.finish(style::layout(numbers("residues"), numbers("proteins")).bar_gap(0.05))
}

fn by_class(view: &DataView) -> Figure {
    let bins = &view.length_bins;
    let mut sketch = Sketch::new(
        "lengths-by-class",
        "Lengths by class",
        format!("The same bins of {}, a class a colour, laid over each other.", residues(bins)),
    );
    for (class, ((name, _), counts)) in view.class_sizes.iter().zip(&bins.counts).enumerate() {
        sketch.trace(histogram(bins, counts.clone(), colour(class)).name(style::text(name)).opacity(0.6));
    }
    sketch.finish(
        style::layout(numbers("residues"), numbers("proteins")).bar_mode(BarMode::Overlay).bar_gap(0.05).show_legend(true),
    )
}

fn residues(bins: &Histogram) -> String {
    format::counted(u64::from(bins.width), "residue")
}

fn histogram(bins: &Histogram, counts: Vec<u64>, colour: &'static str) -> Box<Bar<f64, u64>> {
    Bar::new(bins.middles(), counts)
        .width(f64::from(bins.width))
        .marker(Marker::new().color(colour))
        .hover_template("around %{x}: %{y:,}<extra></extra>")
}

fn boxes(view: &DataView) -> Figure {
    let beyond: u64 = view.boxes.iter().map(|stats| stats.beyond).sum();
    let rest = match beyond {
        0 => "none lies beyond".to_owned(),
        1 => "1 protein lies beyond".to_owned(),
        n => format!("{} proteins lie beyond", format::count(n)),
    };
    let caption = format!("Median, quartiles, and whiskers to the furthest protein within 1.5 times the box; {rest}.");
    let mut sketch = Sketch::new("length-boxes", "Lengths by class, as boxes", caption);
    let labels = style::unique(view.boxes.iter().map(|stats| stats.class.as_str()));
    for (class, (stats, label)) in view.boxes.iter().zip(labels).enumerate() {
        sketch.trace(
            Box::new(BoxPlot::<String, f64>::default())
                .x(vec![label.clone()])
                .q1(vec![stats.q1])
                .median(vec![stats.median])
                .q3(vec![stats.q3])
                .lower_fence(vec![stats.low])
                .upper_fence(vec![stats.high])
                .name(&label)
                .marker(Marker::new().color(colour(class))),
        );
    }
    sketch.finish(style::layout(names(), numbers("residues")))
}

fn cumulative(view: &DataView) -> Figure {
    let curve = &view.cumulative;
    let mut sketch =
        Sketch::new("lengths-cumulative", "Cumulative lengths", "The share of proteins up to each length, with its percentiles.");
    sketch.trace(
        Scatter::new(curve.lengths.clone(), curve.shares.clone())
            .mode(Mode::Lines)
            .line(Line::new().color(colour(2)).width(2.5))
            .name("share")
            .hover_template("%{y:.1%} up to %{x}<extra></extra>"),
    );
    for (place, (name, length)) in curve.marks.iter().enumerate() {
        let label = format!("{name}: {}", format::about(*length));
        // One below the other: high percentiles lie close together.
        sketch.mark_x(*length, &label, 0.12 + 0.12 * place as f64);
    }
    sketch.finish(style::layout(numbers("residues"), shares("share of proteins")))
}

/// The figures of the section on tokens, in their order.
#[must_use]
pub fn tokens(view: &TokensView) -> Vec<Figure> {
    vec![token_counts(view), seen(view)]
}

fn token_counts(view: &TokensView) -> Figure {
    let caption = "Kept proteins by their number of tokens before truncation; the most a protein may have is marked.";
    let mut sketch = Sketch::new("tokens", "Tokens", caption);
    sketch.trace(histogram(&view.bins, view.bins.totals(), colour(2)).name("proteins"));
    sketch.mark_x(f64::from(view.max_length), &format!("at most {}", format::count(view.max_length)), 1.0);
    sketch.finish(style::layout(numbers("tokens"), numbers("proteins")).bar_gap(0.05))
}

fn seen(view: &TokensView) -> Figure {
    let (lengths, tokens): (Vec<u32>, Vec<u32>) = view.seen.iter().copied().unzip();
    let ends: Vec<u32> = lengths.first().into_iter().chain(lengths.last()).copied().collect();
    let caption = "What the model sees of a protein against its length: two tokens more, until the limit cuts it off.";
    let mut sketch = Sketch::new("length-against-tokens", "Length against tokens", caption);
    sketch.trace(
        Scatter::new(ends.clone(), ends)
            .mode(Mode::Lines)
            .line(Line::new().color(GREY).dash(DashType::Dash).width(1.5))
            .name("a token a residue"),
    );
    sketch.trace(
        Scatter::new(lengths, tokens)
            .mode(Mode::Markers)
            .marker(Marker::new().color(colour(0)).size(5).opacity(0.7))
            .name("proteins")
            .hover_template("%{x} residues, %{y} tokens<extra></extra>"),
    );
    sketch.finish(style::layout(numbers("residues"), numbers("tokens the model sees")).show_legend(true))
}
