//! The figure of the data: how long the proteins are, class by class, and what the limit cuts off.

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
    data::{DataView, Histogram},
    format,
};

/// Pixels of the histogram with its axis and legend, and of a box above it.
const HISTOGRAM: usize = 340;
const BOX: usize = 26;
/// Classes up to which each has a box.
const BOXES: usize = 12;

/// Draws the histogram of the lengths with a box per class above it.
///
/// `most` is the number of tokens a protein may have, where some have more.
#[must_use]
pub fn data(view: &DataView, most: Option<u32>) -> Vec<Figure> {
    let bins = &view.length_bins;
    let width = format::counted(u64::from(bins.width), "residue");
    let boxes = if view.boxes.len() <= BOXES { view.boxes.as_slice() } else { &[] };
    let above = if boxes.is_empty() { "" } else { " Boxes: median and quartiles; whiskers: at most 1.5 times the box." };
    let caption = format!("Kept proteins by length, in bins of {width}, one colour per class.{above}");
    let mut sketch = Sketch::new("lengths", "Lengths", caption);
    let labels = style::unique(view.class_sizes.iter().map(|(name, _)| name.as_str()));
    for (class, (label, counts)) in labels.iter().zip(&bins.counts).enumerate() {
        sketch.trace(histogram(bins, counts.clone(), colour(class)).name(label.clone()).opacity(0.6));
    }
    for (class, stats) in boxes.iter().enumerate() {
        let label = style::text(&stats.class);
        sketch.trace(
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
                .marker(Marker::new().color(colour(class))),
        );
    }
    if let Some(most) = most {
        // A residue is a token; two more open and close the protein.
        sketch.mark_x(f64::from(most.saturating_sub(2)), &format!("at most {} tokens", format::count(most)), 0.6);
    }
    let (height, split) = heights(boxes.len());
    sketch.height = height;
    let below: Axis = numbers("proteins").domain(&[0.0, split]);
    let mut layout = style::layout(numbers("residues").anchor("y"), below).bar_mode(BarMode::Overlay).bar_gap(0.05);
    if !boxes.is_empty() {
        let last = boxes.len() as f64 - 0.5;
        // The colours name the classes: long names would move the histogram.
        let unnamed = names().show_tick_labels(false).domain(&[split + 0.04, 1.0]);
        layout = layout.y_axis2(unnamed.range(vec![last, -0.5]));
    }
    vec![sketch.finish(layout.show_legend(true))]
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
