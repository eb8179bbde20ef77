//! Predictions beside what is true, made ready for metrics: what sorting and softmax take is paid
//! once, a metric then reads each protein once.

pub mod classes;
pub mod influence;
pub mod values;

pub use classes::{Classes, predicted};
pub use values::Values;

/// The predictions of one run for one set of proteins, and their targets.
///
/// A variant a kind of output that a model may have.
#[derive(Debug, Clone)]
pub enum Predictions {
    /// One of several classes a protein.
    Classes(Classes),
    /// A number a protein.
    Values(Values),
}

/// The kinds of output that a model may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A logit a class.
    Classes,
    /// A number.
    Values,
}

impl Predictions {
    /// What they are predictions of.
    #[must_use]
    pub const fn output(&self) -> Output {
        match self {
            Self::Classes(_) => Output::Classes,
            Self::Values(_) => Output::Values,
        }
    }

    /// Prepares `logits` `[n, classes]`, row by row, beside the class indices `labels` `[n]`.
    ///
    /// # Panics
    ///
    /// As [`Classes::new`].
    #[must_use]
    pub fn of_classes(labels: &[usize], logits: &[f32], classes: usize) -> Self {
        Self::Classes(Classes::new(labels, logits, classes))
    }

    /// How many proteins there are: a metric takes as many weights.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.count(),
            Self::Values(values) => values.count(),
        }
    }

    /// A weight of 1 for every protein.
    #[must_use]
    pub fn ones(&self) -> Vec<u32> {
        vec![1; self.count()]
    }

    /// The predictions where they are classes.
    #[must_use]
    pub const fn classes(&self) -> Option<&Classes> {
        match self {
            Self::Classes(classes) => Some(classes),
            Self::Values(_) => None,
        }
    }

    /// The predictions where they are numbers.
    #[must_use]
    pub const fn values(&self) -> Option<&Values> {
        match self {
            Self::Values(values) => Some(values),
            Self::Classes(_) => None,
        }
    }
}
