//! Made-up results of which the truth is known, and what the report makes of them.
//!
//! A run classifies a protein correctly where protein + configuration's own view of it + seed +
//! chance exceeds 0 (probit-normal); the sum is the logit, too. Seeds move a run's true accuracy;
//! their deviation is given in points at the accuracy of the world.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};
use titer_core::data::Split;
use titer_core::metric::{ACCURACY, F1, Metric};
use titer_core::predictions::Output;
use titer_core::scores::Values;
use titer_report::view::{
    answers::{Answers, Folds},
    choice::Choice,
    comparison::{Comparison, Correct, Metrics},
    configurations::{Configuration, configurations},
    pairs::Pairs,
    predicted::{ByClass, ByValue, Given, Predicted},
    verdict::Verdict,
    versus::Versus,
};

use crate::{
    report::{fixture::Course, small},
    statistics::errors::Chance,
};

/// Deviations: of how hard proteins are for all, of what a configuration makes of each, of what a
/// run does.
const PROTEINS: f64 = 1.9;
const VIEW: f64 = 0.6;
const REST: f64 = 0.5;
/// Validation proteins.
const VALIDATION: usize = 400;

fn spread() -> f64 {
    (PROTEINS * PROTEINS + VIEW * VIEW + REST * REST).sqrt()
}

/// The true accuracy of a run whose logits lie about `ease`; over seeds of that deviation of a
/// configuration.
fn accuracy(ease: f64, of_seeds: f64) -> f64 {
    Normal::standard().cdf(ease / spread().hypot(of_seeds))
}

/// How far the logits of a configuration must lie above 0 for that accuracy.
fn ease(accuracy: f64, of_seeds: f64) -> f64 {
    Normal::standard().inverse_cdf(accuracy) * spread().hypot(of_seeds)
}

/// What is made up.
#[derive(Debug, Clone)]
pub struct World {
    pub proteins: usize,
    /// Of each configuration its true accuracy and its number of seeds.
    pub configurations: Vec<(f64, usize)>,
    /// How far the true accuracies of one configuration's seeds lie apart, in points (a standard
    /// deviation).
    pub points: f64,
    /// What is compared.
    pub metric: Metric,
    /// The region of practical equivalence.
    pub equivalent: Option<f64>,
}

/// The results of one experiment in that world, as the report has them.
pub struct Experiment {
    pub configurations: Vec<Configuration>,
    pub choice: Choice,
    pub pairs: Pairs,
    pub folds: Folds,
    /// The true accuracy of each configuration, and of each of its runs.
    pub truth: Vec<f64>,
    pub runs: Vec<Vec<f64>>,
}

impl World {
    /// So many configurations that are all alike.
    pub fn equal(proteins: usize, configurations: usize, seeds: usize, points: f64) -> Self {
        Self { proteins, configurations: vec![(0.84, seeds); configurations], points, metric: ACCURACY, equivalent: None }
    }

    /// The latent deviation that moves an accuracy of 84 % by so many points.
    fn of_seeds(&self) -> f64 {
        let at = Normal::standard().pdf(Normal::standard().inverse_cdf(0.84)) / spread();
        // Where seeds matter much they widen the whole, too.
        let first = self.points / 100.0 / at;
        first * spread().hypot(first) / spread()
    }

    /// The comparison of its runs without their scores: what takes long and is always the same.
    pub fn comparison(&self) -> Comparison {
        let course = |(place, (_, seeds)): (usize, &(f64, usize))| {
            let rate = 1e-5 * (place + 1) as f64;
            (0..*seeds as u32).map(move |seed| Course { seed, epochs: 1, ..Course::at(rate, 1.0) }).collect::<Vec<Course>>()
        };
        let courses: Vec<Course> = self.configurations.iter().enumerate().flat_map(course).collect();
        let inputs = small(&courses);
        let comparison = Comparison::new(&inputs.runs.iter().map(|run| &run.manifest).collect::<Vec<_>>());
        Comparison { metric: self.metric, ..comparison }
    }

    /// A run's predictions of `labels` by a metric of numbers: each label, and an error that a
    /// configuration makes of each protein and a run of its own, larger or smaller by the seed's
    /// luck.
    fn numbers(&self, labels: &[f64], errors: &[f64], luck: f64, chance: &mut Chance) -> Predicted {
        let error = |error: &f64| (error + chance.normal(REST)) * luck.exp();
        let errors: Vec<f64> = errors.iter().map(error).collect();
        let predicted = labels.iter().zip(errors).map(|(label, error)| label + error).collect();
        Predicted::new(Given::Values(ByValue { labels: labels.to_vec(), predicted }), self.metric).unwrap()
    }

