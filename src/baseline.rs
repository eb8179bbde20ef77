//! Baselines: what simple methods make of the same proteins, so that a trained model is measured against something.
//!
//! Each learns from the training proteins and is asked about the test proteins. All but [`mmseqs`] are pure.

mod composition;
mod kmers;
mod majority;
mod mmseqs;
pub mod refresh;

pub use mmseqs::version as mmseqs_version;

/// Proteins whose class is known, and proteins whose class is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task<'a> {
    /// The classes' names.
    pub classes: &'a [String],
    /// Sequences, and indices into `classes`: at least one.
    pub known: Vec<(&'a str, usize)>,
    pub asked: Vec<&'a str>,
}

/// One method: what it predicts, or why it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub name: &'static str,
    /// How its predictions came about, or why there are none: a sentence.
    pub made: String,
    /// Of the program that made them, where it is not titer.
    pub tool: Option<String>,
    pub predictions: Option<Predictions>,
}

/// A class for each protein asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    pub classes: Vec<usize>,
    /// A row a protein, a value a class, where the method gives any.
    pub probabilities: Option<Vec<Vec<f64>>>,
}

/// Takes every baseline. `goes_on` is asked again and again: where it says no, what takes long is left.
#[must_use]
pub fn measure(task: &Task<'_>, goes_on: &dyn Fn() -> bool) -> Vec<Baseline> {
    let most_frequent = majority::of(task);
    vec![
        majority::measure(task, most_frequent),
        composition::measure(task),
        kmers::measure(task, most_frequent),
        mmseqs::measure(task, most_frequent, goes_on),
    ]
}

impl Baseline {
    fn made(name: &'static str, made: String, classes: Vec<usize>) -> Self {
        Self { name, made, tool: None, predictions: Some(Predictions { classes, probabilities: None }) }
    }
}
