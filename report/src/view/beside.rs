//! The choice beside the best baseline, on the same proteins: below it nothing was learned.

use serde::Serialize;

use super::{answers::Folds, baselines::BaselineView, configurations::Configuration, format, pairs::LEVEL, predicted::Predicted};
use crate::inputs::RunTables;
use titer_core::{
    statistics::{self, Pairing},
    text::cut,
};

/// A configuration and a baseline on the same proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    pub baseline: String,
    /// Whether there is no other baseline.
    #[serde(skip)]
    pub only: bool,
    /// Whether every run is correct about exactly the proteins that the baseline is.
    #[serde(skip)]
    pub same: bool,
    /// The baseline's.
    pub accuracy: f64,
    /// The configuration's accuracy less the baseline's.
    pub difference: f64,
    /// 95 %; proteins, and seeds where there are several.
    pub interval: [f64; 2],
    pub p: f64,
}

impl Beside {
    /// `None` where the baseline was taken on none of the test sets that the configuration's runs were tested on.
    #[must_use]
    pub fn new(baseline: &BaselineView, configuration: &Configuration, runs: &[&RunTables], folds: &Folds) -> Option<Self> {
        let scored = configuration.runs.iter().filter_map(|&run| Some((runs[run], folds.predicted(run)?)));
        let sides = scored.filter_map(|(run, answers)| Some((answers.right.clone(), baseline.right_about(run)?)));
        let (ours, theirs): (Vec<Vec<bool>>, Vec<Vec<bool>>) = sides.unzip();
        let found = Self::of(&ours, &theirs)?;
        Some(Self { baseline: baseline.name.clone(), accuracy: baseline.accuracy, ..found })
    }

    /// Always naming the largest class of the proteins that the configuration was scored on; for where no baseline was taken.
    #[must_use]
    pub fn majority(configuration: &Configuration, folds: &Folds, classes: &[String]) -> Option<Self> {
        let runs = || configuration.runs.iter().filter_map(|&run| folds.predicted(run));
        let labels = &runs().next()?.labels;
        let of = |class: usize| labels.iter().filter(|&&label| label == class).count();
        let largest = (0..classes.len()).reduce(|largest, class| if of(class) > of(largest) { class } else { largest })?;
        let right = |run: &Predicted| run.labels.iter().map(|&label| label == largest).collect::<Vec<bool>>();
        let same = runs().filter(|run| run.labels == *labels);
        let (ours, theirs): (Vec<Vec<bool>>, Vec<Vec<bool>>) = same.map(|run| (run.right.clone(), right(run))).unzip();
        let found = Self::of(&ours, &theirs)?;
        let accuracy = of(largest) as f64 / labels.len() as f64;
        Some(Self { baseline: format!("always {}", cut(&classes[largest], 60)), only: true, accuracy, ..found })
    }

    /// A baseline has no seed: it stands against each of the configuration's.
    fn of(ours: &[Vec<bool>], theirs: &[Vec<bool>]) -> Option<Self> {
        let crossed = statistics::crossed_difference(ours, theirs, Pairing::Paired)?;
        Some(Self {
            baseline: String::new(),
            only: false,
            same: ours == theirs,
            accuracy: 0.0,
            difference: crossed.estimate,
            interval: crossed.interval,
            p: crossed.p,
        })
    }

    /// What the two come to, in a sentence; `name` is the configuration.
    #[must_use]
    pub fn sentence(&self, name: &str) -> String {
        let Self { baseline, accuracy, difference, interval, p, only, same } = self;
        let told = match (*p < LEVEL, *difference > 0.0) {
            (false, _) => format!("{name} is indistinguishable from it"),
            (true, true) => format!("{name} beats it by {}", format::points(*difference)),
            (true, false) => format!("{name} falls short of it by {}", format::points(-difference)),
        };
        let which = if *only { "The one baseline" } else { "The best baseline" };
        if *same {
            let reached = format::percent(*accuracy);
            return format!(
                "{which}, {baseline}, reaches {reached} accuracy: {name} is correct about exactly the same proteins."
            );
        }
        format!(
            "{which}, {baseline}, reaches {} accuracy: {told} (95% interval {}, {}).",
            format::percent(*accuracy),
            format::points_between(*interval),
            format::p_is(*p),
        )
    }
}