    /// Draws proteins, seeds and chance; `comparison` is that of this world.
    pub fn draw(&self, chance: &mut Chance, comparison: &mut Comparison) -> Experiment {
        let of_seeds = self.of_seeds();
        let hard = |n: usize, chance: &mut Chance| (0..n).map(|_| chance.normal(PROTEINS)).collect::<Vec<f64>>();
        let (test, validation) = (hard(self.proteins, chance), hard(VALIDATION, chance));
        let labels: Vec<usize> = (0..self.proteins).map(|_| usize::from(chance.unit() < 0.5)).collect();
        let (mut seeds, mut predicted, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for &(accurate, number) in &self.configurations {
            let lead = ease(accurate, of_seeds);
            let view = |proteins: &[f64], chance: &mut Chance| {
                proteins.iter().map(|protein| lead + protein + chance.normal(VIEW)).collect::<Vec<f64>>()
            };
            let (on_test, on_validation) = (view(&test, chance), view(&validation, chance));
            let mut truths = Vec::new();
            for seed in 0..number {
                let luck = chance.normal(of_seeds);
                truths.push(accuracy(lead + luck, 0.0));
                let mut answers =
                    |proteins: &[f64]| proteins.iter().map(|protein| protein + luck + chance.normal(REST)).collect::<Vec<f64>>();
                let (margins, validated) = (answers(&on_test), answers(&on_validation));
                let run = predicted.len();
                let right: Vec<bool> = margins.iter().map(|margin| *margin > 0.0).collect();
                comparison.runs[run].scores = Some(metrics(&right));
                comparison.runs[run].validation =
                    Some(metrics(&validated.iter().map(|margin| *margin > 0.0).collect::<Vec<_>>()));
                let logits = |(label, margin): (&usize, &f64)| {
                    let half = (margin / 2.0) as f32;
                    if *label == 1 { [-half, half] } else { [half, -half] }
                };
                let logits = labels.iter().zip(&margins).flat_map(logits).collect();
                let found = if self.metric.of == Output::Values {
                    let errors: Vec<f64> = on_test.iter().zip(&test).map(|(view, protein)| view - lead - protein).collect();
                    self.numbers(&test, &errors, luck, chance)
                } else {
                    let given = ByClass { classes: 2, labels: labels.clone(), logits, right };
                    Predicted::new(Given::Classes(given), self.metric).unwrap()
                };
                comparison.runs[run].scores.as_mut().unwrap().metrics.set(self.metric, found.score);
                predicted.push(Some(found));
                seeds.push(seed as u32);
            }
            runs.push(truths);
        }
        let runs_of_all = predicted.len();
        let folds = |classes: usize, labels: Vec<usize>, runs: Vec<Option<Predicted>>| Folds {
            sets: vec![Answers { classes, strata: labels, runs }],
            of: vec![Some(0); runs_of_all],
        };
        let validation = folds(0, Vec::new(), vec![None; runs_of_all]);
        let folds = folds(2, labels, predicted);
        let found = configurations(comparison, &seeds, &folds, &[], &[], 1.0);
        assert_eq!((comparison.split, found.len()), (Split::Test, self.configurations.len()));
        let choice = Choice::new(comparison, &found, &validation).unwrap();
        let pairs = Pairs::new((self.metric, self.equivalent), &found, Some(choice.configuration), &folds, 1.0);
        let truth = self.configurations.iter().map(|(accuracy, _)| *accuracy).collect();
        Experiment { configurations: found, choice, pairs, folds, truth, runs }
    }
}

impl Experiment {
    /// What is said of the other scores.
    pub fn other_scores(&self) -> Option<String> {
        let Self { configurations, choice, pairs, folds, .. } = self;
        let chosen = choice.configuration;
        let against = Verdict::new(ACCURACY, configurations, choice, pairs, None, folds, &[]).against()?;
        Versus::new(ACCURACY, configurations, chosen, against, folds.main())?.sentence(configurations, chosen)
    }
}

/// The scores that configurations read, of which only the accuracy counts here.
fn metrics(right: &[bool]) -> Metrics {
    let (count, of) = (right.iter().filter(|right| **right).count() as u64, right.len() as u64);
    let accuracy = count as f64 / of as f64;
    Metrics {
        proteins: of,
        correct: Some(Correct { right: count, accuracy_interval: titer_core::statistics::wilson(count, of) }),
        metrics: Values::from_iter([(ACCURACY, Some(accuracy)), (F1, Some(accuracy))]),
    }
}

/// Two accuracies so far apart about one that the others have, as near to it as 99 % allows.
pub fn apart(difference: f64) -> Option<[f64; 2]> {
    let high = (0.84 + difference / 2.0).min(0.99);
    (high - difference > 0.05).then_some([high, high - difference])
}
