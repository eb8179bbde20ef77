//! Where the file has labels: how well they are predicted, and how many of the sets and intervals
//! hold them.

use super::{
    Ensemble, Nearest,
    nearest::Relative,
    predicted::{Outputs, Predicted},
    proteins::Protein,
};
use titer_core::{
    metric::Metric,
    predictions::Output,
    statistics::{self, Resamples, Resampling},
    task::Target,
};

/// Resamples of an interval, as in the report.
const RESAMPLING: Resampling = Resampling { resamples: 1000, seed: 0 };

/// Of more proteins chance moves a score by less than its third digit, and resamples take minutes.
const MOST_RESAMPLED: usize = 100_000;

/// Labels and predictions of the proteins that have both.
#[derive(Debug, Default)]
pub struct Scored {
    proteins: usize,
    unreadable: usize,
    truncated: usize,
    far: usize,
    targets: Vec<Target>,
    /// A logit a class, or the number on the scale of the data.
    outputs: Vec<f32>,
    held: usize,
    intervals: usize,
    set_sizes: usize,
    /// Of those that are scored: they trained or validated the runs.
    known: usize,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub proteins: usize,
    /// Those without a prediction.
    pub unpredicted: usize,
    /// Those that are longer than the models read.
    pub truncated: usize,
    /// Those far from every training protein.
    pub far: usize,
    /// `None` where no label is known.
    pub scores: Option<Scores>,
}

/// A score and its 95 % interval, where it has one.
pub type Value = (f64, Option<[f64; 2]>);

/// How well labels are predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    pub proteins: usize,
    /// Of these, those that trained or validated the runs.
    pub known: usize,
    /// Each with its 95 % interval, or why it has no value.
    pub metrics: Vec<(Metric, Result<Value, &'static str>)>,
    /// Of so many sets or intervals, how many hold the label.
    pub held: usize,
    pub of: usize,
    /// The mean number of classes of a set; `None` of numbers.
    pub set_size: Option<f64>,
}

impl Scored {
    /// Takes a part; `outputs` and `relatives` are of the proteins that could be read.
    pub fn take(&mut self, proteins: &[Protein], outputs: &Outputs, relatives: &[Relative<'_>], nearest: &Nearest) {
        self.proteins += proteins.len();
        self.far += relatives.iter().filter(|relative| relative.caution().is_some()).count();
        let mut read = outputs.0.iter();
        for protein in proteins {
            let predicted = protein.readable().and_then(|_| read.next()).and_then(Option::as_ref);
            self.unreadable += usize::from(predicted.is_none());
            self.truncated += usize::from(protein.cut > 0);
            let (Some(predicted), Some(target)) = (predicted, protein.target) else { continue };
            self.targets.push(target);
            self.known += usize::from(protein.readable().is_some_and(|sequence| nearest.is_known(sequence)));
            match (predicted, target) {
                (Predicted::Class { mean, set, .. }, Target::Class(class)) => {
                    self.outputs.extend(mean.logits());
                    self.intervals += 1;
                    self.set_sizes += set.len();
                    self.held += usize::from(set.contains(&class));
                }
                (Predicted::Value { mean, interval }, Target::Value(value)) => {
                    self.outputs.push(mean.value() as f32);
                    if let Some([low, high]) = interval {
                        self.intervals += 1;
                        self.held += usize::from((*low..=*high).contains(&value));
                    }
                }
                _ => unreachable!("targets are what the task has"),
            }
        }
    }

    #[must_use]
    pub fn summary(self, ensemble: &Ensemble) -> Summary {
        let scores = (!self.targets.is_empty()).then(|| self.scores(ensemble));
        let Self { proteins, unreadable: unpredicted, truncated, far, .. } = self;
        Summary { proteins, unpredicted, truncated, far, scores }
    }

    fn scores(&self, ensemble: &Ensemble) -> Scores {
        let task = ensemble.task();
        let predictions = task.predictions(&self.targets, &self.outputs, ensemble.outputs(), None);
        let strata: Vec<usize> = match ensemble.output() {
            Output::Classes => self.targets.iter().filter_map(|target| target.class()).collect(),
            Output::Values => vec![0; self.targets.len()],
        };
        let resamples = (self.targets.len() <= MOST_RESAMPLED).then(|| Resamples::draw(&strata, &RESAMPLING));
        let score = |&metric: &Metric| {
            let value = metric.score(&predictions).ok_or_else(|| (metric.undefined)(&predictions));
            let interval = || resamples.as_ref().and_then(|resamples| metric.interval(&predictions, resamples));
            (metric, value.map(|value| (value, interval().map(|(interval, _)| interval))))
        };
        Scores {
            proteins: self.targets.len(),
            known: self.known,
            metrics: task.beside().iter().map(score).collect(),
            held: self.held,
            of: self.intervals,
            set_size: (ensemble.output() == Output::Classes).then(|| self.set_sizes as f64 / self.intervals as f64),
        }
    }
}

impl Scores {
    /// The 95 % interval (Wilson) of the share of sets or intervals that hold the label.
    #[must_use]
    pub fn held_interval(&self) -> [f64; 2] {
        statistics::wilson(self.held as u64, self.of as u64)
    }
}
