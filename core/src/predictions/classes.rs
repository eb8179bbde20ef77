//! Class predictions, counted and ranked.

use crate::statistics::{
    probability::{log_probability, probabilities},
    ranked::{Ranked, rank},
};

/// Class predictions ready to be scored under many weights.
///
/// A weight counts a protein so many times, as a resample does.
#[derive(Debug, Clone)]
pub struct Classes {
    /// The number of classes.
    of: usize,
    count: usize,
    /// The proteins of each pair of a label and a prediction that occurs.
    pub(crate) cells: Vec<Cell>,
    /// By class, from the highest probability down.
    ranked: Vec<Vec<Ranked>>,
    pub(crate) losses: Vec<f64>,
    /// The class of the highest logit is the label.
    pub(crate) correct: Vec<bool>,
}

/// The proteins of one label and one prediction.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    label: usize,
    predicted: usize,
    pub(crate) proteins: Vec<u32>,
}

/// What weights make of a confusion matrix.
#[derive(Debug, Clone)]
pub struct Tally {
    pub correct: u64,
    pub whole: u64,
    pub classes: Vec<ClassTally>,
}

/// One class of a [`Tally`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ClassTally {
    pub correct: u64,
    pub support: u64,
    pub predicted: u64,
}

impl Classes {
    /// Prepares `logits` `[n, classes]`, row by row, beside the class indices `labels` `[n]`.
    ///
    /// # Panics
    ///
    /// Where a label is no class, there are fewer than two classes, the shapes disagree, or a logit
    /// is not finite: such predictions come from a run that diverged and have no scores.
    #[must_use]
    pub fn new(labels: &[usize], logits: &[f32], classes: usize) -> Self {
        assert!(classes >= 2, "a classifier has at least two classes");
        assert_eq!(logits.len(), labels.len() * classes, "logits are [n, classes]");
        assert!(logits.iter().all(|logit| logit.is_finite()), "logits are finite");
        assert!(labels.iter().all(|&label| label < classes), "a label is a class");
        let probabilities = probabilities(logits, classes);
        let rows = || labels.iter().zip(logits.chunks_exact(classes));

        let mut cells: Vec<Cell> = Vec::new();
        let mut cell_of = vec![None; classes * classes];
        let mut correct = Vec::with_capacity(labels.len());
        for (protein, (&label, row)) in rows().enumerate() {
            let predicted = predicted(row);
            correct.push(predicted == label);
            let cell = *cell_of[label * classes + predicted].get_or_insert_with(|| {
                cells.push(Cell { label, predicted, proteins: Vec::new() });
                cells.len() - 1
            });
            cells[cell].proteins.push(protein as u32);
        }
        Self {
            of: classes,
            count: labels.len(),
            cells,
            ranked: (0..classes).map(|class| rank(labels, &probabilities, classes, class)).collect(),
            losses: rows().map(|(&label, row)| -log_probability(row, label)).collect(),
            correct,
        }
    }

    /// How many proteins there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// How many classes there are.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.of
    }

    /// One class's proteins, from the highest probability of it down.
    pub(crate) fn ranked(&self, class: usize) -> &[Ranked] {
        &self.ranked[class]
    }

    /// The classes that an area under a curve is the mean over: of two class 1 alone, of more all.
    pub(crate) fn averaged(&self) -> std::ops::Range<usize> {
        if self.of == 2 { 1..2 } else { 0..self.of }
    }

    /// The mean over [`Self::averaged`] of a value that every class must have.
    pub(crate) fn mean_over_classes(&self, value: impl Fn(&[Ranked]) -> Option<f64>) -> Option<f64> {
        let classes = self.averaged();
        let count = classes.len() as f64;
        classes.map(|class| value(&self.ranked[class])).sum::<Option<f64>>().map(|sum| sum / count)
    }

    /// `[classes, classes]`: rows are the true class, columns the predicted one.
    #[must_use]
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut confusion = vec![vec![0; self.of]; self.of];
        for cell in &self.cells {
            confusion[cell.label][cell.predicted] = cell.proteins.len() as u64;
        }
        confusion
    }

    /// What weights make of the confusion matrix; `None` where they add up to nothing.
    #[must_use]
    pub fn tally(&self, weights: &[u32]) -> Option<Tally> {
        debug_assert_eq!(weights.len(), self.count, "a protein has one weight");
        let mut tally = Tally { correct: 0, whole: 0, classes: vec![ClassTally::default(); self.of] };
        for cell in &self.cells {
            let of_cell = cell.weight(weights);
            tally.whole += of_cell;
            tally.classes[cell.label].support += of_cell;
            tally.classes[cell.predicted].predicted += of_cell;
            if cell.label == cell.predicted {
                tally.correct += of_cell;
                tally.classes[cell.label].correct += of_cell;
            }
        }
        (tally.whole > 0).then_some(tally)
    }
}

/// The index of the highest logit, the first of several, as `numpy.argmax` has it.
#[must_use]
pub fn predicted(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}

impl Cell {
    fn weight(&self, weights: &[u32]) -> u64 {
        self.proteins.iter().map(|&protein| u64::from(weights[protein as usize])).sum()
    }
}

impl Tally {
    /// The mean over the classes weighted by their support; an undefined value counts as 0, as
    /// scikit-learn's `zero_division=0` has it.
    #[must_use]
    pub fn by_support(&self, value: impl Fn(&ClassTally) -> Option<f64>) -> f64 {
        let sum: f64 = self.classes.iter().map(|class| value(class).unwrap_or(0.0) * class.support as f64).sum();
        sum / self.whole as f64
    }

    /// The mean over the classes; an undefined value counts as 0.
    #[must_use]
    pub fn unweighted(&self, value: impl Fn(&ClassTally) -> Option<f64>) -> f64 {
        self.classes.iter().map(|class| value(class).unwrap_or(0.0)).sum::<f64>() / self.classes.len() as f64
    }
}

impl ClassTally {
    /// `None` where nothing was predicted to be of this class.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.correct, self.predicted)
    }

    /// `None` where no protein is of this class.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        ratio(self.correct, self.support)
    }

    /// `None` where no protein is of this class and none was predicted to be.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        ratio(2 * self.correct, self.support + self.predicted)
    }
}

/// A share of a whole; `None` of nothing.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
