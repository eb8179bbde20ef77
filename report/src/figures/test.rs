//! Figures of the test: confusion, ROC, precision–recall.

use plotly::{
    HeatMap, Scatter,
    common::{ColorScale, ColorScaleElement, DashType, Fill, Font, HoverInfo, Line, Mode, Title},
    layout::{Annotation, Axis},
};

use super::{
    Area, Figure, Over, Sketch,
    detail::Detail,
    lines_have_legend,
    style::{self, GREY, colour, dash, hover, names_across, names_from_top, shares},
};
use crate::view::{
    View,
    bands::Bands,
    errors::Confusion,
    format,
    lines::Lines,
    run::RunView,
    test::{Curves, Line as Curve, TestView},
};
use titer_core::statistics::Band;

/// Classes beyond which a confusion matrix shows no text in its cells, and curves no legend.
const READABLE: usize = 12;
/// Classes beyond which a cell holds its count alone.
const WITH_SHARES: usize = 4;
/// The share from which white stands better on a cell's blue than the page's ink does.
const DARK: f64 = 0.8;

/// Draws all runs overlaid.
#[must_use]
pub fn all(view: &View) -> Vec<Figure> {
    let (runs, lines) = (&view.runs, Lines::new(view));
    if runs.len() < 2 {
        return Vec::new();
    }
    let (detail, bands) = (Detail::of(runs.len()), view.decision.bands.as_ref());
    let many = runs.iter().filter_map(|run| run.test.as_ref()).any(|test| test.classes.len() > 2);
    let of = if many { "Each class against the rest, all decisions pooled (micro-average)" } else { "On the test set" };
    let of = format!("{of}{}", lines.caption());
    let caption = [Some(of), bands.map(Bands::caption)].into_iter().flatten().collect::<Vec<String>>().join(" ");
    let mut roc = Sketch::new("all-roc", "ROC", caption.clone());
    let mut precision_recall = Sketch::new("all-precision-recall", "Precision–recall", caption);
    (roc.over, precision_recall.over) = (Some(Over::Roc), Some(Over::PrecisionRecall));
    shade(&mut roc, bands.map(|bands| &bands.roc));
    shade(&mut precision_recall, bands.map(|bands| &bands.precision_recall));
    chance(&mut roc);
    for (run, (label, test)) in runs.iter().enumerate().filter_map(|(index, run)| Some((index, (&run.label, run.test.as_ref()?))))
    {
        let named = |curve: &Curve| Curve { name: label.clone(), ..curve.clone() };
        let pen = Pen { series: lines.of[run], run: Some(run), detail };
        pen.draw(&mut roc, test.roc.overall.as_ref().map(named).as_ref(), "AUC");
        pen.draw(&mut precision_recall, test.precision_recall.overall.as_ref().map(named).as_ref(), "AP");
    }
    drawn(roc, precision_recall, lines_have_legend(&lines))
}

/// Draws one run's own figures.
#[must_use]
pub fn run(run: &RunView, detail: Detail, bands: Option<&Bands>) -> Vec<Figure> {
    let Some(test) = &run.test else { return Vec::new() };
    let id = |name: &str| format!("{}-{name}", run.anchor);
    let caption = match test.classes.as_slice() {
        [_, one] => format!("{one} against the rest, at every threshold."),
        _ => "Each class against the rest, at every threshold.".to_owned(),
    };
    let caption = [Some(caption), bands.map(Bands::caption)].into_iter().flatten().collect::<Vec<String>>().join(" ");
    let mut roc = Sketch::new(id("roc"), "ROC", caption.clone());
    shade(&mut roc, bands.map(|bands| &bands.roc));
    chance(&mut roc);
    curves(&mut roc, &test.roc, "AUC", detail);
    let mut precision_recall = Sketch::new(id("precision-recall"), "Precision–recall", caption);
    shade(&mut precision_recall, bands.map(|bands| &bands.precision_recall));
    curves(&mut precision_recall, &test.precision_recall, "AP", detail);
    let lines = test.roc.lines.len();
    // In a narrow column the legend has one line per entry.
    let room = 340 + 19 * lines.saturating_sub(2).min(READABLE);
    (roc.height, precision_recall.height) = (room, room);
    let mut figures = vec![confusion(id("confusion"), test)];
    figures.extend(drawn(roc, precision_recall, lines <= READABLE));
    figures
}

fn drawn(roc: Sketch, precision_recall: Sketch, legend: bool) -> Vec<Figure> {
    let mut figures = Vec::new();
    // The line of chance alone shows nothing; where there is a band there is a curve.
    if roc.plot.data().len() > 1 {
        figures.push(roc.finish(style::layout(shares("false positive rate"), shares("true positive rate")).show_legend(legend)));
    }
    if !precision_recall.plot.data().is_empty() {
        figures.push(precision_recall.finish(style::layout(shares("recall"), shares("precision")).show_legend(legend)));
    }
    figures
}

/// A band, behind everything else.
fn shade(sketch: &mut Sketch, band: Option<&Band>) {
    let Some(Band { x, low, high }) = band else { return };
    for (edge, fill) in [(low, Fill::None), (high, Fill::ToNextY)] {
        sketch.trace(
            Scatter::new(x.clone(), edge.clone())
                .mode(Mode::Lines)
                .line(Line::new().color(GREY).width(0.0))
                .fill(fill)
                .fill_color("rgba(138,144,153,0.28)")
                .name("95% band")
                .show_legend(false)
                .hover_info(HoverInfo::Skip),
        );
    }
}

