//! `[grid]`: its axes, in the order the file gives them.

use std::collections::BTreeSet;

use toml::Table;

use super::{
    diagnostic::{Fault, MOST_MISTAKES, Mistake},
    document::{Document, Pointer},
    elsewhere,
    layers::{Layer, Path},
    settings::Axis,
};

/// Far above what anybody can run, far below what fills the memory.
const MOST_POINTS: usize = 100_000;

/// More than there are keys.
const MOST_AXES: usize = 100;

/// More steps than any key has: a deeper one would have what walks along it overflow the stack.
const DEEPEST: usize = 16;

/// An axis, ready to be laid over the other layers, and where it was written.
#[derive(Debug, Clone)]
pub struct LaidAxis {
    pub axis: Axis,
    /// The axis' key, a step an element.
    pub path: Path,
    /// A layer for each value.
    pub layers: Vec<Layer>,
    document: Document,
    /// Where in the document the axis stands.
    written: Path,
}

/// What the axes of a document are laid out from.
struct Entry {
    key: String,
    written: Path,
    value: toml::Value,
}

/// The axes of all layers: an axis of a later document takes the place of one of the same key.
#[derive(Debug, Default)]
pub struct Axes {
    axes: Vec<LaidAxis>,
    pub mistakes: Vec<Mistake>,
}

impl Axes {
    /// Adds the axes of the file's grid.
    pub fn add(&mut self, document: &Document, grid: toml::Value) {
        let mut entries = Vec::new();
        flatten(&mut entries, grid, "", vec!["grid".to_owned()]);
        if entries.len() > MOST_AXES {
            let message = format!("the grid has {} axes: more than the {MOST_AXES} there may be", entries.len());
            self.mistake(document, &["grid".to_owned()], Pointer::Key, &message, "no experiment has so many keys");
            entries.truncate(MOST_AXES);
        }
        for entry in entries {
            if let Some(axis) = self.axis(document, entry) {
                match self.axes.iter_mut().find(|other| other.axis.key == axis.axis.key) {
                    Some(other) => *other = axis,
                    None => self.axes.push(axis),
                }
            }
        }
    }

    /// Adds the axes that a `--set` names: `grid={…}` replaces the grid, `grid."train.seed"=[…]`
    /// one axis of it.
    pub fn add_override(&mut self, document: &Document, path: &[String], value: toml::Value) {
        if path.len() == 1 {
            self.axes.clear();
        }
        let grid =
            path[1..].iter().rev().fold(value, |value, step| toml::Value::Table(Table::from_iter([(step.clone(), value)])));
        self.add(document, grid);
    }

    /// Takes out the axes that a `--set …=unset` names: all of them, or one.
    pub fn unset(&mut self, document: &Document, path: &[String]) {
        let key = path[1..].join(".");
        let before = self.axes.len();
        self.axes.retain(|axis| !key.is_empty() && axis.axis.key != key);
        if !key.is_empty() && self.axes.len() == before {
            let axes: Vec<&str> = self.axes.iter().map(|axis| axis.axis.key.as_str()).collect();
            let help =
                if axes.is_empty() { "the grid has no axes".to_owned() } else { format!("the grid has {}", axes.join(", ")) };
            self.mistake(document, path, Pointer::Key, &format!("the grid has no axis `{key}`"), &help);
        }
    }

    /// The axes, once all documents have spoken.
    pub fn finish(mut self) -> (Vec<LaidAxis>, Vec<Mistake>) {
        let overlapping: Vec<_> = self
            .axes
            .iter()
            .enumerate()
            .flat_map(|(index, axis)| self.axes[..index].iter().map(move |other| (axis, other)))
            .filter(|(axis, other)| axis.path.iter().zip(&other.path).all(|(one, two)| one == two))
            .map(|(axis, other)| {
                let message = format!("the axes `{}` and `{}` set the same keys", other.axis.key, axis.axis.key);
                let help = "keep one of them: which of the two should win?";
                axis.mistake_at(&axis.written, Pointer::Key, &message, Some(help))
            })
            .collect();
        self.mistakes.extend(overlapping);
        let points = self.axes.iter().map(|axis| axis.axis.values.len()).fold(1, usize::saturating_mul);
        if points > MOST_POINTS
            && let Some(last) = self.axes.last()
        {
            let message = format!("the grid has {points} points: more than the {MOST_POINTS} there may be");
            let help = Some("vary fewer keys at a time, or fewer values of each");
            let mistake = last.mistake_at(&last.written, Pointer::Key, &message, help);
            self.mistakes.push(mistake);
        }
        (self.axes, self.mistakes)
    }

