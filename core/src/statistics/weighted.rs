//! Metrics of proteins that count more or less than once, as a resample has them: [`super::score`]'s values where every weight is 1.

use super::{
    classification::{matthews, predicted},
    probability::{self, probabilities},
    ranked::{Ranked, area_under_roc, average_precision, rank},
};
use crate::experiment::Selection;

/// Predictions made ready to be scored under many weights: what sorting and softmax take is paid once, a metric then reads each
/// protein once.
///
/// Every metric is `None` where the weights add up to nothing, and otherwise where [`super::Scores`] has none.
#[derive(Debug, Clone)]
pub struct Prepared {
    classes: usize,
    count: usize,
    /// The proteins of each pair of a label and a prediction that occurs.
    pub(super) cells: Vec<Cell>,
    /// By class, from the highest probability down; of two classes class 1 alone.
    pub(super) ranked: Vec<Vec<Ranked>>,
    pub(super) losses: Vec<f64>,
}

#[derive(Debug, Clone)]
pub(super) struct Cell {
    label: usize,
    predicted: usize,
    pub(super) proteins: Vec<u32>,
}

/// What weights make of a confusion matrix.
struct Tally {
    right: u64,
    whole: u64,
    classes: Vec<ClassTally>,
}

#[derive(Clone, Copy, Default)]
struct ClassTally {
    right: u64,
    support: u64,
    predicted: u64,
}

impl Prepared {
    /// `labels` `[n]` are class indices, `logits` `[n, classes]` row by row.
    ///
    /// # Panics
    ///
    /// Where a label is no class, there are fewer than two classes, the shapes disagree, or a logit is not finite.
    #[must_use]
    pub fn new(labels: &[usize], logits: &[f32], classes: usize) -> Self {
        assert!(classes >= 2, "a classifier has at least two classes");
        assert_eq!(logits.len(), labels.len() * classes, "logits are [n, classes]");
        assert!(logits.iter().all(|logit| logit.is_finite()), "logits are finite");
        assert!(labels.iter().all(|&label| label < classes), "a label is a class");
        let probabilities = probabilities(logits, classes);
        let rows = || labels.iter().zip(logits.chunks_exact(classes)).zip(probabilities.chunks_exact(classes));

        let mut cells: Vec<Cell> = Vec::new();
        let mut cell_of = vec![None; classes * classes];
        for (protein, ((&label, row), _)) in rows().enumerate() {
            let predicted = predicted(row);
            let cell = *cell_of[label * classes + predicted].get_or_insert_with(|| {
                cells.push(Cell { label, predicted, proteins: Vec::new() });
                cells.len() - 1
            });
            cells[cell].proteins.push(protein as u32);
        }
        let ranked_classes = if classes == 2 { 1..2 } else { 0..classes };
        Self {
            classes,
            count: labels.len(),
            cells,
            ranked: ranked_classes.map(|class| rank(labels, &probabilities, classes, class)).collect(),
            losses: rows().map(|((&label, row), _)| -probability::log_probability(row, label)).collect(),
        }
    }

    /// How many proteins there are: as many weights a metric takes.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The metric that an experiment selects by, the greater the better: the loss negated.
    #[must_use]
    pub fn selection_value(&self, selection: Selection, weights: &[u32]) -> Option<f64> {
        match selection {
            Selection::Loss => self.log_loss(weights).map(|loss| -loss),
            Selection::Accuracy => self.accuracy(weights),
            Selection::F1 => self.f1(weights),
            Selection::Precision => self.precision(weights),
            Selection::Recall => self.recall(weights),
            Selection::MacroF1 => self.macro_f1(weights),
            Selection::Mcc => self.mcc(weights),
            Selection::RocAuc => self.roc_auc(weights),
        }
    }

    #[must_use]
    pub fn accuracy(&self, weights: &[u32]) -> Option<f64> {
        let (mut right, mut whole) = (0, 0);
        for cell in &self.cells {
            let of_cell = cell.weight(weights);
            whole += of_cell;
            right += if cell.label == cell.predicted { of_cell } else { 0 };
        }
        ratio(right, whole)
    }

