//! Baselines: what simple methods predict for the same proteins, so that a trained model is
//! measured against something.
//!
//! A baseline is one file, which declares a [`Baseline`], and its name in the list below. It learns
//! from the training proteins and predicts the test proteins.

pub mod refresh;

use titer_core::task::Kind;

/// Declares the files of the baselines and lists them in [`ALL`].
macro_rules! baselines {
    ($($module:ident,)+) => {
        $(mod $module;)+

        /// Every baseline, the simplest first.
        pub const ALL: &[Baseline] = &[$($module::BASELINE),+];
    };
}

// The recipe `ci` formats these files by name: rustfmt does not look into macros.
baselines! {
    majority,
    composition,
    kmers,
    mmseqs,
}

/// A simple method.
#[derive(Debug, Clone, Copy)]
pub struct Baseline {
    /// Names it in `baselines.parquet`.
    pub id: &'static str,
    /// Rises whenever the same proteins get other predictions: those that are stored are then made
    /// anew.
    pub version: u32,
    /// What a reader calls it, within a sentence.
    pub name: &'static str,
    /// The kinds of tasks it has predictions for.
    pub tasks: &'static [Kind],
    /// The version of the program that it calls; `None` where that program does not run here.
    pub tool: Option<fn() -> Option<String>>,
    /// Predicts. The second argument is called again and again: where it returns false, a long
    /// computation stops.
    pub predict: fn(&Question<'_>, &dyn Fn() -> bool) -> Outcome,
}

/// Proteins whose class is known, and proteins whose class is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<'a> {
    /// The classes' names.
    pub classes: &'a [String],
    /// Sequences, and indices into `classes`: at least one.
    pub known: Vec<(&'a str, usize)>,
    pub asked: Vec<&'a str>,
}

/// What a baseline predicts, or why it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How the predictions were made, or why there are none: a sentence.
    pub made: String,
    /// The version of the program that made them, where it is not titer.
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

impl Baseline {
    /// Returns the baselines that have predictions for a kind of task.
    pub fn of_task(kind: Kind) -> impl Iterator<Item = &'static Self> {
        ALL.iter().filter(move |baseline| baseline.tasks.contains(&kind))
    }
}

impl Question<'_> {
    /// Returns the most frequent class of the known proteins; of equally frequent ones the first.
    #[must_use]
    pub fn most_frequent(&self) -> usize {
        let mut counts = vec![0_usize; self.classes.len()];
        for &(_, class) in &self.known {
            counts[class] += 1;
        }
        (0..counts.len()).fold(0, |most, class| if counts[class] > counts[most] { class } else { most })
    }
}

impl Outcome {
    /// Of a method that gives classes and no probabilities.
    fn classes(made: String, classes: Vec<usize>) -> Self {
        Self { made, tool: None, predictions: Some(Predictions { classes, probabilities: None }) }
    }
}
