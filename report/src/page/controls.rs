//! What the page's controls know of the runs: their keys and values, and what the n-th of anything looks like.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    figures::style,
    view::{View, format, run::RunView},
};
use titer_core::text::cut;

/// Values of a key beyond which it has no buttons: the search finds them.
const BUTTONS: usize = 40;

/// Looks before they come again: every colour with every dash.
pub const LOOKS: usize = 4 * style::COLOURS.len();

/// Which runs the page shows, and by what they are coloured.
pub struct Controls {
    keys: Vec<Key>,
    /// The label and the value of every key of each run.
    runs: Vec<(String, Vec<usize>)>,
}

/// A key that tells the runs apart.
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
        let label = |run: &RunView| run.label.clone();
        Self { keys, runs: view.runs.iter().map(label).zip(places).collect() }
    }

    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether there is anything to choose from.
    pub const fn several(&self) -> bool {
        self.count() > 1
    }

    pub const fn count(&self) -> usize {
        self.runs.len()
    }

    /// What the script needs to know of `experiment`.
    pub fn json(&self, experiment: &str) -> Value {
        let looks: Vec<Value> = (0..LOOKS).map(|n| json!([style::colour(n), style::dash(n), style::dash_array(n)])).collect();
        json!({ "experiment": experiment, "keys": self.keys, "runs": self.runs, "looks": looks })
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
