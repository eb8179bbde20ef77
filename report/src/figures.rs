//! The report's figures, drawn from the view with plotly's own types.

pub mod calibration;
pub mod comparison;
pub mod data;
mod detail;
pub mod errors;
pub mod grid;
mod palette;
pub mod style;
pub mod test;
pub mod training;

use plotly::{
    Layout, Plot, Trace,
    common::{Anchor, DashType},
    layout::{Annotation, Shape, ShapeLayer, ShapeLine, ShapeType},
};
use serde::Serialize;
use serde_json::{Value, json};

use self::{detail::Detail, style::GREY};
use super::view::View;

/// Significant digits a figure's numbers keep: more than a screen shows.
const DIGITS: i32 = 5;

/// Series beyond which a legend would leave no room for its figure: the page's key takes its place.
const IN_LEGEND: usize = 6;

/// Whether a figure of so many series has a legend of its own.
#[must_use]
pub const fn has_legend(series: usize) -> bool {
    series > 1 && series <= IN_LEGEND
}

/// Every figure of the report, by section.
pub struct Figures {
    pub comparison: Vec<Figure>,
    /// Empty where the grid has one key.
    pub grid: Vec<Figure>,
    /// Empty where no run was tested.
    pub errors: Vec<Figure>,
    /// How alike the runs are; empty where there are fewer than three.
    pub agreement: Vec<Figure>,
    pub calibration: Vec<Figure>,
    pub data: Vec<Figure>,
    pub tokens: Vec<Figure>,
    /// All runs in one picture; empty where there is one run.
    pub training: Vec<Figure>,
    /// All runs in one picture; empty where there is one run.
    pub test: Vec<Figure>,
    /// Each run's own, in the runs' order.
    pub runs: Vec<RunFigures>,
}

/// The figures of one run.
pub struct RunFigures {
    pub training: Vec<Figure>,
    pub test: Vec<Figure>,
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
}

/// What the lines of all runs run over: the page may smooth what is over steps, and average what is over either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    Steps,
    Epochs,
}

impl Figures {
    /// Draws everything the view has numbers for.
    #[must_use]
    pub fn new(view: &View) -> Self {
        let several = view.runs.len() > 1;
        let detail = Detail::of(view.runs.len());
        let bands = view.decision.bands.as_ref();
        let alone = bands.filter(|_| !several);
        let run = |run| RunFigures { training: training::run(run, detail), test: test::run(run, detail, alone) };
        Self {
            comparison: comparison::comparison(view),
            grid: grid::grid(view),
            errors: view.errors.as_ref().map(errors::errors).unwrap_or_default(),
            agreement: view.errors.as_ref().map(errors::agreement).unwrap_or_default(),
            calibration: calibration::calibration(view.calibration.as_ref()),
            data: data::data(&view.data),
            tokens: data::tokens(&view.tokens),
            training: if several { training::all(&view.runs, detail) } else { Vec::new() },
            test: if several { test::all(&view.runs, detail, bands) } else { Vec::new() },
            runs: view.runs.iter().map(run).collect(),
        }
    }
}

impl Figure {
    /// Traces and layout as plotly.js takes them, numbers rounded. A trace's `meta` is the index of its run.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        let mut traces = self.plot.data().iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
        for (trace, run) in traces.iter_mut().zip(&self.runs) {
            if let Some(run) = run {
                trace["meta"] = json!(run);
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

/// A figure in the making.
struct Sketch {
    id: String,
    title: String,
    caption: String,
    height: usize,
    over: Option<Over>,
    plot: Plot,
    runs: Vec<Option<usize>>,
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
            shapes: Vec::new(),
            annotations: Vec::new(),
        }
    }

    fn trace(&mut self, trace: Box<dyn Trace>) {
        self.add(None, trace);
    }

    /// A trace of the run at `index` in a figure of several: the page can leave it out, and paint it by the run's settings.
    fn of_run(&mut self, index: usize, trace: Box<dyn Trace>) {
        self.add(Some(index), trace);
    }

    fn add(&mut self, run: Option<usize>, trace: Box<dyn Trace>) {
        self.plot.add_trace(trace);
        self.runs.push(run);
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
        let Self { id, title, caption, height, over, mut plot, runs, shapes, annotations } = self;
        plot.set_layout(layout.shapes(shapes).annotations(annotations).height(height));
        Figure { id, title, caption, height, over, plot, runs }
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
