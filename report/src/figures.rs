//! The report's figures, drawn from the view with plotly's own types.

pub mod against;
pub mod baselines;
pub mod calibration;
pub mod comparison;
pub mod data;
pub mod detail;
pub mod epochs;
pub mod errors;
pub mod grid;
pub mod pairwise;
mod palette;
pub mod style;
pub mod test;
pub mod training;
pub mod values;

use plotly::{
    Layout, Plot, Trace,
    common::{Anchor, DashType},
    layout::{Annotation, Shape, ShapeLayer, ShapeLine, ShapeType},
};
use serde::Serialize;
use serde_json::{Value, json};

use self::style::GREY;
use super::view::lines::Lines;

/// Significant digits a figure's numbers keep: more than a screen shows.
const DIGITS: i32 = 5;

/// Series beyond which a legend would crowd out its figure: the page's key takes its place.
const IN_LEGEND: usize = 6;

/// Whether a figure of that many series has a legend of its own.
#[must_use]
pub const fn has_legend(series: usize) -> bool {
    series > 1 && series <= IN_LEGEND
}

/// Whether a figure of all runs has a legend of its own; of several seeds the page's script makes
/// one.
#[must_use]
pub const fn lines_have_legend(lines: &Lines) -> bool {
    !lines.repeated && has_legend(lines.names.len())
}

/// One figure, ready for the page.
pub struct Figure {
    /// Unique on the page.
    pub id: String,
    pub title: String,
    /// What it shows: the caption, and the description for who cannot see it.
    pub caption: String,
    /// In CSS pixels.
    pub height: usize,
    over: Option<Over>,
    plot: Plot,
    /// The run of each trace that belongs to one.
    runs: Vec<Option<usize>>,
    /// The area under each trace that is a curve with one.
    areas: Vec<Option<Area>>,
}

/// What the lines of a figure of all runs run over.
///
/// The page draws the mean of a configuration's runs over any of them, and smooths what is over
/// steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    Steps,
    Epochs,
    Roc,
    PrecisionRecall,
}

/// The area under a curve, by the name it goes by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Area {
    pub name: &'static str,
    pub value: f64,
}

impl Figure {
    /// Traces and layout as plotly.js takes them, numbers rounded. A trace's `meta` is the index of
    /// its run.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        let mut traces = self.plot.data().iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
        for (trace, (run, area)) in traces.iter_mut().zip(self.runs.iter().zip(&self.areas)) {
            if let Some(run) = run {
                trace["meta"] = json!(run);
            }
            if let Some(area) = area {
                trace["area"] = json!(area);
            }
        }
        let mut figure = json!({ "data": traces, "layout": self.plot.layout() });
        if let Some(over) = self.over {
            figure["over"] = json!(over);
        }
        Ok(rounded(figure))
    }
}

fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => json!(number.as_f64().map(significant)),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, field)| (key, rounded(field))).collect(),
        plain => plain,
    }
}

fn significant(x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    let places = DIGITS - 1 - x.abs().log10().floor() as i32;
    // Through text: multiplying and dividing by a power of ten would bring digits back.
    format!("{x:.*}", usize::try_from(places).unwrap_or(0)).parse().unwrap_or(x)
}

/// A figure as it is built.
struct Sketch {
    id: String,
    title: String,
    caption: String,
    height: usize,
    over: Option<Over>,
    plot: Plot,
    runs: Vec<Option<usize>>,
    areas: Vec<Option<Area>>,
    shapes: Vec<Shape>,
    annotations: Vec<Annotation>,
}

impl Sketch {
    fn new(id: impl Into<String>, title: impl Into<String>, caption: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            caption: caption.into(),
            height: 340,
            over: None,
            plot: Plot::new(),
            runs: Vec::new(),
            areas: Vec::new(),
            shapes: Vec::new(),
            annotations: Vec::new(),
        }
    }

    fn trace(&mut self, trace: Box<dyn Trace>) {
        self.add(None, None, trace);
    }

    /// A trace of the run at `index` in a figure of several: the page can leave it out, and paint
    /// it by the run's settings.
    fn of_run(&mut self, index: usize, trace: Box<dyn Trace>) {
        self.add(Some(index), None, trace);
    }

    fn add(&mut self, run: Option<usize>, area: Option<Area>, trace: Box<dyn Trace>) {
        self.plot.add_trace(trace);
        self.runs.push(run);
        self.areas.push(area);
    }

    /// A dashed line at `x`, named beside it at `height` of the plot; on top of it at 1.
    fn mark_x(&mut self, x: f64, name: &str, height: f64) {
        self.shapes.push(
            Shape::new()
                .shape_type(ShapeType::Line)
                .layer(ShapeLayer::Above)
                .x0(x)
                .x1(x)
                .y_ref("paper")
                .y0(0.0)
                .y1(1.0)
                .line(ShapeLine::new().color(GREY).width(1.5).dash(DashType::Dash)),
        );
        self.annotations.push(
            Annotation::new()
                .x(x)
                .y_ref("paper")
                .y(height)
                .y_anchor(if height < 1.0 { Anchor::Middle } else { Anchor::Bottom })
                .text(name)
                .show_arrow(false)
                .x_anchor(if height < 1.0 { Anchor::Right } else { Anchor::Center })
                .x_shift(if height < 1.0 { -5.0 } else { 0.0 }),
        );
    }

    fn finish(self, layout: Layout) -> Figure {
        let Self { id, title, caption, height, over, mut plot, runs, areas, shapes, annotations } = self;
        plot.set_layout(layout.shapes(shapes).annotations(annotations).height(height));
        Figure { id, title, caption, height, over, plot, runs, areas }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_five_digits() {
        let numbers =
            json!({ "a": [0.123_456_789, 1_234.567_89, 2e-5, 98_765_432.1, -0.5, 0.0], "b": [1_234_567, "0.123456789"] });
        assert_eq!(
            rounded(numbers),
            json!({ "a": [0.12346, 1234.6, 2e-5, 98_765_432.0, -0.5, 0.0], "b": [1_234_567, "0.123456789"] })
        );
    }
}
