//! Reads an experiment: the file, what the command line sets, and the grid.

use std::{
    collections::BTreeMap,
    path::{Path as FilePath, PathBuf},
};

use toml::Table;

use super::{
    axes::{Axes, LaidAxis},
    check,
    diagnostic::{Error, Fault, MOST_MISTAKES, Mistake, Scope},
    document::{Document, Pointer},
    layers::{Base, Layer, Path},
    name::ExperimentName,
    overrides::{self, Override},
    read::read,
    settings::{Experiment, Settings},
    validate::Validated,
};
use crate::input;

/// Far above what anybody writes, far below what takes long to read.
const MOST_BYTES: u64 = 256 << 10;

/// An experiment that was read whole: every mistake but those that only a combination of the grid
/// makes is ruled out.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub experiment: Experiment,
    path: PathBuf,
    /// File and `--set`.
    base: Base,
    axes: Vec<LaidAxis>,
    /// The keys that a `--set` took out.
    unset: Vec<Path>,
    documents: Vec<Document>,
}

/// Reads the experiment file at `path`, with the settings of `--set` laid over it.
pub fn load(path: &FilePath, sets: &[String]) -> Result<Loaded, Error> {
    let text = input::read_to_string(path, MOST_BYTES).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text, sets)
}

/// Reads the text of an experiment file; `path` names it.
pub fn parse(path: &FilePath, text: &str, sets: &[String]) -> Result<Loaded, Error> {
    let name = ExperimentName::of_file(path).map_err(|source| Error::Name { path: path.to_owned(), source })?;
    // Texts → tables. What is not TOML is told before anything else: the rest would be guesses.
    let file = Document::new(path.display().to_string(), text);
    let (table, sets) = texts(&file, sets).map_err(|mistakes| Error::mistakes(path, mistakes))?;

    // Tables → layers, and the grid beside them.
    let mut documents = vec![file.clone()];
    let mut axes = Axes::default();
    let mut file_layer = layer(table, |grid| axes.add(&file, grid));
    let mut set_layer = Layer::default();
    let (mut set, mut unset, mut unknown) = (Vec::new(), Vec::<Path>::new(), Vec::new());
    for Override { document, path, value } in sets {
        match value {
            Some(value) if path[0] == "grid" => axes.add_override(&document, &path, value),
            None if path[0] == "grid" => axes.unset(&document, &path),
            Some(value) => {
                set_layer.set(&path, value.clone());
                unset.retain(|unset| !path.starts_with(unset) && !unset.starts_with(&path));
                set.extend(leaves(&path, &value).into_iter().map(|leaf| (document.clone(), path.clone(), leaf)));
            }
            None => {
                unknown.extend(no_key(&document, &path));
                file_layer.unset(&path);
                set_layer.unset(&path);
                set.push((document.clone(), path.clone(), path.clone()));
                unset.push(path);
            }
        }
        documents.push(document);
    }
    let base = Base::new(vec![file_layer, set_layer]);
    let (axes, mut mistakes) = axes.finish();
    mistakes.append(&mut unknown);
    mistakes.extend(set.iter().filter_map(|(document, path, leaf)| useless(document, path, leaf, &axes)));

    // Layers → settings, then each value of the grid by itself.
    let settings = read(&base.under(&[]));
    let mut found: Vec<Mistake> = settings.as_ref().err().into_iter().flatten().map(|fault| placed(&documents, fault)).collect();
    found.extend(axes.iter().flat_map(|axis| mistakes_of(axis, &base)).take(MOST_MISTAKES + 1));
    found.append(&mut mistakes);
    let Validated { settings: base_settings, fetch, report } = match settings {
        Ok(settings) if found.is_empty() => settings,
        _ => return Err(refused(path, &documents, found)),
    };
    let experiment = Experiment {
        name,
        text: text.to_owned(),
        base: base_settings,
        grid: axes.iter().map(|axis| axis.axis.clone()).collect(),
        fetch,
        report,
    };
    Ok(Loaded { experiment, path: path.to_owned(), base, axes, unset, documents })
}

impl Loaded {
    /// The settings at a point of the grid: the index of a value for each axis.
    ///
    /// The faults are those that only a combination of values makes.
    pub fn settings(&self, point: &[usize]) -> Result<Settings, Vec<Fault>> {
        let over: Vec<&Layer> = self.axes.iter().zip(point).map(|(axis, index)| &axis.layers[*index]).collect();
        read(&self.base.under(&over)).map(|validated| validated.settings)
    }

    /// Whether the file, a `--set` or the grid says anything at a dotted key.
    #[must_use]
    pub fn gives(&self, key: &str) -> bool {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        let is_unset = self.unset.iter().any(|unset| path.starts_with(unset));
        !is_unset && self.documents.iter().any(|document| document.holds(&path)) || self.axes.iter().any(|axis| axis.path == path)
    }

    /// The keys that the file sets beside its grid, which gives each of them another value in every
    /// run.
    pub fn overridden(&self) -> impl Iterator<Item = &str> {
        let file = self.documents.first();
        let holds = move |axis: &&LaidAxis| axis.covers(&axis.path) && file.is_some_and(|file| file.holds(&axis.path));
        self.axes.iter().filter(holds).map(|axis| axis.axis.key.as_str())
    }

