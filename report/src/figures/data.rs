//! The figures of the data: the labels of a regression, and how long the proteins are, with what
//! the limit cuts off.

use plotly::{
    Bar, BoxPlot,
    common::{Marker, Orientation},
    layout::{Axis, BarMode},
};

use super::{
    Figure, Sketch,
    style::{self, colour, names, numbers},
};
use crate::view::{
    data::{BoxStats, DataView, Histogram, Labels},
    format,
};

/// Pixels of the histogram with its axis and legend, and of a box above it.
const HISTOGRAM: usize = 340;
const BOX: usize = 26;
/// Classes up to which each has a box.
const BOXES: usize = 12;

/// Draws the labels of a regression, and the lengths.
///
/// `most` is the number of tokens a protein may have, where some have more.
#[must_use]
pub fn data(view: &DataView, most: Option<u32>) -> Vec<Figure> {
    let one_length = view.values.is_some() && view.length_bins.totals().len() < 2;
    let lengths = (!one_length).then(|| lengths(view, most));
    view.values.iter().map(labels).chain(lengths).collect()
}

/// The histogram of the labels with a box per part of the split above it.
fn labels(labels: &Labels) -> Figure {
    let Labels { bins, boxes, .. } = labels;
    let caption = "Kept proteins by label, one colour per part of the split. Boxes: median and quartiles; whiskers: at most 1.5 times the box.";
    let mut sketch = Sketch::new("labels", "Labels", caption);
    for (part, (counts, stats)) in bins.counts.iter().zip(["training", "validation", "test"]).enumerate() {
        if counts.iter().any(|count| *count > 0) {
            let bar = Bar::new(bins.middles(), counts.clone()).width(bins.width).marker(Marker::new().color(colour(part)));
            let hover = "%{fullData.name}<br>around %{x:.4g}: %{y:,}<extra></extra>";
            sketch.trace(bar.hover_template(hover).name(stats).opacity(0.6));
        }
    }
    for stats in boxes {
        let part = ["training", "validation", "test"].iter().position(|name| *name == stats.class).unwrap_or(0);
        sketch.trace(a_box(stats, part));
    }
    with_boxes(sketch, numbers("label"), boxes.len())
}

/// The histogram of the lengths with a box per class above it.
fn lengths(view: &DataView, most: Option<u32>) -> Figure {
    let bins = &view.length_bins;
    let width = format::counted(u64::from(bins.width), "residue");
    let boxes = if view.boxes.len() <= BOXES { view.boxes.as_slice() } else { &[] };
    let above = if boxes.is_empty() { "" } else { " Boxes: median and quartiles; whiskers: at most 1.5 times the box." };
    let coloured = if view.names.len() > 1 { ", one colour per class" } else { "" };
    let caption = format!("Kept proteins by length, in bins of {width}{coloured}.{above}");
    let mut sketch = Sketch::new("lengths", "Lengths", caption);
    let labels = style::unique(view.names.iter().map(String::as_str));
    for (class, (label, counts)) in labels.iter().zip(&bins.counts).enumerate() {
        sketch.trace(histogram(bins, counts.clone(), colour(class)).name(label.clone()).opacity(0.6));
    }
    for (class, stats) in boxes.iter().enumerate() {
        sketch.trace(a_box(stats, class));
    }
    if let Some(most) = most {
        // A residue is a token; two more open and close the protein.
        sketch.mark_x(f64::from(most.saturating_sub(2)), &format!("at most {} tokens", format::count(most)), 0.6);
    }
    with_boxes(sketch, numbers("residues"), boxes.len())
}

/// A horizontal box of the n-th colour.
fn a_box(stats: &BoxStats, series: usize) -> Box<BoxPlot<f64, String>> {
    let label = style::text(&stats.class);
    Box::new(BoxPlot::<f64, String>::default())
        .y(vec![label.clone()])
        .q1(vec![stats.q1])
        .median(vec![stats.median])
        .q3(vec![stats.q3])
        .lower_fence(vec![stats.low])
        .upper_fence(vec![stats.high])
        .orientation(Orientation::Horizontal)
        .y_axis("y2")
        .name(&label)
        .show_legend(false)
        .marker(Marker::new().color(colour(series)))
}

/// Finishes a histogram with so many boxes above it.
fn with_boxes(mut sketch: Sketch, across: Axis, boxes: usize) -> Figure {
    let (height, split) = heights(boxes);
    sketch.height = height;
    let below: Axis = numbers("proteins").domain(&[0.0, split]);
    let mut layout = style::layout(across.anchor("y"), below).bar_mode(BarMode::Overlay).bar_gap(0.05);
    if boxes > 0 {
        let last = boxes as f64 - 0.5;
        // The colours name the classes: long names would move the histogram.
        let unnamed = names().show_tick_labels(false).domain(&[split + 0.04, 1.0]);
        layout = layout.y_axis2(unnamed.range(vec![last, -0.5]));
    }
    sketch.finish(layout.show_legend(boxes != 1))
}

/// The height of the figure, and the share of it that the histogram has.
fn heights(boxes: usize) -> (usize, f64) {
    let height = HISTOGRAM + BOX * boxes;
    (height, if boxes == 0 { 1.0 } else { 1.0 - (BOX * boxes) as f64 / height as f64 })
}

fn histogram(bins: &Histogram, counts: Vec<u64>, colour: &'static str) -> Box<Bar<f64, u64>> {
    Bar::new(bins.middles(), counts)
        .width(f64::from(bins.width))
        .marker(Marker::new().color(colour))
        .hover_template("%{fullData.name}<br>around %{x}: %{y:,}<extra></extra>")
}
