//! What the page's script knows of the runs: their keys and values, the line each belongs to, and
//! what the n-th line looks like.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    figures::style,
    view::{View, format, lines::Lines},
};
use titer_core::text::cut;

/// Values of a key beyond which it has no buttons: the search finds them.
const BUTTONS: usize = 40;

/// Looks before they come again: every colour with every dash.
pub const LOOKS: usize = 4 * style::COLOURS.len();

/// Which runs the page shows, and by what they are coloured.
pub struct Controls {
    pub keys: Vec<Key>,
    pub lines: Lines,
    /// The label and the value of every key of each run.
    runs: Vec<(String, Vec<usize>)>,
}

/// A key in which the runs differ.
#[derive(Serialize)]
pub struct Key {
    pub name: String,
    pub values: Vec<String>,
}

impl Controls {
    pub fn new(view: &View) -> Self {
        let points = &view.comparison.points;
        let mut keys: Vec<Key> = points.names().into_iter().map(|name| Key { name, values: Vec::new() }).collect();
        let values = |values: &[Value]| keys.iter_mut().zip(values).map(|(key, value)| key.place(value)).collect();
        let places: Vec<Vec<usize>> = points.rows.iter().map(|point| &*point.values).map(values).collect();
        let labels = view.runs.iter().map(|run| run.label.clone());
        Self { keys, lines: Lines::new(view), runs: labels.zip(places).collect() }
    }

    /// Whether there is anything to choose from.
    pub const fn several(&self) -> bool {
        self.count() > 1
    }

    /// What has a colour of its own.
    pub const fn own(&self) -> &'static str {
        if self.lines.repeated { "configuration" } else { "run" }
    }

    pub const fn count(&self) -> usize {
        self.runs.len()
    }

    /// What the script needs to know of `experiment`.
    pub fn json(&self, experiment: &str) -> Value {
        let looks: Vec<Value> = (0..LOOKS).map(|n| json!([style::colour(n), style::dash(n), style::dash_array(n)])).collect();
        let Lines { title, names, of, repeated } = &self.lines;
        let runs: Vec<Value> = self.runs.iter().zip(of).map(|((label, values), line)| json!([label, values, line])).collect();
        let lines = json!({ "title": title, "names": names, "repeated": repeated });
        json!({ "experiment": experiment, "keys": self.keys, "runs": runs, "lines": lines, "looks": looks })
    }
}

impl Key {
    /// The place of `value` among the key's values.
    fn place(&mut self, value: &Value) -> usize {
        let text = cut(&format::value(value), 40);
        self.values.iter().position(|known| *known == text).unwrap_or_else(|| {
            self.values.push(text);
            self.values.len() - 1
        })
    }

    /// Whether the values are few enough to choose from.
    pub const fn has_buttons(&self) -> bool {
        self.values.len() > 1 && self.values.len() <= BUTTONS
    }
}