    /// Refuses the experiment for faults of its grid, each with a point that has it.
    #[must_use]
    pub fn refuse(&self, faults: &BTreeMap<Fault, Vec<usize>>) -> Error {
        refused(
            &self.path,
            &self.documents,
            faults.iter().take(MOST_MISTAKES + 1).map(|(fault, point)| self.placed(fault, point)).collect(),
        )
    }

    fn placed(&self, fault: &Fault, point: &[usize]) -> Mistake {
        let values = |(axis, index): (&LaidAxis, &usize)| format!("{} = {}", axis.axis.key, axis.axis.values[*index]);
        let at: Vec<String> = self.axes.iter().zip(point).map(values).collect();
        let fault = Fault { message: format!("{} (at {})", fault.message, at.join(", ")), ..fault.clone() };
        match self.axes.iter().zip(point).find(|(axis, _)| touches(axis, &fault)) {
            Some((axis, index)) => axis.mistake(*index, &fault),
            None => placed(&self.documents, &fault),
        }
    }
}

/// The file and the `--set`s as tables. All of them, or every mistake: of a text that is refused
/// nothing is used.
fn texts(file: &Document, sets: &[String]) -> Result<(Table, Vec<Override>), Vec<Mistake>> {
    let table = file.parse();
    let mut read = Vec::new();
    let mut mistakes = Vec::new();
    for set in sets {
        match overrides::read(set) {
            Ok(set) => read.push(set),
            Err(found) => mistakes.extend(found),
        }
    }
    match table {
        Ok(table) if mistakes.is_empty() => Ok((table, read)),
        Ok(_) => Err(mistakes),
        Err(found) => Err([found, mistakes].concat()),
    }
}

/// A table as a layer; its grid goes elsewhere, for a layer keeps no order.
fn layer(mut table: Table, mut grid: impl FnMut(toml::Value)) -> Layer {
    if let Some(axes) = table.remove("grid") {
        grid(axes);
    }
    Layer { table, whole: Vec::new() }
}

/// The keys that a value sets: those of a table, each by itself.
fn leaves(path: &[String], value: &toml::Value) -> Vec<Path> {
    match value {
        toml::Value::Table(table) if !table.is_empty() => {
            table.iter().flat_map(|(step, value)| leaves(&[path, std::slice::from_ref(step)].concat(), value)).collect()
        }
        _ => vec![path.to_vec()],
    }
}

/// The mistake of a `--set …=unset` at a key that there is not.
fn no_key(document: &Document, path: &[String]) -> Option<Mistake> {
    // Whatever it is set to: a value of another kind is told at the key itself.
    let layer = Layer::one(path, toml::Value::Boolean(true));
    let of_key = |found: &check::Found| found.fault.pointer == Pointer::Key || found.fault.path.len() < path.len();
    let fault = check::check(&layer.table).into_iter().find(of_key)?.fault;
    let place = document.locate(path, Pointer::Key);
    Some(Mistake::at(document, place, &fault.message, fault.help.as_deref()))
}

/// The mistake of a `--set` at a key that the grid gives another value in every run.
fn useless(document: &Document, path: &[String], leaf: &[String], axes: &[LaidAxis]) -> Option<Mistake> {
    let key = &axes.iter().find(|axis| axis.covers(leaf))?.axis.key;
    let message = format!("setting `{}` does nothing: the grid varies `{key}`", leaf.join("."));
    let help = format!("set the axis, --set 'grid.\"{key}\"=[…]', or empty the grid, --set 'grid={{}}'");
    Some(Mistake::at(document, document.locate(path, Pointer::Key), &message, Some(&help)))
}

/// The mistakes that the values of an axis make, each by itself.
fn mistakes_of<'a>(axis: &'a LaidAxis, base: &'a Base) -> impl Iterator<Item = Mistake> + 'a {
    let of_value = move |(index, over): (usize, &Layer)| {
        let mut faults = read(&base.under(&[over])).err().unwrap_or_default();
        faults.retain(|fault| fault.scope == Scope::Key && touches(axis, fault));
        faults.into_iter().map(move |fault| axis.mistake(index, &fault)).collect::<Vec<_>>()
    };
    axis.layers.iter().enumerate().flat_map(of_value)
}

fn touches(axis: &LaidAxis, fault: &Fault) -> bool {
    axis.path.iter().zip(&fault.path).all(|(one, two)| one == two)
}

/// Finds the text that makes a fault: the last document that says anything at its key, or at the
/// nearest key above.
fn placed(documents: &[Document], fault: &Fault) -> Mistake {
    let mut path = fault.path.as_slice();
    while !path.is_empty() {
        if let Some(document) = documents.iter().rev().find(|document| document.holds(path)) {
            return Mistake::at(document, document.locate(path, fault.pointer), &fault.message, fault.help.as_deref());
        }
        path = &path[..path.len() - 1];
    }
    Mistake::at(&documents[0], Some(0..0), &fault.message, fault.help.as_deref())
}

/// The mistakes in the order of the texts, each once.
fn refused(path: &FilePath, documents: &[Document], mut mistakes: Vec<Mistake>) -> Error {
    mistakes.sort_by_key(|mistake| mistake.place(documents));
    mistakes.dedup();
    Error::mistakes(path, mistakes)
}
