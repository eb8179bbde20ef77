//! Baselines: what simple methods predict for the same proteins, so that a trained model is
//! measured against something.
//!
//! A baseline is one file, which declares a [`Baseline`], and its name in the list below. It learns
//! from the training proteins and predicts the test proteins.

pub mod refresh;
mod ridge;

use titer_core::task::{Kind, Target};

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
    mean,
    composition,
    one_hot,
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

/// Proteins whose label is known, and proteins whose label is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    /// The classes' names; none where labels are numbers.
    pub classes: &'a [String],
    /// Sequences and what is known of them, at least one; targets of one kind.
    pub known: Vec<(&'a str, Target)>,
    pub asked: Vec<&'a str>,
    /// The sequence that variants differ from, where the experiment gives it.
    pub wild_type: Option<&'a str>,
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

/// What is predicted for each protein asked about.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    Classes {
        classes: Vec<usize>,
        /// A row a protein, a value a class, where the method gives any.
        probabilities: Option<Vec<Vec<f64>>>,
    },
    Values(Vec<f64>),
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
        for class in self.known.iter().filter_map(|(_, target)| target.class()) {
            counts[class] += 1;
        }
        (0..counts.len()).fold(0, |most, class| if counts[class] > counts[most] { class } else { most })
    }

    /// Returns the mean of the known values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let values = self.values();
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// Returns the known values, where labels are numbers.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.known.iter().filter_map(|(_, target)| target.value()).collect()
    }

    /// Returns whether labels are numbers.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.known.iter().any(|(_, target)| target.value().is_some())
    }

    /// Predicts for each protein asked about the label of one known, and without one what most
    /// have: the most frequent class, or the mean.
    #[must_use]
    pub fn labels_of(&self, nearest: &[Option<usize>]) -> Predictions {
        if self.is_numeric() {
            let mean = self.mean();
            let value = |nearest: &Option<usize>| nearest.and_then(|known| self.known[known].1.value()).unwrap_or(mean);
            return Predictions::Values(nearest.iter().map(value).collect());
        }
        let most_frequent = self.most_frequent();
        let class = |nearest: &Option<usize>| nearest.and_then(|known| self.known[known].1.class()).unwrap_or(most_frequent);
        Predictions::Classes { classes: nearest.iter().map(class).collect(), probabilities: None }
    }

    /// What a label is called within a sentence, and what stands for one that is unknown.
    fn words(&self) -> [&'static str; 2] {
        if self.is_numeric() { ["label", "mean"] } else { ["class", "majority class"] }
    }
}

impl Outcome {
    /// Of a method that gives classes and no probabilities.
    fn classes(made: String, classes: Vec<usize>) -> Self {
        Self::made(made, Predictions::Classes { classes, probabilities: None })
    }

    /// Of a method that needs no other program.
    fn made(made: String, predictions: Predictions) -> Self {
        Self { made, tool: None, predictions: Some(predictions) }
    }

    /// Of a method that has no predictions: `why` is a clause.
    fn not_made(why: &str) -> Self {
        Self { made: format!("Not made: {why}."), tool: None, predictions: None }
    }
}