    fn axis(&mut self, document: &Document, entry: Entry) -> Option<LaidAxis> {
        let Entry { key, written, value } = entry;
        let path: Path = key.split('.').map(str::to_owned).collect();
        if key.is_empty() {
            let message = format!("`grid` is {}, not a table", article(value.type_str()));
            self.mistake(document, &written, Pointer::Value, &message, "write [grid], and in it \"train.seed\" = [1, 2, 3]");
            return None;
        }
        if path[0] == "grid" || path[0] == "report" || key == "data.fetch" || key.starts_with("data.fetch.") {
            self.fixed(document, &written, &key);
            return None;
        }
        if key == "task.kind"
            || key == "task" && value.as_array().is_some_and(|values| values.iter().any(|of| of.get("kind").is_some()))
        {
            let message = "an axis over `task.kind` would compare runs that have no metric in common";
            self.mistake(document, &written, Pointer::Key, message, "write an experiment for each kind of task");
            return None;
        }
        if path.len() > DEEPEST {
            let message = format!("an axis lies {} tables deep, and no key does", path.len());
            self.mistake(document, &written, Pointer::Key, &message, "`titer schema` lists the keys");
            return None;
        }
        let toml::Value::Array(values) = value else {
            let message = format!("the axis `{key}` is {}, not a list of values", article(value.type_str()));
            let help = match elsewhere::values(&value) {
                Some(values) => format!("write the values in [ ], such as {}", elsewhere::axis(&key, &values)),
                None if value.is_table() => format!("titer draws no values: list them, \"{key}\" = [ … ]"),
                None => format!(
                    "write the values in [ ], {}; one value alone belongs in its own table",
                    elsewhere::axis(&key, std::slice::from_ref(&value))
                ),
            };
            self.mistake(document, &written, Pointer::Value, &message, &help);
            return None;
        };
        if values.is_empty() {
            let message = format!("the axis `{key}` has no values: the grid would have no runs");
            self.mistake(document, &written, Pointer::Value, &message, "give it values, or leave it out");
            return None;
        }
        let fetches = |(_, value): &(usize, &toml::Value)| key == "data" && value.get("fetch").is_some();
        if let Some((index, _)) = values.iter().enumerate().find(fetches) {
            let written = [written.as_slice(), &[index.to_string(), "fetch".to_owned()]].concat();
            self.fixed(document, &written, "data.fetch");
            return None;
        }
        let mut seen = BTreeSet::new();
        for (index, value) in values.iter().enumerate() {
            if !seen.insert(identity(value)) {
                let mut written = written.clone();
                written.push(index.to_string());
                let message = format!("the axis `{key}` has the value {value} twice");
                self.mistake(document, &written, Pointer::Value, &message, "each value is one run: keep one of them");
            }
        }
        let layers = values.iter().map(|value| Layer::one(&path, value.clone())).collect();
        Some(LaidAxis { axis: Axis { key, values }, path, layers, document: document.clone(), written })
    }

    /// A key that no run has as a setting.
    fn fixed(&mut self, document: &Document, path: &[String], key: &str) {
        let message = format!("`{key}` cannot be varied");
        let help = "it is not a setting of a run: vary keys of data, task, split, tokens, model, train";
        self.mistake(document, path, Pointer::Key, &message, help);
    }

    fn mistake(&mut self, document: &Document, path: &[String], pointer: Pointer, message: &str, help: &str) {
        // Finding the place takes time: what is not told need not be found.
        if self.mistakes.len() <= MOST_MISTAKES {
            self.mistakes.push(Mistake::at(document, document.locate(path, pointer), message, Some(help)));
        }
    }
}

impl LaidAxis {
    /// Whether every value of the axis decides this key, so that nothing that is said of it
    /// elsewhere counts.
    pub fn covers(&self, key: &[String]) -> bool {
        let Some(within) = key.strip_prefix(self.path.as_slice()) else { return false };
        let decides = |value: &toml::Value| match within.split_first() {
            None => !value.is_table(),
            Some(_) => !value.is_table() || within.iter().try_fold(value, |value, step| value.get(step)).is_some(),
        };
        self.axis.values.iter().all(decides)
    }

    /// Where a fault stands that one of the axis' values makes.
    pub fn mistake(&self, index: usize, fault: &Fault) -> Mistake {
        let mut written = self.written.clone();
        // An unknown key of the axis is the axis' own fault, not its values'.
        if fault.pointer == Pointer::Key && fault.path.len() <= self.path.len() {
            return self.mistake_at(&written, Pointer::Key, &fault.message, fault.help.as_deref());
        }
        written.push(index.to_string());
        let deeper = fault.path.get(self.path.len()..).unwrap_or_default();
        let whole = [written.clone(), deeper.to_vec()].concat();
        let place = if self.document.holds(&whole) { whole } else { written };
        self.mistake_at(&place, fault.pointer, &fault.message, fault.help.as_deref())
    }

    fn mistake_at(&self, path: &[String], pointer: Pointer, message: &str, help: Option<&str>) -> Mistake {
        Mistake::at(&self.document, self.document.locate(path, pointer), message, help)
    }
}

/// `[grid]` as a list; its dotted keys written without quotes are tables in TOML.
fn flatten(entries: &mut Vec<Entry>, value: toml::Value, key: &str, written: Path) {
    let table = match value {
        // Another program's description of values is told as a whole, not key by key.
        toml::Value::Table(table) if key.is_empty() || !elsewhere::is_parameter(&table) => table,
        value => {
            entries.push(Entry { key: key.to_owned(), written, value });
            return;
        }
    };
    for (step, value) in table {
        let key = if key.is_empty() { step.clone() } else { format!("{key}.{step}") };
        flatten(entries, value, &key, [written.as_slice(), &[step]].concat());
    }
}

/// What two values share that set the same: 1 and 1.0 do.
fn identity(value: &toml::Value) -> String {
    // Added to zero, zero has one sign.
    match value {
        toml::Value::Integer(number) => (*number as f64 + 0.0).to_string(),
        toml::Value::Float(number) => (number + 0.0).to_string(),
        other => other.to_string(),
    }
}

fn article(kind: &str) -> String {
    match kind {
        "array" => "a list".to_owned(),
        "integer" | "float" => "a number".to_owned(),
        "string" => "a text".to_owned(),
        "datetime" => "a date".to_owned(),
        kind => format!("a {kind}"),
    }
}
