//! What every run says about the same proteins: the ground all paired statistics stand on.

use crate::{data::Split, eval, report::inputs::RunTables, results::tables::PredictionRow};

/// The predictions of all runs on one split, protein by protein.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    pub classes: usize,
    /// The true class of each protein.
    pub labels: Vec<usize>,
    /// A run each, in the comparison's order; `None` where it was not scored, or on other proteins than the first that was.
    pub runs: Vec<Option<RunAnswers>>,
    /// Whether all runs that predicted any proteins predicted the same ones.
    pub alike: bool,
}

/// One run's predictions, in the order of [`Answers::labels`].
#[derive(Debug, Clone, PartialEq)]
pub struct RunAnswers {
    pub right: Vec<bool>,
    /// `[proteins, classes]`
    pub logits: Vec<f32>,
}

impl Answers {
    /// Pairs the runs' predictions on `split`, row by row: an id may come twice.
    #[must_use]
    pub fn new(runs: &[&RunTables], split: Split) -> Self {
        let rows: Vec<Vec<&PredictionRow>> = runs.iter().map(|run| run.predicted(split).collect()).collect();
        let Some(first) = rows.iter().position(|rows| !rows.is_empty()) else {
            return Self { classes: 0, labels: Vec::new(), runs: vec![None; runs.len()], alike: true };
        };
        let classes = &runs[first].manifest.outcome.classes;
        let class = |name: &str| classes.iter().position(|class| class == name);
        let labels: Option<Vec<usize>> = rows[first].iter().map(|row| class(&row.label)).collect();
        let Some(labels) = labels else {
            return Self { classes: classes.len(), labels: Vec::new(), runs: vec![None; runs.len()], alike: false };
        };
        let alike = |these: &[&PredictionRow]| {
            let same = |(this, that): (&&PredictionRow, &&PredictionRow)| (&this.id, &this.label) == (&that.id, &that.label);
            these.len() == rows[first].len() && these.iter().zip(&rows[first]).all(same)
        };
        let sound = |rows: &[&PredictionRow]| {
            rows.iter().all(|row| row.logits.len() == classes.len() && row.logits.iter().all(|logit| logit.is_finite()))
        };
        let answers = |(run, these): (&&RunTables, &Vec<&PredictionRow>)| {
            (run.manifest.outcome.classes == *classes && alike(these) && sound(these)).then(|| RunAnswers::new(these))
        };
        Self {
            classes: classes.len(),
            runs: runs.iter().zip(&rows).map(answers).collect(),
            alike: rows.iter().all(|these| these.is_empty() || alike(these)),
            labels,
        }
    }

    #[must_use]
    pub fn proteins(&self) -> usize {
        self.labels.len()
    }

    /// Which proteins are of the second class, where there are two.
    #[must_use]
    pub fn positive(&self) -> Option<Vec<bool>> {
        (self.classes == 2).then(|| self.labels.iter().map(|&label| label == 1).collect())
    }
}

impl RunAnswers {
    fn new(rows: &[&PredictionRow]) -> Self {
        Self {
            right: rows.iter().map(|row| row.label == row.predicted).collect(),
            logits: rows.iter().flat_map(|row| row.logits.iter().copied()).collect(),
        }
    }

    /// Of two classes: the probability of the second.
    #[must_use]
    pub fn believed(&self) -> Vec<f64> {
        eval::probabilities(&self.logits, 2).into_iter().skip(1).step_by(2).collect()
    }
}