    /// Averaged over the classes by their support, as are [`Self::recall`] and [`Self::f1`].
    #[must_use]
    pub fn precision(&self, weights: &[u32]) -> Option<f64> {
        self.tally(weights).map(|tally| tally.by_support(|class| ratio(class.right, class.predicted)))
    }

    #[must_use]
    pub fn recall(&self, weights: &[u32]) -> Option<f64> {
        self.tally(weights).map(|tally| tally.by_support(|class| ratio(class.right, class.support)))
    }

    #[must_use]
    pub fn f1(&self, weights: &[u32]) -> Option<f64> {
        self.tally(weights).map(|tally| tally.by_support(ClassTally::f1))
    }

    /// The mean over the classes, of which an undefined one counts as 0.
    #[must_use]
    pub fn macro_f1(&self, weights: &[u32]) -> Option<f64> {
        let tally = self.tally(weights)?;
        Some(tally.classes.iter().map(|class| class.f1().unwrap_or(0.0)).sum::<f64>() / self.classes as f64)
    }

    #[must_use]
    pub fn mcc(&self, weights: &[u32]) -> Option<f64> {
        let tally = self.tally(weights)?;
        matthews(tally.classes.iter().map(|class| (class.support, class.predicted)), tally.right, tally.whole)
    }

    /// Two classes: of class 1. Many: the mean over the classes, one against the rest.
    #[must_use]
    pub fn roc_auc(&self, weights: &[u32]) -> Option<f64> {
        mean(self.ranked.iter().map(|ranked| area_under_roc(ranked, weights)), self.ranked.len())
    }

    /// Averaged as [`Self::roc_auc`] is.
    #[must_use]
    pub fn average_precision(&self, weights: &[u32]) -> Option<f64> {
        mean(self.ranked.iter().map(|ranked| average_precision(ranked, weights)), self.ranked.len())
    }

    #[must_use]
    pub fn log_loss(&self, weights: &[u32]) -> Option<f64> {
        weighted_mean(&self.losses, weights)
    }

    fn tally(&self, weights: &[u32]) -> Option<Tally> {
        debug_assert_eq!(weights.len(), self.count, "a protein has one weight");
        let mut tally = Tally { right: 0, whole: 0, classes: vec![ClassTally::default(); self.classes] };
        for cell in &self.cells {
            let of_cell = cell.weight(weights);
            tally.whole += of_cell;
            tally.classes[cell.label].support += of_cell;
            tally.classes[cell.predicted].predicted += of_cell;
            if cell.label == cell.predicted {
                tally.right += of_cell;
                tally.classes[cell.label].right += of_cell;
            }
        }
        (tally.whole > 0).then_some(tally)
    }
}

impl Cell {
    fn weight(&self, weights: &[u32]) -> u64 {
        self.proteins.iter().map(|&protein| u64::from(weights[protein as usize])).sum()
    }
}

impl Tally {
    /// The mean over the classes weighted by their support; an undefined value counts as 0.
    fn by_support(&self, value: impl Fn(&ClassTally) -> Option<f64>) -> f64 {
        let sum: f64 = self.classes.iter().map(|class| value(class).unwrap_or(0.0) * class.support as f64).sum();
        sum / self.whole as f64
    }
}

impl ClassTally {
    fn f1(&self) -> Option<f64> {
        ratio(2 * self.right, self.support + self.predicted)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean of values that all must be there.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>, count: usize) -> Option<f64> {
    values.sum::<Option<f64>>().map(|sum| sum / count as f64)
}

fn weighted_mean(values: &[f64], weights: &[u32]) -> Option<f64> {
    let whole: u64 = weights.iter().copied().map(u64::from).sum();
    let sum: f64 = values.iter().zip(weights).map(|(value, &weight)| value * f64::from(weight)).sum();
    (whole > 0).then(|| sum / whole as f64)
}