fn chance(sketch: &mut Sketch) {
    sketch.trace(
        Scatter::new(vec![0, 1], vec![0, 1])
            .mode(Mode::Lines)
            .line(Line::new().color(GREY).dash(DashType::Dash).width(1.5))
            .name("chance")
            .show_legend(false)
            .hover_info(HoverInfo::Skip),
    );
}

fn curves(sketch: &mut Sketch, curves: &Curves, area: &'static str, detail: Detail) {
    let pen = |series| Pen { series, run: None, detail };
    for (series, curve) in curves.lines.iter().enumerate() {
        pen(series).draw(sketch, Some(curve), area);
    }
    if curves.lines.len() > 1 {
        pen(curves.lines.len()).draw(sketch, curves.overall.as_ref(), area);
    }
}

/// How a curve is drawn.
struct Pen {
    series: usize,
    /// Whose the curve is among several.
    run: Option<usize>,
    detail: Detail,
}

impl Pen {
    fn draw(&self, sketch: &mut Sketch, curve: Option<&Curve>, area: &'static str) {
        let Some(curve) = curve else { return };
        let area = curve.area.map(|value| Area { name: area, value });
        let name = area.map_or_else(String::new, |Area { name, value }| format!(" ({name} {})", format::decimal(value, 3)));
        let (x, y) = self.detail.curve(&curve.x, &curve.y);
        sketch.add(
            self.run,
            area,
            Scatter::new(x, y)
                .mode(Mode::Lines)
                .line(Line::new().color(colour(self.series)).dash(dash(self.series)).width(2.5))
                .name(format!("{}{name}", style::text(&curve.name)))
                .hover_template(hover("%{xaxis.title.text} %{x:.3f}, %{yaxis.title.text} %{y:.3f}")),
        );
    }
}

fn confusion(id: String, test: &TestView) -> Figure {
    let counts: Vec<Vec<f64>> = test.confusion.iter().map(|row| row.iter().map(|&count| count as f64).collect()).collect();
    matrix(id, "", &test.classes, &counts)
}

/// Draws the mean confusion matrix of the choice.
#[must_use]
pub fn of_choice(Confusion { classes, counts, seeds }: &Confusion) -> Figure {
    let over = if *seeds > 1 { format!(" Means over {seeds} seeds.") } else { String::new() };
    matrix("confusion".to_owned(), &over, classes, counts)
}

fn matrix(id: String, over: &str, classes: &[String], counts: &[Vec<f64>]) -> Figure {
    let shares: Vec<Vec<f64>> = counts.iter().map(|row| row_shares(row)).collect();
    let caption =
        format!("Rows: the true class; columns: the predicted one. The darker, the larger the share of the true class.{over}");
    let mut sketch = Sketch::new(id, "Confusion matrix", caption);
    sketch.height = (150 + 60 * classes.len()).clamp(340, 720);
    let labels = style::unique(classes.iter().map(String::as_str));
    let fine = |place: f64, opacity: f64| ColorScaleElement(place, format!("rgba(0,114,178,{opacity})"));
    let hover = counts
        .iter()
        .zip(&shares)
        .map(|(row, shares)| row.iter().zip(shares).map(|(n, share)| cell_text(*n, *share, ", ")).collect());
    sketch.trace(
        HeatMap::new(labels.clone(), labels.clone(), shares.clone())
            .zmin(0.0)
            .zmax(1.0)
            .color_scale(ColorScale::Vector(vec![fine(0.0, 0.06), fine(1.0, 1.0)]))
            .show_scale(false)
            .x_gap(3)
            .y_gap(3)
            .hover_text_matrix(hover.collect())
            .hover_template("%{y} predicted as %{x}: %{hovertext}<extra></extra>"),
    );
    if labels.len() <= READABLE {
        for (row, (counts, shares)) in counts.iter().zip(&shares).enumerate() {
            for (column, (count, share)) in counts.iter().zip(shares).enumerate() {
                let mut font = Font::new().size(if labels.len() <= WITH_SHARES { 15 } else { 11 });
                if *share > DARK {
                    font = font.color("#ffffff");
                }
                sketch.annotations.push(
                    Annotation::new()
                        .x(labels[column].clone())
                        .y(labels[row].clone())
                        .text(if labels.len() <= WITH_SHARES { cell_text(*count, *share, "<br>") } else { mean_count(*count) })
                        .font(font)
                        .background_color("rgba(0,0,0,0)")
                        .show_arrow(false),
                );
            }
        }
    }
    let axis = |name: &str, axis: Axis| axis.title(Title::with_text(name));
    sketch.finish(style::layout(axis("predicted class", names_across(&labels)), axis("true class", names_from_top(labels.len()))))
}

fn cell_text(count: f64, share: f64, between: &str) -> String {
    format!("{}{between}{}", mean_count(count), format::percent(share))
}

/// A count, to one place where it is a mean between two.
fn mean_count(count: f64) -> String {
    if (count - count.round()).abs() < 0.05 { format::count(count.round() as u64) } else { format::decimal(count, 1) }
}

fn row_shares(row: &[f64]) -> Vec<f64> {
    let all: f64 = row.iter().sum();
    row.iter().map(|&count| if all == 0.0 { 0.0 } else { count / all }).collect()
}
